import CMlxConvolve

/// Convolves two arrays of the library: the same call as mlx-swift's `convolve(_:_:mode:stream:)`.
///
/// The call checks its arguments, queues the work on the stream and returns. The result may be an input of further calls
/// at once, on any stream. ``ConvolveArray/values(as:)`` waits for the values. Work of less than some 0.3 milliseconds
/// is done before the call returns.
///
/// Inputs of different dtypes are first converted to the dtype that MLX's promotion gives.
///
/// - Parameters:
///   - a: The signal. In the axis it is not empty.
///   - v: The filter. If it is longer than `a`, and the boundary is `.zero`, the inputs change places.
///   - mode: The outputs to keep.
///   - dtype: The dtype to compute in and of the result, one to which both inputs promote as in MLX, where a promotion may
///     lose digits or overflow: so `int32` in `float16`. Without it: the promoted one.
///   - accuracy: The error bound.
///   - boundary: How `a` goes on beyond its ends.
///   - operation: Convolution or correlation.
///   - subnormals: The treatment of subnormal numbers.
///   - range: Of the outputs that `mode` keeps, those that are computed, as in `0..<5` or `5...`. Without it: all.
///   - axis: The axis of the result along which arrays of several dimensions are convolved; below 0 from the end. The
///     other dimensions broadcast.
///   - stream: The stream that does the work; ``ConvolveStream/default`` if there is none.
/// - Returns: A new array.
///
/// Throws ``ConvolveStatus/invalidArgument`` if the arguments do not fit each other, ``ConvolveStatus/outOfMemory``,
/// ``ConvolveStatus/unsupported`` if the stream's device does not have the dtype, ``ConvolveStatus/deviceLost``, or the
/// failure of the work that computes an input.
public func convolve(
  _ a: ConvolveArray, _ v: ConvolveArray, mode: ConvolveMode = .full, dtype: ConvolveDType? = nil,
  accuracy: ConvolveAccuracy = .normwise, boundary: ConvolveBoundary = .zero, operation: ConvolveOperation = .convolve,
  subnormals: ConvolveSubnormals = .keep, range: (any ConvolveRange)? = nil, axis: Int = -1, stream: ConvolveStream? = nil
) throws(ConvolveError) -> ConvolveArray {
  var options = try Options(
    mode: mode, dtype: dtype, accuracy: accuracy, boundary: boundary, operation: operation, subnormals: subnormals,
    range: range, axis: axis
  ).inC()
  let stream = if let stream { stream } else { try ConvolveStream.default }
  var result = mlx_array_new()
  try check(
    a.withUnsafeHandle { a in
      v.withUnsafeHandle { v in
        stream.withUnsafeHandle { stream in
          withUnsafePointer(to: a) { a in
            withUnsafePointer(to: v) { v in mlx_convolve_with(a, v, &options, stream, &result) }
          }
        }
      }
    })
  return ConvolveArray(owning: result)
}

/// Convolves two Swift arrays.
///
/// Without a stream, the processor computes the result on the calling thread, with the help of others if it is long, in
/// place: nothing is copied. With a stream, the stream's device computes it, and the call waits.
///
///     let sum = try convolve([1, 2, 3, 4], [1, 1, 1], mode: .same)   // [3, 6, 9, 7]
///
/// - Parameters:
///   - a: The signal, not empty.
///   - v: The filter, not empty. If it is longer than `a`, and the boundary is `.zero`, the inputs change places.
///   - mode: The outputs to keep.
///   - accuracy: The error bound.
///   - boundary: How `a` goes on beyond its ends.
///   - operation: Convolution or correlation.
///   - subnormals: The treatment of subnormal numbers.
///   - range: Of the outputs that `mode` keeps, those that are computed, as in `0..<5` or `5...`. Without it: all.
///   - stream: The stream that does the work.
/// - Returns: The outputs.
///
/// Throws ``ConvolveStatus/invalidArgument`` if the arguments do not fit each other, ``ConvolveStatus/outOfMemory`` if the
/// library's workspace ran out, and with a stream also its failures. Swift allocates the array of outputs, and ends the
/// program if there is no memory for it. With `into:`, the program allocates it beforehand.
public func convolve<Element: ConvolveElement>(
  _ a: [Element], _ v: [Element], mode: ConvolveMode = .full, accuracy: ConvolveAccuracy = .normwise,
  boundary: ConvolveBoundary = .zero, operation: ConvolveOperation = .convolve, subnormals: ConvolveSubnormals = .keep,
  range: (any ConvolveRange)? = nil, stream: ConvolveStream? = nil
) throws(ConvolveError) -> [Element] {
  try convolve(
    a, v, mode: mode, as: Element.self, accuracy: accuracy, boundary: boundary, operation: operation,
    subnormals: subnormals, range: range, stream: stream)
}

