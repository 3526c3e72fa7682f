//! Direct sums of reals with one filter.

use std::ops::Range;

use crate::convolve::block::{canonicalise, sanitise};
use crate::convolve::filter::RealTaps;
use crate::convolve::nonfinite::overwrite;
use crate::convolve::wanted::{DirectSpace, Geometry};
use crate::cpu::{Real, are_few, convolve_few, convolve_valid};
use crate::error::Result;
use crate::memory::{self, Workspace};

/// The sums with one filter. Infinities and NaNs take part in them as they are, which is the footprint that all
/// other ways imitate, with one exception: beyond its ends the staged signal has zeros, and a zero times an
/// infinite tap is NaN. The outputs at those ends are computed from finite taps and values, and marked.
pub struct Sums<'a, T: Real> {
    geometry: Geometry,
    filter: &'a RealTaps<'a, T>,
    /// If not all taps are finite, and outputs read beyond the signal: the taps with zeros in the place of the others.
    sanitised: Option<&'a [T]>,
}

impl<'a, T: Real> Sums<'a, T> {
    /// With `filter`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(geometry: Geometry, filter: &'a RealTaps<'a, T>) -> Result<Self> {
        // Where nothing is read beyond the signal, all sums are as they come.
        let sanitised = if geometry.beyond() == [0, 0] { None } else { filter.sanitised()? };
        Ok(Self { geometry, filter, sanitised })
    }

    /// Whether outputs at the signal's ends are mended, which takes [`Ends`].
    #[inline(always)]
    pub fn mends_ends(&self) -> bool {
        self.sanitised.is_some()
    }

    /// Computes `outputs` from the values `x` under them. `ends` is there if the filter [mends](Self::mends_ends) them.
    pub fn compute(
        &self,
        outputs: Range<usize>,
        x: &[T],
        out: &mut [T],
        ends: &mut Ends<'_, T>,
    ) -> Result<()> {
        let taps = self.filter.taps();
        let finite = match are_few(self.geometry.outputs, self.geometry.filter_len) {
            true => convolve_few(taps, x, out),
            false => convolve_valid(taps, x, out),
        };
        if let Some(taps) = self.sanitised {
            self.mend_ends(taps, outputs, x, out, ends)?;
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

/// Workspace for outputs at the signal's ends where the filter is not finite; else it is empty.
pub struct Ends<'w, T> {
    values: &'w mut [T],
    flags: &'w mut [u8],
}

impl<'w, T: Real> Ends<'w, T> {
    /// Cuts what `space` says.
    #[inline(always)]
    pub fn cut(space: DirectSpace, work: &mut Workspace<'w>) -> Self {
        Self { values: work.cut(space.ends), flags: work.cut(space.flags) }
    }
}
