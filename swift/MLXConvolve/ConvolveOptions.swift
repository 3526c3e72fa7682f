import CMlxConvolve

/// The outputs of the full convolution to keep, as in mlx-swift. N is the longer length and K the shorter.
public enum ConvolveMode: Hashable, Sendable, CaseIterable {
  /// N + K - 1 values: every output that reads at least one pair.
  case full
  /// N - K + 1 values, from the K-th on: the outputs that read the whole filter.
  case valid
  /// N values, from the one with index (K - 1) / 2, rounded down; so also with filters of even length.
  case same

  /// The library's number of this mode, for calls of the C functions.
  public var number: mlx_mode {
    switch self {
    case .full: MLX_MODE_FULL
    case .valid: MLX_MODE_VALID
    case .same: MLX_MODE_SAME
    }
  }
}

/// How the first input goes on beyond its ends. The names are those of `numpy.pad`.
public enum ConvolveBoundary: Hashable, Sendable, CaseIterable {
  /// `0 0 0 | a b c d | 0 0 0`
  case zero
  /// `a a a | a b c d | d d d`
  case edge
  /// `c b a | a b c d | d c b`
  case symmetric
  /// `d c b | a b c d | c b a`
  case reflect
  /// `b c d | a b c d | a b c`
  case wrap

  /// The library's number of this boundary, for calls of the C functions.
  public var number: mlx_boundary {
    switch self {
    case .zero: MLX_BOUNDARY_ZERO
    case .edge: MLX_BOUNDARY_EDGE
    case .symmetric: MLX_BOUNDARY_SYMMETRIC
    case .reflect: MLX_BOUNDARY_REFLECT
    case .wrap: MLX_BOUNDARY_WRAP
    }
  }
}

/// The error bound that floating-point outputs keep. docs/accuracy.md has the formulas.
public enum ConvolveAccuracy: Hashable, Sendable, CaseIterable {
  /// Bounded in relation to the norms of a block and of the filter.
  case normwise
  /// Bounded at each output in relation to the magnitudes of its own products. Costs 2 to 4 times the time for most
  /// inputs.
  case componentwise

  /// The library's number of this accuracy, for calls of the C functions.
  public var number: mlx_accuracy {
    switch self {
    case .normwise: MLX_ACCURACY_NORMWISE
    case .componentwise: MLX_ACCURACY_COMPONENTWISE
    }
  }
}

/// The sums that are computed.
public enum ConvolveOperation: Hashable, Sendable, CaseIterable {
  /// The filter runs backwards, as `numpy.convolve`.
  case convolve
  /// The filter runs forwards, and its conjugate is taken, as `numpy.correlate`.
  case correlate

  /// The library's number of this operation, for calls of the C functions.
  public var number: mlx_operation {
    switch self {
    case .convolve: MLX_OPERATION_CONVOLVE
    case .correlate: MLX_OPERATION_CORRELATE
    }
  }
}

/// The treatment of subnormal numbers.
public enum ConvolveSubnormals: Hashable, Sendable, CaseIterable {
  /// They are numbers as others: gradual underflow.
  case keep
  /// They count as zeros of their sign, and cost no time.
  case flush

  /// The library's number of this treatment, for calls of the C functions.
  public var number: mlx_subnormals {
    switch self {
    case .keep: MLX_SUBNORMALS_KEEP
    case .flush: MLX_SUBNORMALS_FLUSH
    }
  }
}

/// Some of the outputs: `2..<5`, `2...4`, `2...`, `..<5` or `...4`. Do not conform other types.
public protocol ConvolveRange: Sendable {}

extension Range: ConvolveRange where Bound == Int {}
extension ClosedRange: ConvolveRange where Bound == Int {}
extension PartialRangeFrom: ConvolveRange where Bound == Int {}
extension PartialRangeUpTo: ConvolveRange where Bound == Int {}
extension PartialRangeThrough: ConvolveRange where Bound == Int {}

/// A range as C takes it. C's unsigned numbers are `Int`s in Swift: below 0 they would mean others.
private func firstAndCount(_ range: any ConvolveRange) throws(ConvolveError) -> (Int, Int) {
  let bounds: (first: Int, last: Int?, isClosed: Bool) =
    switch range {
    case let range as Range<Int>: (range.lowerBound, range.upperBound, false)
    case let range as ClosedRange<Int>: (range.lowerBound, range.upperBound, true)
    case let range as PartialRangeFrom<Int>: (range.lowerBound, nil, false)
    case let range as PartialRangeUpTo<Int>: (0, range.upperBound, false)
    case let range as PartialRangeThrough<Int>: (0, range.upperBound, true)
    default: throw ConvolveError(invalidArgument: "range is of an unknown type, \(type(of: range))")
    }
  guard bounds.first >= 0 else {
    throw ConvolveError(invalidArgument: "range begins at \(bounds.first), below 0")
  }
  // C's SIZE_MAX: all from the first one on.
  guard let last = bounds.last else { return (bounds.first, -1) }
  guard last >= 0 else { throw ConvolveError(invalidArgument: "range ends at \(last), below 0") }
  // After `0...Int.max` the number is C's 2^63, more than there can be.
  return (bounds.first, last - bounds.first &+ (bounds.isClosed ? 1 : 0))
}

/// The arguments that all functions share.
struct Options {
  var mode: ConvolveMode
  var dtype: ConvolveDType?
  var accuracy: ConvolveAccuracy
  var boundary: ConvolveBoundary
  var operation: ConvolveOperation
  var subnormals: ConvolveSubnormals
  var range: (any ConvolveRange)?
  var axis = -1

  /// The same as a struct of C.
  func inC() throws(ConvolveError) -> mlx_convolve_options {
    var options = mlx_convolve_options()
    try check(mlx_convolve_options_init(&options, MemoryLayout<mlx_convolve_options>.size))
    options.mode = mode.number
    options.dtype = dtype?.number ?? MLX_DTYPE_PROMOTED
    options.accuracy = accuracy.number
    options.boundary = boundary.number
    options.operation = operation.number
    options.subnormals = subnormals.number
    options.axis = try cInt(axis, "axis")
    if let range {
      (options.first, options.count) = try firstAndCount(range)
    }
    return options
  }
}
