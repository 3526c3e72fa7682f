//! Reads blocks of an operand, converted to the type for computing, with zeros beyond the operand's
//! ends.

use std::ops::Range;

use bytemuck::{Pod, cast_slice};

use super::conversion::{Conversion, ToFloat32, ToImaginary};
use crate::array::View;
use crate::cpu::{Extent, Real, copy_scanned, split_complex};
use crate::dtype::{Complex64, Element, with_element};
use crate::memory;

/// A number for computing.
pub trait Value: Pod + Default {}
impl<T: Pod + Default> Value for T {}

/// An operand, read as values of `T`.
pub enum Source<'a, T> {
    /// The elements are contiguous `T`s.
    InPlace(&'a [T]),
    /// The elements are converted when they are read.
    Converted {
        /// The elements.
        view: View<'a>,
        /// Fills the slice with elements from an index on.
        read: fn(&View<'_>, usize, &mut [T]),
    },
}

impl<'a, T: Value> Source<'a, T> {
    /// A source that reads `view` through the conversion `C`.
    pub fn new<C: Conversion<T>>(view: View<'a>) -> Self {
        if view.stride == 1 && C::is_identity(view.dtype) {
            return Self::InPlace(&cast_slice(view.bytes)[view.offset..view.offset + view.len]);
        }
        Self::Converted { view, read: with_element!(view.dtype, S => read::<S, T, C>) }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::InPlace(elements) => elements.len(),
            Self::Converted { view, .. } => view.len,
        }
    }

    /// Whether the elements are contiguous and need no conversion.
    pub fn is_in_place(&self) -> bool {
        matches!(self, Self::InPlace(_))
    }

    /// Elements `start .. start + len` in place, if they need no conversion and all of them exist.
    pub fn in_place(&self, start: isize, len: usize) -> Option<&'a [T]> {
        let Self::InPlace(elements) = self else { return None };
        let start = usize::try_from(start).ok()?;
        elements.get(start..start.checked_add(len)?)
    }

    /// Copies elements `start .. start + out.len()` to `out` and returns their extent, in one pass.
    /// Zeros stand where there are no elements. `None` if the elements need conversion.
    pub fn read_in_place(&self, start: isize, out: &mut [T]) -> Option<Extent<T>>
    where
        T: Real,
    {
        let Self::InPlace(elements) = self else { return None };
        let (from, there) = existing(elements.len(), start, out.len());
        let inside = zeros_around(out, there);
        Some(copy_scanned(&elements[from..][..inside.len()], inside))
    }

    /// Copies elements `start .. start + out.len()` to `out`. Zeros stand where there are no
    /// elements.
    pub fn read(&self, start: isize, out: &mut [T]) {
        let (from, there) = existing(self.len(), start, out.len());
        let inside = zeros_around(out, there);
        if inside.is_empty() {
            return;
        }
        match self {
            Self::InPlace(elements) => memory::copy(&elements[from..][..inside.len()], inside),
            Self::Converted { view, read } => read(view, from, inside),
        }
    }
}

/// An operand as two planes. A real operand is converted to complex64.
pub struct ComplexSource<'a> {
    /// The real parts.
    pub re: Source<'a, f32>,
    /// The imaginary parts.
    pub im: Source<'a, f32>,
    plain: Option<&'a [Complex64]>,
}

impl<'a> ComplexSource<'a> {
    /// A source that reads `view`.
    pub fn new(view: View<'a>) -> Self {
        let is_plain = view.stride == 1 && view.dtype == Complex64::DTYPE;
        let plain = is_plain.then(|| &cast_slice(view.bytes)[view.offset..view.offset + view.len]);
        let (re, im) = (Source::new::<ToFloat32>(view), Source::new::<ToImaginary>(view));
        Self { re, im, plain }
    }

    /// Copies the parts of elements `start .. start + re.len()` to `re` and `im`, which have the
    /// same length. Zeros stand where there are no elements. Contiguous elements are read once for
    /// both parts.
    pub fn read(&self, start: isize, re: &mut [f32], im: &mut [f32]) {
        let Some(plain) = self.plain else {
            self.re.read(start, re);
            self.im.read(start, im);
            return;
        };
        let (from, there) = existing(plain.len(), start, re.len());
        let plain = &plain[from..from + there.len()];
        split_complex(plain, zeros_around(re, there.clone()), zeros_around(im, there));
    }
}

/// Which of the `wanted` elements from `start` on exist, if there are `len` elements: the index of
/// the first one, and the positions of all of them among the wanted elements.
fn existing(len: usize, start: isize, wanted: usize) -> (usize, Range<usize>) {
    let end = start + wanted as isize;
    let from = start.clamp(0, len as isize).min(end).max(start);
    let to = end.min(len as isize).max(from);
    (from.clamp(0, len as isize) as usize, (from - start) as usize..(to - start) as usize)
}

/// Fills `out` with zeros, except for `inside`, and returns `inside`.
fn zeros_around<T: Default + Clone>(out: &mut [T], inside: Range<usize>) -> &mut [T] {
    out[..inside.start].fill(T::default());
    out[inside.end..].fill(T::default());
    &mut out[inside]
}

/// Elements that are not contiguous are gathered in groups of this size and converted together.
const GATHERED: usize = 64;

/// Copies elements `start .. start + out.len()` of `view` to `out`. All of them exist.
fn read<S: Element, T, C: Conversion<T>>(view: &View<'_>, start: usize, out: &mut [T]) {
    let elements: &[S] = cast_slice(view.bytes);
    let mut at = view.offset as isize + start as isize * view.stride;
    if view.stride == 1 {
        return C::convert(&elements[at as usize..][..out.len()], out);
    }
    let mut gathered = [S::zeroed(); GATHERED];
    for out in out.chunks_mut(GATHERED) {
        let gathered = &mut gathered[..out.len()];
        for element in gathered.iter_mut() {
            *element = elements[at as usize];
            at = at.wrapping_add(view.stride);
        }
        C::convert(gathered, out);
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::super::conversion::ToHalf;
    use super::*;
    use crate::dtype::Dtype;

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
        Source::<f32>::new::<ToHalf<f16>>(v).read(0, &mut out);
        assert_eq!(out, [f32::INFINITY, 2048.0]);
    }

    #[test]
    fn planes_are_read_as_each_part_alone() {
        let data: Vec<Complex64> =
            (0..200).map(|i| Complex64 { re: i as f32, im: 0.5 - i as f32 }).collect();
        let bytes = cast_slice(&data);
        for (offset, stride, len) in [(0, 1, 200), (7, 1, 20), (199, -2, 100), (3, 0, 50)] {
            let source = ComplexSource::new(view(bytes, Dtype::Complex64, offset, stride, len));
            for start in [-300, -5, 0, 3, 60, 300] {
                for wanted in [0, 1, 64, 65, 400] {
                    let (mut re, mut im) = (vec![f32::NAN; wanted], vec![f32::NAN; wanted]);
                    source.read(start, &mut re, &mut im);
                    for i in 0..wanted {
                        let at = start + i as isize;
                        let element = (0..len as isize).contains(&at).then(|| {
                            let at = offset as isize + at * stride;
                            (data[at as usize].re, data[at as usize].im)
                        });
                        assert_eq!((re[i], im[i]), element.unwrap_or_default(), "{start} {i}");
                    }
                }
            }
        }
    }
}
