//! Contributions of contributions, a byte for each tap: what the tap contributes to the output that reads an
//! infinity through it.

use std::ops::Range;

use smallvec::SmallVec;

use super::flags::{NAN, NEGATIVE, POSITIVE};
use super::runs::{Piece, mark_runs_of_both_signs};
use crate::convolve::block::is_infinite;
use crate::cpu::{Real, or_into};
use crate::error::Result;
use crate::memory::Aligned;
use crate::process::Once;

/// The budget for rows, in bytes for each point and level of a block's transform. Above it,
/// counting is faster. Some 60 bytes take a nanosecond, and rows may take five times as long as the
/// transform.
const ROW_BYTES_PER_POINT: usize = 20;

/// About how many rows are ORed before looking whether any output is still open.
const ROWS_AT_ONCE: usize = 16;

/// The filter's part of the rows. All blocks and threads share it.
pub struct FilterRows {
    /// The indices of the infinite taps.
    infinite: Aligned<usize>,
    /// The rows of all taps.
    rows: Once<Contributions>,
}

impl FilterRows {
    /// The rows of `taps`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(taps: &[T]) -> Result<Self> {
        let places = || (0..taps.len()).filter(|&k| is_infinite(taps[k]));
        let mut infinite = Aligned::zeroed(places().count(), "the infinite taps")?;
        infinite.iter_mut().zip(places()).for_each(|(to, k)| *to = k);
        Ok(Self { infinite, rows: Once::new() })
    }

    /// Makes the rows of all taps, which are otherwise made when a signal's infinities are met first.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn complete<T: Real>(&self, taps: &[T]) -> Result<()> {
        self.of_taps(taps).map(drop)
    }

    fn of_taps<T: Real>(&self, taps: &[T]) -> Result<&Contributions> {
        self.rows.get_or_try(|| Contributions::new(taps))
    }

    /// ORs the rows of infinities into the `flags` of outputs from `start` on. These outputs read
    /// `pieces` of the signal, of at most `most_read` values. Returns false if the rows exceed the
    /// budget: then some contributions may be missing.
    ///
    /// An output that is already NaN needs no more contributions. So a few rows at a time are taken
    /// from all over the block, and ORed only over the range of outputs that are still open. The
    /// two halves of the outputs are done separately, because the outputs at the ends stay open
    /// longest.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn mark<T: Real>(
        &self,
        taps: &[T],
        most_read: usize,
        pieces: [Piece<'_, T>; 2],
        start: usize,
        flags: &mut [u8],
    ) -> Result<bool> {
        let infinite = &self.infinite;
        let mut of_values: SmallVec<[_; 2]> = SmallVec::new();
        let mut of_infinite_taps: SmallVec<[_; 2]> = SmallVec::new();
        for piece in pieces {
            let Piece { at, values } = piece;
            if values.iter().fold(false, |any, &x| any | is_infinite(x)) {
                let rows = self.of_taps(taps)?;
                match rows.uniform() {
                    // A filter of one sign: all outputs that read an infinity get the same
                    // contribution.
                    Some(bits) => mark_runs_of_both_signs(piece, taps.len(), start, flags, bits),
                    None => of_values.push((piece, rows)),
                }
            }
            if !infinite.is_empty() {
                // The filter's rows already cover infinite values that meet infinite taps. Here
                // only finite values count.
                let rows = Contributions::new_where_finite(values)?;
                if rows.uniform() != Some(0) {
                    of_infinite_taps.push((at, rows));
                }
            }
        }
        if of_values.is_empty() && of_infinite_taps.is_empty() {
            return Ok(true);
        }

        let mut budget = ROW_BYTES_PER_POINT * most_read * (most_read.max(2).ilog2() as usize);
        let longest = pieces.iter().map(|piece| piece.values.len()).max().unwrap_or(0);
        let phases = (longest.max(infinite.len()) / ROWS_AT_ONCE).max(2).next_power_of_two();
        let (left, right) = flags.split_at_mut(flags.len() / 2);
        let right_start = start + left.len();
        for (start, flags) in [(start, left), (right_start, right)] {
            let mut open = 0..flags.len();
            for phase in 0..phases {
                open = still_open(flags, open);
                if open.is_empty() {
                    break;
                }
                // The order of reversed bits, so that each phase is far from the phases before it.
                let phase = phase.reverse_bits() >> (usize::BITS - phases.ilog2());
                let (start, flags) = (start + open.start, &mut flags[open.clone()]);
                let mut spent = 0;
                for (Piece { at, values: x }, rows) in &of_values {
                    let reaching = reaching(*at, taps.len(), start, flags.len());
                    for i in every(phases, phase, reaching.start..reaching.end.min(x.len())) {
                        if is_infinite(x[i]) {
                            spent += or_at(rows.meeting(x[i]), at + i, start, flags);
                        }
                    }
                }
                for (at, rows) in &of_infinite_taps {
                    let reaching = reaching(*at, rows.positive.len(), start, flags.len());
                    let from = infinite.partition_point(|&k| k < reaching.start);
                    let to = infinite.partition_point(|&k| k < reaching.end);
                    for i in every(phases, phase, from..to) {
                        let k = infinite[i];
                        spent += or_at(rows.meeting(taps[k]), at + k, start, flags);
                    }
                }
                if spent > budget {
                    return Ok(false);
                }
                budget -= spent;
            }
        }
        Ok(true)
    }
}

