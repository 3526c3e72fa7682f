//! Transforms of floats: blocks of the signal times the transformed filter.

use std::ops::Range;

use super::blocks::Blocks;
use super::direct::Direct;
use super::overflow::{Overflow, largest_before};
use super::steps::{Steps, drive, drive_alone};
use crate::convolve::block::{Finish, Planes, Source, Store, is_infinite, normalisation};
use crate::convolve::filter::{RealTaps, Spectrum};
use crate::convolve::nonfinite::{Flags, mark_zeros, overwrite};
use crate::convolve::wanted::{Accuracy, BlockRange};
use crate::cpu::{Fence, Real, clamp};
use crate::error::Result;
use crate::memory::Workspace;

/// The bound of the error of outputs, where `norms` is the product of the norms of the block and of
/// the filter. `docs/accuracy.md` has the proof.
pub fn error_bound<T: Real>(block_len: usize, norms: f64) -> f64 {
    const PROVEN: f64 = 12.0;
    let epsilon = 2f64.powi(T::MIN_SUBNORMAL - T::MIN_NORMAL);
    let levels = f64::from(block_len.ilog2() + 1);
    PROVEN * epsilon * levels * norms
}

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
    /// Outputs are multiplied by 2^-lowered, so that they stay finite. 0, or large enough.
    pub lowered: i32,
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
        let range = self.blocks.range(start, out.len());
        let BlockRange { origin, skip, read } = range;
        let mut in_block = work.again();
        let mut block = Planes::in_workspace(&mut in_block, transform.block());
        let mut extent = block.read(signal, origin, read, threads);
        let marked = !(extent.largest.is_finite() && spectrum.is_finite);
        if marked
            && self.direct_if_infinite
            && (spectrum.has_infinities || block.any(read, is_infinite))
        {
            if spectrum.sums_stay_finite(geometry.filter_len, block.sanitise(read).largest) {
                let direct = Direct::new(geometry, signal, taps, store, Accuracy::Normwise)?;
                return match threads {
                    // In the same workspace, because the block is no longer needed.
                    1 => drive_alone(&direct, start, out, work, fence),
                    _ => drive(&direct, start, out, threads),
                };
            }
            block.read(signal, origin, read, threads);
        }
        let mut flags = Flags::none(in_block.cut(out.len()));
        if marked {
            let (first, second) = block.runs(0, read);
            taps.mark(geometry.signal_len, (origin, [first, second]), start, flags.being_set())?;
            extent = block.sanitise(read);
        }

        let clamps = spectrum.is_nonnegative && !(extent.has_sign && block.any_negative(read));
        let mut exponent = spectrum.exponent - self.lowered;
        match spectrum.span {
            Some(span) if extent.largest > T::default() => {
                let inside = range.inside(geometry);
                mark_zeros([&block], inside, span, skip, &mut flags);
                let taken = normalisation(extent.largest);
                if taken != 0 {
                    block.scale(read, -taken, threads);
                    exponent += taken;
                }
                let may_overflow = self.lowered == 0
                    && !spectrum.sums_stay_finite(geometry.filter_len, extent.largest);
                let norm = if may_overflow { block.norm(read) } else { 0.0 };
                block.convolve(transform, &spectrum.planes, threads);
                if may_overflow {
                    let outputs = start..start + out.len();
                    self.mend_overflow(outputs, (&mut block, skip), norm, exponent, &flags);
                }
            }
            // All values are zeros, of either sign. Sums that start at +0 give +0.
            _ => block.clear(),
        }

        if let Some(flags) = flags.set() {
            let (first, second) = block.runs_mut(skip, out.len());
            if clamps {
                clamp(first);
                clamp(second);
            }
            // Scaling by powers of two does not change zeros, infinities and NaNs.
            overwrite(first, flags);
            overwrite(second, &flags[first.len()..]);
        }
        let finish = Finish { exponent, clamps: clamps && flags.set().is_none() };
        block.put(skip, out, store, finish, (threads, fence));
        Ok(())
    }
}

impl<T: Real, S: Store<T>> Fft<'_, T, S> {
    /// Sums outputs again that overflow when they are multiplied by 2^exponent, unless the error
    /// bound of the transform proves that they are infinite. Outputs with flags are left alone. The
    /// outputs are in the block from index `skip` on. `norm` is the norm of the block's values
    /// before the transform.
    fn mend_overflow(
        &self,
        outputs: Range<usize>,
        (block, skip): (&mut Planes<&mut [T]>, usize),
        norm: f64,
        exponent: i32,
        flags: &Flags<'_>,
    ) {
        let Self { signal, taps, spectrum, .. } = *self;
        let Blocks { geometry, transform, .. } = *self.blocks;
        let bound = error_bound::<T>(transform.block(), norm * spectrum.norm(taps.taps()));
        let read = |at, [values]: [&mut [T]; 1]| signal.read(at, values);
        let overflow = Overflow { geometry, taps: [taps.taps()], read };
        let most = largest_before::<T>(exponent);
        for (at, output) in outputs.enumerate() {
            if flags.set().is_some_and(|flags| flags[at] != 0) {
                continue;
            }
            let value = block.at_mut(skip + at);
            let magnitude = value.to_f64().abs();
            if magnitude > most && magnitude - bound < most {
                let [[sum]] = overflow.sums(output);
                *value = sum.times_power(-exponent);
            }
        }
    }
}
