import CMlxConvolve

/// An array of the library: elements of one dtype, in 0 to 64 dimensions. Its values never change.
///
/// Any thread and any task may use an array, also several at once. The memory of the values is released when no array,
/// view or queued work needs them.
public final class ConvolveArray: @unchecked Sendable, CustomStringConvertible {
  // Sendable although a C pointer is not: values never change, the library lets several threads read the object of a
  // handle, the handle never changes, and only `deinit` frees it, when nobody has the object any more.
  private let handle: mlx_array

  /// Takes the handle over.
  init(owning handle: mlx_array) {
    self.handle = handle
  }

  /// An array with a copy of `values`, in one dimension.
  ///
  /// Throws if there are more than `Int32.max` values, or if memory runs out.
  public convenience init<Element: ConvolveElement>(_ values: [Element]) throws(ConvolveError) {
    try self.init(values, shape: [values.count])
  }

  /// An array with a copy of `values`.
  ///
  /// - Parameters:
  ///   - values: The elements, the last dimension fastest.
  ///   - shape: The sizes of the dimensions, at most 64. Their product is the number of values; `[]` stands for one value.
  ///
  /// Throws if the shape does not fit, or if memory runs out.
  public convenience init<Element: ConvolveElement>(_ values: [Element], shape: [Int]) throws(ConvolveError) {
    let sizes = try cSizes(shape, of: values.count)
    var array = mlx_array_new()
    try check(
      values.withUnsafeBytes {
        mlx_array_set_data(&array, $0.baseAddress, sizes, Int32(sizes.count), Element.dtype.number)
      })
    self.init(owning: array)
  }

  /// An array with a copy of a buffer, in one dimension.
  ///
  /// Throws if there are more than `Int32.max` values, or if memory runs out.
  public convenience init<Element: ConvolveElement>(_ values: UnsafeBufferPointer<Element>) throws(ConvolveError) {
    let sizes = try cSizes([values.count], of: values.count)
    var array = mlx_array_new()
    try check(mlx_array_set_data(&array, values.baseAddress, sizes, 1, Element.dtype.number))
    self.init(owning: array)
  }

  /// An array that reads a buffer in place, without a copy.
  ///
  /// - Parameters:
  ///   - values: The elements, the last dimension fastest. Nobody may write to them before `release` has been called.
  ///   - shape: The sizes of the dimensions; without them the array has one dimension.
  ///   - release: Called once with `values`, after the last read of them, on any thread. It must not wait for values that
  ///     are not ready, because it may run on the thread that computes them. Not called if the constructor throws.
  ///
  /// A program that allocated the buffer for the array alone gives it back so:
  ///
  ///     let array = try ConvolveArray(borrowing: UnsafeBufferPointer(samples)) { $0.deallocate() }
  ///
  /// Throws ``ConvolveStatus/invalidArgument`` if the shape does not fit, or if the buffer has no address or a misaligned
  /// one, and ``ConvolveStatus/outOfMemory``.
  public convenience init<Element: ConvolveElement>(
    borrowing values: UnsafeBufferPointer<Element>, shape: [Int]? = nil,
    release: @escaping @Sendable (UnsafeBufferPointer<Element>) -> Void
  ) throws(ConvolveError) {
    let sizes = try cSizes(shape ?? [values.count], of: values.count)
    let address = UInt(bitPattern: values.baseAddress)
    guard address != 0 else { throw ConvolveError(invalidArgument: "values: the buffer has no address") }
    guard address % UInt(MemoryLayout<Element>.alignment) == 0 else {
      throw ConvolveError(invalidArgument: "values: the buffer is misaligned for \(Element.dtype)")
    }
    // A pointer is not Sendable. Only `release` gets this one, once, when nobody reads the values any more.
    nonisolated(unsafe) let lent = values
    let loan = Unmanaged.passRetained(Loan { release(lent) })
    let array = mlx_array_new_data_managed_payload(
      UnsafeMutableRawPointer(mutating: values.baseAddress), sizes, Int32(sizes.count), Element.dtype.number,
      loan.toOpaque()
    ) { Unmanaged<Loan>.fromOpaque($0!).takeRetainedValue().release() }
    if array.ctx == nil {
      loan.release()
      // C tells no status here. The checks above have excluded the other reasons.
      throw ConvolveError(.outOfMemory)
    }
    self.init(owning: array)
  }

