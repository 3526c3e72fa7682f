//! The direct method: every output is one sum over its taps.

use std::ops::Range;

use super::finite::{canonicalise, sanitise};
use super::geometry::Geometry;
use super::nonfinite::{Guarded, overwrite};
use super::scale::Scale;
use super::source::{ComplexSource, Source};
use super::steps::Steps;
use super::store::Store;
use crate::cpu::{
    Real, Word, are_few, convolve_few, convolve_valid, correlate_words, join_sums, largest, or_into,
};
use crate::dtype::Complex64;
use crate::error::Result;
use crate::memory::{self, Aligned, with_zeros};

/// Outputs computed at a time: with the signal under them, they stay in a first-level cache. A multiple of every
/// kernel's tile.
pub const STEP: usize = 21 * 192;

/// Fewer values than this are staged whole rather than computed in pieces.
const STAGED_WHOLE: usize = 256;

/// A value that a signal holds.
pub trait Value: bytemuck::Pod + bytemuck::Zeroable + Default {}
impl<T: bytemuck::Pod + bytemuck::Zeroable + Default> Value for T {}

/// Calls `body` with the filter, as it lies in memory if it needs no conversion.
///
/// # Errors
/// `OutOfMemory`; those of `body`.
pub fn with_taps<T: Value, R>(
    filter: &Source<'_, T>,
    body: impl FnOnce(&[T]) -> Result<R>,
) -> Result<R> {
    if let Some(taps) = filter.plain(0, filter.len()) {
        return body(taps);
    }
    with_zeros(filter.len(), "the filter", |taps| {
        filter.read(0, taps);
        body(taps)
    })
}

/// Calls `body` with the filter back to front: `full[n] = sum over j of reversed[j] * signal[n - (K - 1) + j]`.
///
/// # Errors
/// `OutOfMemory`; those of `body`.
pub fn with_reversed<T: Value, R>(
    filter: &Source<'_, T>,
    body: impl FnOnce(&[T]) -> Result<R>,
) -> Result<R> {
    with_zeros(filter.len(), "the reversed filter", |reversed| {
        filter.read(0, reversed);
        reversed.reverse();
        body(reversed)
    })
}

/// The signal under runs of outputs.
///
/// It is read where it lies, if it needs no conversion. Else, and at its two ends, it is staged, with zeros beyond
/// the ends.
struct Reach<'a, T> {
    geometry: Geometry,
    signal: &'a Source<'a, T>,
}

impl<'a, T: Value> Reach<'a, T> {
    /// Values that a stage needs for pieces of `outputs` outputs.
    fn staged(&self, outputs: usize) -> usize {
        let before = self.geometry.taps - 1;
        let [head, tail] = self.geometry.beyond();
        let ends = if self.signal.is_plain() { head.max(tail) } else { outputs };
        if ends == 0 {
            return 0;
        }
        let whole = outputs.min(STAGED_WHOLE.saturating_sub(before));
        ends.min(outputs).max(whole) + before
    }

    /// Calls `body` with runs of outputs that make up `start .. start + outputs`, and the values under each.
    fn for_each<E>(
        &self,
        start: usize,
        outputs: usize,
        stage: &mut [T],
        mut body: impl FnMut(Range<usize>, &[T]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let before = self.geometry.taps - 1;
        let end = start + outputs;
        let whole = [end, end];
        let ends = [start.max(before).min(end), start.max(self.signal.len()).min(end)];
        let is_whole = !self.signal.is_plain() || outputs + before <= STAGED_WHOLE;
        let [head, tail] = if is_whole { whole } else { ends };
        for run in [start..head, head..tail.max(head), tail.max(head)..end] {
            if run.is_empty() {
                continue;
            }
            let (from, len) = (run.start as isize - before as isize, run.len() + before);
            match self.signal.plain(from, len) {
                Some(x) => body(run, x)?,
                None => {
                    let x = &mut stage[..len];
                    self.signal.read(from, x);
                    body(run, x)?;
                }
            }
        }
        Ok(())
    }
}

/// The sums with one filter. Infinities and NaNs take part in them as they are, which is the footprint that all
/// other methods imitate, with one exception: beyond its ends the staged signal has zeros, and a zero times an
/// infinite tap is NaN. The outputs at those ends go by way of [`Guarded`].
struct Sums<'a, T: Real> {
    geometry: Geometry,
    taps: &'a [T],
    /// If not all taps are finite: the taps with zeros in the place of the others.
    sanitised: Option<Aligned<T>>,
    guarded: Guarded<'a, T>,
}

