import CMlxConvolve
import MLXConvolve
import XCTest

/// The C functions, by the names of the header, and its constants, as Swift imports them.
final class CNamesTests: XCTestCase {
  func testTheFirstCallOfTheHeader() {
    let stream = mlx_default_cpu_stream_new()
    var length: Int32 = 4
    var width: Int32 = 2
    var a = mlx_array_new_data([1, 2, 3, 4] as [Float], &length, 1, MLX_FLOAT32)
    var v = mlx_array_new_data([0.5, 0.25] as [Float], &width, 1, MLX_FLOAT32)
    var result = mlx_array_new()
    XCTAssertEqual(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &result), MLX_STATUS_SUCCESS)
    let values = UnsafeBufferPointer(start: mlx_array_data_float32(result), count: mlx_array_size(result))
    XCTAssertEqual(Array(values), [0.5, 1.25, 2, 2.75, 1])
    XCTAssertEqual(mlx_array_free(result), MLX_STATUS_SUCCESS)
    XCTAssertEqual(mlx_array_free(v), MLX_STATUS_SUCCESS)
    XCTAssertEqual(mlx_array_free(a), MLX_STATUS_SUCCESS)
    XCTAssertEqual(mlx_stream_free(stream), MLX_STATUS_SUCCESS)
  }

  func testOptions() {
    // As the header's comment writes it.
    var o = mlx_convolve_options()
    XCTAssertEqual(mlx_convolve_options_init(&o, MemoryLayout.size(ofValue: o)), MLX_STATUS_SUCCESS)
    XCTAssertEqual(o.size, MemoryLayout<mlx_convolve_options>.size)
    XCTAssertEqual(o.dtype, MLX_DTYPE_PROMOTED)
    XCTAssertEqual(o.axis, -1)
    XCTAssertEqual(UInt(bitPattern: o.count), .max)
    o.mode = MLX_MODE_SAME
    o.boundary = MLX_BOUNDARY_EDGE
    var out = [Float](repeating: 0, count: 4)
    let x: [Float] = [2, 4, 6, 8]
    let taps: [Float] = [0.25, 0.5, 0.25]
    XCTAssertEqual(mlx_convolve_into_with(x, 4, taps, 3, MLX_FLOAT32, &o, &out, 4), MLX_STATUS_SUCCESS)
    XCTAssertEqual(out, [2.5, 4, 6, 7.5])
  }

  func testRowsOfInterleavedSamples() {
    let samples: [Int16] = [1, 10, 2, 20, 3, 30]
    let taps: [Float] = [1, 1]
    var out = [Float](repeating: 0, count: 8)
    samples.withUnsafeBytes { samples in
      taps.withUnsafeBytes { taps in
        out.withUnsafeMutableBytes { out in
          var a = mlx_rows(data: samples.baseAddress, dtype: MLX_INT16, len: 3, stride: 2, step: 1)
          var v = mlx_rows(data: taps.baseAddress, dtype: MLX_FLOAT32, len: 2, stride: 1, step: 0)
          var result = mlx_rows_out(data: out.baseAddress, dtype: MLX_FLOAT32, len: 4, stride: 2, step: 1)
          XCTAssertEqual(mlx_convolve_rows(&a, &v, 2, nil, &result), MLX_STATUS_SUCCESS)
        }
      }
    }
    XCTAssertEqual(out, [1, 10, 3, 30, 5, 50, 3, 30])
  }

  /// Integers reach Swift, and casts would not: each macro of the header is here.
  func testConstants() {
    XCTAssertEqual(
      [
        MLX_STATUS_SUCCESS, MLX_STATUS_INVALID_ARGUMENT, MLX_STATUS_UNSUPPORTED, MLX_STATUS_OUT_OF_MEMORY,
        MLX_STATUS_DEVICE_UNAVAILABLE, MLX_STATUS_DEVICE_LOST, MLX_STATUS_INTERNAL,
      ], Array(0...6))
    XCTAssertEqual(
      [
        MLX_BOOL, MLX_UINT8, MLX_UINT16, MLX_UINT32, MLX_UINT64, MLX_INT8, MLX_INT16, MLX_INT32, MLX_INT64, MLX_FLOAT16,
        MLX_FLOAT32, MLX_FLOAT64, MLX_BFLOAT16, MLX_COMPLEX64,
      ], Array(0...13))
    XCTAssertEqual([MLX_CPU, MLX_GPU], [0, 1])
    XCTAssertEqual([MLX_MODE_FULL, MLX_MODE_VALID, MLX_MODE_SAME], [0, 1, 2])
    XCTAssertEqual([MLX_ACCURACY_NORMWISE, MLX_ACCURACY_COMPONENTWISE], [0, 1])
    XCTAssertEqual(
      [MLX_BOUNDARY_ZERO, MLX_BOUNDARY_EDGE, MLX_BOUNDARY_SYMMETRIC, MLX_BOUNDARY_REFLECT, MLX_BOUNDARY_WRAP],
      Array(0...4))
    XCTAssertEqual([MLX_OPERATION_CONVOLVE, MLX_OPERATION_CORRELATE], [0, 1])
    XCTAssertEqual([MLX_SUBNORMALS_KEEP, MLX_SUBNORMALS_FLUSH], [0, 1])
    XCTAssertEqual(MLX_DTYPE_PROMOTED, -1)
    XCTAssertEqual([ConvolveDevice.Kind.cpu.number, ConvolveDevice.Kind.gpu.number], [MLX_CPU, MLX_GPU])
    XCTAssertEqual(ConvolveMode.allCases.map(\.number), Array(0...2))
    XCTAssertEqual(ConvolveAccuracy.allCases.map(\.number), Array(0...1))
    XCTAssertEqual(ConvolveBoundary.allCases.map(\.number), Array(0...4))
    XCTAssertEqual(ConvolveOperation.allCases.map(\.number), Array(0...1))
    XCTAssertEqual(ConvolveSubnormals.allCases.map(\.number), Array(0...1))
    let version = "\(MLX_CONVOLVE_VERSION_MAJOR).\(MLX_CONVOLVE_VERSION_MINOR).\(MLX_CONVOLVE_VERSION_PATCH)"
    XCTAssertEqual(version, ConvolveLibrary.version)
  }

  func testComplexNumbers() {
    var number = mlx_complex64_t()
    let array = mlx_array_new_complex(1, -2)
    XCTAssertEqual(mlx_array_item_complex64(&number, array), MLX_STATUS_SUCCESS)
    XCTAssertEqual([number.re, number.im], [1, -2])
    XCTAssertEqual(mlx_array_free(array), MLX_STATUS_SUCCESS)
    XCTAssertEqual(MemoryLayout<Complex64>.size, MemoryLayout<mlx_complex64_t>.size)
  }

  func testHandlesOfObjects() throws {
    let array = try ConvolveArray([1, 2, 3] as [Float])
    XCTAssertEqual(array.withUnsafeHandle { mlx_array_dim($0, 0) }, 3)
    var index: Int32 = -1
    XCTAssertEqual(try ConvolveStream.cpu.withUnsafeHandle { mlx_stream_get_index(&index, $0) }, MLX_STATUS_SUCCESS)
    XCTAssertGreaterThanOrEqual(index, 0)
  }
}
