//! The Rust type behind each dtype, and the conversion of one value to another type, as in MLX's
//! `astype`.

use bytemuck::{Pod, Zeroable};
use half::{bf16, f16};

use super::Dtype;

/// A bool as C stores it: every nonzero byte is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Truth(pub u8);

/// Two floats, like C's `float _Complex`.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Complex64 {
    /// Real part.
    pub re: f32,
    /// Imaginary part.
    pub im: f32,
}

/// A value of one of the 14 dtypes.
pub trait Element: Pod + Send + Sync {
    /// Its dtype.
    const DTYPE: Dtype;
    /// The nearest float32. For a complex number, of its real part.
    fn to_f32(self) -> f32;
    /// The nearest float64. For a complex number, of its real part.
    fn to_f64(self) -> f64;
    /// The value modulo 2^64. Defined for bool and integers only.
    fn to_bits(self) -> u64;
    /// The imaginary part: 0 for every type except complex64.
    fn imaginary(self) -> f32 {
        0.0
    }
}

macro_rules! integer_elements {
    ($($type:ty => $dtype:ident),*) => {$(
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;
            fn to_f32(self) -> f32 {
                self as f32
            }
            fn to_f64(self) -> f64 {
                self as f64
            }
            fn to_bits(self) -> u64 {
                self as u64
            }
        }
    )*};
}
integer_elements!(u8 => UInt8, u16 => UInt16, u32 => UInt32, u64 => UInt64,
                  i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64);

macro_rules! float_elements {
    ($($type:ty => $dtype:ident, $f32:expr, $f64:expr);*) => {$(
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;
            fn to_f32(self) -> f32 {
                $f32(self)
            }
            fn to_f64(self) -> f64 {
                $f64(self)
            }
            fn to_bits(self) -> u64 {
                unreachable!("promotion never makes an integer of a float")
            }
        }
    )*};
}
float_elements!(f16 => Float16, f16::to_f32, f16::to_f64;
                bf16 => BFloat16, bf16::to_f32, bf16::to_f64;
                f32 => Float32, |x| x, f64::from;
                f64 => Float64, |x| x as f32, |x| x);

impl Element for Truth {
    const DTYPE: Dtype = Dtype::Bool;
    fn to_f32(self) -> f32 {
        f32::from(self.0 != 0)
    }
    fn to_f64(self) -> f64 {
        f64::from(self.0 != 0)
    }
    fn to_bits(self) -> u64 {
        u64::from(self.0 != 0)
    }
}

impl Element for Complex64 {
    const DTYPE: Dtype = Dtype::Complex64;
    fn to_f32(self) -> f32 {
        self.re
    }
    fn to_f64(self) -> f64 {
        f64::from(self.re)
    }
    fn to_bits(self) -> u64 {
        unreachable!("promotion never makes an integer of a complex number")
    }
    fn imaginary(self) -> f32 {
        self.im
    }
}

/// `with_element!(dtype, T => body)`: runs `body` with `T` bound to the type behind `dtype`.
macro_rules! with_element {
    ($dtype:expr, $T:ident => $body:expr) => {{
        use $crate::dtype::Dtype;
        match $dtype {
            Dtype::Bool => {
                type $T = $crate::dtype::Truth;
                $body
            }
            Dtype::UInt8 => {
                type $T = u8;
                $body
            }
            Dtype::UInt16 => {
                type $T = u16;
                $body
            }
            Dtype::UInt32 => {
                type $T = u32;
                $body
            }
            Dtype::UInt64 => {
                type $T = u64;
                $body
            }
            Dtype::Int8 => {
                type $T = i8;
                $body
            }
            Dtype::Int16 => {
                type $T = i16;
                $body
            }
            Dtype::Int32 => {
                type $T = i32;
                $body
            }
            Dtype::Int64 => {
                type $T = i64;
                $body
            }
            Dtype::Float16 => {
                type $T = half::f16;
                $body
            }
            Dtype::Float32 => {
                type $T = f32;
                $body
            }
            Dtype::Float64 => {
                type $T = f64;
                $body
            }
            Dtype::BFloat16 => {
                type $T = half::bf16;
                $body
            }
            Dtype::Complex64 => {
                type $T = $crate::dtype::Complex64;
                $body
            }
        }
    }};
}
pub(crate) use with_element;
