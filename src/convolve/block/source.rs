//! Reads blocks of an operand, converted to the type for computing. Beyond the operand's ends stand
//! zeros, or the elements with which its boundary continues it.

use std::ops::Range;

use bytemuck::{Pod, cast_slice};

use super::conversion::{Conversion, ToConjugate, ToFloat32, ToImaginary, hold_in_float64};
use crate::array::View;
use crate::convolve::wanted::{InPlace, Operand, Run, Window};
use crate::cpu::{Extent, Real, copy_scanned, split_complex};
use crate::dtype::{Complex64, Element, with_element};
use crate::memory;

/// A number for computing.
pub trait Value: Pod + Default {}
impl<T: Pod + Default> Value for T {}

/// An operand, read as values of `T`.
pub struct Source<'a, T> {
    elements: Elements<'a, T>,
    /// The positions that are read. `None`: all elements.
    window: Option<&'a Window>,
}

/// The elements of an operand.
enum Elements<'a, T> {
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

impl<'a, T> From<&'a [T]> for Source<'a, T> {
    fn from(elements: &'a [T]) -> Self {
        Self { elements: Elements::InPlace(elements), window: None }
    }
}

impl<'a, T: Value> Source<'a, T> {
    /// A source that reads `operand` through the conversion `C`.
    #[inline(always)]
    pub fn new<C: Conversion<T>>(operand: Operand<'a>) -> Self {
        let Operand { view, window, .. } = operand;
        let elements = if view.stride == 1 && C::is_identity(view.dtype) {
            Elements::InPlace(&cast_slice(view.bytes)[view.offset..view.offset + view.len])
        } else {
            Elements::Converted { view, read: with_element!(view.dtype, S => read::<S, T, C>) }
        };
        Self { elements, window }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        match (self.window, &self.elements) {
            (Some(window), _) => window.len,
            (None, Elements::InPlace(elements)) => elements.len(),
            (None, Elements::Converted { view, .. }) => view.len,
        }
    }

    /// The values that are contiguous and need no conversion.
    #[inline(always)]
    pub fn in_memory(&self) -> InPlace {
        match (&self.elements, self.window) {
            (Elements::Converted { .. }, _) => InPlace::NOTHING,
            (Elements::InPlace(elements), None) => InPlace { start: 0, end: elements.len() },
            (Elements::InPlace(elements), Some(window)) => window.inside(elements.len()),
        }
    }

    /// Values `start .. start + len` in place, if they need no conversion and all of them are
    /// elements.
    pub fn in_place(&self, start: isize, len: usize) -> Option<&'a [T]> {
        let Elements::InPlace(elements) = self.elements else { return None };
        let start = usize::try_from(start).ok()?;
        let exist = start.checked_add(len)? <= self.len();
        if exist { inside(elements, self.window, start, len) } else { None }
    }

    /// Copies values `start .. start + out.len()` to `out` and returns their extent, in one pass.
    /// Zeros stand where there are no values. `None` if the values need conversion, or if some of
    /// them are beyond the ends of a signal that continues there.
    pub fn read_in_place(&self, start: isize, out: &mut [T]) -> Option<Extent<T>>
    where
        T: Real,
    {
        if self.window.is_some() {
            return Some(copy_scanned(self.in_place(start, out.len())?, out));
        }
        let Elements::InPlace(elements) = self.elements else { return None };
        let (from, there) = existing(elements.len(), start, out.len());
        let inside = zeros_around(out, there);
        Some(copy_scanned(&elements[from..][..inside.len()], inside))
    }

    /// Copies values `start .. start + out.len()` to `out`. Zeros stand where there are no values.
    pub fn read(&self, start: isize, out: &mut [T]) {
        let (from, there) = existing(self.len(), start, out.len());
        let inside = zeros_around(out, there);
        if inside.is_empty() {
            return;
        }
        match self.window {
            None => self.elements.read(from, inside),
            Some(window) => self.elements.read_continued(window, from, inside),
        }
    }
}