impl<'a, T: Real> Sums<'a, T> {
    /// With `taps`, which are those of `filter`.
    fn new(geometry: Geometry, filter: &'a Source<'a, T>, taps: &'a [T]) -> Result<Self> {
        // Where nothing is read beyond the signal, all sums are as they come.
        let finite = geometry.beyond() == [0, 0] || largest(taps).is_finite();
        let sanitised = match finite {
            true => None,
            false => {
                let mut copy = Aligned::zeroed(taps.len(), "the finite taps")?;
                memory::copy(taps, &mut copy);
                sanitise(&mut copy);
                Some(copy)
            }
        };
        let guarded = Guarded::new(geometry, 2 * (geometry.taps - 1), filter, finite);
        Ok(Self { geometry, taps, sanitised, guarded })
    }

    /// Computes `outputs` from the values `x` under them. `edge` is there if the filter is not finite.
    fn compute(
        &self,
        outputs: Range<usize>,
        x: &[T],
        out: &mut [T],
        edge: &mut Option<Edge<T>>,
    ) -> Result<()> {
        let finite = match are_few(self.geometry.outputs, self.geometry.taps) {
            true => convolve_few(self.taps, x, out),
            false => convolve_valid(self.taps, x, out),
        };
        if let (Some(taps), Some(edge)) = (&self.sanitised, edge) {
            self.mend_ends(taps, outputs, x, out, edge)?;
        }
        if !finite {
            // Which of several NaNs a sum keeps depends on where in a kernel's tile it stands.
            canonicalise(out);
        }
        Ok(())
    }

    /// Computes those of `outputs` again that read zeros beyond the signal's ends, from finite `taps` and `x`.
    fn mend_ends(
        &self,
        taps: &[T],
        outputs: Range<usize>,
        x: &[T],
        out: &mut [T],
        edge: &mut Edge<T>,
    ) -> Result<()> {
        let before = taps.len() - 1;
        let head = outputs.start..outputs.end.min(before);
        let tail = outputs.start.max(self.geometry.signal)..outputs.end;
        for ends in [head, tail] {
            if ends.is_empty() {
                continue;
            }
            let (first, len) = (ends.start - outputs.start, ends.len());
            let (out, x) = (&mut out[first..][..len], &x[first..][..len + before]);
            let (values, flags) = (&mut edge.values[..x.len()], &mut edge.flags[..len]);
            let piece = (ends.start as isize - before as isize, x);
            self.guarded.mark(&[piece], ends.start, flags)?;
            memory::copy(x, values);
            sanitise(values);
            convolve_valid(taps, values, out);
            overwrite(out, flags);
        }
        Ok(())
    }
}

/// What the ends of the signal take if a filter is not finite.
struct Edge<T: Real> {
    values: Aligned<T>,
    flags: Aligned<u8>,
}

impl<T: Real> Edge<T> {
    /// For pieces of `outputs` outputs of any of `filters`, if one is not finite.
    fn new(outputs: usize, filters: &[&Sums<'_, T>]) -> Result<Option<Self>> {
        let Some(sums) = filters.iter().find(|sums| sums.sanitised.is_some()) else {
            return Ok(None);
        };
        let values = outputs + sums.taps.len() - 1;
        Ok(Some(Self {
            values: Aligned::zeroed(values, "the ends of the signal")?,
            flags: Aligned::zeroed(outputs, "flags of non-finite outputs")?,
        }))
    }
}

/// Floats.
pub struct Direct<'a, T: Real, S> {
    reach: Reach<'a, T>,
    sums: Sums<'a, T>,
    store: S,
}

impl<'a, T: Real, S: Store<T>> Direct<'a, T, S> {
    /// Of a step's outputs, so many are computed, then stored.
    const PIECE: usize = if S::PIECE < STEP { S::PIECE } else { STEP };

    /// With `taps`, which are those of `filter`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        signal: &'a Source<'a, T>,
        filter: &'a Source<'a, T>,
        taps: &'a [T],
        store: S,
    ) -> Result<Self> {
        let reach = Reach { geometry, signal };
        Ok(Self { reach, sums: Sums::new(geometry, filter, taps)?, store })
    }

    /// Computes outputs `start .. start + out.len()`.
    fn sums(
        &self,
        start: usize,
        out: &mut [T],
        stage: &mut [T],
        edge: &mut Option<Edge<T>>,
    ) -> Result<()> {
        self.reach.for_each(start, out.len(), stage, |outputs, x| {
            let out = &mut out[outputs.start - start..outputs.end - start];
            self.sums.compute(outputs, x, out, edge)
        })
    }
}