/// Convolves two Swift arrays in another type than theirs, such as 16-bit samples in `Float`.
///
/// - Parameters:
///   - a: The signal, not empty.
///   - v: The filter, not empty. If it is longer than `a`, and the boundary is `.zero`, the inputs change places.
///   - mode: The outputs to keep.
///   - type: The type to compute in and of the result, one to which `Element` promotes as in MLX. `Double` does not
///     promote to `Float`, nor a float to an integer. But some promotions lose digits or overflow: integers in `Float16`,
///     `BFloat16` or `Float`, and `Double` in ``Complex64``.
///   - accuracy: The error bound.
///   - boundary: How `a` goes on beyond its ends.
///   - operation: Convolution or correlation.
///   - subnormals: The treatment of subnormal numbers.
///   - range: Of the outputs that `mode` keeps, those that are computed, as in `0..<5` or `5...`. Without it: all.
///   - stream: The stream that does the work. Without it, the processor computes on the calling thread.
/// - Returns: The outputs.
///
/// Throws as ``convolve(_:_:mode:accuracy:boundary:operation:subnormals:range:stream:)``.
public func convolve<Element: ConvolveElement, Output: ConvolveElement>(
  _ a: [Element], _ v: [Element], mode: ConvolveMode = .full, as type: Output.Type,
  accuracy: ConvolveAccuracy = .normwise, boundary: ConvolveBoundary = .zero, operation: ConvolveOperation = .convolve,
  subnormals: ConvolveSubnormals = .keep, range: (any ConvolveRange)? = nil, stream: ConvolveStream? = nil
) throws(ConvolveError) -> [Output] {
  if let stream {
    let result = try convolve(
      ConvolveArray(a), ConvolveArray(v), mode: mode, dtype: Output.dtype, accuracy: accuracy, boundary: boundary,
      operation: operation, subnormals: subnormals, range: range, stream: stream)
    return try result.values()
  }
  var options = try Options(
    mode: mode, dtype: Output.dtype, accuracy: accuracy, boundary: boundary, operation: operation,
    subnormals: subnormals, range: range
  ).inC()
  var count = 0
  try check(mlx_convolve_length_with(a.count, v.count, &options, &count))
  var status = MLX_STATUS_SUCCESS
  let result = [Output](unsafeUninitializedCapacity: count) { memory, initialized in
    status = compute(a, v, into: UnsafeMutableBufferPointer(rebasing: memory[..<count]), options)
    initialized = status == MLX_STATUS_SUCCESS ? count : 0
  }
  try check(status)
  return result
}

/// Convolves two buffers into a third one. The processor computes the result before the call returns; nothing is
/// copied or allocated for it.
///
/// - Parameters:
///   - a: The signal, not empty.
///   - v: The filter, not empty. It may overlap `a`. If it is longer than `a`, and the boundary is `.zero`, the inputs
///     change places.
///   - output: Where the outputs go: exactly ``convolveCount(_:_:mode:boundary:operation:range:)`` of them. Must not
///     overlap an input. Its type is one to which `Element` promotes, as with `as:`.
///   - mode: The outputs to keep.
///   - accuracy: The error bound.
///   - boundary: How `a` goes on beyond its ends.
///   - operation: Convolution or correlation.
///   - subnormals: The treatment of subnormal numbers.
///   - range: Of the outputs that `mode` keeps, those that are computed, as in `0..<5` or `5...`. Without it: all.
///
/// Throws ``ConvolveStatus/invalidArgument`` if the arguments do not fit each other; `output` is unchanged then. Throws
/// ``ConvolveStatus/outOfMemory`` if workspace ran out; the values of `output` are unspecified then.
public func convolve<Element: ConvolveElement, Output: ConvolveElement>(
  _ a: UnsafeBufferPointer<Element>, _ v: UnsafeBufferPointer<Element>, into output: UnsafeMutableBufferPointer<Output>,
  mode: ConvolveMode = .full, accuracy: ConvolveAccuracy = .normwise, boundary: ConvolveBoundary = .zero,
  operation: ConvolveOperation = .convolve, subnormals: ConvolveSubnormals = .keep, range: (any ConvolveRange)? = nil
) throws(ConvolveError) {
  var options = try Options(
    mode: mode, dtype: Output.dtype, accuracy: accuracy, boundary: boundary, operation: operation,
    subnormals: subnormals, range: range
  ).inC()
  try check(
    mlx_convolve_into_with(
      a.baseAddress, a.count, v.baseAddress, v.count, Element.dtype.number, &options, output.baseAddress, output.count))
}

