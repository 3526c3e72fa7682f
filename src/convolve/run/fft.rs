//! Transforms of floats: blocks of the signal times the transformed filter.

use super::direct::Direct;
use super::steps::{Steps, drive, drive_alone};
use crate::convolve::block::{Planes, Scale, Source, Store, is_infinite, normalisation};
use crate::convolve::filter::{RealFilter, RealTaps, Spectrum};
use crate::convolve::nonfinite::overwrite;
use crate::convolve::wanted::{BlockRange, BlockSpace, Geometry, Tiling};
use crate::cpu::{Fence, Real};
use crate::error::{Error, Result};
use crate::fft::Transform;
use crate::memory::Workspace;

/// How blocks lie on the signal, and their transform.
pub struct Blocks<'a, T: Real> {
    pub geometry: Geometry,
    pub tiling: Tiling,
    pub transform: &'a Transform<T>,
    /// The number of threads that work on one block.
    pub threads: usize,
}

impl<'a, T: Real> Blocks<'a, T> {
    /// Blocks of the length of `transform`. If there is only one block, up to `threads` threads
    /// share it.
    pub fn new(
        geometry: Geometry,
        tiling: Tiling,
        transform: &'a Transform<T>,
        threads: usize,
    ) -> Self {
        let threads = tiling.threads_inside(geometry, transform.block(), threads);
        Self { geometry, tiling, transform, threads }
    }

    pub fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.transform.block())
    }

    /// A thread's workspace, if each element takes `blocks` blocks.
    pub fn space(&self, blocks: usize) -> BlockSpace {
        BlockSpace { blocks, block_len: self.transform.block(), flags: self.step() }
    }

    /// Computes outputs `start .. start + out.len()` of one real convolution. If `direct` is true
    /// and the block or the filter holds infinities, the outputs are direct sums, unless these
    /// might overflow.
    pub fn compute<S: Store<T>>(
        &self,
        signal: &Source<'_, T>,
        (taps, spectrum): (&RealTaps<'_, T>, &Spectrum<T>),
        (store, direct): (S, bool),
        (start, out): (usize, &mut [S::Element]),
        (mut work, fence): (Workspace<'_>, &Fence),
    ) -> Result<()> {
        let BlockRange { origin, skip, read } = self.tiling.block(self.geometry, start, out.len());
        let mut in_block = work.again();
        let mut block = Planes::in_workspace(&mut in_block, self.transform.block());
        let mut magnitude = block.read(signal, origin, read, T::ONE, self.threads);
        let marked = !(magnitude.is_finite() && spectrum.is_finite);
        if marked && direct && (spectrum.has_infinities || block.any(read, is_infinite)) {
            if spectrum.sums_stay_finite(block.sanitise(read)) {
                let direct = Direct::new(self.geometry, signal, taps, store)?;
                return match self.threads {
                    // In the same workspace, because the block is no longer needed.
                    1 => drive_alone(&direct, start, out, work, fence),
                    threads => drive(&direct, start, out, threads),
                };
            }
            block.read(signal, origin, read, T::ONE, self.threads);
        }
        let flags = in_block.cut::<u8>(if marked { out.len() } else { 0 });
        if marked {
            let (first, second) = block.runs(0, read);
            taps.mark(self.geometry.signal_len, (origin, [first, second]), start, flags)?;
            magnitude = block.sanitise(read);
        }

        let mut result_exponent = spectrum.exponent;
        if magnitude > T::default() {
            let (block_exponent, scale) = normalisation(magnitude);
            if block_exponent != 0 {
                block.map(read, self.threads, |value| scale.of(value));
                result_exponent += block_exponent;
            }
            block.convolve(self.transform, &spectrum.planes, self.threads);
        } else {
            // All values are zeros, of either sign. Sums that start at +0 give +0.
            block.clear();
        }

        if marked {
            let (first, second) = block.runs_mut(skip, out.len());
            // Scaling by powers of two does not change infinities and NaNs.
            overwrite(first, flags);
            overwrite(second, &flags[first.len()..]);
        }
        block.put(skip, out, store, Scale::power_of_two(result_exponent), (self.threads, fence));
        Ok(())
    }
}

/// Convolves floats by transforms.
pub struct Fft<'a, T: Real, S> {
    blocks: Blocks<'a, T>,
    signal: &'a Source<'a, T>,
    filter: (&'a RealTaps<'a, T>, &'a Spectrum<T>),
    store: S,
    direct_if_infinite: bool,
}

impl<'a, T: Real, S: Store<T>> Fft<'a, T, S> {
    /// Convolves `signal` with `filter`, which is transformed. If there is only one block, up to
    /// `threads` threads share it. If `direct_if_infinite`, blocks that meet infinities are
    /// computed by direct sums, which need no special care for infinities.
    ///
    /// # Errors
    /// `Internal` if the filter is not transformed.
    pub fn new(
        geometry: Geometry,
        (tiling, threads): (Tiling, usize),
        signal: &'a Source<'a, T>,
        filter: &'a RealFilter<'a, T, 1>,
        (store, direct_if_infinite): (S, bool),
    ) -> Result<Self> {
        let ([taps], Some((transform, [spectrum]))) = (&filter.parts, &filter.transformed) else {
            return Err(Error::internal("the filter is not transformed"));
        };
        let blocks = Blocks::new(geometry, tiling, transform, threads);
        Ok(Self { blocks, signal, filter: (taps, spectrum), store, direct_if_infinite })
    }
}

impl<T: Real, S: Store<T>> Steps for Fft<'_, T, S> {
    type Element = S::Element;

    fn step(&self) -> usize {
        self.blocks.step()
    }

    fn workspace_bytes(&self, _outputs: usize) -> usize {
        let blocks = self.blocks.space(1).bytes(size_of::<T>());
        if !self.direct_if_infinite || self.blocks.threads > 1 {
            return blocks;
        }
        blocks.max(Direct::<T, S>::most_bytes(self.blocks.geometry, self.signal, self.step()))
    }

    fn compute(
        &self,
        start: usize,
        out: &mut [S::Element],
        work: Workspace<'_>,
        fence: &Fence,
    ) -> Result<()> {
        let Self { blocks, signal, filter, store, direct_if_infinite } = self;
        let way = (*store, *direct_if_infinite);
        blocks.compute(signal, *filter, way, (start, out), (work, fence))
    }
}