/// What a thread needs: the staged signal, sums before they are stored if they cannot be computed in place,
/// and what the ends take if the filter is not finite.
pub struct Workspace<'w, T: Real> {
    stage: &'w mut [T],
    sums: &'w mut [T],
    edge: Option<Edge<T>>,
}

impl<T: Real, S: Store<T>> Steps for Direct<'_, T, S> {
    type Element = S::Element;
    type Workspace<'w> = Workspace<'w, T>;

    fn step(&self) -> usize {
        STEP
    }

    fn with_workspace<R>(
        &self,
        outputs: usize,
        body: impl FnOnce(&mut Workspace<'_, T>) -> Result<R>,
    ) -> Result<R> {
        let outputs = outputs.min(Self::PIECE);
        let edge = Edge::new(outputs, &[&self.sums])?;
        let sums = if S::IS_NATIVE { 0 } else { outputs };
        with_zeros(self.reach.staged(outputs), "the staged signal", |stage| {
            with_zeros(sums, "sums", |sums| body(&mut Workspace { stage, sums, edge }))
        })
    }

    fn compute(
        &self,
        start: usize,
        out: &mut [S::Element],
        work: &mut Workspace<'_, T>,
    ) -> Result<()> {
        let Workspace { stage, sums, edge } = work;
        if let Some(out) = self.store.native(out) {
            return self.sums(start, out, stage, edge);
        }
        for (i, out) in out.chunks_mut(Self::PIECE).enumerate() {
            let sums = &mut sums[..out.len()];
            self.sums(start + i * Self::PIECE, sums, stage, edge)?;
            self.store.put(out, sums, Scale::ONE);
        }
        Ok(())
    }
}

/// Outputs of a complex convolution computed at a time: four sums of each, two planes of the signal under them, and the
/// complex values that are read and written once stay in a first-level cache. Twice as many took 4 % longer.
pub const COMPLEX_STEP: usize = 5 * 192;

/// As [`with_taps`], with both planes of the filter.
///
/// # Errors
/// `OutOfMemory`; those of `body`.
pub fn with_planes<R>(
    filter: &ComplexSource<'_>,
    body: impl FnOnce([&[f32]; 2]) -> Result<R>,
) -> Result<R> {
    let len = filter.re.len();
    with_zeros(2 * len, "the filter", |planes| {
        let (re, im) = planes.split_at_mut(len);
        filter.read(0, re, im);
        body([re, im])
    })
}

/// Complex numbers: the four real sums of the schoolbook product.
///
/// ```text
/// for each step of outputs:
///     re, im = the planes of the signal under them
///     out = (re * filter.re - im * filter.im, re * filter.im + im * filter.re)
/// ```
///
/// 1. The planes are staged once for two sums each, and both parts of the output are written once. As four real
///    convolutions, each of which read every other value and wrote every other, it took 6.5 times as long as float32;
///    so it takes 4.0 to 4.4 times (2^18 x 64, AVX-512).
/// 2. Each sum is the kernel's, so the bits are those of four real convolutions.
pub struct DirectComplex<'a> {
    signal: &'a ComplexSource<'a>,
    taps: usize,
    re: Sums<'a, f32>,
    im: Sums<'a, f32>,
}

impl<'a> DirectComplex<'a> {
    /// With `taps`, which are the planes of `filter`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        signal: &'a ComplexSource<'a>,
        filter: &'a ComplexSource<'a>,
        [re, im]: [&'a [f32]; 2],
    ) -> Result<Self> {
        Ok(Self {
            signal,
            taps: re.len(),
            re: Sums::new(geometry, &filter.re, re)?,
            im: Sums::new(geometry, &filter.im, im)?,
        })
    }
}

/// What a thread needs: the planes of the signal, the four sums, and what the ends take if the filter is not finite.
pub struct ComplexWorkspace<'w> {
    planes: &'w mut [f32],
    sums: &'w mut [f32],
    edge: Option<Edge<f32>>,
}

