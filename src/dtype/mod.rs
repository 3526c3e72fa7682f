//! The 14 dtypes: MLX's numbers and names, promotion, and conversion of values.

mod convert;
mod promote;

pub(crate) use convert::with_element;
pub use convert::{Complex64, Element, Truth};

/// An element type. The numbers are MLX's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[allow(missing_docs)]
pub enum Dtype {
    Bool = 0,
    UInt8 = 1,
    UInt16 = 2,
    UInt32 = 3,
    UInt64 = 4,
    Int8 = 5,
    Int16 = 6,
    Int32 = 7,
    Int64 = 8,
    Float16 = 9,
    Float32 = 10,
    Float64 = 11,
    BFloat16 = 12,
    Complex64 = 13,
}

impl Dtype {
    /// All dtypes, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Bool,
        Self::UInt8,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Float16,
        Self::Float32,
        Self::Float64,
        Self::BFloat16,
        Self::Complex64,
    ];

    /// The dtype with MLX's number `raw`, if it exists.
    pub fn from_raw(raw: i32) -> Option<Self> {
        Self::ALL.get(usize::try_from(raw).ok()?).copied()
    }

    /// Whether this is an integer, signed or unsigned. A bool is not an integer.
    pub fn is_integer(self) -> bool {
        (Self::UInt8 as i32..=Self::Int64 as i32).contains(&(self as i32))
    }

    /// Whether sums of products are exact: of integers, and of bools.
    pub fn is_exact(self) -> bool {
        self.is_integer() || self == Self::Bool
    }

    /// The number of bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::Bool | Self::UInt8 | Self::Int8 => 1,
            Self::UInt16 | Self::Int16 | Self::Float16 | Self::BFloat16 => 2,
            Self::UInt32 | Self::Int32 | Self::Float32 => 4,
            Self::UInt64 | Self::Int64 | Self::Float64 | Self::Complex64 => 8,
        }
    }

    /// The alignment, in bytes, of a C pointer to one element.
    pub fn alignment(self) -> usize {
        if self == Self::Complex64 { 4 } else { self.size() }
    }

    /// MLX's name of this dtype, such as `"float32"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float16 => "float16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::BFloat16 => "bfloat16",
            Self::Complex64 => "complex64",
        }
    }
}