impl<T: Value> Elements<'_, T> {
    /// The number of elements.
    fn len(&self) -> usize {
        match self {
            Self::InPlace(elements) => elements.len(),
            Self::Converted { view, .. } => view.len,
        }
    }

    /// Copies elements from `start` on to `out`. All of them exist.
    fn read(&self, start: usize, out: &mut [T]) {
        match self {
            Self::InPlace(elements) => memory::copy(&elements[start..][..out.len()], out),
            Self::Converted { view, read } => read(view, start, out),
        }
    }

    /// Copies the values of `window` from its position `start` on to `out`, run by run. A signal
    /// that repeats is read once and copied from `out` after that.
    fn read_continued(&self, window: &Window, start: usize, out: &mut [T]) {
        let &Window { boundary, start: origin, .. } = window;
        let (len, wanted) = (self.len(), out.len());
        let once = boundary.period(len).map_or(wanted, |period| period.min(wanted));
        let mut done = 0;
        while done < once {
            let position = origin + (start + done) as isize;
            let out = &mut out[done..once];
            match boundary.run(len, position) {
                Some(run) => {
                    let count = run.len.min(out.len());
                    self.read_run(run, &mut out[..count]);
                    done += count;
                }
                None => unreachable!("windows are for signals that continue"),
            }
        }
        while done < wanted {
            // What is there so far is a whole number of periods.
            let count = done.min(wanted - done);
            out.copy_within(..count, done);
            done += count;
        }
    }

    /// Copies the first `out.len()` values of `run`.
    fn read_run(&self, run: Run, out: &mut [T]) {
        let Run { index, stride, .. } = run;
        let Some(last) = out.len().checked_sub(1) else { return };
        match stride {
            1 => self.read(index, out),
            0 => {
                self.read(index, &mut out[..1]);
                out.fill(out[0]);
            }
            _ => {
                self.read(index - last, out);
                out.reverse();
            }
        }
    }
}

/// An operand as two planes. A real operand is converted to complex64.
pub struct ComplexSource<'a> {
    /// The real parts.
    pub re: Source<'a, f32>,
    /// The imaginary parts.
    pub im: Source<'a, f32>,
    /// Contiguous complex numbers, which are read once for both parts.
    plain: Option<&'a [Complex64]>,
    is_conjugated: bool,
}

impl<'a> ComplexSource<'a> {
    /// A source that reads `operand`. The conjugate of a real number is the number itself.
    pub fn new(operand: Operand<'a>) -> Self {
        let view = operand.view;
        let is_complex = view.dtype == Complex64::DTYPE;
        let is_plain = view.stride == 1 && is_complex;
        let plain = is_plain.then(|| &cast_slice(view.bytes)[view.offset..view.offset + view.len]);
        let is_conjugated = operand.is_conjugated && is_complex;
        let im = if is_conjugated {
            Source::new::<ToConjugate>(operand)
        } else {
            Source::new::<ToImaginary>(operand)
        };
        Self { re: Source::new::<ToFloat32>(operand), im, plain, is_conjugated }
    }

    /// Copies the parts of values `start .. start + re.len()` to `re` and `im`, which have the same
    /// length. Zeros stand where there are no values.
    pub fn read(&self, start: isize, re: &mut [f32], im: &mut [f32]) {
        let (from, there) = existing(self.re.len(), start, re.len());
        let plain = self.plain.and_then(|plain| inside(plain, self.re.window, from, there.len()));
        let Some(plain) = plain else {
            self.re.read(start, re);
            self.im.read(start, im);
            return;
        };
        let (re, im) = (zeros_around(re, there.clone()), zeros_around(im, there));
        split_complex(plain, re, im);
        if self.is_conjugated {
            im.iter_mut().for_each(|im| *im = -*im);
        }
    }
}

impl ComplexSource<'_> {
    /// Like [`Self::read`], in float64. Where subnormal numbers are flushed, zeros stand for those
    /// of float32.
    pub fn read_in_float64(&self, start: isize, re: &mut [f64], im: &mut [f64]) {
        const AT_ONCE: usize = 256;
        let mut parts = [[0.0; AT_ONCE]; 2];
        for (i, (re, im)) in re.chunks_mut(AT_ONCE).zip(im.chunks_mut(AT_ONCE)).enumerate() {
            let [x, y] = parts.each_mut().map(|part| &mut part[..re.len()]);
            self.read(start + (i * AT_ONCE) as isize, x, y);
            hold_in_float64(x, re);
            hold_in_float64(y, im);
        }
    }
}

/// Values `start .. start + len` of an operand, which exist, if all of them are elements.
fn inside<'a, T>(
    elements: &'a [T],
    window: Option<&Window>,
    start: usize,
    len: usize,
) -> Option<&'a [T]> {
    let start = match window {
        None => start,
        Some(window) => window.start.checked_add_unsigned(start)?.try_into().ok()?,
    };
    elements.get(start..start.checked_add(len)?)
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
    if view.stride == -1 {
        let end = at as usize + 1;
        C::convert(&elements[end - out.len()..end], out);
        return out.reverse();
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

    fn view(bytes: &[u8], dtype: Dtype, offset: usize, stride: isize, len: usize) -> Operand<'_> {
        View { bytes, dtype, offset, stride, len }.into()
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
