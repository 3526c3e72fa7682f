//! Where outputs go: rounded or placed, block by block.

use half::{bf16, f16};

use super::scale::Scale;
use crate::cpu::Real;
use crate::dtype::Complex64;

/// How computed values become elements of the output.
pub trait Store<T: Real>: Copy + Send + Sync {
    /// What the output holds.
    type Element: Send;

    /// Stores one value.
    fn put_one(self, out: &mut Self::Element, value: T);

    /// Whether the output holds `T`s and a kernel may write there.
    const IS_NATIVE: bool = false;

    /// The output itself, if [`Self::IS_NATIVE`].
    fn native(self, _out: &mut [Self::Element]) -> Option<&mut [T]> {
        None
    }

    /// Stores `values * scale` over `out`, which is as long.
    fn put(self, out: &mut [Self::Element], values: &[T], scale: Scale<T>) {
        for (out, &value) in out.iter_mut().zip(values) {
            self.put_one(out, scale.of(value));
        }
    }
}

/// As computed.
#[derive(Clone, Copy)]
pub struct AsComputed;

impl<T: Real> Store<T> for AsComputed {
    type Element = T;
    const IS_NATIVE: bool = true;
    fn put_one(self, out: &mut T, value: T) {
        *out = value;
    }
    fn native(self, out: &mut [T]) -> Option<&mut [T]> {
        Some(out)
    }
    fn put(self, out: &mut [T], values: &[T], scale: Scale<T>) {
        out.copy_from_slice(values);
        if scale != Scale::ONE {
            scale.apply(out);
        }
    }
}

/// Rounded once to float16.
#[derive(Clone, Copy)]
pub struct RoundToFloat16;

impl Store<f32> for RoundToFloat16 {
    type Element = f16;
    fn put_one(self, out: &mut f16, value: f32) {
        *out = f16::from_f32(value);
    }
}

/// Rounded once to bfloat16.
#[derive(Clone, Copy)]
pub struct RoundToBFloat16;

impl Store<f32> for RoundToBFloat16 {
    type Element = bf16;
    fn put_one(self, out: &mut bf16, value: f32) {
        *out = bf16::from_f32(value);
    }
}

/// One of the four real sums of a complex product.
#[derive(Clone, Copy)]
pub enum ComplexSum {
    /// `re = value`
    SetReal,
    /// `re -= value`
    SubtractReal,
    /// `im = value`
    SetImaginary,
    /// `im += value`
    AddImaginary,
}

impl Store<f32> for ComplexSum {
    type Element = Complex64;
    fn put_one(self, out: &mut Complex64, value: f32) {
        match self {
            Self::SetReal => out.re = value,
            Self::SubtractReal => out.re -= value,
            Self::SetImaginary => out.im = value,
            Self::AddImaginary => out.im += value,
        }
    }
}

/// True where a count is one at least.
#[derive(Clone, Copy)]
pub struct AnyCounted;

impl<T: Real> Store<T> for AnyCounted {
    type Element = u8;
    fn put_one(self, out: &mut u8, count: T) {
        *out = u8::from(count > T::from_f64(0.5));
    }
}