  deinit {
    _ = mlx_array_free(handle)
  }

  /// The type of the elements.
  public var dtype: ConvolveDType {
    // The library has no other dtypes than these.
    ConvolveDType(number: withUnsafeHandle(mlx_array_dtype))!
  }

  /// The number of elements.
  public var count: Int {
    withUnsafeHandle(mlx_array_size)
  }

  /// The sizes of the dimensions.
  public var shape: [Int] {
    withUnsafeHandle { UnsafeBufferPointer(start: mlx_array_shape($0), count: mlx_array_ndim($0)).map(Int.init) }
  }

  /// For each dimension, the distance between neighbours in elements. It may be 0 or negative.
  public var strides: [Int] {
    withUnsafeHandle { UnsafeBufferPointer(start: mlx_array_strides($0), count: mlx_array_ndim($0)).map(Int.init) }
  }

  /// Blocks until the values are ready.
  ///
  /// Throws if computing the values failed.
  public func evaluate() throws(ConvolveError) {
    try check(withUnsafeHandle(mlx_array_eval))
  }

  /// Waits for the values and returns a copy of them, the last dimension fastest.
  ///
  /// A `Bool` is the array's byte as it is. Memory that was borrowed as `Bool`s must hold bytes of 0 and 1 alone, as
  /// Swift demands it of every `Bool`.
  ///
  /// Throws if the array has another dtype than `Element`, or if computing the values failed. Swift allocates the copy,
  /// and ends the program if there is no memory for it; ``withUnsafeValues(as:_:)`` needs none.
  public func values<Element: ConvolveElement>(as type: Element.Type = Element.self) throws(ConvolveError) -> [Element] {
    let first = try firstValue(as: type)
    return withExtendedLifetime(self) {
      if isContiguous {
        return Array(UnsafeBufferPointer(start: first, count: count))
      }
      return [Element](unsafeUninitializedCapacity: count) { copy, copied in
        forEachPlace { place in
          (copy.baseAddress! + copied).initialize(to: first[place])
          copied += 1
        }
      }
    }
  }

  /// Waits for the values and calls `body` with them, without a copy. The buffer must not be used after `body` has
  /// returned.
  ///
  /// Throws if the array has another dtype than `Element`, if it is a view whose values do not lie one after another, if
  /// computing the values failed, or what `body` throws.
  public func withUnsafeValues<Element: ConvolveElement, Result>(
    as type: Element.Type = Element.self, _ body: (UnsafeBufferPointer<Element>) throws(ConvolveError) -> Result
  ) throws(ConvolveError) -> Result {
    let buffer = try contiguousValues(as: type)
    return try withExtendedLifetime(self) { () throws(ConvolveError) in try body(buffer) }
  }

  /// The same with a `body` that throws errors of other types.
  public func withUnsafeValues<Element: ConvolveElement, Result>(
    as type: Element.Type = Element.self, _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) throws -> Result {
    let buffer = try contiguousValues(as: type)
    return try withExtendedLifetime(self) { try body(buffer) }
  }

