import CMlxConvolve

/// The library as a whole: its version, threads and memory.
public enum ConvolveLibrary {
  /// The version of the library that is running, such as "1.2.3".
  public static var version: String {
    String(cString: mlx_convolve_version())
  }

  /// How a convolution of two Swift arrays would be computed, and why: a text for people, in lines.
  ///
  /// Throws ``ConvolveStatus/invalidArgument`` if the arguments do not fit each other.
  public static func explain(
    _ a: Int, _ v: Int, dtype: ConvolveDType, mode: ConvolveMode = .full, accuracy: ConvolveAccuracy = .normwise,
    boundary: ConvolveBoundary = .zero, operation: ConvolveOperation = .convolve,
    subnormals: ConvolveSubnormals = .keep, range: (any ConvolveRange)? = nil
  ) throws(ConvolveError) -> String {
    guard a >= 0, v >= 0 else { throw ConvolveError(invalidArgument: "a length is below 0: \(a), \(v)") }
    var options = try Options(
      mode: mode, accuracy: accuracy, boundary: boundary, operation: operation, subnormals: subnormals, range: range
    ).inC()
    return try text { mlx_convolve_explain_with(a, v, dtype.number, &options, &$0) }
  }

  /// Sets how many threads may work on one convolution, including the thread that runs it. 0: one for each core.
  ///
  /// Throws ``ConvolveStatus/invalidArgument`` if `count` is below 0.
  public static func setThreadCount(_ count: Int) throws(ConvolveError) {
    try check(mlx_set_num_threads(cInt(count, "count")))
  }

  /// The number of bytes that the library holds now: arrays, running computations, and what computations keep for later
  /// calls.
  public static var activeMemory: Int {
    bytes(mlx_get_active_memory)
  }

  /// The largest number of bytes that were active at once, since the start or since ``resetPeakMemory()``.
  public static var peakMemory: Int {
    bytes(mlx_get_peak_memory)
  }

  /// Sets the peak to the bytes that are active now.
  public static func resetPeakMemory() {
    _ = mlx_reset_peak_memory()
  }

  /// The number of bytes of freed memory that the library keeps, so that it need not ask the system for it again.
  public static var cacheMemory: Int {
    bytes(mlx_get_cache_memory)
  }

  /// Gives the cache, and what computations keep for later calls, back to the system.
  public static func clearCache() {
    _ = mlx_clear_cache()
  }

  /// These calls fail for a NULL alone.
  private static func bytes(_ read: (UnsafeMutablePointer<Int>?) -> mlx_status) -> Int {
    var bytes = 0
    _ = read(&bytes)
    return bytes
  }
}
