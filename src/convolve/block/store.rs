//! Stores computed values as outputs, block by block: as computed, rounded, as parts of complex
//! numbers, or as bools.

use std::marker::PhantomData;

use super::scale::Scale;
use crate::cpu::{Fence, Half, Real, copy_past_caches, narrow};
use crate::dtype::Complex64;
use crate::memory;

/// How computed values become elements of the output.
pub trait Store<T: Real>: Copy + Send + Sync {
    /// The type of the output's elements.
    type Element: Send;

    /// Whether the output holds `T`s and a kernel may write to it directly.
    const IS_NATIVE: bool = false;

    /// The best number of values to store at a time, for methods that may choose.
    const PIECE: usize = usize::MAX;

    /// The output itself, if [`Self::IS_NATIVE`].
    fn native(self, _out: &mut [Self::Element]) -> Option<&mut [T]> {
        None
    }

    /// Stores `values * scale` in `out`, which has the same length. The contents of `values` are
    /// unspecified afterwards.
    fn put<'o>(
        self,
        out: &'o mut [Self::Element],
        values: &mut [T],
        scale: Scale<T>,
        fence: &Fence<'o>,
    );
}

/// Stores values as computed.
#[derive(Clone, Copy)]
pub struct AsComputed;

impl<T: Real> Store<T> for AsComputed {
    type Element = T;
    const IS_NATIVE: bool = true;
    fn native(self, out: &mut [T]) -> Option<&mut [T]> {
        Some(out)
    }
    fn put<'o>(self, out: &'o mut [T], values: &mut [T], scale: Scale<T>, _: &Fence<'o>) {
        memory::copy(values, out);
        if scale != Scale::ONE {
            scale.apply(out);
        }
    }
}

/// Stores values as computed, past the caches. Nothing may read or write the output before the
/// fence: see [`copy_past_caches`].
#[derive(Clone, Copy)]
pub struct PastCaches;

impl<T: Real> Store<T> for PastCaches {
    type Element = T;
    /// 3840 bytes, about a quarter of the direct method's step. While one piece goes to memory, the
    /// signal for the next piece comes from memory.
    const PIECE: usize = 5 * 192 * size_of::<f32>() / size_of::<T>();
    fn put<'o>(self, out: &'o mut [T], values: &mut [T], scale: Scale<T>, fence: &Fence<'o>) {
        if scale != Scale::ONE {
            scale.apply(values);
        }
        copy_past_caches(values, out, fence);
    }
}

/// Rounds once, to float16 or bfloat16.
#[derive(Clone, Copy)]
pub struct RoundTo<H>(pub PhantomData<H>);

impl<H: Half> Store<f32> for RoundTo<H> {
    type Element = H;
    fn put<'o>(self, out: &'o mut [H], values: &mut [f32], scale: Scale<f32>, _: &Fence<'o>) {
        if scale != Scale::ONE {
            scale.apply(values);
        }
        narrow(values, out);
    }
}

/// Stores one of the four real sums of a complex product.
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
    fn put<'o>(
        self,
        out: &'o mut [Complex64],
        values: &mut [f32],
        scale: Scale<f32>,
        _: &Fence<'o>,
    ) {
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

/// Stores true for a count of at least one.
#[derive(Clone, Copy)]
pub struct AnyCounted;

impl<T: Real> Store<T> for AnyCounted {
    type Element = u8;
    fn put<'o>(self, out: &'o mut [u8], counts: &mut [T], scale: Scale<T>, _: &Fence<'o>) {
        for (out, &mut count) in out.iter_mut().zip(counts) {
            *out = u8::from(scale.of(count) > T::from_f64(0.5));
        }
    }
}