/// Convolves two Swift arrays into a third one, whose memory is used again.
///
///     var output = [Float](repeating: 0, count: try convolveCount(signal.count, taps.count))
///     try convolve(signal, taps, into: &output)
///
/// - Parameters:
///   - a: The signal, not empty.
///   - v: The filter, not empty. If it is longer than `a`, and the boundary is `.zero`, the inputs change places.
///   - output: Where the outputs go: exactly ``convolveCount(_:_:mode:boundary:operation:range:)`` of them. Its type is one
///     to which `Element` promotes, as with `as:`.
///   - mode: The outputs to keep.
///   - accuracy: The error bound.
///   - boundary: How `a` goes on beyond its ends.
///   - operation: Convolution or correlation.
///   - subnormals: The treatment of subnormal numbers.
///   - range: Of the outputs that `mode` keeps, those that are computed, as in `0..<5` or `5...`. Without it: all.
///
/// Throws as the same call on buffers. Nothing is allocated for the outputs, unless another variable shares the memory of
/// `output`: then Swift copies it first.
public func convolve<Element: ConvolveElement, Output: ConvolveElement>(
  _ a: [Element], _ v: [Element], into output: inout [Output], mode: ConvolveMode = .full,
  accuracy: ConvolveAccuracy = .normwise, boundary: ConvolveBoundary = .zero, operation: ConvolveOperation = .convolve,
  subnormals: ConvolveSubnormals = .keep, range: (any ConvolveRange)? = nil
) throws(ConvolveError) {
  let options = try Options(
    mode: mode, dtype: Output.dtype, accuracy: accuracy, boundary: boundary, operation: operation,
    subnormals: subnormals, range: range
  ).inC()
  try check(output.withUnsafeMutableBufferPointer { compute(a, v, into: $0, options) })
}

/// The number of outputs of a convolution of `a` with `v` elements.
///
/// Throws ``ConvolveStatus/invalidArgument`` if the arguments do not fit each other.
public func convolveCount(
  _ a: Int, _ v: Int, mode: ConvolveMode = .full, boundary: ConvolveBoundary = .zero,
  operation: ConvolveOperation = .convolve, range: (any ConvolveRange)? = nil
) throws(ConvolveError) -> Int {
  // C's unsigned numbers are `Int`s in Swift: below 0 they would mean others.
  guard a >= 0, v >= 0 else { throw ConvolveError(invalidArgument: "a length is below 0: \(a), \(v)") }
  var options = try Options(
    mode: mode, accuracy: .normwise, boundary: boundary, operation: operation, subnormals: .keep, range: range
  ).inC()
  var count = 0
  try check(mlx_convolve_length_with(a, v, &options, &count))
  return count
}

/// Convolves Swift arrays on this thread. The outcome is a status, because closures of Swift 6.0's arrays lose the type of
/// an error.
private func compute<Element: ConvolveElement, Output: ConvolveElement>(
  _ a: [Element], _ v: [Element], into output: UnsafeMutableBufferPointer<Output>, _ options: mlx_convolve_options
) -> mlx_status {
  withUnsafePointer(to: options) { options in
    a.withUnsafeBufferPointer { a in
      v.withUnsafeBufferPointer { v in
        mlx_convolve_into_with(
          a.baseAddress, a.count, v.baseAddress, v.count, Element.dtype.number, options, output.baseAddress,
          output.count)
      }
    }
  }
}
