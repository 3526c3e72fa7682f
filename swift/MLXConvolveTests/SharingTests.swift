import MLXConvolve
import XCTest

/// Arrays and streams in many tasks at once, views, borrowed memory, and the end of objects.
final class SharingTests: XCTestCase {
  func testTasksShareArraysAndStreams() async throws {
    let a = try ConvolveArray(wholeNumbers(3000, seed: 1).map { Float($0) })
    let v = try ConvolveArray(wholeNumbers(48, seed: 2).map { Float($0) })
    let stream = try ConvolveStream(.cpu)
    let expected: [Float] = try convolve(a, v).values()
    let first = try convolve(a, v, stream: stream)
    try await withThrowingTaskGroup(of: [Float].self) { group in
      for task in 0..<64 {
        group.addTask {
          switch task % 4 {
          case 0: try convolve(a, v, stream: stream).values()
          case 1: try convolve(a, v).values()
          case 2: try first.values()
          // A result is an input at once, on another stream.
          default: try convolve(convolve(a, v, stream: stream), ConvolveArray([1] as [Float])).values()
          }
        }
      }
      for try await result in group {
        XCTAssertEqual(result, expected)
      }
    }
  }

  func testFailuresInTasksKeepTheirMessages() async {
    await withTaskGroup(of: (Int, String).self) { group in
      for length in 1...64 {
        group.addTask {
          do throws(ConvolveError) {
            _ = try convolve([Float](repeating: 1, count: length), [1], range: 0..<1000)
            return (length, "")
          } catch {
            return (length, error.message)
          }
        }
      }
      for await (length, message) in group {
        XCTAssertTrue(message.contains("\(length)"), "\(length): \(message)")
      }
    }
  }

  func testEverythingIsFreed() throws {
    ConvolveLibrary.clearCache()
    let before = ConvolveLibrary.activeMemory
    for _ in 0..<10 {
      let stream = try ConvolveStream(.cpu)
      let a = try ConvolveArray([Double](repeating: 1, count: 100_000))
      let v = try ConvolveArray([Double](repeating: 1, count: 1000))
      let view = try a.view(shape: [50_000], strides: [2])
      XCTAssertEqual(try convolve(view, v, stream: stream).values(as: Double.self)[25_000], 1000, accuracy: 1e-9)
      XCTAssertThrowsError(try convolve(view, v, range: 0..<100_000_000))
      // Never read: its work may still be queued.
      _ = try convolve(a, v, stream: stream)
      XCTAssertGreaterThan(ConvolveLibrary.activeMemory, before)
      try stream.synchronize()
    }
    // A worker thread may let go of its last operands a moment after their result is ready.
    for _ in 0..<500 {
      ConvolveLibrary.clearCache()
      if ConvolveLibrary.activeMemory == before { break }
      Thread.sleep(forTimeInterval: 0.01)
    }
    XCTAssertEqual(ConvolveLibrary.activeMemory, before)
    XCTAssertGreaterThan(ConvolveLibrary.peakMemory, before)
    ConvolveLibrary.resetPeakMemory()
    XCTAssertEqual(ConvolveLibrary.peakMemory, ConvolveLibrary.activeMemory)
    XCTAssertEqual(ConvolveLibrary.cacheMemory, 0)
  }

  func testBorrowedMemoryIsReadInPlaceAndReleasedOnce() throws {
    let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4)
    memory.initialize(repeating: 3)
    let values = UnsafeBufferPointer(memory)
    let address = UInt(bitPattern: values.baseAddress)
    let released = expectation(description: "released")
    do {
      let array = try ConvolveArray(borrowing: values) {
        XCTAssertEqual($0.baseAddress.map(UInt.init(bitPattern:)), address)
        $0.deallocate()
        released.fulfill()
      }
      try array.withUnsafeValues(as: Float.self) { XCTAssertEqual($0.baseAddress, values.baseAddress) }
      XCTAssertEqual(try convolve(array, ConvolveArray([1, 1] as [Float])).values(), [3, 6, 6, 6, 3] as [Float])
    }
    wait(for: [released], timeout: 10)

    // A constructor that throws does not release what it did not borrow.
    XCTAssertThrowsError(
      try ConvolveArray(borrowing: UnsafeBufferPointer<Float>(start: nil, count: 0), shape: [5]) { _ in XCTFail() })
  }

  func testViews() throws {
    let array = try ConvolveArray(Array(0..<6) as [Int32], shape: [2, 3])
    XCTAssertEqual(array.shape, [2, 3])
    XCTAssertEqual(array.strides, [3, 1])
    XCTAssertEqual(array.count, 6)
    let columns = try array.view(shape: [3, 2], strides: [1, 3])
    XCTAssertEqual(try columns.values(), [0, 3, 1, 4, 2, 5] as [Int32])
    let reversed = try array.view(shape: [6], strides: [-1], offset: 5)
    XCTAssertEqual(reversed.strides, [-1])
    XCTAssertEqual(try reversed.values(), [5, 4, 3, 2, 1, 0] as [Int32])
    XCTAssertEqual(try array.view(shape: [4], strides: [0], offset: 2).values(), [2, 2, 2, 2] as [Int32])
    XCTAssertEqual(try array.view(shape: [0, 5], strides: [9, 9]).values(), [] as [Int32])
    XCTAssertThrowsError(try columns.withUnsafeValues(as: Int32.self) { $0.count })
    XCTAssertEqual(try convolve(reversed, ConvolveArray([1, 1] as [Int32]), mode: .valid).values(), [9, 7, 5, 3, 1] as [Int32])
    XCTAssertEqual(try ConvolveArray([7.5], shape: []).values(), [7.5])
  }

  func testStreamsAndDevices() throws {
    XCTAssertEqual(try ConvolveStream.default, try ConvolveStream.cpu)
    let stream = try ConvolveStream(.cpu)
    XCTAssertNotEqual(stream, try ConvolveStream.cpu)
    let streams: Set = try [stream, .cpu, .cpu]
    XCTAssertEqual(streams.count, 2)
    XCTAssertEqual(try stream.device(), .cpu)
    XCTAssertTrue(stream.description.hasPrefix("Stream(Device(cpu, 0), "), stream.description)
    XCTAssertEqual("\(ConvolveDevice.gpu)", "gpu 0")
    try ConvolveDevice.cpu.makeProcessDefault()
  }

  func testTexts() throws {
    XCTAssertEqual("\(try ConvolveArray([1, 2, 3] as [Int32]))", "array([1, 2, 3], dtype=int32)")
    XCTAssertEqual("\(Complex64(1, -2))", "(1.0, -2.0)")
    XCTAssertEqual("\(BFloat16(1.5))", "1.5")
    XCTAssertEqual(ConvolveLibrary.version.split(separator: ".").count, 3)
    XCTAssertTrue(try ConvolveLibrary.explain(1000, 10, dtype: .float32).contains("direct"))
  }

  func testNumberOfThreads() throws {
    let a = wholeNumbers(200_000, seed: 3).map { Float($0) }
    let expected = try convolve(a, [1, 2, 3])
    for threads in [1, 2, 0] {
      try ConvolveLibrary.setThreadCount(threads)
      XCTAssertEqual(try convolve(a, [1, 2, 3]), expected)
    }
  }
}
