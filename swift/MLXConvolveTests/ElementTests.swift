import MLXConvolve
import XCTest

/// Every type of elements, as Swift arrays, as buffers and as arrays of the library.
final class ElementTests: XCTestCase {
  private func check<Element: ConvolveElement & Equatable>(
    _ a: [Element], _ v: [Element], _ expected: [Element], _ dtype: ConvolveDType, line: UInt = #line
  ) throws {
    XCTAssertEqual(Element.dtype, dtype, line: line)
    XCTAssertEqual(dtype.size, MemoryLayout<Element>.stride, line: line)
    XCTAssertEqual(try convolve(a, v), expected, line: line)
    XCTAssertEqual(try convolve(a, v, stream: .cpu), expected, line: line)

    let x = try ConvolveArray(a)
    XCTAssertEqual(x.dtype, dtype, line: line)
    XCTAssertEqual(try x.values(), a, line: line)
    let result = try convolve(x, ConvolveArray(v))
    XCTAssertEqual(result.dtype, dtype, line: line)
    XCTAssertEqual(try result.values(), expected, line: line)
    XCTAssertEqual(try result.withUnsafeValues(as: Element.self) { Array($0) }, expected, line: line)

    var output = a + v.dropFirst()
    try a.withUnsafeBufferPointer { a in
      try v.withUnsafeBufferPointer { v in
        try output.withUnsafeMutableBufferPointer { try convolve(a, v, into: $0) }
      }
    }
    XCTAssertEqual(output, expected, line: line)
    output = a + v.dropFirst()
    try convolve(a, v, into: &output)
    XCTAssertEqual(output, expected, line: line)
  }

  func testBool() throws { try check([true, false, false, true], [true, true], [true, true, false, true, true], .bool) }
  func testUInt8() throws { try check([200, 100] as [UInt8], [1, 2], [200, 244, 200], .uint8) }
  func testUInt16() throws { try check([60000, 1] as [UInt16], [1, 2], [60000, 54465, 2], .uint16) }
  func testUInt32() throws { try check([.max, 1] as [UInt32], [1, 2], [.max, .max, 2], .uint32) }
  func testUInt64() throws { try check([.max, 1] as [UInt64], [1, 2], [.max, .max, 2], .uint64) }
  func testUInt() throws { try check([.max, 1] as [UInt], [1, 2], [.max, .max, 2], .uint64) }
  func testInt8() throws { try check([100, -100] as [Int8], [1, 2], [100, 100, 56], .int8) }
  func testInt16() throws { try check([30000, -1] as [Int16], [1, 2], [30000, -5537, -2], .int16) }
  func testInt32() throws { try check([.min, -1] as [Int32], [1, 2], [.min, -1, -2], .int32) }
  func testInt64() throws { try check([.min, -1] as [Int64], [1, 2], [.min, -1, -2], .int64) }
  func testInt() throws { try check([.min, -1] as [Int], [1, 2], [.min, -1, -2], .int64) }
  func testFloat() throws { try check([0.5, -2] as [Float], [1, 3], [0.5, -0.5, -6], .float32) }
  func testDouble() throws { try check([0.5, -2] as [Double], [1, 3], [0.5, -0.5, -6], .float64) }

  #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    func testFloat16() throws { try check([0.5, -2] as [Float16], [1, 3], [0.5, -0.5, -6], .float16) }
  #endif

  func testBFloat16() throws {
    let bf = { (values: [Float]) in values.map(BFloat16.init) }
    try check(bf([0.5, -2]), bf([1, 3]), bf([0.5, -0.5, -6]), .bfloat16)
  }

  func testBFloat16RoundsToNearestEven() {
    for (value, bits) in [
      (1.0, 0x3f80), (1.00390625, 0x3f80), (1.01171875, 0x3f82), (-0.0, 0x8000), (3.4e38, 0x7f80),
      (.infinity, 0x7f80),
    ] as [(Float, UInt16)] {
      XCTAssertEqual(BFloat16(value).bitPattern, bits, "\(value)")
    }
    XCTAssertTrue(BFloat16(Float.nan).floatValue.isNaN)
    XCTAssertEqual(BFloat16(1.5).floatValue, 1.5)
  }

  func testBFloat16ComparesAsNumbers() {
    let zeros: Set = [BFloat16(0), BFloat16(-0.0)]
    XCTAssertEqual(zeros.count, 1)
    XCTAssertNotEqual(BFloat16(.nan), BFloat16(.nan))
    XCTAssertEqual(BFloat16(1.5), BFloat16(1.5))
    XCTAssertNotEqual(BFloat16(1.5), BFloat16(-1.5))
  }

  func testComplex() throws {
    let i = Complex64(0, 1)
    try check([Complex64(1), i], [Complex64(2, 3), i], [Complex64(2, 3), Complex64(-3, 3), Complex64(-1)], .complex64)
  }

  func testEveryDTypeHasItsNumberAndSize() {
    XCTAssertEqual(ConvolveDType.allCases.map(\.number), Array(0...13))
    XCTAssertEqual(ConvolveDType.allCases.map(\.size), [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 2, 8])
  }

  func testTypesPromoteAsInMLX() throws {
    let result = try convolve(ConvolveArray([1, 2] as [UInt64]), ConvolveArray([1] as [Int8]))
    XCTAssertEqual(result.dtype, .float32)
    XCTAssertEqual(try result.values(), [1, 2] as [Float])
  }
}
