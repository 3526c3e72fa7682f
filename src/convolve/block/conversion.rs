//! How elements become the numbers for computing.

use std::marker::PhantomData;

use bytemuck::cast_slice;
use half::{bf16, f16};

use crate::cpu::{FloatEnvironment, Half, Subnormals, Word, flush, round_to, to_float64, widen};
use crate::dtype::{Dtype, Element};

/// A conversion of elements to `T`. Mixed operands convert to the promoted dtype first, so float32
/// by way of float16 is a conversion of its own.
pub trait Conversion<T> {
    /// Converts contiguous elements to as many `T`s.
    fn convert<S: Element>(from: &[S], to: &mut [T]);
    /// Whether elements of `dtype` are already `T`s, bit for bit.
    fn is_identity(dtype: Dtype) -> bool;
}

/// A conversion to floats.
pub trait RealConversion<T>: Conversion<T> {
    /// The same conversion, to values that are held in float64.
    type Wide: Conversion<f64>;
}

impl RealConversion<f32> for ToFloat32 {
    type Wide = Widened<Self>;
}

impl<H: Half + Element> RealConversion<f32> for ToHalf<H> {
    type Wide = Widened<Self>;
}

impl RealConversion<f64> for ToFloat64 {
    type Wide = Self;
}

/// `to = map(from)`, for each element.
#[inline(always)]
fn each<S: Copy, T>(from: &[S], to: &mut [T], map: impl Fn(S) -> T) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = map(from);
    }
}

/// To float32.
pub enum ToFloat32 {}
/// To float64.
pub enum ToFloat64 {}
/// To float16 or bfloat16, held in a float32.
pub struct ToHalf<H>(PhantomData<H>);
/// To float32 as `C` does, and held in a float64. Where subnormal numbers are flushed, zeros stand
/// for those of float32.
pub struct Widened<C>(PhantomData<C>);
/// To the imaginary part of complex64.
pub enum ToImaginary {}
/// To the imaginary part of the conjugate of complex64.
pub enum ToConjugate {}
/// To an integer modulo 2^bits.
pub struct ToWord<W>(PhantomData<W>);
/// To 0 or 1.
pub enum ToTruth {}

impl Conversion<f32> for ToFloat32 {
    fn convert<S: Element>(from: &[S], to: &mut [f32]) {
        match S::DTYPE {
            Dtype::Float16 => widen::<f16>(cast_slice(from), to),
            Dtype::BFloat16 => widen::<bf16>(cast_slice(from), to),
            _ => each(from, to, S::to_f32),
        }
    }
    fn is_identity(dtype: Dtype) -> bool {
        dtype == Dtype::Float32
    }
}

impl Conversion<f64> for ToFloat64 {
    fn convert<S: Element>(from: &[S], to: &mut [f64]) {
        // Only subnormal numbers of float64 are flushed. Those of float32 are not subnormal here.
        match FloatEnvironment::subnormals() {
            Subnormals::Flush if S::DTYPE != Dtype::Float64 => {
                FloatEnvironment::run_with(Subnormals::Keep, || each(from, to, S::to_f64));
            }
            _ => each(from, to, S::to_f64),
        }
    }
    fn is_identity(dtype: Dtype) -> bool {
        dtype == Dtype::Float64
    }
}

impl<H: Half + Element> Conversion<f32> for ToHalf<H> {
    fn convert<S: Element>(from: &[S], to: &mut [f32]) {
        ToFloat32::convert(from, to);
        if S::DTYPE != H::DTYPE {
            round_to::<H>(to);
        }
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

/// Writes `values` to `to`. Where subnormal numbers are flushed, zeros stand for those of float32, in
/// both.
pub fn hold_in_float64(values: &mut [f32], to: &mut [f64]) {
    if FloatEnvironment::subnormals() == Subnormals::Flush {
        flush(values);
    }
    to_float64(values, to);
}

impl<C: Conversion<f32>> Conversion<f64> for Widened<C> {
    fn convert<S: Element>(from: &[S], to: &mut [f64]) {
        const AT_ONCE: usize = 256;
        let mut values = [0.0; AT_ONCE];
        for (from, to) in from.chunks(AT_ONCE).zip(to.chunks_mut(AT_ONCE)) {
            let values = &mut values[..from.len()];
            C::convert(from, values);
            hold_in_float64(values, to);
        }
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

impl Conversion<f32> for ToImaginary {
    fn convert<S: Element>(from: &[S], to: &mut [f32]) {
        each(from, to, S::imaginary);
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

impl Conversion<f32> for ToConjugate {
    fn convert<S: Element>(from: &[S], to: &mut [f32]) {
        each(from, to, |value| -value.imaginary());
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

impl<W: Word> Conversion<W> for ToWord<W> {
    fn convert<S: Element>(from: &[S], to: &mut [W]) {
        each(from, to, |value| W::from_bits(value.to_bits()));
    }
    fn is_identity(dtype: Dtype) -> bool {
        dtype != Dtype::Bool && dtype.size() == size_of::<W>()
    }
}

impl Conversion<u8> for ToTruth {
    fn convert<S: Element>(from: &[S], to: &mut [u8]) {
        each(from, to, |value| value.to_bits() as u8);
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}
