//! Where outputs go: rounded or placed, block by block.

use std::marker::PhantomData;

use super::scale::Scale;
use crate::cpu::{Fence, Half, Real, copy_past_caches, narrow};
use crate::dtype::Complex64;
use crate::memory;

/// How computed values become elements of the output.
pub trait Store<T: Real>: Copy + Send + Sync {
    /// What the output holds.
    type Element: Send;

    /// Whether the output holds `T`s and a kernel may write there.
    const IS_NATIVE: bool = false;

    /// Values that are best stored at a time, where a method may choose.
    const PIECE: usize = usize::MAX;

    /// The output itself, if [`Self::IS_NATIVE`].
    fn native(self, _out: &mut [Self::Element]) -> Option<&mut [T]> {
        None
    }

    /// Stores `values * scale` over `out`, which is as long. What is left in `values` is unspecified. Nothing may read
    /// or write `out` before the [`fenced`](crate::cpu::fenced) that lent `fence` returns.
    fn put(self, out: &mut [Self::Element], values: &mut [T], scale: Scale<T>, fence: &Fence);
}

/// As computed.
#[derive(Clone, Copy)]
pub struct AsComputed;

impl<T: Real> Store<T> for AsComputed {
    type Element = T;
    const IS_NATIVE: bool = true;
    fn native(self, out: &mut [T]) -> Option<&mut [T]> {
        Some(out)
    }
    fn put(self, out: &mut [T], values: &mut [T], scale: Scale<T>, _: &Fence) {
        memory::copy(values, out);
        if scale != Scale::ONE {
            scale.apply(out);
        }
    }
}

/// As computed, past the caches: [`copy_past_caches`] says what nobody may do with the output before it is there.
#[derive(Clone, Copy)]
pub struct PastCaches;

impl<T: Real> Store<T> for PastCaches {
    type Element = T;
    /// 3840 bytes, a quarter of the direct method's step: while the last of them go to memory, what the next ones are
    /// computed from comes from there.
    const PIECE: usize = 5 * 192 * size_of::<f32>() / size_of::<T>();
    fn put(self, out: &mut [T], values: &mut [T], scale: Scale<T>, fence: &Fence) {
        if scale != Scale::ONE {
            scale.apply(values);
        }
        copy_past_caches(values, out, fence);
    }
}

/// Rounded once, to float16 or bfloat16.
#[derive(Clone, Copy)]
pub struct RoundTo<H>(pub PhantomData<H>);

impl<H: Half> Store<f32> for RoundTo<H> {
    type Element = H;
    fn put(self, out: &mut [H], values: &mut [f32], scale: Scale<f32>, _: &Fence) {
        if scale != Scale::ONE {
            scale.apply(values);
        }
        narrow(values, out);
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
    fn put(self, out: &mut [Complex64], values: &mut [f32], scale: Scale<f32>, _: &Fence) {
        for (out, &mut value) in out.iter_mut().zip(values) {
            let value = scale.of(value);
            match self {
                Self::SetReal => out.re = value,
                Self::SubtractReal => out.re -= value,
                Self::SetImaginary => out.im = value,
                Self::AddImaginary => out.im += value,
            }
        }
    }
}

/// True where a count is one at least.
#[derive(Clone, Copy)]
pub struct AnyCounted;

impl<T: Real> Store<T> for AnyCounted {
    type Element = u8;
    fn put(self, out: &mut [u8], counts: &mut [T], scale: Scale<T>, _: &Fence) {
        for (out, &mut count) in out.iter_mut().zip(counts) {
            *out = u8::from(scale.of(count) > T::from_f64(0.5));
        }
    }
}
