//! Transforms of floats: blocks of the signal times the transformed filter.

use super::blocks::Blocks;
use super::direct::Direct;
use super::steps::{Steps, drive, drive_alone};
use crate::convolve::block::{Planes, Scale, Source, Store, is_infinite, normalisation};
use crate::convolve::filter::{RealTaps, Spectrum};
use crate::convolve::nonfinite::overwrite;
use crate::convolve::wanted::BlockRange;
use crate::cpu::{Fence, Real};
use crate::error::Result;
use crate::memory::Workspace;

/// Convolves floats by transforms.
pub struct Fft<'a, T: Real, S> {
    pub blocks: &'a Blocks<'a, T>,
    pub signal: &'a Source<'a, T>,
    pub taps: &'a RealTaps<'a, T>,
    pub spectrum: &'a Spectrum<T>,
    pub store: S,
    /// Whether blocks that meet infinities are computed by direct sums, unless these might
    /// overflow. Direct sums need no special care for infinities.
    pub direct_if_infinite: bool,
}

impl<T: Real, S: Store<T>> Steps for Fft<'_, T, S> {
    type Element = S::Element;

    fn step(&self) -> usize {
        self.blocks.step()
    }

    fn workspace_bytes(&self, _outputs: usize) -> usize {
        let Self { blocks, signal, .. } = self;
        let step = self.step();
        let bytes = blocks.workspace_bytes(1, step);
        // Threads that share a block take workspaces of their own for direct sums.
        if !self.direct_if_infinite || blocks.threads > 1 {
            return bytes;
        }
        bytes.max(Direct::<T, S>::most_bytes(blocks.geometry, signal, step))
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [S::Element],
        mut work: Workspace<'_>,
        fence: &Fence<'o>,
    ) -> Result<()> {
        let Self { signal, taps, spectrum, store, .. } = *self;
        let Blocks { geometry, transform, threads, .. } = *self.blocks;
        let BlockRange { origin, skip, read } = self.blocks.range(start, out.len());
        let mut in_block = work.again();
        let mut block = Planes::in_workspace(&mut in_block, transform.block());
        let mut magnitude = block.read(signal, origin, read, T::ONE, threads);
        let marked = !(magnitude.is_finite() && spectrum.is_finite);
        if marked
            && self.direct_if_infinite
            && (spectrum.has_infinities || block.any(read, is_infinite))
        {
            if spectrum.sums_stay_finite(geometry.filter_len, block.sanitise(read)) {
                let direct = Direct::new(geometry, signal, taps, store)?;
                return match threads {
                    // In the same workspace, because the block is no longer needed.
                    1 => drive_alone(&direct, start, out, work, fence),
                    _ => drive(&direct, start, out, threads),
                };
            }
            block.read(signal, origin, read, T::ONE, threads);
        }
        let flags = in_block.cut::<u8>(if marked { out.len() } else { 0 });
        if marked {
            let (first, second) = block.runs(0, read);
            taps.mark(geometry.signal_len, (origin, [first, second]), start, flags)?;
            magnitude = block.sanitise(read);
        }

        let mut result_exponent = spectrum.exponent;
        if magnitude > T::default() {
            let (block_exponent, scale) = normalisation(magnitude);
            if block_exponent != 0 {
                block.map(read, threads, |value| scale.of(value));
                result_exponent += block_exponent;
            }
            block.convolve(transform, &spectrum.planes, threads);
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
        block.put(skip, out, store, Scale::power_of_two(result_exponent), (threads, fence));
        Ok(())
    }
}