  /// A view of this array with another shape and other strides, such as a channel of interleaved samples. Nothing is
  /// copied if this array is contiguous.
  ///
  /// - Parameters:
  ///   - shape: The sizes of the view.
  ///   - strides: For each dimension, the distance between neighbours in elements. It may be 0 or negative.
  ///   - offset: The index of the view's first element, the last dimension fastest.
  ///   - stream: The stream that copies, if a copy is needed; ``ConvolveStream/default`` if there is none.
  ///
  /// Throws if an element of the view is outside of this array, or if memory runs out.
  public func view(
    shape: [Int], strides: [Int], offset: Int = 0, stream: ConvolveStream? = nil
  ) throws(ConvolveError) -> ConvolveArray {
    var sizes: [Int32] = []
    for size in shape {
      sizes.append(try cInt(size, "a size"))
    }
    guard offset >= 0 else { throw ConvolveError(invalidArgument: "offset is \(offset), below 0") }
    let distances = strides.map(Int64.init)
    let stream = if let stream { stream } else { try ConvolveStream.default }
    var view = mlx_array_new()
    try check(
      withUnsafeHandle { array in
        stream.withUnsafeHandle { stream in
          mlx_as_strided(&view, array, sizes, sizes.count, distances, distances.count, offset, stream)
        }
      })
    return ConvolveArray(owning: view)
  }

  /// Waits for the values; the text has some of them, as in "array([1, 2, 3], dtype=int32)". If computing them failed,
  /// it has the message.
  public var description: String {
    do throws(ConvolveError) {
      return try text { string in withUnsafeHandle { mlx_array_tostring(&string, $0) } }
    } catch {
      return "array(\(error))"
    }
  }

  /// Calls `body` with the C handle, for functions of the C header. The handle must not be freed, set, or used after
  /// `body` has returned.
  public func withUnsafeHandle<Result, Failure: Error>(
    _ body: (mlx_array) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withExtendedLifetime(self) { () throws(Failure) in try body(handle) }
  }

  /// Waits for the values. The pointer is valid as long as this object.
  private func firstValue<Element: ConvolveElement>(
    as type: Element.Type
  ) throws(ConvolveError) -> UnsafePointer<Element> {
    guard dtype == Element.dtype else {
      throw ConvolveError(invalidArgument: "the values are \(dtype), and are asked for as \(Element.dtype)")
    }
    // Which function asks does not matter: the bytes are those of the dtype.
    guard let bytes = withUnsafeHandle(mlx_array_data_uint8) else {
      try evaluate()
      throw ConvolveError(.internal)
    }
    return UnsafeRawPointer(bytes).assumingMemoryBound(to: Element.self)
  }

  /// Waits for the values. The buffer is valid as long as this object.
  private func contiguousValues<Element: ConvolveElement>(
    as type: Element.Type
  ) throws(ConvolveError) -> UnsafeBufferPointer<Element> {
    let first = try firstValue(as: type)
    guard isContiguous else {
      throw ConvolveError(invalidArgument: "the values of this view do not lie one after another: use values(as:)")
    }
    return UnsafeBufferPointer(start: first, count: count)
  }

  private var isContiguous: Bool {
    // The product of the other sizes need not fit an Int.
    if count == 0 { return true }
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }

  /// Calls `body` with the place of each element from the first one on, the last dimension fastest.
  private func forEachPlace(_ body: (Int) -> Void) {
    let (shape, strides) = (shape, strides)
    var at = [Int](repeating: 0, count: shape.count)
    var place = 0
    for _ in 0..<count {
      body(place)
      for d in shape.indices.reversed() {
        at[d] += 1
        place += strides[d]
        if at[d] < shape[d] { break }
        place -= strides[d] * at[d]
        at[d] = 0
      }
    }
  }
}

/// What is called when the library has read borrowed memory for the last time.
private final class Loan: Sendable {
  let release: @Sendable () -> Void
  init(_ release: @escaping @Sendable () -> Void) {
    self.release = release
  }
}

/// The sizes of dimensions as C takes them, if they are those of `count` elements.
private func cSizes(_ shape: [Int], of count: Int) throws(ConvolveError) -> [Int32] {
  guard shape.count <= 64 else {
    throw ConvolveError(invalidArgument: "shape has \(shape.count) dimensions, more than 64")
  }
  var sizes: [Int32] = []
  var product = 1
  var fits = true
  for size in shape {
    sizes.append(try cInt(size, "a size"))
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    product = next
    fits = fits && size >= 0 && !overflow
  }
  guard fits, product == count else {
    throw ConvolveError(invalidArgument: "shape \(shape) does not fit \(count) values")
  }
  return sizes
}
