//! Blocks of the signal times the transformed filter: overlap-save, and one block for everything.

use super::direct::Direct;
use super::finite::is_infinite;
use super::geometry::Geometry;
use super::nonfinite::{Guarded, overwrite};
use super::planes::{Planes, read_all};
use super::scale::{Scale, exponent};
use super::source::{ComplexSource, Source};
use super::steps::{Steps, drive};
use super::store::{ComplexSum, Store};
use super::tiling::Tiling;
use crate::cpu::{Real, join_planes};
use crate::dtype::Complex64;
use crate::error::Result;
use crate::fft::{Product, Transform};
use crate::memory::Aligned;

/// Blocks and filters whose largest magnitude is 2^e with |e| up to this are transformed as they are:
/// sums of 2^60 such products stay inside float32's range at both ends.
const UNSCALED_EXPONENT: i32 = 30;

/// The exponent to take out of values of which the largest has `magnitude`, and the scale that does it.
fn normalisation<T: Real>(magnitude: T) -> (i32, Scale<T>) {
    let exponent = exponent(magnitude);
    if exponent.abs() <= UNSCALED_EXPONENT {
        return (0, Scale::ONE);
    }
    (exponent, Scale::power_of_two(-exponent))
}

/// A filter, transformed.
struct Filter<'a, T: Real> {
    source: &'a Source<'a, T>,
    /// Of the finite taps, normalised, and scaled by what the inverse leaves out.
    spectrum: Planes<T>,
    exponent: i32,
    /// The exponent of the largest finite tap, as it was.
    largest: i32,
    has_infinities: bool,
    guarded: Guarded<'a, T>,
}

impl<'a, T: Real> Filter<'a, T> {
    fn new(
        geometry: Geometry,
        transform: &Transform<T>,
        filter: &'a Source<'a, T>,
        threads: usize,
    ) -> Result<Self> {
        let block = transform.block();
        let mut spectrum = Planes::unspecified(block)?;
        let norm = T::from_f64(2.0 / block as f64);
        let mut magnitude = spectrum.read(filter, 0, filter.len(), norm, threads);
        let finite = magnitude.is_finite();
        let (mut taken, mut has_infinities) = (0, false);
        if !finite || normalisation(magnitude).0 != 0 {
            // Again, as values may have left the range of normal numbers.
            spectrum.read(filter, 0, filter.len(), T::ONE, threads);
            has_infinities = spectrum.any(filter.len(), is_infinite);
            magnitude = spectrum.sanitise(filter.len());
            let scale;
            (taken, scale) = normalisation(magnitude);
            spectrum.map(filter.len(), threads, |value| scale.of(value) * norm);
        }
        spectrum.forward(transform, threads);
        let guarded = Guarded::new(geometry, block, filter, finite);
        Ok(Self {
            source: filter,
            spectrum,
            exponent: taken,
            largest: exponent(magnitude),
            has_infinities,
            guarded,
        })
    }

    /// Whether sums of `taps` products with values of a magnitude up to `magnitude` stay finite in any order, as they do in
    /// transforms, which are scaled.
    fn sums_stay_finite(&self, magnitude: T, taps: usize) -> bool {
        let most = if size_of::<T>() == 4 { f32::MAX_EXP } else { f64::MAX_EXP };
        let taps = taps.next_power_of_two().trailing_zeros() as i32;
        exponent(magnitude) + 1 + self.largest + 1 + taps < most
    }
}

/// How blocks lie, and what transforms them.
struct Blocks<T: Real> {
    geometry: Geometry,
    tiling: Tiling,
    transform: Transform<T>,
    /// Those that work on one block.
    threads: usize,
}

/// What a thread needs: a block, and the flags of its outputs.
pub struct Workspace<T: Real> {
    block: Planes<T>,
    flags: Option<Aligned<u8>>,
}

impl<T: Real> Blocks<T> {
    fn new(geometry: Geometry, tiling: Tiling, transform: Transform<T>, threads: usize) -> Self {
        let threads = tiling.threads_inside(geometry, transform.block(), threads);
        Self { geometry, tiling, transform, threads }
    }

    fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.transform.block())
    }

    fn workspace(&self) -> Result<Workspace<T>> {
        Ok(Workspace { block: Planes::unspecified(self.transform.block())?, flags: None })
    }

    /// Outputs `start .. start + out.len()` of one real convolution; by direct sums, if there are `taps` for them, where a value
    /// is infinite and sums cannot overflow.
    fn compute<S: Store<T>>(
        &self,
        signal: &Source<'_, T>,
        filter: &Filter<'_, T>,
        (store, taps): (S, Option<&[T]>),
        start: usize,
        out: &mut [S::Element],
        work: &mut Workspace<T>,
    ) -> Result<()> {
        let (origin, skip, values) = self.tiling.block(self.geometry, start, out.len());
        let Workspace { block, flags } = work;
        let mut magnitude = block.read(signal, origin, values, T::ONE, self.threads);
        let marked = !(magnitude.is_finite() && filter.guarded.filter_is_finite());
        if let (true, Some(taps)) = (marked, taps)
            && (filter.has_infinities || block.any(values, is_infinite))
        {
            if filter.sums_stay_finite(block.sanitise(values), self.geometry.taps) {
                let direct = Direct::new(self.geometry, signal, filter.source, taps, store)?;
                return drive(&direct, start, out, self.threads);
            }
            block.read(signal, origin, values, T::ONE, self.threads);
        }
        if marked {
            let flags = match flags {
                Some(flags) => flags,
                None => flags.insert(Aligned::zeroed(self.step(), "flags of non-finite outputs")?),
            };
            let (re, im) = block.runs(0, values);
            let pieces = [(origin, re), (origin + re.len() as isize, im)];
            filter.guarded.mark(&pieces, start, &mut flags[..out.len()])?;
            magnitude = block.sanitise(values);
        }

        let mut result_exponent = filter.exponent;
        if magnitude > T::default() {
            let (block_exponent, scale) = normalisation(magnitude);
            if block_exponent != 0 {
                block.map(values, self.threads, |value| scale.of(value));
                result_exponent += block_exponent;
            }
            block.convolve(&self.transform, &filter.spectrum, self.threads);
        } else {
            // Zeros of either sign, which sums from +0 do not keep.
            block.clear();
        }

        if marked {
            let (first, second) = block.runs_mut(skip, out.len());
            let flags = flags.as_ref().expect("made when they were marked");
            // Scaling by powers of two leaves infinities and NaNs as they are.
            overwrite(first, flags);
            overwrite(second, &flags[first.len()..]);
        }
        block.put(skip, out, store, Scale::power_of_two(result_exponent), self.threads);
        Ok(())
    }
}

/// Floats, by transforms.
pub struct OverlapSave<'a, T: Real, S> {
    blocks: Blocks<T>,
    signal: &'a Source<'a, T>,
    filter: Filter<'a, T>,
    store: S,
    /// The filter's, for direct sums.
    taps: Option<&'a [T]>,
}

impl<'a, T: Real, S: Store<T>> OverlapSave<'a, T, S> {
    /// With blocks of `block` points: [`Transform::block_for`] of what `tiling` needs, at least. Up to `threads` threads
    /// make it ready, and work on a block that is the only one. Where the filter's `taps` are given, blocks that meet infinities are
    /// computed by direct sums, which take them as they are.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        (tiling, block, threads): (Tiling, usize, usize),
        signal: &'a Source<'a, T>,
        filter: &'a Source<'a, T>,
        store: S,
        taps: Option<&'a [T]>,
    ) -> Result<Self> {
        let transform = Transform::new(block, threads)?;
        let filter = Filter::new(geometry, &transform, filter, threads)?;
        let blocks = Blocks::new(geometry, tiling, transform, threads);
        Ok(Self { blocks, signal, filter, store, taps })
    }
}

impl<T: Real, S: Store<T>> Steps for OverlapSave<'_, T, S> {
    type Element = S::Element;
    type Workspace<'w> = Workspace<T>;

    fn step(&self) -> usize {
        self.blocks.step()
    }

    fn with_workspace<R>(
        &self,
        _outputs: usize,
        body: impl FnOnce(&mut Workspace<T>) -> Result<R>,
    ) -> Result<R> {
        body(&mut self.blocks.workspace()?)
    }

    fn compute(&self, start: usize, out: &mut [S::Element], work: &mut Workspace<T>) -> Result<()> {
        let Self { blocks, signal, filter, store, taps } = self;
        blocks.compute(signal, filter, (*store, *taps), start, out, work)
    }
}

