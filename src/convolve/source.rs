//! Blocks of an operand, converted to the type that is computed in, zero beyond its ends.

use std::marker::PhantomData;

use bytemuck::Pod;
use half::{bf16, f16};

use crate::array::View;
use crate::cpu::Word;
use crate::dtype::{Dtype, Element, with_element};

/// How an element becomes a `T`. Mixed operands convert to the promoted dtype first, so a way to
/// float32 by way of float16 is one of its own.
pub trait Conversion<T> {
    /// One element.
    fn convert<S: Element>(value: S) -> T;
    /// Whether elements of `dtype` are `T`s already, bit for bit.
    fn is_identity(dtype: Dtype) -> bool;
}

/// To float32.
pub enum ToFloat32 {}
/// To float64.
pub enum ToFloat64 {}
/// To float16, held in a float32.
pub enum ToFloat16 {}
/// To bfloat16, held in a float32.
pub enum ToBFloat16 {}
/// To the imaginary part of complex64.
pub enum ToImaginary {}
/// To an integer modulo 2^bits.
pub struct ToWord<W>(PhantomData<W>);
/// To 0 or 1.
pub enum ToTruth {}

impl Conversion<f32> for ToFloat32 {
    fn convert<S: Element>(value: S) -> f32 {
        value.to_f32()
    }
    fn is_identity(dtype: Dtype) -> bool {
        dtype == Dtype::Float32
    }
}

impl Conversion<f64> for ToFloat64 {
    fn convert<S: Element>(value: S) -> f64 {
        value.to_f64()
    }
    fn is_identity(dtype: Dtype) -> bool {
        dtype == Dtype::Float64
    }
}

impl Conversion<f32> for ToFloat16 {
    fn convert<S: Element>(value: S) -> f32 {
        if S::DTYPE == Dtype::Float16 {
            value.to_f32()
        } else {
            f16::from_f32(value.to_f32()).to_f32()
        }
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

impl Conversion<f32> for ToBFloat16 {
    fn convert<S: Element>(value: S) -> f32 {
        if S::DTYPE == Dtype::BFloat16 {
            value.to_f32()
        } else {
            bf16::from_f32(value.to_f32()).to_f32()
        }
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

impl Conversion<f32> for ToImaginary {
    fn convert<S: Element>(value: S) -> f32 {
        value.imaginary()
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

impl<W: Word> Conversion<W> for ToWord<W> {
    fn convert<S: Element>(value: S) -> W {
        W::from_bits(value.to_bits())
    }
    fn is_identity(dtype: Dtype) -> bool {
        dtype != Dtype::Bool && dtype.size() == size_of::<W>()
    }
}

impl Conversion<u8> for ToTruth {
    fn convert<S: Element>(value: S) -> u8 {
        value.to_bits() as u8
    }
    fn is_identity(_: Dtype) -> bool {
        false
    }
}

/// An operand, read as values of `T`.
pub struct Source<'a, T> {
    view: View<'a>,
    read: fn(&View<'_>, usize, &mut [T]),
    plain: Option<&'a [T]>,
}

impl<'a, T: Pod + Default> Source<'a, T> {
    /// Reads `view` through the conversion `C`.
    pub fn new<C: Conversion<T>>(view: View<'a>) -> Self {
        let read = with_element!(view.dtype, S => read::<S, T, C>);
        let plain = (view.stride == 1 && C::is_identity(view.dtype))
            .then(|| &bytemuck::cast_slice(view.bytes)[view.offset..view.offset + view.len]);
        Self { view, read, plain }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.view.len
    }

    /// Whether elements lie side by side and need no conversion.
    pub fn is_plain(&self) -> bool {
        self.plain.is_some()
    }

    /// Elements `start .. start + len` where they lie, if they need no conversion and all exist.
    pub fn plain(&self, start: isize, len: usize) -> Option<&'a [T]> {
        let start = usize::try_from(start).ok()?;
        self.plain?.get(start..start.checked_add(len)?)
    }

    /// Elements `start .. start + out.len()` into `out`: zeros where there are none.
    pub fn read(&self, start: isize, out: &mut [T]) {
        let end = start + out.len() as isize;
        let from = start.clamp(0, self.len() as isize).min(end).max(start);
        let to = end.min(self.len() as isize).max(from);
        let (before, rest) = out.split_at_mut((from - start) as usize);
        let (inside, after) = rest.split_at_mut((to - from) as usize);
        before.fill(T::default());
        after.fill(T::default());
        if inside.is_empty() {
            return;
        }
        match self.plain(from, inside.len()) {
            Some(plain) => inside.copy_from_slice(plain),
            None => (self.read)(&self.view, from as usize, inside),
        }
    }
}

/// Elements `start .. start + out.len()` of `view`, all of which exist.
fn read<S: Element, T, C: Conversion<T>>(view: &View<'_>, start: usize, out: &mut [T]) {
    let elements: &[S] = bytemuck::cast_slice(view.bytes);
    let first = view.offset as isize + start as isize * view.stride;
    if view.stride == 1 {
        let elements = &elements[first as usize..][..out.len()];
        for (out, &element) in out.iter_mut().zip(elements) {
            *out = C::convert(element);
        }
    } else {
        let mut at = first;
        for out in out {
            *out = C::convert(elements[at as usize]);
            at = at.wrapping_add(view.stride);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(bytes: &[u8], dtype: Dtype, offset: usize, stride: isize, len: usize) -> View<'_> {
        View { bytes, dtype, offset, stride, len }
    }

    #[test]
    fn reads_zeros_beyond_both_ends() {
        let data: [i32; 4] = [1, 2, 3, 4];
        let source = Source::<f32>::new::<ToFloat32>(view(
            bytemuck::cast_slice(&data),
            Dtype::Int32,
            3,
            -1,
            4,
        ));
        for start in -9..9 {
            for len in 0..12 {
                let mut out = vec![f32::NAN; len];
                source.read(start, &mut out);
                for (i, out) in out.iter().enumerate() {
                    let at = start + i as isize;
                    let want = if (0..4).contains(&at) { (4 - at) as f32 } else { 0.0 };
                    assert_eq!(*out, want, "start {start} len {len} at {at}");
                }
            }
        }
    }

    #[test]
    fn converts_to_the_promoted_dtype_first() {
        let data: [i32; 2] = [100_000, 2049];
        let v = view(bytemuck::cast_slice(&data), Dtype::Int32, 0, 1, 2);
        let mut out = [0.0; 2];
        Source::<f32>::new::<ToFloat16>(v).read(0, &mut out);
        assert_eq!(out, [f32::INFINITY, 2048.0]);
    }
}
