//! MLX's promotion: the dtype of a result from the dtypes of its two operands.

use super::Dtype::{self, *};

impl Dtype {
    /// The dtype to which both operands are converted, by MLX's table (`mlx/dtype_utils.cpp`, 14 x
    /// 14, symmetric).
    ///
    /// A float wins over an integer of any width. float16 with bfloat16 gives float32. uint64 with
    /// a signed integer gives float32. complex64 wins over every dtype, float64 included.
    pub fn promote(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        match (self.rank(), other.rank()) {
            (Rank::Bool, _) => other,
            (_, Rank::Bool) => self,
            (Rank::Complex, _) | (_, Rank::Complex) => Complex64,
            (Rank::Float, Rank::Float) => match (self, other) {
                (Float64, _) | (_, Float64) => Float64,
                _ => Float32,
            },
            (Rank::Float, _) => self,
            (_, Rank::Float) => other,
            (Rank::Signed, Rank::Signed) | (Rank::Unsigned, Rank::Unsigned) => {
                if self.size() > other.size() { self } else { other }
            }
            (Rank::Signed, Rank::Unsigned) => signed_with_unsigned(self, other),
            (Rank::Unsigned, Rank::Signed) => signed_with_unsigned(other, self),
        }
    }

    fn rank(self) -> Rank {
        match self {
            Bool => Rank::Bool,
            UInt8 | UInt16 | UInt32 | UInt64 => Rank::Unsigned,
            Int8 | Int16 | Int32 | Int64 => Rank::Signed,
            Float16 | Float32 | Float64 | BFloat16 => Rank::Float,
            Complex64 => Rank::Complex,
        }
    }
}

enum Rank {
    Bool,
    Unsigned,
    Signed,
    Float,
    Complex,
}

/// The smallest signed integer that holds both, or float32 if no signed integer does.
fn signed_with_unsigned(signed: Dtype, unsigned: Dtype) -> Dtype {
    if signed.size() > unsigned.size() {
        return signed;
    }
    match unsigned {
        UInt8 => Int16,
        UInt16 => Int32,
        UInt32 => Int64,
        _ => Float32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MLX's table, as in its `mlx/dtype.cpp`: one row for each left operand.
    #[rustfmt::skip]
    const TABLE: [[Dtype; 14]; 14] = [
        [Bool,      UInt8,     UInt16,    UInt32,    UInt64,    Int8,      Int16,     Int32,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [UInt8,     UInt8,     UInt16,    UInt32,    UInt64,    Int16,     Int16,     Int32,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [UInt16,    UInt16,    UInt16,    UInt32,    UInt64,    Int32,     Int32,     Int32,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [UInt32,    UInt32,    UInt32,    UInt32,    UInt64,    Int64,     Int64,     Int64,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [UInt64,    UInt64,    UInt64,    UInt64,    UInt64,    Float32,   Float32,   Float32,   Float32,   Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [Int8,      Int16,     Int32,     Int64,     Float32,   Int8,      Int16,     Int32,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [Int16,     Int16,     Int32,     Int64,     Float32,   Int16,     Int16,     Int32,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [Int32,     Int32,     Int32,     Int64,     Float32,   Int32,     Int32,     Int32,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [Int64,     Int64,     Int64,     Int64,     Float32,   Int64,     Int64,     Int64,     Int64,     Float16,   Float32,   Float64,   BFloat16,  Complex64],
        [Float16,   Float16,   Float16,   Float16,   Float16,   Float16,   Float16,   Float16,   Float16,   Float16,   Float32,   Float64,   Float32,   Complex64],
        [Float32,   Float32,   Float32,   Float32,   Float32,   Float32,   Float32,   Float32,   Float32,   Float32,   Float32,   Float64,   Float32,   Complex64],
        [Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Float64,   Complex64],
        [BFloat16,  BFloat16,  BFloat16,  BFloat16,  BFloat16,  BFloat16,  BFloat16,  BFloat16,  BFloat16,  Float32,   Float32,   Float64,   BFloat16,  Complex64],
        [Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64, Complex64],
    ];

    #[test]
    fn promotion_is_mlx_s_table() {
        for (row, a) in TABLE.iter().zip(Dtype::ALL) {
            for (&expected, b) in row.iter().zip(Dtype::ALL) {
                assert_eq!(a.promote(b), expected, "{} with {}", a.name(), b.name());
            }
        }
    }
}