/// Complex numbers, by transforms of their real and imaginary planes apart: a small part keeps its accuracy beside a
/// large one.
///
/// ```text
/// for each block:     x, y = transforms of the planes of the signal;  f, g = those of the filter
///     re, im = inverse transforms of x f - y g and x g + y f
/// ```
///
/// 1. Four transforms a block instead of the eight of four real convolutions: x, y, f and g serve two sums each, and
///    sums are made before they are transformed back: 2.0 to 2.3 times as long as float32, not 5 (2^18 x 2048).
/// 2. That takes planes that need no scaling and are finite. A block with one that is not so is computed as four real
///    convolutions, which scale and mark each for itself.
pub struct OverlapSaveComplex<'a> {
    blocks: Blocks<f32>,
    signal: &'a ComplexSource<'a>,
    re: Filter<'a, f32>,
    im: Filter<'a, f32>,
}

impl<'a> OverlapSaveComplex<'a> {
    /// As [`OverlapSave::new`].
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        (tiling, block, threads): (Tiling, usize, usize),
        signal: &'a ComplexSource<'a>,
        filter: &'a ComplexSource<'a>,
    ) -> Result<Self> {
        let transform = Transform::new(block, threads)?;
        let re = Filter::new(geometry, &transform, &filter.re, threads)?;
        let im = Filter::new(geometry, &transform, &filter.im, threads)?;
        Ok(Self { blocks: Blocks::new(geometry, tiling, transform, threads), signal, re, im })
    }

    /// Whether the filter's planes may be used together.
    fn has_plain_filter(&self) -> bool {
        [&self.re, &self.im]
            .iter()
            .all(|filter| filter.guarded.filter_is_finite() && filter.exponent == 0)
    }

    /// The four real sums of the schoolbook product, one after another.
    fn compute_apart(
        &self,
        start: usize,
        out: &mut [Complex64],
        work: &mut Workspace<f32>,
    ) -> Result<()> {
        let ComplexSource { re, im, .. } = self.signal;
        for (signal, filter, sum) in [
            (re, &self.re, ComplexSum::SetReal),
            (im, &self.im, ComplexSum::SubtractReal),
            (re, &self.im, ComplexSum::SetImaginary),
            (im, &self.re, ComplexSum::AddImaginary),
        ] {
            self.blocks.compute(signal, filter, (sum, None), start, out, work)?;
        }
        Ok(())
    }
}

/// What a thread needs: what a real convolution needs, and a block for the imaginary plane.
pub struct ComplexWorkspace {
    re: Workspace<f32>,
    im: Planes<f32>,
}

impl Steps for OverlapSaveComplex<'_> {
    type Element = Complex64;
    type Workspace<'w> = ComplexWorkspace;

    fn step(&self) -> usize {
        self.blocks.step()
    }

    fn with_workspace<R>(
        &self,
        _outputs: usize,
        body: impl FnOnce(&mut ComplexWorkspace) -> Result<R>,
    ) -> Result<R> {
        let im = Planes::unspecified(self.blocks.transform.block())?;
        body(&mut ComplexWorkspace { re: self.blocks.workspace()?, im })
    }

    fn compute(
        &self,
        start: usize,
        out: &mut [Complex64],
        work: &mut ComplexWorkspace,
    ) -> Result<()> {
        if !self.has_plain_filter() {
            return self.compute_apart(start, out, &mut work.re);
        }
        let Blocks { geometry, tiling, ref transform, threads } = self.blocks;
        let (origin, skip, values) = tiling.block(geometry, start, out.len());
        let (x, y) = (&mut work.re.block, &mut work.im);
        let [x_largest, y_largest] = read_all([x, y], values, 1.0, threads, |at, [re, im]| {
            self.signal.read(origin + at as isize, re, im);
        });
        let is_plain = |magnitude: f32| magnitude.is_finite() && normalisation(magnitude).0 == 0;
        if !(is_plain(x_largest) && is_plain(y_largest)) {
            return self.compute_apart(start, out, &mut work.re);
        }
        if x_largest == 0.0 && y_largest == 0.0 {
            out.fill(Complex64 { re: 0.0, im: 0.0 });
            return Ok(());
        }
        let (x, y) = (&mut work.re.block, &mut work.im);
        let filter = [self.re.spectrum.block(), self.im.spectrum.block()];
        transform.convolve(&mut [x.block_mut(), y.block_mut()], &filter, Product::Complex, threads);

        let (re_first, re_second) = x.runs_mut(skip, out.len());
        let (im_first, im_second) = y.runs_mut(skip, out.len());
        let (out_first, out_second) = out.split_at_mut(re_first.len());
        join_planes(re_first, im_first, out_first);
        join_planes(re_second, im_second, out_second);
        Ok(())
    }
}
