import MLXConvolve
import XCTest

/// Every option, in each of the functions that take it.
final class OptionTests: XCTestCase {
  let a: [Double] = [1, 2, 4, 8]
  let v: [Double] = [1, 10, 100]

  func testBoundaries() throws {
    for (boundary, expected) in [
      // The neighbours before 1 and behind 8, in their places.
      (.zero, [0 + 10 + 2, 100 + 20 + 4, 200 + 40 + 8, 400 + 80 + 0]),
      (.edge, [100 + 10 + 2, 124, 248, 400 + 80 + 8]),
      (.symmetric, [100 + 10 + 2, 124, 248, 400 + 80 + 8]),
      (.reflect, [200 + 10 + 2, 124, 248, 400 + 80 + 4]),
      (.wrap, [800 + 10 + 2, 124, 248, 400 + 80 + 1]),
    ] as [(ConvolveBoundary, [Double])] {
      try check(expected, mode: .same, boundary: boundary)
    }
    // Further out, edge and symmetric differ.
    XCTAssertEqual(try convolve(a, [0, 0, 0, 0, 1], mode: .same, boundary: .edge), [1, 1, 1, 2])
    XCTAssertEqual(try convolve(a, [0, 0, 0, 0, 1], mode: .same, boundary: .symmetric), [2, 1, 1, 2])
  }

  func testOperations() throws {
    try check([1, 12, 124, 248, 480, 800], operation: .convolve)
    try check([100, 210, 421, 842, 84, 8], operation: .correlate)
  }

  func testRange() throws {
    try check([124, 248], range: 2..<4)
    try check([], range: 6..<6)
    try check([124, 248], range: 2...3)
    try check([480, 800], range: 4...)
    try check([1, 12], range: ..<2)
    try check([1, 12], range: ...1)
    try check([1, 12, 124, 248, 480, 800], range: nil)
  }

  func testAccuracy() throws {
    // The last output is so small beside the others that a bound for the whole block does not hold it.
    var long = [Double](repeating: 1e10, count: 20000)
    long[19999] = 1e-9
    var taps = [Double](repeating: 1, count: 3000)
    taps[2999] = 0.125
    XCTAssertEqual(try convolve(long, taps, accuracy: .componentwise).last, 1e-9 * 0.125)
    XCTAssertNotEqual(try convolve(long, taps, accuracy: .normwise).last, 1e-9 * 0.125)
    try check([1, 12, 124, 248, 480, 800], accuracy: .componentwise)
  }

  func testSubnormals() throws {
    let tiny: [Double] = [.leastNonzeroMagnitude, 1]
    XCTAssertEqual(try convolve(tiny, [1], subnormals: .keep), tiny)
    XCTAssertEqual(try convolve(tiny, [1], subnormals: .flush), [0, 1])
    try check([1, 12, 124, 248, 480, 800], subnormals: .flush)
  }

  func testDType() throws {
    XCTAssertEqual(try convolve([30000, 30000] as [Int16], [2], as: Int32.self), [60000, 60000])
    // Promotions of MLX that lose digits.
    XCTAssertEqual(try convolve([257] as [Int64], [1], as: BFloat16.self), [BFloat16(256)])
    XCTAssertEqual(try convolve([16_777_217] as [Double], [1], as: Complex64.self), [Complex64(16_777_216)])
    let x = try ConvolveArray([30000, 30000] as [Int16])
    let result = try convolve(x, ConvolveArray([2] as [Int16]), dtype: .float64)
    XCTAssertEqual(try result.values(), [60000, 60000] as [Double])
  }

  func testAxis() throws {
    let x = try ConvolveArray([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    let taps = try ConvolveArray([1, 10] as [Float])
    let columns = try convolve(x, taps, axis: 0)
    XCTAssertEqual(columns.shape, [4, 2])
    XCTAssertEqual(try columns.values(), [1, 2, 13, 24, 35, 46, 50, 60] as [Float])
    let rows = try convolve(x, taps, mode: .valid)
    XCTAssertEqual(rows.shape, [3, 1])
    XCTAssertEqual(try rows.values(), [12, 34, 56] as [Float])
  }

  func testStream() throws {
    let stream = try ConvolveStream(.cpu)
    let result = try convolve(ConvolveArray(a), ConvolveArray(v), stream: stream)
    try stream.synchronize()
    XCTAssertEqual(try result.values(), [1, 12, 124, 248, 480, 800] as [Double])
    try check([1, 12, 124, 248, 480, 800], stream: stream)
  }

  /// With Swift arrays, a stream, a buffer and arrays of the library.
  private func check(
    _ expected: [Double], mode: ConvolveMode = .full, accuracy: ConvolveAccuracy = .normwise,
    boundary: ConvolveBoundary = .zero, operation: ConvolveOperation = .convolve,
    subnormals: ConvolveSubnormals = .keep, range: (any ConvolveRange)? = nil, stream: ConvolveStream? = nil,
    line: UInt = #line
  ) throws {
    for stream in [nil, try stream ?? .default] {
      XCTAssertEqual(
        try convolve(
          a, v, mode: mode, accuracy: accuracy, boundary: boundary, operation: operation, subnormals: subnormals,
          range: range, stream: stream), expected, line: line)
    }
    let result = try convolve(
      ConvolveArray(a), ConvolveArray(v), mode: mode, accuracy: accuracy, boundary: boundary, operation: operation,
      subnormals: subnormals, range: range, stream: stream)
    XCTAssertEqual(try result.values(), expected, line: line)
    let count = try convolveCount(a.count, v.count, mode: mode, boundary: boundary, operation: operation, range: range)
    var output = [Double](repeating: .nan, count: count)
    try a.withUnsafeBufferPointer { a in
      try v.withUnsafeBufferPointer { v in
        try output.withUnsafeMutableBufferPointer {
          try convolve(
            a, v, into: $0, mode: mode, accuracy: accuracy, boundary: boundary, operation: operation,
            subnormals: subnormals, range: range)
        }
      }
    }
    XCTAssertEqual(output, expected, line: line)
    var array = [Double](repeating: .nan, count: count)
    try convolve(
      a, v, into: &array, mode: mode, accuracy: accuracy, boundary: boundary, operation: operation,
      subnormals: subnormals, range: range)
    XCTAssertEqual(array, expected, line: line)
  }
}