/// What each value contributes if it meets +infinity, and if it meets -infinity.
struct Contributions {
    positive: Aligned<u8>,
    negative: Aligned<u8>,
}

impl Contributions {
    fn new<T: Real>(values: &[T]) -> Result<Self> {
        Self::make(values, |_| true)
    }

    fn new_where_finite<T: Real>(values: &[T]) -> Result<Self> {
        Self::make(values, |x| x.is_finite())
    }

    fn make<T: Real>(values: &[T], counts: impl Fn(T) -> bool) -> Result<Self> {
        let mut positive = Aligned::zeroed(values.len(), "the footprint of infinities")?;
        let mut negative = Aligned::zeroed(values.len(), "the footprint of infinities")?;
        for ((positive, negative), &value) in positive.iter_mut().zip(&mut *negative).zip(values) {
            let (above, below) = (u8::from(value > T::default()), u8::from(value < T::default()));
            let nan = NAN * (1 - above - below);
            let counts = u8::from(counts(value));
            *positive = counts * (POSITIVE * above + NEGATIVE * below + nan);
            *negative = counts * (NEGATIVE * above + POSITIVE * below + nan);
        }
        Ok(Self { positive, negative })
    }

    /// The contribution of +infinity to the outputs that read it, if it is the same for all of
    /// them.
    fn uniform(&self) -> Option<u8> {
        let first = *self.positive.first()?;
        self.positive.iter().all(|&bits| bits == first).then_some(first)
    }

    /// The row for an infinity with the sign of `x`.
    fn meeting<T: Real>(&self, x: T) -> &[u8] {
        if x > T::default() { &self.positive } else { &self.negative }
    }
}

/// The range of `i` for which a row of `len` flags, for outputs from `at + i` on, reaches any of
/// the `outputs` outputs from `start` on.
fn reaching(at: usize, len: usize, start: usize, outputs: usize) -> Range<usize> {
    (start + 1).saturating_sub(at + len)..(start + outputs).saturating_sub(at)
}

/// The numbers in `range` that are `phase` modulo `phases`, a power of two.
fn every(phases: usize, phase: usize, range: Range<usize>) -> impl Iterator<Item = usize> {
    let first = range.start + (phase.wrapping_sub(range.start) & (phases - 1));
    (first..range.end).step_by(phases)
}

/// The smallest part of `range` that holds all outputs which more contributions could change.
fn still_open(flags: &[u8], range: Range<usize>) -> Range<usize> {
    let open = |&flags: &u8| flags & NAN == 0 && flags != POSITIVE | NEGATIVE;
    let flags = &flags[range.clone()];
    match (flags.iter().position(open), flags.iter().rposition(open)) {
        (Some(first), Some(last)) => range.start + first..range.start + last + 1,
        _ => 0..0,
    }
}

/// ORs `row` into the flags of outputs `at .. at + row.len()`. Returns the cost, in bytes.
fn or_at(row: &[u8], at: usize, start: usize, flags: &mut [u8]) -> usize {
    /// Finding the place takes as long as this many bytes.
    const PLACE: usize = 256;
    let end = start + flags.len();
    let (from, to) = (at.clamp(start, end), (at + row.len()).clamp(start, end));
    if from < to {
        or_into(&row[from - at..to - at], &mut flags[from - start..to - start]);
    }
    PLACE + (to - from)
}
