//! Stores computed values as outputs, block by block: as computed, rounded, as parts of complex
//! numbers, or as bools.

use std::marker::PhantomData;

use bytemuck::Pod;

use crate::cpu::{Fence, Half, Real, clamp, copy_clamped, copy_past_caches, narrow, scale};
use crate::dtype::Complex64;
use crate::memory;

/// What happens to values before they are stored.
#[derive(Clone, Copy, PartialEq)]
pub struct Finish {
    /// The values are multiplied by 2 to this power.
    pub exponent: i32,
    /// Whether values that are not above 0 become +0.
    pub clamps: bool,
}

impl Finish {
    /// The values are stored as they are.
    pub const NOTHING: Self = Self { exponent: 0, clamps: false };

    fn apply<T: Real>(self, values: &mut [T]) {
        scale(values, self.exponent);
        if self.clamps {
            clamp(values);
        }
    }
}

/// How computed values become elements of the output.
pub trait Store<T: Real>: Copy + Send + Sync {
    /// The type of the output's elements.
    type Element: Pod + Send;

    /// Whether the output holds `T`s and a kernel may write to it directly.
    const IS_NATIVE: bool = false;

    /// The best number of values to store at a time, for methods that may choose.
    const PIECE: usize = usize::MAX;

    /// The output itself, if [`Self::IS_NATIVE`].
    fn native(self, _out: &mut [Self::Element]) -> Option<&mut [T]> {
        None
    }

    /// Finishes `values` and stores them in `out`, which has the same length. The contents of
    /// `values` are unspecified afterwards.
    fn put<'o>(
        self,
        out: &'o mut [Self::Element],
        values: &mut [T],
        finish: Finish,
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
    fn put<'o>(self, out: &'o mut [T], values: &mut [T], finish: Finish, _: &Fence<'o>) {
        scale(values, finish.exponent);
        match finish.clamps {
            true => copy_clamped(values, out),
            false => memory::copy(values, out),
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
    fn put<'o>(self, out: &'o mut [T], values: &mut [T], finish: Finish, fence: &Fence<'o>) {
        finish.apply(values);
        copy_past_caches(values, out, fence);
    }
}

/// Rounds once, to float16 or bfloat16.
#[derive(Clone, Copy)]
pub struct RoundTo<H>(pub PhantomData<H>);

impl<H: Half> Store<f32> for RoundTo<H> {
    type Element = H;
    fn put<'o>(self, out: &'o mut [H], values: &mut [f32], finish: Finish, _: &Fence<'o>) {
        finish.apply(values);
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
    fn put<'o>(self, out: &'o mut [Complex64], values: &mut [f32], finish: Finish, _: &Fence<'o>) {
        finish.apply(values);
        for (out, &mut value) in out.iter_mut().zip(values) {
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
    fn put<'o>(self, out: &'o mut [u8], counts: &mut [T], finish: Finish, _: &Fence<'o>) {
        finish.apply(counts);
        for (out, &mut count) in out.iter_mut().zip(counts) {
            *out = u8::from(count > T::from_f64(0.5));
        }
    }
}
