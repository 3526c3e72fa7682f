import CMlxConvolve

/// The outcome of a failed call, as a number of the library.
///
/// A number is never reused. Later versions may add numbers, so treat an unknown number as a failure.
public struct ConvolveStatus: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The number: one of the `MLX_STATUS_` numbers of the C header.
  public let rawValue: Int32

  /// The status with this number.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// An argument is out of range, or does not fit the others.
  public static let invalidArgument = Self(rawValue: MLX_STATUS_INVALID_ARGUMENT)
  /// The request is valid, but this device cannot do it.
  public static let unsupported = Self(rawValue: MLX_STATUS_UNSUPPORTED)
  /// Memory ran out inside the library. If it runs out for an array that Swift allocates, Swift ends the program.
  public static let outOfMemory = Self(rawValue: MLX_STATUS_OUT_OF_MEMORY)
  /// The device is not present.
  public static let deviceUnavailable = Self(rawValue: MLX_STATUS_DEVICE_UNAVAILABLE)
  /// The device was lost, or the work was pending in the parent of this forked child.
  public static let deviceLost = Self(rawValue: MLX_STATUS_DEVICE_LOST)
  /// A bug in the library, caught before it could do harm. Please report the message.
  public static let `internal` = Self(rawValue: MLX_STATUS_INTERNAL)

  /// The name of the status in words, such as "out of memory".
  public var description: String {
    String(cString: mlx_status_string(rawValue))
  }
}

/// What the functions of this module throw. Those that call a closure also pass on what the closure throws.
///
/// Print the error, or its ``message``. `localizedDescription`, which Foundation adds to every error, has no text of the
/// library.
public struct ConvolveError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public let status: ConvolveStatus
  /// The library's message. It names the argument and the sizes. Messages are for people: any version may change their
  /// wording.
  public let message: String

  /// The status in words and the message.
  public var description: String {
    "\(status): \(message)"
  }

  /// The failure of the last call of this thread, which had this status.
  ///
  /// The library keeps a message for each thread. A function of this module does not suspend, so it is still on the
  /// thread that failed.
  init(_ status: ConvolveStatus) {
    self.status = status
    message = String(cString: mlx_last_error())
  }

  /// An argument that this module refuses, because C has no number for it.
  init(invalidArgument message: String) {
    status = .invalidArgument
    self.message = message
  }
}

/// Throws if a call failed.
func check(_ status: mlx_status) throws(ConvolveError) {
  if status != MLX_STATUS_SUCCESS {
    throw ConvolveError(ConvolveStatus(rawValue: status))
  }
}

/// A size as the library's handles take it, which have `Int32`s.
func cInt(_ value: Int, _ name: String) throws(ConvolveError) -> Int32 {
  guard let narrow = Int32(exactly: value) else {
    throw ConvolveError(invalidArgument: "\(name) is \(value), which does not fit 32 bits")
  }
  return narrow
}

/// The text that a function writes into a string of the library.
func text(_ write: (inout mlx_string) -> mlx_status) throws(ConvolveError) -> String {
  var string = mlx_string_new()
  defer { _ = mlx_string_free(string) }
  try check(write(&string))
  return String(cString: mlx_string_data(string))
}
