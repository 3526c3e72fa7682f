import MLXConvolve
import XCTest

/// Wrong arguments throw a status and a message that names them.
final class ErrorTests: XCTestCase {
  private func expect<Result>(
    _ status: ConvolveStatus, _ part: String, line: UInt = #line, _ body: () throws(ConvolveError) -> Result
  ) {
    do throws(ConvolveError) {
      _ = try body()
      XCTFail("nothing was thrown", line: line)
    } catch {
      XCTAssertEqual(error.status, status, line: line)
      XCTAssertTrue(error.message.contains(part), error.message, line: line)
    }
  }

  func testEmptyInputs() {
    let none: [Float] = []
    expect(.invalidArgument, "a_len, v_len: 0 and 1") { () throws(ConvolveError) in try convolve(none, [1]) }
    expect(.invalidArgument, "a_len, v_len: 1 and 0") { () throws(ConvolveError) in try convolve([1], none) }
    expect(.invalidArgument, "a: has no elements") { () throws(ConvolveError) in
      try convolve(ConvolveArray(none), ConvolveArray(none))
    }
    expect(.invalidArgument, "v: has no elements") { () throws(ConvolveError) in
      try convolve([1], none, stream: .cpu)
    }
    let empty = UnsafeBufferPointer<Float>(start: nil, count: 0)
    let out = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    expect(.invalidArgument, "a: NULL") { () throws(ConvolveError) in try convolve(empty, empty, into: out) }
  }

  func testMismatchedBuffers() {
    let a = UnsafeMutableBufferPointer<Float>.allocate(capacity: 8)
    defer { a.deallocate() }
    a.initialize(repeating: 1)
    let x = UnsafeBufferPointer(rebasing: a[0..<4])
    for wrong in [0, 4, 3] {
      let out = UnsafeMutableBufferPointer(rebasing: a[4..<(4 + wrong)])
      expect(.invalidArgument, "out") { () throws(ConvolveError) in try convolve(x, x, into: out) }
    }
    let overlapping = UnsafeMutableBufferPointer(rebasing: a[1..<8])
    expect(.invalidArgument, "overlap") { () throws(ConvolveError) in try convolve(x, x, into: overlapping) }
    XCTAssertEqual(Array(a), [Float](repeating: 1, count: 8))
  }

  func testWrongDTypes() throws {
    let array = try ConvolveArray([1, 2] as [Float])
    expect(.invalidArgument, "float64") { () throws(ConvolveError) in try array.values(as: Double.self) }
    XCTAssertThrowsError(try array.withUnsafeValues(as: Int32.self) { $0.count }) {
      XCTAssertEqual(($0 as? ConvolveError)?.status, .invalidArgument)
    }
    expect(.invalidArgument, "dtype") { () throws(ConvolveError) in try convolve([1.5], [2.5], as: Float.self) }
    expect(.invalidArgument, "dtype") { () throws(ConvolveError) in try convolve(array, array, dtype: .int32) }
  }

  func testRangesAndAxesOutside() throws {
    let a = [1.0, 2]
    expect(.invalidArgument, "range begins at -1") { () throws(ConvolveError) in try convolve(a, a, range: -1..<1) }
    expect(.invalidArgument, "range begins at -1") { () throws(ConvolveError) in try convolve(a, a, range: (-1)...) }
    expect(.invalidArgument, "range begins at") { () throws(ConvolveError) in try convolve(a, a, range: .min..<(.max)) }
    expect(.invalidArgument, "range ends at -2") { () throws(ConvolveError) in try convolve(a, a, range: ...(-2)) }
    expect(.invalidArgument, "count") { () throws(ConvolveError) in try convolve(a, a, range: 0...(.max)) }
    expect(.invalidArgument, "first") { () throws(ConvolveError) in try convolve(a, a, range: 4...) }
    expect(.invalidArgument, "unknown type") { () throws(ConvolveError) in try convolve(a, a, range: OwnRange()) }
    expect(.invalidArgument, "count") { () throws(ConvolveError) in try convolve(a, a, range: 0..<4) }
    expect(.invalidArgument, "first") { () throws(ConvolveError) in try convolve(a, a, range: 9..<9) }
    let array = try ConvolveArray(a)
    expect(.invalidArgument, "axis") { () throws(ConvolveError) in try convolve(array, array, axis: 1) }
    expect(.invalidArgument, "axis") { () throws(ConvolveError) in try convolve(array, array, axis: .max) }
    expect(.invalidArgument, "below 0") { () throws(ConvolveError) in try convolveCount(-1, 2) }
    expect(.invalidArgument, "below 0") { () throws(ConvolveError) in
      try ConvolveLibrary.explain(1, -1, dtype: .float32)
    }
  }

  private struct OwnRange: ConvolveRange {}