impl Steps for DirectComplex<'_> {
    type Element = Complex64;
    type Workspace<'w> = ComplexWorkspace<'w>;

    fn step(&self) -> usize {
        COMPLEX_STEP
    }

    fn with_workspace<R>(
        &self,
        outputs: usize,
        body: impl FnOnce(&mut ComplexWorkspace<'_>) -> Result<R>,
    ) -> Result<R> {
        let outputs = outputs.min(COMPLEX_STEP);
        let edge = Edge::new(outputs, &[&self.re, &self.im])?;
        with_zeros(2 * (outputs + self.taps - 1), "the staged signal", |planes| {
            with_zeros(4 * outputs, "sums", |sums| {
                body(&mut ComplexWorkspace { planes, sums, edge })
            })
        })
    }

    fn compute(
        &self,
        start: usize,
        out: &mut [Complex64],
        work: &mut ComplexWorkspace<'_>,
    ) -> Result<()> {
        let ComplexWorkspace { planes, sums, edge } = work;
        let before = self.taps - 1;
        let (re, im) = planes[..2 * (out.len() + before)].split_at_mut(out.len() + before);
        self.signal.read(start as isize - before as isize, re, im);
        let (products, cross) = sums[..4 * out.len()].split_at_mut(2 * out.len());
        let (rr, ii) = products.split_at_mut(out.len());
        let (ri, ir) = cross.split_at_mut(out.len());
        let outputs = start..start + out.len();
        self.re.compute(outputs.clone(), re, rr, edge)?;
        self.im.compute(outputs.clone(), im, ii, edge)?;
        self.im.compute(outputs.clone(), re, ri, edge)?;
        self.re.compute(outputs, im, ir, edge)?;
        join_sums([rr, ii, ri, ir], out);
        Ok(())
    }
}

/// Words: integers modulo 2^bits, or bools, by whatever `kernel` makes of the filter, back to front, and values.
pub struct DirectWords<'a, W> {
    reach: Reach<'a, W>,
    reversed: &'a [W],
    kernel: fn(&[W], &[W], &mut [W]),
}

impl<'a, W: Word> DirectWords<'a, W> {
    /// Integers, modulo 2^bits.
    pub fn integers(geometry: Geometry, signal: &'a Source<'a, W>, reversed: &'a [W]) -> Self {
        Self { reach: Reach { geometry, signal }, reversed, kernel: correlate_words }
    }
}

impl<'a> DirectWords<'a, u8> {
    /// Bools: the OR of the signal shifted to each true tap.
    pub fn truths(geometry: Geometry, signal: &'a Source<'a, u8>, reversed: &'a [u8]) -> Self {
        Self { reach: Reach { geometry, signal }, reversed, kernel: or_shifted }
    }
}

fn or_shifted(reversed: &[u8], x: &[u8], out: &mut [u8]) {
    out.fill(0);
    for (j, _) in reversed.iter().enumerate().filter(|&(_, &tap)| tap != 0) {
        or_into(&x[j..][..out.len()], out);
    }
}

impl<W: Word> Steps for DirectWords<'_, W> {
    type Element = W;
    type Workspace<'w> = &'w mut [W];

    fn step(&self) -> usize {
        STEP
    }

    fn with_workspace<R>(
        &self,
        outputs: usize,
        body: impl FnOnce(&mut &mut [W]) -> Result<R>,
    ) -> Result<R> {
        with_zeros(self.reach.staged(outputs.min(STEP)), "the staged signal", |mut stage| {
            body(&mut stage)
        })
    }

    fn compute(&self, start: usize, out: &mut [W], stage: &mut &mut [W]) -> Result<()> {
        self.reach.for_each(start, out.len(), stage, |outputs, x| {
            let out = &mut out[outputs.start - start..outputs.end - start];
            (self.kernel)(self.reversed, x, out);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::mode::Mode;
    use super::super::source::ToFloat32;
    use super::*;
    use crate::array::View;
    use crate::dtype::Dtype;

    #[test]
    fn a_stage_holds_what_does_not_lie_in_memory() {
        const TAPS: usize = 400;
        let values = [0.0f32; 1000];
        for (stride, offset, mode, want) in [
            (1, 0, Mode::Valid, 0),
            (1, 0, Mode::Same, 200 + TAPS - 1),
            (1, 0, Mode::Full, TAPS - 1 + TAPS - 1),
            (-1, 999, Mode::Valid, 601 + TAPS - 1),
        ] {
            let bytes = bytemuck::cast_slice(&values);
            let view = View { bytes, dtype: Dtype::Float32, offset, stride, len: values.len() };
            let geometry = Geometry::new(values.len(), TAPS, mode).unwrap();
            let signal = Source::new::<ToFloat32>(view);
            let reach = Reach { geometry, signal: &signal };
            assert_eq!(reach.staged(geometry.outputs), want, "{stride} {mode:?}");
        }
    }
}
