//! Tilts: proofs of outputs that are small beside others.
//!
//! If values and taps are multiplied by powers `2^(s i)` and `2^(s k)`, outputs are multiplied by
//! `2^(s n)`. So a tilt makes outputs large that were small beside others, if the operands fall or
//! grow towards them: probabilities, decays, coefficients of polynomials. (U. Keich, "sFFT: a faster
//! accurate computation of the p-value of the entropy score", 2005; H. Wilson, U. Keich, "Accurate
//! pairwise convolutions of non-negative vectors via FFT", 2016.)
//!
//! ```text
//! while tilts save more than they cost:
//!     the next stretch of outputs that are open
//!     s = a slope of the hull of the levels of the values that these outputs read
//!     y' = the outputs of the tilted operands, by transforms, with a bound E' of their error
//!     outputs with |y'| so large that E' is a small part of |y'| are proven, and are tilted back
//! ```
//!
//! A stretch has the transforms of its own values. So it is not disturbed by large values that none
//! of its outputs reads, and the transforms may be shorter than those of the block.
//!
//! docs/accuracy.md has the proof.

use std::ops::Range;

use super::certified::Certified;
use super::left_over::OPEN;
use super::profile::{Aim, Profile, aim, expected};
use super::tilted::{ROUNDINGS, SHORTEST, Tilted, TiltedOutputs};
use crate::convolve::block::{Planes, Source, Store};
use crate::convolve::wanted::{Parts, TiltSpace};
use crate::cpu::{Real, tilt_back};
use crate::error::Result;
use crate::memory::{Workspace, with_workspace};

/// The cost of a tilt for each point of its blocks and each part, in multiply-adds of direct sums of
/// many outputs.
const POINT: usize = 400;
/// The cost of a look at the profiles, for each value.
const LOOK: usize = 10;
/// The share of the cost of the direct sums that may be spent in vain.
const IN_VAIN: usize = 8;
/// Larger results might be infinite although the true value is finite.
const TOO_LARGE: f64 = f64::MAX / 2.0;

impl<T: Real, S: Store<T>> Certified<'_, T, S> {
    /// Proves some of the `open` outputs by tilts: computes them, and clears their flags. Returns
    /// the number of outputs that are still open.
    pub(super) fn prove_by_tilts(
        &self,
        (start, open): (usize, usize),
        values: &mut [T],
        flags: &mut [u8],
        mut work: Workspace<'_>,
    ) -> Result<usize> {
        let Self { signal, spectra, .. } = *self;
        let (parts, taps) = (spectra.parts, self.taps.taps());
        let has_room = self.certificate.least_after(1.0, ROUNDINGS).is_finite();
        if parts.count == 1 || !has_room {
            return Ok(open);
        }
        // A look at the flags takes time, too.
        if values.len().saturating_mul(taps.len()) / IN_VAIN < cost(parts, SHORTEST) {
            return Ok(open);
        }
        let direct = self.left_over.as_many_as_open(flags).saturating_mul(taps.len());
        if direct / IN_VAIN < cost(parts, SHORTEST) {
            return Ok(open);
        }
        let (range, threads) = (self.blocks.range(start, values.len()), self.blocks.threads);
        let space = TiltSpace { parts, filter_len: taps.len() };
        with_workspace(space.bytes(), |mut own| {
            let mut block = Planes::in_workspace(&mut work.again(), parts.block_len);
            let extent = block.read(signal, range.origin, range.read, threads);
            let is_nonnegative = !(extent.has_sign && block.any_negative(range.read));
            let clamps = is_nonnegative && spectra.is_nonnegative;
            let (head, tail) = block.runs(0, range.read);
            let x = Profile::new([head, tail], &mut own);
            let v = Profile::new([taps, &[]], &mut own);
            let source = (signal, range.origin);
            let budget = direct / IN_VAIN;
            let mut operands = Operands { source, taps, profiles: [x, v], parts, budget };

            let (mut open, mut from) = (open, 0);
            while let Some(stretch) = stretch(flags, from) {
                from = stretch.end;
                let worth = |outputs: &Range<usize>| {
                    let flags = &flags[outputs.start - range.skip..outputs.end - range.skip];
                    flags.iter().filter(|&&flag| flag == OPEN).count() * taps.len()
                };
                let outputs = range.skip + stretch.start..range.skip + stretch.end;
                let Some((aim, outputs, tilted)) = operands.tilt(outputs, worth) else {
                    continue;
                };
                // Other tilts are made for the outputs behind.
                let end = aim.end.map_or(outputs.end, |end| outputs.end.min(end as usize));
                from = end.max(outputs.start + 1) - range.skip;
                let workspaces = [work.again(), own.again()];
                if let Some(tilted) = tilted.convolve(source, taps, threads, workspaces)? {
                    let stretch = outputs.start - range.skip..outputs.end - range.skip;
                    let (values, flags) = (&mut values[stretch.clone()], &mut flags[stretch]);
                    let closed =
                        self.close_by_tilt(&tilted, (outputs.start, clamps), values, flags);
                    open -= closed;
                    operands.budget += closed * taps.len();
                }
            }
            Ok(open)
        })
    }

    /// Tilts open outputs from `place` on back that are proven, and clears their flags. Returns
    /// their number.
    fn close_by_tilt(
        &self,
        outputs: &TiltedOutputs<'_>,
        (place, clamps): (usize, bool),
        values: &mut [T],
        flags: &mut [u8],
    ) -> usize {
        let least = self.certificate.least_after(outputs.error, ROUNDINGS);
        let negligible = i64::from(self.certificate.negligible_exponent(outputs.error)) << 16;
        let mut closed = 0;
        for ((value, flag), place) in values.iter_mut().zip(flags).zip(place..) {
            if *flag != OPEN {
                continue;
            }
            let (sum, exponent) = (outputs.at(place), outputs.exponent(place));
            if sum.abs() < least && exponent > negligible {
                continue;
            }
            let result = tilt_back(sum, exponent);
            if result.abs() > TOO_LARGE {
                // The true value is between half of the value and twice the value.
                let is_certain = sum.abs() >= 2.1 * outputs.whole_error;
                if !(is_certain && tilt_back(sum / 2.0, exponent).is_infinite()) {
                    continue;
                }
            }
            // The sum is not below 0.
            *value = T::from_f64(if clamps && result < 0.0 { 0.0 } else { result });
            *flag = 0;
            closed += 1;
        }
        closed
    }
}

