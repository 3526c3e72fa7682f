//! Blocks of an operand, converted to the type that is computed in, zero beyond its ends.

use std::ops::Range;

use bytemuck::{Pod, cast_slice};

use super::conversion::{Conversion, ToFloat32, ToImaginary};
use crate::array::View;
use crate::cpu::{Real, copy_largest, split_complex};
use crate::dtype::{Complex64, Element, with_element};
use crate::memory;

/// A value that is computed with.
pub trait Value: Pod + Default {}
impl<T: Pod + Default> Value for T {}

/// An operand, read as values of `T`.
pub enum Source<'a, T> {
    /// Its elements are such values and lie side by side.
    InPlace(&'a [T]),
    /// Its elements are converted when they are read.
    Converted {
        /// The elements.
        view: View<'a>,
        /// Reads as many of them as the slice holds, from an index on.
        read: fn(&View<'_>, usize, &mut [T]),
    },
}

impl<'a, T: Value> Source<'a, T> {
    /// Reads `view` through the conversion `C`.
    pub fn new<C: Conversion<T>>(view: View<'a>) -> Self {
        if view.stride == 1 && C::is_identity(view.dtype) {
            return Self::InPlace(&cast_slice(view.bytes)[view.offset..view.offset + view.len]);
        }
        Self::Converted { view, read: with_element!(view.dtype, S => read::<S, T, C>) }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::InPlace(elements) => elements.len(),
            Self::Converted { view, .. } => view.len,
        }
    }

    /// Whether elements lie side by side and need no conversion.
    pub fn is_in_place(&self) -> bool {
        matches!(self, Self::InPlace(_))
    }

    /// Elements `start .. start + len` where they lie, if they need no conversion and all exist.
    pub fn in_place(&self, start: isize, len: usize) -> Option<&'a [T]> {
        let Self::InPlace(elements) = self else { return None };
        let start = usize::try_from(start).ok()?;
        elements.get(start..start.checked_add(len)?)
    }

    /// Elements `start .. start + out.len()` times `factor` into `out`, zeros where there are none, and the largest magnitude of
    /// them, in one pass; if they need no conversion.
    pub fn read_in_place(&self, start: isize, out: &mut [T], factor: T) -> Option<T>
    where
        T: Real,
    {
        let Self::InPlace(elements) = self else { return None };
        let (from, there) = existing(elements.len(), start, out.len());
        let inside = zeros_around(out, there);
        Some(copy_largest(&elements[from..][..inside.len()], inside, factor))
    }

    /// Elements `start .. start + out.len()` into `out`: zeros where there are none.
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

/// A complex operand, or one that is converted to it, as two planes.
pub struct ComplexSource<'a> {
    /// Real parts.
    pub re: Source<'a, f32>,
    /// Imaginary parts.
    pub im: Source<'a, f32>,
    plain: Option<&'a [Complex64]>,
}

impl<'a> ComplexSource<'a> {
    /// Reads `view`.
    pub fn new(view: View<'a>) -> Self {
        let is_plain = view.stride == 1 && view.dtype == Complex64::DTYPE;
        let plain = is_plain.then(|| &cast_slice(view.bytes)[view.offset..view.offset + view.len]);
        let (re, im) = (Source::new::<ToFloat32>(view), Source::new::<ToImaginary>(view));
        Self { re, im, plain }
    }

    /// The parts of elements `start .. start + re.len()` into `re` and `im`, which is as long: zeros where there
    /// are none. Elements that lie side by side are read once for both.
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

/// Of `wanted` elements from `start` on, those that exist if there are `len`: the first one's index, and their places
/// among the wanted ones.
fn existing(len: usize, start: isize, wanted: usize) -> (usize, Range<usize>) {
    let end = start + wanted as isize;
    let from = start.clamp(0, len as isize).min(end).max(start);
    let to = end.min(len as isize).max(from);
    (from.clamp(0, len as isize) as usize, (from - start) as usize..(to - start) as usize)
}

/// Writes zeros over all of `out` but `inside`, which it returns.
fn zeros_around<T: Default + Clone>(out: &mut [T], inside: Range<usize>) -> &mut [T] {
    out[..inside.start].fill(T::default());
    out[inside.end..].fill(T::default());
    &mut out[inside]
}

/// Elements gathered at a time if they do not lie side by side, before they are converted together.
const GATHERED: usize = 64;

/// Elements `start .. start + out.len()` of `view`, all of which exist.
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
    use super::super::conversion::ToFloat16;
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
        Source::<f32>::new::<ToFloat16>(v).read(0, &mut out);
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
