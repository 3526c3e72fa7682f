//! The direct method: every output is one sum over its taps.

use super::geometry::Geometry;
use super::method::Method;
use super::nonfinite::{Guarded, canonicalise, overwrite, sanitise};
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

/// Floats. Infinities and NaNs take part in the sums as they are, which is the footprint that all other
/// methods imitate, with one exception: beyond its ends the staged signal has zeros, and a zero times an
/// infinite tap is NaN. The outputs at those ends go by way of [`Guarded`].
pub struct Direct<'a, T: Real, S> {
    geometry: Geometry,
    signal: &'a Source<'a, T>,
    taps: Aligned<T>,
    /// If not all taps are finite: the taps with zeros in the place of the others.
    sanitised: Option<Aligned<T>>,
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
        let taps = reversed(filter)?;
        let finite = largest(&taps).is_finite();
        let sanitised = match finite {
            true => None,
            false => {
                let mut taps = reversed(filter)?;
                sanitise(&mut taps);
                Some(taps)
            }
        };
        let guarded = Guarded::new(geometry, 2 * (geometry.taps - 1), filter, finite);
        Ok(Self { geometry, signal, taps, sanitised, guarded, store })
    }

    /// Computes outputs `start .. start + out.len()`.
    fn sums(
        &self,
        start: usize,
        out: &mut [T],
        stage: &mut [T],
        edge: &mut Option<Edge<T>>,
    ) -> Result<()> {
        let before = self.taps.len() - 1;
        let x = under(self.signal, self.taps.len(), start, out.len(), stage);
        correlate(&self.taps, x, out);
        if !largest(out).is_finite() {
            // Which of several NaNs a sum keeps depends on where in a kernel's tile it stands.
            canonicalise(out);
        }
        let (Some(taps), Some(edge)) = (&self.sanitised, edge) else { return Ok(()) };
        let end = start + out.len();
        for outputs in [start..end.min(before), start.max(self.geometry.signal)..end] {
            if outputs.is_empty() {
                continue;
            }
            let (first, len) = (outputs.start - start, outputs.len());
            let (out, x) = (&mut out[first..][..len], &x[first..][..len + before]);
            let (values, flags) = (&mut edge.values[..x.len()], &mut edge.flags[..len]);
            self.guarded.mark(
                &[(outputs.start as isize - before as isize, x)],
                outputs.start,
                flags,
            )?;
            values.copy_from_slice(x);
            sanitise(values);
            correlate(taps, values, out);
            overwrite(out, flags);
        }
        Ok(())
    }
}

/// What a thread needs: the staged signal, sums before they are stored if they cannot be computed in place,
/// and what the ends take if the filter is not finite.
pub struct Workspace<T: Real> {
    stage: Aligned<T>,
    sums: Aligned<T>,
    edge: Option<Edge<T>>,
}

struct Edge<T: Real> {
    values: Aligned<T>,
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
        let values = outputs + self.taps.len() - 1;
        let edge = match self.sanitised {
            None => None,
            Some(_) => Some(Edge {
                values: Aligned::zeroed(values, "the ends of the signal")?,
                flags: Aligned::zeroed(outputs, "flags of non-finite outputs")?,
            }),
        };
        Ok(Workspace {
            stage: Aligned::zeroed(values, "the staged signal")?,
            sums: Aligned::zeroed(outputs, "sums")?,
            edge,
        })
    }

    fn compute(&self, start: usize, out: &mut [S::Element], work: &mut Workspace<T>) -> Result<()> {
        let Workspace { stage, sums, edge } = work;
        if let Some(out) = self.store.native(out) {
            return self.sums(start, out, stage, edge);
        }
        let sums = &mut sums[..out.len()];
        self.sums(start, sums, stage, edge)?;
        self.store.put(out, sums, Scale::ONE);
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