/// What tilts need to know of a block and the taps.
struct Operands<'a, 'w, T> {
    source: (&'a Source<'a, f64>, isize),
    taps: &'a [T],
    profiles: [Profile<'w>; 2],
    parts: Parts,
    /// What may still be spent, in multiply-adds of direct sums.
    budget: usize,
}

impl<T: Real> Operands<'_, '_, T> {
    /// A tilt for the first of `outputs`, which are indices in the block, and those behind it: the
    /// first half, the first quarter, and so on, while the budget does not allow more. `None` if
    /// it costs more than four fifths of the `worth` of its outputs, or of those that are expected to
    /// be proven. The budget pays for it.
    fn tilt(
        &mut self,
        mut outputs: Range<usize>,
        worth: impl Fn(&Range<usize>) -> usize,
    ) -> Option<(Aim, Range<usize>, Tilted)> {
        let parts = self.parts;
        loop {
            let most = worth(&outputs) / 5 * 4;
            if most < cost(parts, SHORTEST) {
                return None;
            }
            let [x, v] = self.profiles.each_ref().map(Profile::len);
            self.budget = self.budget.checked_sub(LOOK * (x + v))?;
            self.look_at(&outputs);
            let profiles = self.profiles.each_ref();
            let aim = aim(profiles, &outputs, reach(parts))?;
            let tilted = Tilted::new((aim.slope, parts), profiles, outputs.clone())?;
            let cost = cost(parts, tilted.block_len());
            let expected = expected(profiles, aim.slope, 3 * reach(parts) / 2, &outputs);
            if cost > most.min(expected * self.taps.len()) {
                return None;
            }
            if let Some(rest) = self.budget.checked_sub(cost) {
                self.budget = rest;
                return Some((aim, outputs, tilted));
            }
            outputs.end -= outputs.len() / 2;
        }
    }

    /// Looks at the values that `outputs` read.
    fn look_at(&mut self, outputs: &Range<usize>) {
        let Self { source: (source, origin), taps, profiles: [x, v], .. } = self;
        let read_with = |others: usize| outputs.start.saturating_sub(others - 1);
        let (values, tap_count) = (x.len(), taps.len());
        x.look_at(read_with(tap_count)..outputs.end.min(values), |at, to| {
            source.read(*origin + at as isize, to);
        });
        v.look_at(read_with(values)..outputs.end.min(tap_count), |at, to| {
            to.copy_from_slice(&taps[at..at + to.len()]);
        });
    }
}

/// The cost of a tilt with blocks of `block_len` points, in multiply-adds of direct sums.
fn cost(parts: Parts, block_len: usize) -> usize {
    POINT * parts.count * block_len
}

/// The next open outputs from `from` on that are no more than a gap apart.
fn stretch(flags: &[u8], from: usize) -> Option<Range<usize>> {
    const GAP: usize = 512;
    let is_open = |flag: &u8| *flag == OPEN;
    let start = from + flags[from..].iter().position(is_open)?;
    let mut end = start + 1;
    while let Some(at) = flags[end..].iter().take(GAP).rposition(is_open) {
        end += at + 1;
    }
    Some(start..end)
}

/// The level that a proven output may be below the largest output, about.
fn reach(parts: Parts) -> i64 {
    (12 * parts.count as i64 - 4) << 16
}
