//! Direct sums of reals with one filter.

use std::ops::Range;

use super::chains::Chains;
use super::scaling::{Scaling, Values};
use crate::convolve::block::{canonicalise, sanitise};
use crate::convolve::filter::{RealTaps, span};
use crate::convolve::nonfinite::overwrite;
use crate::convolve::wanted::{Accuracy, CHAIN, DirectSpace, Geometry};
use crate::cpu::{Real, are_few, convolve_few, convolve_valid, extent, nonzero};
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
    accuracy: Accuracy,
    /// The first and the last tap that is not 0, if chains of zeros are left out. `None` if they are
    /// not: by default, or if a tap is not finite.
    span: Option<[usize; 2]>,
}

impl<'a, T: Real> Sums<'a, T> {
    /// Prepares sums with `filter`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        filter: &'a RealTaps<'a, T>,
        accuracy: Accuracy,
    ) -> Result<Self> {
        // If no output reads beyond the signal, all sums are right as they are.
        let sanitised = if geometry.beyond() == [0, 0] { None } else { filter.sanitised()? };
        let joins_chains = accuracy == Accuracy::Componentwise && geometry.filter_len > CHAIN;
        // Few outputs are dot products, whose lanes depend on the number of taps.
        let are_few = are_few(geometry.outputs, geometry.filter_len);
        let leaves_zeros_out = joins_chains && !are_few && filter.sanitised()?.is_none();
        let span = if leaves_zeros_out { span(filter.taps()) } else { None };
        Ok(Self { geometry, filter, sanitised, accuracy, span })
    }

    /// The taps in reverse order.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn reversed(&self) -> Result<&'a [T]> {
        self.filter.reversed()
    }

    /// The taps, infinities and NaNs included.
    pub fn taps(&self) -> &'a [T] {
        self.filter.taps()
    }

    /// Which error bound outputs have. If each has its own, they take [`SumSpace::chains`].
    #[inline(always)]
    pub fn accuracy(&self) -> Accuracy {
        self.accuracy
    }

    /// Whether outputs at the signal's ends are mended, which takes [`SumSpace::values`].
    #[inline(always)]
    pub fn mends_ends(&self) -> bool {
        self.sanitised.is_some()
    }

    /// The scaling of sums with `values`, if they are scaled.
    pub fn scaling(&self, values: &(impl Values<T> + ?Sized)) -> Option<Scaling> {
        match self.accuracy {
            Accuracy::Normwise => None,
            Accuracy::Componentwise => Scaling::of(self.filter.taps(), values),
        }
    }

    /// Computes `outputs` from the values `x` under them. `space` has room for the outputs at the
    /// ends if they are [mended](Self::mends_ends), and for chains if the
    /// [accuracy](Self::accuracy) asks for them. Returns whether all taps and outputs are finite.
    pub fn compute(
        &self,
        outputs: Range<usize>,
        x: &[T],
        out: &mut [T],
        (scaling, space): (Option<Scaling>, &mut SumSpace<'_, T>),
    ) -> Result<bool> {
        let needed = self.needed(x, out.len());
        if needed.is_empty() {
            out.fill(T::default());
            return Ok(true);
        }
        let all = self.filter.taps();
        let x_of_needed = &x[all.len() - needed.end..x.len() - needed.start];
        let taps = &all[needed];
        let are_few = are_few(self.geometry.outputs, self.geometry.filter_len);
        let finite = if scaling.is_some() || self.joins_chains() {
            space.chains.compute(taps, x_of_needed, out, (are_few, scaling))
        } else if are_few {
            convolve_few(taps, x_of_needed, out)
        } else {
            convolve_valid(taps, x_of_needed, out)
        };
        if let Some(taps) = self.sanitised {
            self.mend_ends(taps, outputs, x, out, space)?;
        }
        if !finite {
            // If a sum has several NaNs, the one that it keeps depends on the output's place in the
            // kernel's tile.
            canonicalise(out);
        }
        Ok(finite)
    }

    /// Whether sums are several chains.
    fn joins_chains(&self) -> bool {
        self.accuracy == Accuracy::Componentwise && self.geometry.filter_len > CHAIN
    }

    /// The taps that meet values other than 0 in `outputs` outputs over the values `x`. All taps if
    /// zeros are not left out, or if a value is not finite: multiplied by 0, it gives NaN.
    fn needed(&self, x: &[T], outputs: usize) -> Range<usize> {
        let taps = self.filter.taps().len();
        let Some([first, last]) = self.span else { return 0..taps };
        let counts = nonzero();
        let Some(start) = x.iter().position(|&value| counts(value)) else { return 0..0 };
        let end = x.iter().rposition(|&value| counts(value)).map_or(0, |at| at + 1);
        // Tap k meets the values from taps - 1 - k on, as many as there are outputs.
        let from = first.max(taps.saturating_sub(end));
        let to = (last + 1).min(taps - 1 + outputs - start);
        // Whole chains are left out. So the others have the same sums, and no bit changes.
        let (from, to) = match from < to {
            true => (from / CHAIN * CHAIN, to.next_multiple_of(CHAIN).min(taps)),
            false => (0, 0),
        };
        if (from, to) == (0, taps) || extent(x).largest.is_finite() { from..to } else { 0..taps }
    }

    /// Computes again the outputs that read zeros beyond the signal's ends, from finite `taps` and
    /// finite values of `x`.
    fn mend_ends(
        &self,
        taps: &[T],
        outputs: Range<usize>,
        x: &[T],
        out: &mut [T],
        space: &mut SumSpace<'_, T>,
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
            let SumSpace { values, flags, chains } = &mut *space;
            let (values, flags) = (&mut values[..x.len()], &mut flags[..len]);
            let origin = end.start as isize - before as isize;
            self.filter.mark(signal_len, (origin, [x, &[]]), end.start, flags)?;
            memory::copy(x, values);
            sanitise(values);
            match self.joins_chains() {
                true => chains.compute(taps, values, out, (false, None)),
                false => convolve_valid(taps, values, out),
            };
            overwrite(out, flags);
        }
        Ok(())
    }
}

/// Workspace of sums.
pub struct SumSpace<'w, T> {
    /// Values under the outputs at the signal's ends. Empty if these outputs are not mended.
    values: &'w mut [T],
    /// Flags of the outputs at the signal's ends.
    flags: &'w mut [u8],
    /// Memory for chains. Empty if there are none.
    chains: Chains<'w, T>,
}

impl<'w, T: Real> SumSpace<'w, T> {
    /// Cuts the sizes in `space` from `work`.
    #[inline(always)]
    pub fn cut(space: DirectSpace, work: &mut Workspace<'w>) -> Self {
        let (values, flags) = (work.cut(space.ends), work.cut(space.flags));
        Self { values, flags, chains: Chains(work.cut(space.chains)) }
    }
}
