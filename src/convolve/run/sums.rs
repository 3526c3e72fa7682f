//! Direct sums of reals with one filter.

use std::ops::Range;

use crate::convolve::block::{canonicalise, sanitise};
use crate::convolve::filter::RealTaps;
use crate::convolve::nonfinite::overwrite;
use crate::convolve::wanted::{DirectSpace, Geometry};
use crate::cpu::{Real, are_few, convolve_few, convolve_valid};
use crate::error::Result;
use crate::memory::{self, Workspace};

/// The sums with one filter. Infinities and NaNs take part in the sums unchanged. The resulting
/// footprint is the one that all other methods imitate, with one exception. The staged signal has
/// zeros beyond its ends, and a zero times an infinite tap is NaN. So the outputs at the ends are
/// computed from finite taps and values, and overwritten where a flag is set.
pub struct Sums<'a, T: Real> {
    geometry: Geometry,
    filter: &'a RealTaps<'a, T>,
    /// The taps with zeros in place of non-finite taps. `None` if all taps are finite or no output
    /// reads beyond the signal.
    sanitised: Option<&'a [T]>,
}

impl<'a, T: Real> Sums<'a, T> {
    /// Prepares sums with `filter`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(geometry: Geometry, filter: &'a RealTaps<'a, T>) -> Result<Self> {
        // If no output reads beyond the signal, all sums are right as they are.
        let sanitised = if geometry.beyond() == [0, 0] { None } else { filter.sanitised()? };
        Ok(Self { geometry, filter, sanitised })
    }

    /// The taps, infinities and NaNs included.
    pub fn taps(&self) -> &'a [T] {
        self.filter.taps()
    }

    /// Whether outputs at the signal's ends are mended, which takes [`Ends`].
    #[inline(always)]
    pub fn mends_ends(&self) -> bool {
        self.sanitised.is_some()
    }

    /// Computes `outputs` from the values `x` under them. `ends` has space if outputs at the ends
    /// are [mended](Self::mends_ends). Returns whether all taps and outputs are finite.
    pub fn compute(
        &self,
        outputs: Range<usize>,
        x: &[T],
        out: &mut [T],
        ends: &mut Ends<'_, T>,
    ) -> Result<bool> {
        let taps = self.filter.taps();
        let finite = match are_few(self.geometry.outputs, self.geometry.filter_len) {
            true => convolve_few(taps, x, out),
            false => convolve_valid(taps, x, out),
        };
        if let Some(taps) = self.sanitised {
            self.mend_ends(taps, outputs, x, out, ends)?;
        }
        if !finite {
            // If a sum has several NaNs, the one that it keeps depends on the output's place in the
            // kernel's tile.
            canonicalise(out);
        }
        Ok(finite)
    }

    /// Computes again the outputs that read zeros beyond the signal's ends, from finite `taps` and
    /// finite values of `x`.
    fn mend_ends(
        &self,
        taps: &[T],
        outputs: Range<usize>,
        x: &[T],
        out: &mut [T],
        ends: &mut Ends<'_, T>,
    ) -> Result<()> {
        let before = taps.len() - 1;
        let signal_len = self.geometry.signal_len;
        let head = outputs.start..outputs.end.min(before);
        let tail = outputs.start.max(signal_len)..outputs.end;
        for end in [head, tail] {
            if end.is_empty() {
                continue;
            }
            let (first, len) = (end.start - outputs.start, end.len());
            let (out, x) = (&mut out[first..][..len], &x[first..][..len + before]);
            let (values, flags) = (&mut ends.values[..x.len()], &mut ends.flags[..len]);
            let origin = end.start as isize - before as isize;
            self.filter.mark(signal_len, (origin, [x, &[]]), end.start, flags)?;
            memory::copy(x, values);
            sanitise(values);
            convolve_valid(taps, values, out);
            overwrite(out, flags);
        }
        Ok(())
    }
}

/// Workspace for the outputs at the signal's ends. Empty if these outputs are not mended.
pub struct Ends<'w, T> {
    values: &'w mut [T],
    flags: &'w mut [u8],
}

impl<'w, T: Real> Ends<'w, T> {
    /// Cuts the sizes in `space` from `work`.
    #[inline(always)]
    pub fn cut(space: DirectSpace, work: &mut Workspace<'w>) -> Self {
        Self { values: work.cut(space.ends), flags: work.cut(space.flags) }
    }
}
