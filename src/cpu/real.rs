//! The two floating-point types that kernels compute in.

use std::fmt::Debug;
use std::ops::{Add, Mul, Neg, Sub};

use bytemuck::Pod;

use super::vector::{Simd, Vector};

/// float32 or float64.
pub trait Real:
    Pod
    + Send
    + Sync
    + Debug
    + PartialOrd
    + Default
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
{
    /// Its vectors.
    type V<S: Simd>: Vector<Simd = S, Scalar = Self>;
    /// The unsigned integer of its width.
    type Bits: Pod + Ord + Default;
    /// 1.
    const ONE: Self;
    /// Rounds a float64.
    fn from_f64(value: f64) -> Self;
    /// Exact.
    fn to_f64(self) -> f64;
    /// `self * b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// NaN.
    fn is_nan(self) -> bool;
    /// The bits of the magnitude, which are in the order of the magnitudes: finite, Inf, NaN.
    fn magnitude(bits: Self::Bits) -> Self::Bits;
}

macro_rules! reals {
    ($($type:ident $vectors:ident $bits:ident),*) => {$(
        impl Real for $type {
            type V<S: Simd> = S::$vectors;
            type Bits = $bits;
            const ONE: Self = 1.0;
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as Self
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                <$type>::mul_add(self, b, c)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$type>::is_finite(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                <$type>::is_nan(self)
            }
            #[inline(always)]
            fn magnitude(bits: $bits) -> $bits {
                bits & ($bits::MAX >> 1)
            }
        }
    )*};
}
reals!(f32 F32 u32, f64 F64 u64);
