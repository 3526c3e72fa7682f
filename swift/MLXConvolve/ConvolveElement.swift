import CMlxConvolve

/// The type of an array's elements.
public enum ConvolveDType: Hashable, Sendable, CaseIterable {
  /// A truth value of one byte. Convolution is OR of ANDs.
  case bool
  /// An unsigned integer. Results are exact modulo 2^bits.
  case uint8, uint16, uint32, uint64
  /// A signed integer. Results are exact modulo 2^bits.
  case int8, int16, int32, int64
  /// IEEE binary16, computed in `float32` and rounded once.
  case float16
  /// A `Float`.
  case float32
  /// A `Double`.
  case float64
  /// The upper half of a `Float`, computed in `float32` and rounded once.
  case bfloat16
  /// Two `Float`s, real part first.
  case complex64

  /// The number of bytes of one element.
  public var size: Int {
    mlx_dtype_size(number)
  }

  /// The library's number of this dtype, for calls of the C functions.
  public var number: mlx_dtype {
    switch self {
    case .bool: MLX_BOOL
    case .uint8: MLX_UINT8
    case .uint16: MLX_UINT16
    case .uint32: MLX_UINT32
    case .uint64: MLX_UINT64
    case .int8: MLX_INT8
    case .int16: MLX_INT16
    case .int32: MLX_INT32
    case .int64: MLX_INT64
    case .float16: MLX_FLOAT16
    case .float32: MLX_FLOAT32
    case .float64: MLX_FLOAT64
    case .bfloat16: MLX_BFLOAT16
    case .complex64: MLX_COMPLEX64
    }
  }

  init?(number: mlx_dtype) {
    guard let dtype = Self.allCases.first(where: { $0.number == number }) else { return nil }
    self = dtype
  }
}

/// A type whose values can be convolved: all integers, `Bool`, `Float`, `Double`, `Float16` where Swift has it,
/// ``BFloat16`` and ``Complex64``.
///
/// Do not conform other types. The library reads their bytes as those of ``dtype``.
public protocol ConvolveElement: BitwiseCopyable, Sendable {
  /// The library's name of this type.
  static var dtype: ConvolveDType { get }
}

extension Bool: ConvolveElement { public static var dtype: ConvolveDType { .bool } }
extension UInt8: ConvolveElement { public static var dtype: ConvolveDType { .uint8 } }
extension UInt16: ConvolveElement { public static var dtype: ConvolveDType { .uint16 } }
extension UInt32: ConvolveElement { public static var dtype: ConvolveDType { .uint32 } }
extension UInt64: ConvolveElement { public static var dtype: ConvolveDType { .uint64 } }
extension Int8: ConvolveElement { public static var dtype: ConvolveDType { .int8 } }
extension Int16: ConvolveElement { public static var dtype: ConvolveDType { .int16 } }
extension Int32: ConvolveElement { public static var dtype: ConvolveDType { .int32 } }
extension Int64: ConvolveElement { public static var dtype: ConvolveDType { .int64 } }
extension Float: ConvolveElement { public static var dtype: ConvolveDType { .float32 } }
extension Double: ConvolveElement { public static var dtype: ConvolveDType { .float64 } }

// As wide as a pointer.
#if _pointerBitWidth(_64)
  extension Int: ConvolveElement { public static var dtype: ConvolveDType { .int64 } }
  extension UInt: ConvolveElement { public static var dtype: ConvolveDType { .uint64 } }
#else
  extension Int: ConvolveElement { public static var dtype: ConvolveDType { .int32 } }
  extension UInt: ConvolveElement { public static var dtype: ConvolveDType { .uint32 } }
#endif

// Swift has no Float16 on Macs with Intel's processors.
#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  @available(macOS 11, iOS 14, tvOS 14, watchOS 7, *)
  extension Float16: ConvolveElement { public static var dtype: ConvolveDType { .float16 } }
#endif

/// The upper half of a `Float`: 8 bits of exponent, and 7 of the fraction. Values compare as `Float`s do.
public struct BFloat16: ConvolveElement, Hashable, CustomStringConvertible {
  /// The bits, as those of the upper half of a `Float`.
  public var bitPattern: UInt16

  /// The value with these bits.
  public init(bitPattern: UInt16) {
    self.bitPattern = bitPattern
  }

  /// The nearest value, or of two the one whose last bit is 0.
  public init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      bitPattern = UInt16(bits >> 16) | 0x40
    } else {
      // Half of the last bit that stays; a tie rounds up if that bit is 1.
      bitPattern = UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
    }
  }

  /// The same value as a `Float`.
  public var floatValue: Float {
    Float(bitPattern: UInt32(bitPattern) << 16)
  }

  /// Whether both are the same number: 0 equals -0, and NaN equals nothing.
  public static func == (left: Self, right: Self) -> Bool {
    left.floatValue == right.floatValue
  }

  /// Hashes the number, so that equal values have equal hashes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(floatValue)
  }

  /// The library's name of this type.
  public static var dtype: ConvolveDType { .bfloat16 }

  /// The value as `Float` prints it.
  public var description: String {
    floatValue.description
  }
}

/// A complex number of two `Float`s, laid out as C's `float _Complex`.
public struct Complex64: ConvolveElement, Hashable, CustomStringConvertible {
  /// The real part.
  public var real: Float
  /// The imaginary part.
  public var imaginary: Float

  /// The number with these parts.
  public init(_ real: Float, _ imaginary: Float = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  /// The library's name of this type.
  public static var dtype: ConvolveDType { .complex64 }

  /// The number as in "(1.0, -2.0)": real part first.
  public var description: String {
    "(\(real), \(imaginary))"
  }
}
