import CMlxConvolve

/// A device: its kind, and its index among the devices of this kind.
public struct ConvolveDevice: Hashable, Sendable, CustomStringConvertible {
  /// The kind of a device.
  public enum Kind: Hashable, Sendable {
    /// The processor that the program runs on. There is always one.
    case cpu
    /// A graphics processor, if the library was built with a GPU core.
    case gpu

    /// The library's number of this kind, for calls of the C functions.
    public var number: mlx_device_type {
      switch self {
      case .cpu: MLX_CPU
      case .gpu: MLX_GPU
      }
    }
  }

  /// The kind of the device.
  public let kind: Kind
  /// The index of the device among those of its kind.
  public let index: Int

  /// The device with this index. It need not be present: see ``isAvailable``.
  public init(_ kind: Kind, index: Int = 0) {
    self.kind = kind
    self.index = index
  }

  /// The processor.
  public static let cpu = Self(.cpu)
  /// The first graphics processor.
  public static let gpu = Self(.gpu)

  /// How many devices of a kind there are.
  public static func count(_ kind: Kind) throws(ConvolveError) -> Int {
    var count: Int32 = 0
    try check(mlx_device_count(&count, kind.number))
    return Int(count)
  }

  /// The default device of the process. ``ConvolveStream/default`` is on it.
  public static func processDefault() throws(ConvolveError) -> Self {
    var handle = mlx_device_new()
    defer { _ = mlx_device_free(handle) }
    try check(mlx_get_default_device(&handle))
    return try Self(handle)
  }

  /// Makes this device the default device of the process.
  ///
  /// Throws if the device is not available.
  public func makeProcessDefault() throws(ConvolveError) {
    let handle = try makeHandle()
    defer { _ = mlx_device_free(handle) }
    try check(mlx_set_default_device(handle))
  }

  /// Whether the device can be used now.
  public var isAvailable: Bool {
    guard let handle = try? makeHandle() else { return false }
    defer { _ = mlx_device_free(handle) }
    var available = false
    return mlx_device_is_available(&available, handle) == MLX_STATUS_SUCCESS && available
  }

  /// A description such as "gpu 0".
  public var description: String {
    "\(kind) \(index)"
  }

  init(_ handle: mlx_device) throws(ConvolveError) {
    var index: Int32 = 0
    var kind: mlx_device_type = MLX_CPU
    try check(mlx_device_get_index(&index, handle))
    try check(mlx_device_get_type(&kind, handle))
    self.init(kind == MLX_GPU ? .gpu : .cpu, index: Int(index))
  }

  /// The caller frees the handle.
  func makeHandle() throws(ConvolveError) -> mlx_device {
    let index = try cInt(index, "index")
    let handle = mlx_device_new_type(kind.number, index)
    if handle.ctx == nil {
      throw ConvolveError(index < 0 ? .invalidArgument : .outOfMemory)
    }
    return handle
  }
}

/// A queue of work on one device. A stream runs its queued work in order.
///
/// Any thread and any task may use a stream, also several at once. The work that is queued on a stream runs even if the
/// object is gone.
public final class ConvolveStream: @unchecked Sendable, Hashable, CustomStringConvertible {
  // Sendable although a C pointer is not: the library lets any thread use a stream, the handle never changes, and only
  // `deinit` frees it, when nobody has the object any more.
  private let handle: mlx_stream

  /// Takes the handle over.
  private init(owning handle: mlx_stream) {
    self.handle = handle
  }

  /// A new stream on a device.
  ///
  /// Throws if the device is not available, or if memory runs out.
  public convenience init(_ device: ConvolveDevice = .cpu) throws(ConvolveError) {
    let handle = try device.makeHandle()
    defer { _ = mlx_device_free(handle) }
    let stream = mlx_stream_new_device(handle)
    if stream.ctx == nil {
      throw ConvolveError(device.isAvailable ? .outOfMemory : .deviceUnavailable)
    }
    self.init(owning: stream)
  }

  deinit {
    _ = mlx_stream_free(handle)
  }

  /// The calling thread's default stream on a device.
  ///
  /// Throws if the device is not available, or if memory runs out.
  public static func `default`(on device: ConvolveDevice) throws(ConvolveError) -> ConvolveStream {
    let handle = try device.makeHandle()
    defer { _ = mlx_device_free(handle) }
    var stream = mlx_stream_new()
    try check(mlx_get_default_stream(&stream, handle))
    return ConvolveStream(owning: stream)
  }

  /// The calling thread's default stream on the default device of the process. A call that names no stream uses it.
  public static var `default`: ConvolveStream {
    get throws(ConvolveError) { try .default(on: .processDefault()) }
  }

  /// The calling thread's default stream on the processor.
  public static var cpu: ConvolveStream {
    get throws(ConvolveError) { try .default(on: .cpu) }
  }

  /// The calling thread's default stream on the first graphics processor.
  public static var gpu: ConvolveStream {
    get throws(ConvolveError) { try .default(on: .gpu) }
  }

  /// The device that does the work.
  public func device() throws(ConvolveError) -> ConvolveDevice {
    var device = mlx_device_new()
    defer { _ = mlx_device_free(device) }
    try check(withUnsafeHandle { mlx_stream_get_device(&device, $0) })
    return try ConvolveDevice(device)
  }

  /// Blocks until all work that is queued on the stream so far is done.
  ///
  /// Throws the first failure of queued work since the last call on this stream.
  public func synchronize() throws(ConvolveError) {
    try check(withUnsafeHandle(mlx_synchronize))
  }

  /// A description such as "Stream(Device(cpu, 0), 1)".
  public var description: String {
    let found = try? text { string in withUnsafeHandle { mlx_stream_tostring(&string, $0) } }
    return found ?? "Stream"
  }

  /// Whether both objects are the same stream of the library.
  public static func == (left: ConvolveStream, right: ConvolveStream) -> Bool {
    left.withUnsafeHandle { a in right.withUnsafeHandle { b in mlx_stream_equal(a, b) } }
  }

  /// Hashes the stream's index, which equal streams share.
  public func hash(into hasher: inout Hasher) {
    var index: Int32 = 0
    _ = withUnsafeHandle { mlx_stream_get_index(&index, $0) }
    hasher.combine(index)
  }

  /// Calls `body` with the C handle, for functions of the C header. The handle must not be freed, set, or used after
  /// `body` has returned.
  public func withUnsafeHandle<Result, Failure: Error>(
    _ body: (mlx_stream) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withExtendedLifetime(self) { () throws(Failure) in try body(handle) }
  }
}