  func testOutputArraysOfAnotherLength() {
    for wrong in [0, 2, 4] {
      var output = [Double](repeating: 7, count: wrong)
      expect(.invalidArgument, "out") { () throws(ConvolveError) in try convolve([1.0, 2], [1.0, 2], into: &output) }
      XCTAssertEqual(output, [Double](repeating: 7, count: wrong))
    }
  }

  func testBorrowingBadMemory() {
    let none = UnsafeBufferPointer<Float>(start: nil, count: 0)
    expect(.invalidArgument, "no address") { () throws(ConvolveError) in
      try ConvolveArray(borrowing: none) { _ in XCTFail() }
    }
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 24, alignment: 8)
    defer { bytes.deallocate() }
    let odd = UnsafeBufferPointer(start: UnsafePointer((bytes + 1).assumingMemoryBound(to: Double.self)), count: 2)
    expect(.invalidArgument, "misaligned for float64") { () throws(ConvolveError) in
      try ConvolveArray(borrowing: odd) { _ in XCTFail() }
    }
  }

  /// Both kinds of errors come out of closures with their types.
  func testClosuresThrow() throws {
    let array = try ConvolveArray([1, 2] as [Float])
    expect(.invalidArgument, "a_len") { () throws(ConvolveError) in
      try array.withUnsafeValues(as: Float.self) { values throws(ConvolveError) in
        try convolve(Array(values.prefix(0)), Array(values))
      }
    }
    expect(.invalidArgument, "a_len") { () throws(ConvolveError) in
      try array.withUnsafeHandle { _ throws(ConvolveError) in try convolve([Float](), [1]) }
    }
    expect(.invalidArgument, "float32") { () throws(ConvolveError) in
      try array.withUnsafeValues(as: Int32.self) { $0.count }
    }
    XCTAssertThrowsError(try array.withUnsafeValues(as: Float.self) { _ in throw CancellationError() }) {
      XCTAssertTrue($0 is CancellationError)
    }
    XCTAssertThrowsError(try ConvolveStream.cpu.withUnsafeHandle { _ in throw CancellationError() }) {
      XCTAssertTrue($0 is CancellationError)
    }
  }

  func testShapes() throws {
    for shape in [[3], [2, 2], [-1, -2], [Int.max], [1 << 31], Array(repeating: 1, count: 65), [1 << 30, 1 << 30, 16, 0]]
    {
      expect(.invalidArgument, "s") { () throws(ConvolveError) in try ConvolveArray([1.0, 2], shape: shape) }
    }
    // The product of these sizes is 2 modulo 2^64.
    let wrapping = [1 << 16, 1 << 16, 1 << 16, 1 << 16, 2]
    expect(.invalidArgument, "fit") { () throws(ConvolveError) in try ConvolveArray([1.0, 2], shape: wrapping) }
    // No elements, although the other sizes have no product in an Int.
    let empty = try ConvolveArray([Float](), shape: [0, Int(Int32.max), Int(Int32.max), Int(Int32.max)])
    XCTAssertEqual(try empty.values(as: Float.self), [])
    let array = try ConvolveArray([1.0, 2, 3])
    expect(.invalidArgument, "0 to 3 of an array of 3") { () throws(ConvolveError) in
      try array.view(shape: [4], strides: [1])
    }
    expect(.invalidArgument, "strides") { () throws(ConvolveError) in
      try array.view(shape: [1], strides: [1, 1])
    }
    expect(.invalidArgument, "offset") { () throws(ConvolveError) in
      try array.view(shape: [1], strides: [1], offset: -1)
    }
  }

  func testDevices() throws {
    XCTAssertTrue(ConvolveDevice.cpu.isAvailable)
    XCTAssertEqual(try ConvolveDevice.count(.cpu), 1)
    XCTAssertEqual(try ConvolveDevice.processDefault(), .cpu)
    let missing = ConvolveDevice(.gpu, index: 1000)
    XCTAssertFalse(missing.isAvailable)
    expect(.deviceUnavailable, "gpu, 1000") { () throws(ConvolveError) in try ConvolveStream(missing) }
    expect(.deviceUnavailable, "gpu, 1000") { () throws(ConvolveError) in try ConvolveStream.default(on: missing) }
    expect(.deviceUnavailable, "gpu, 1000") { () throws(ConvolveError) in try missing.makeProcessDefault() }
    expect(.invalidArgument, "index: -1") { () throws(ConvolveError) in try ConvolveStream(ConvolveDevice(.cpu, index: -1)) }
    expect(.invalidArgument, "n: -1") { () throws(ConvolveError) in try ConvolveLibrary.setThreadCount(-1) }
  }

  func testDescription() {
    do throws(ConvolveError) {
      _ = try convolve([Float](), [1])
    } catch {
      XCTAssertEqual("\(error)", "invalid argument: \(error.message)")
    }
  }
}
