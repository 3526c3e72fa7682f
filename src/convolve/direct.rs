//! The direct method: every output is one sum over its taps.

use super::geometry::Geometry;
use super::method::Method;
use super::nonfinite::{Guarded, overwrite, sanitise};
use super::scale::Scale;
use super::source::Source;
use super::store::Store;
use crate::cpu::{Real, Word, correlate, correlate_words, largest, or_into};
use crate::error::Result;
use crate::memory::Aligned;

/// Outputs computed at a time: with the signal under them, they stay in a first-level cache.
pub const STEP: usize = 4096;

/// The filter back to front: `full[n] = sum over j of reversed[j] * signal[n - (K - 1) + j]`.
fn reversed<T: bytemuck::Pod + Default>(filter: &Source<'_, T>) -> Result<Aligned<T>> {
    let mut taps = Aligned::zeroed(filter.len(), "the reversed filter")?;
    filter.read(0, &mut taps);
    taps.reverse();
    Ok(taps)
}

/// The signal under outputs `start .. start + outputs`: where it lies, if it needs no conversion and
/// reaches no end, else staged with zeros beyond the ends.
fn under<'s, T: bytemuck::Pod + Default>(
    signal: &Source<'s, T>,
    taps: usize,
    start: usize,
    outputs: usize,
    stage: &'s mut [T],
) -> &'s [T] {
    let (from, len) = (start as isize - (taps as isize - 1), outputs + taps - 1);
    signal.plain(from, len).unwrap_or_else(|| {
        let stage = &mut stage[..len];
        signal.read(from, stage);
        stage
    })
}

/// Floats.
pub struct Direct<'a, T: Real, S> {
    signal: &'a Source<'a, T>,
    taps: Aligned<T>,
    guarded: Guarded<'a, T>,
    store: S,
}

impl<'a, T: Real, S: Store<T>> Direct<'a, T, S> {
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        signal: &'a Source<'a, T>,
        filter: &'a Source<'a, T>,
        store: S,
    ) -> Result<Self> {
        let mut taps = reversed(filter)?;
        let finite = largest(&taps).is_finite();
        let block = STEP.min(geometry.outputs) + geometry.taps - 1;
        if !finite {
            sanitise(&mut taps);
        }
        Ok(Self { signal, taps, guarded: Guarded::new(geometry, block, filter, finite), store })
    }
}

/// What a thread needs: the staged signal, outputs before they are stored, and their flags.
pub struct Workspace<T: Real> {
    stage: Aligned<T>,
    sums: Aligned<T>,
    flags: Aligned<u8>,
}

impl<T: Real, S: Store<T>> Method for Direct<'_, T, S> {
    type Element = S::Element;
    type Workspace = Workspace<T>;

    fn step(&self) -> usize {
        STEP
    }

    fn workspace(&self, outputs: usize) -> Result<Workspace<T>> {
        let outputs = outputs.min(STEP);
        Ok(Workspace {
            stage: Aligned::zeroed(outputs + self.taps.len() - 1, "the staged signal")?,
            sums: Aligned::zeroed(outputs, "sums")?,
            flags: Aligned::zeroed(outputs, "flags of non-finite outputs")?,
        })
    }

    fn compute(&self, start: usize, out: &mut [S::Element], work: &mut Workspace<T>) -> Result<()> {
        let Workspace { stage, sums, flags } = work;
        let from = start as isize - (self.taps.len() as isize - 1);
        let len = out.len() + self.taps.len() - 1;
        let (flags, sums) = (&mut flags[..out.len()], &mut sums[..out.len()]);

        let x = under(self.signal, self.taps.len(), start, out.len(), stage);
        // Finite sums have read finite values only. Looking at the sums, in the cache, costs less than
        // looking at the signal first: two thirds of the time at 2^20 x 5 in float64.
        if self.guarded.filter_is_finite()
            && let Some(out) = self.store.native(out)
        {
            correlate(&self.taps, x, out);
            if largest(out).is_finite() {
                return Ok(());
            }
        }
        let finite = largest(x).is_finite();
        let marked = !(finite && self.guarded.filter_is_finite());
        if marked {
            self.guarded.mark(&[(from, x)], start, flags)?;
        }
        let x = if finite {
            x
        } else {
            let stage = &mut stage[..len];
            self.signal.read(from, stage);
            sanitise(stage);
            stage
        };
        let native = self.store.native(out).map(|out| {
            correlate(&self.taps, x, out);
            if marked {
                overwrite(out, flags);
            }
        });
        if native.is_none() {
            correlate(&self.taps, x, sums);
            if marked {
                overwrite(sums, flags);
            }
            self.store.put(out, sums, Scale::ONE);
        }
        Ok(())
    }
}

/// Integers, modulo 2^bits.
pub struct DirectWords<'a, W: Word> {
    signal: &'a Source<'a, W>,
    taps: Aligned<W>,
}

impl<'a, W: Word> DirectWords<'a, W> {
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(signal: &'a Source<'a, W>, filter: &Source<'_, W>) -> Result<Self> {
        Ok(Self { signal, taps: reversed(filter)? })
    }
}

impl<W: Word> Method for DirectWords<'_, W> {
    type Element = W;
    type Workspace = Aligned<W>;

    fn step(&self) -> usize {
        STEP
    }

    fn workspace(&self, outputs: usize) -> Result<Aligned<W>> {
        Aligned::zeroed(outputs.min(STEP) + self.taps.len() - 1, "the staged signal")
    }

    fn compute(&self, start: usize, out: &mut [W], stage: &mut Aligned<W>) -> Result<()> {
        let x = under(self.signal, self.taps.len(), start, out.len(), stage);
        correlate_words(&self.taps, x, out);
        Ok(())
    }
}

/// Bools: the OR of the signal shifted to each true tap.
pub struct DirectTruth<'a> {
    signal: &'a Source<'a, u8>,
    taps: Aligned<u8>,
}

impl<'a> DirectTruth<'a> {
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(signal: &'a Source<'a, u8>, filter: &Source<'_, u8>) -> Result<Self> {
        Ok(Self { signal, taps: reversed(filter)? })
    }
}

impl Method for DirectTruth<'_> {
    type Element = u8;
    type Workspace = Aligned<u8>;

    fn step(&self) -> usize {
        STEP
    }

    fn workspace(&self, outputs: usize) -> Result<Aligned<u8>> {
        Aligned::zeroed(outputs.min(STEP) + self.taps.len() - 1, "the staged signal")
    }

    fn compute(&self, start: usize, out: &mut [u8], stage: &mut Aligned<u8>) -> Result<()> {
        let x = under(self.signal, self.taps.len(), start, out.len(), stage);
        out.fill(0);
        for (j, _) in self.taps.iter().enumerate().filter(|&(_, &tap)| tap != 0) {
            or_into(&x[j..][..out.len()], out);
        }
        Ok(())
    }
}
