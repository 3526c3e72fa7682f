//! The footprint of a filter: which outputs read a non-finite value, as runs and as rows of contributions.

use std::ops::Range;
use std::sync::OnceLock;

use super::counts::Counts;
use super::flags::{NAN, NEGATIVE, POSITIVE};
use crate::convolve::finite::is_infinite;
use crate::convolve::geometry::Geometry;
use crate::convolve::source::Source;
use crate::cpu::{Real, or_into};
use crate::error::{Error, Result};
use crate::memory::Aligned;

/// Counting beats rows of contributions above this many bytes of rows for each point and level of a block's
/// transform: some 60 bytes take a nanosecond, and five times the transform is what may be spent.
const ROW_BYTES_PER_POINT: usize = 20;

/// How many rows are taken, about, before looking whether some output is still open.
const ROWS_AT_ONCE: usize = 16;

/// A filter, and its footprint once something non-finite has been met.
pub struct Guarded<'a, T: Real> {
    geometry: Geometry,
    block: usize,
    filter: &'a Source<'a, T>,
    filter_is_finite: bool,
    /// Boxed, as most calls move a place for it and never fill it.
    footprint: OnceLock<Box<Footprint<T>>>,
}

impl<'a, T: Real> Guarded<'a, T> {
    /// `block` is the most values that outputs marked together read or span; `filter_is_finite` says
    /// whether all taps are.
    pub fn new(
        geometry: Geometry,
        block: usize,
        filter: &'a Source<'a, T>,
        filter_is_finite: bool,
    ) -> Self {
        Self { geometry, block, filter, filter_is_finite, footprint: OnceLock::new() }
    }

    /// Whether outputs can be non-finite only where the signal is (or where sums overflow).
    pub fn filter_is_finite(&self) -> bool {
        self.filter_is_finite
    }

    /// [`Footprint::mark`].
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn mark(&self, pieces: &[Piece<'_, T>], start: usize, flags: &mut [u8]) -> Result<()> {
        let footprint = get_or_try_init(&self.footprint, || {
            let mut filter = Aligned::zeroed(self.filter.len(), "a copy of the filter")?;
            self.filter.read(0, &mut filter);
            Footprint::new(self.geometry, self.block, filter).map(Box::new)
        })?;
        footprint.mark(pieces, start, flags)
    }
}

/// A filter's side of the footprint: shared by all blocks and threads.
struct Footprint<T: Real> {
    geometry: Geometry,
    block: usize,
    /// The filter as given, if it or the signal has to be looked at again.
    filter: Aligned<T>,
    /// Taps that are infinite.
    infinite: Vec<usize>,
    /// First and last tap that is NaN.
    nan: Option<(usize, usize)>,
    rows: OnceLock<Rows>,
    counts: OnceLock<Counts>,
}

/// What every tap contributes when it meets +infinity, and -infinity.
struct Rows {
    positive: Aligned<u8>,
    negative: Aligned<u8>,
}

/// A piece of the signal: its first element's index, and the values, which may reach beyond its ends.
pub type Piece<'a, T> = (isize, &'a [T]);

impl<T: Real> Footprint<T> {
    /// `filter` in its own order, tap 0 first.
    fn new(geometry: Geometry, block: usize, filter: Aligned<T>) -> Result<Self> {
        let infinite = filter.iter().filter(|&&x| is_infinite(x)).count();
        let mut list = Vec::new();
        list.try_reserve_exact(infinite)
            .map_err(|_| Error::out_of_memory("the infinite taps", infinite * 8))?;
        list.extend((0..filter.len()).filter(|&k| is_infinite(filter[k])));
        let first = filter.iter().position(|x| x.is_nan());
        let last = filter.iter().rposition(|x| x.is_nan());
        Ok(Self {
            geometry,
            block,
            nan: first.zip(last),
            filter,
            infinite: list,
            rows: OnceLock::new(),
            counts: OnceLock::new(),
        })
    }

    /// Sets in `flags` what reaches outputs `start .. start + flags.len()` of `full`, given the signal
    /// that they read, in pieces that follow one another.
    fn mark(&self, pieces: &[Piece<'_, T>], start: usize, flags: &mut [u8]) -> Result<()> {
        flags.fill(0);
        self.mark_nan_taps(start, flags);
        for &piece in pieces {
            let (at, x) = self.inside(piece);
            self.mark_runs(at, x, start, flags, NAN, |x| x.is_nan());
        }
        if self.mark_rows(pieces, start, flags)? {
            return Ok(());
        }
        let counts = get_or_try_init(&self.counts, || Counts::new(&self.filter, self.block))?;
        let origin = pieces.first().map_or(0, |piece| piece.0);
        let inside = pieces.iter().map(|&piece| self.inside(piece));
        counts.mark(inside, (start as isize - origin) as usize, origin, flags)
    }

    /// ORs the rows of infinities into `flags`. Returns whether all that matter were: more than the budget
    /// are not. Outputs that are NaN already need no more, so rows are taken from all over, a few at a time,
    /// and ORed only where some output is open; for the two halves apart, as it is the ends that stay open.
    fn mark_rows(&self, pieces: &[Piece<'_, T>], start: usize, flags: &mut [u8]) -> Result<bool> {
        let mut values = Vec::new();
        let mut taps = Vec::new();
        for &piece in pieces {
            let (at, x) = self.inside(piece);
            if x.iter().fold(false, |any, &x| any | is_infinite(x)) {
                let rows = get_or_try_init(&self.rows, || Rows::new(&self.filter))?;
                match rows.uniform() {
                    // A filter of one sign: all that reads an infinity gets the same.
                    Some(bits) => self.mark_runs_of_both_signs(at, x, start, flags, bits),
                    None => values.push((at, x, rows)),
                }
            }
            if !self.infinite.is_empty() {
                // Infinite values of the signal meet the taps above, as rows of the filter.
                let rows = Rows::new_where_finite(x)?;
                if rows.uniform() != Some(0) {
                    taps.push((at, rows));
                }
            }
        }
        if values.is_empty() && taps.is_empty() {
            return Ok(true);
        }

        let mut budget = ROW_BYTES_PER_POINT * self.block * (self.block.max(2).ilog2() as usize);
        let longest = pieces.iter().map(|(_, x)| x.len()).max().unwrap_or(0);
        let phases = (longest.max(self.infinite.len()) / ROWS_AT_ONCE).max(2).next_power_of_two();
        let (left, right) = flags.split_at_mut(flags.len() / 2);
        let right_start = start + left.len();
        for (start, flags) in [(start, left), (right_start, right)] {
            let mut open = 0..flags.len();
            for phase in 0..phases {
                open = still_open(flags, open);
                if open.is_empty() {
                    break;
                }
                // Far from the phases before: in the order of reversed bits.
                let phase = phase.reverse_bits() >> (usize::BITS - phases.ilog2());
                let (start, flags) = (start + open.start, &mut flags[open.clone()]);
                let mut spent = 0;
                for (at, x, rows) in &values {
                    let reaching = reaching(*at, self.filter.len(), start, flags.len());
                    for i in every(phases, phase, reaching.start..reaching.end.min(x.len())) {
                        if is_infinite(x[i]) {
                            spent += or_at(rows.meeting(x[i]), at + i, start, flags);
                        }
                    }
                }
                for (at, rows) in &taps {
                    let reaching = reaching(*at, rows.positive.len(), start, flags.len());
                    let from = self.infinite.partition_point(|&k| k < reaching.start);
                    let to = self.infinite.partition_point(|&k| k < reaching.end);
                    for i in every(phases, phase, from..to) {
                        let k = self.infinite[i];
                        spent += or_at(rows.meeting(self.filter[k]), at + k, start, flags);
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

    /// Each infinity of the signal gives `bits` to all that read it if it is positive, and if not, their
    /// opposite.
    fn mark_runs_of_both_signs(
        &self,
        at: usize,
        x: &[T],
        start: usize,
        flags: &mut [u8],
        bits: u8,
    ) {
        let opposite = match bits {
            POSITIVE => NEGATIVE,
            NEGATIVE => POSITIVE,
            other => other,
        };
        let zero = T::default();
        self.mark_runs(at, x, start, flags, bits, |x| is_infinite(x) && x > zero);
        self.mark_runs(at, x, start, flags, opposite, |x| is_infinite(x) && x < zero);
    }

    /// Gives `bits` to every output that reads one of the chosen values.
    fn mark_runs(
        &self,
        at: usize,
        x: &[T],
        start: usize,
        flags: &mut [u8],
        bits: u8,
        chosen: impl Fn(T) -> bool,
    ) {
        let taps = self.filter.len() as isize;
        // Where the last chosen value was; without branches, as there is no telling them.
        let mut last = -taps;
        let (before, here) = x.split_at(start.saturating_sub(at).min(x.len()));
        for (i, &x) in before.iter().enumerate() {
            last = if chosen(x) { i as isize } else { last };
        }
        let after = at.saturating_sub(start).min(flags.len());
        for ((i, &x), flag) in here.iter().enumerate().zip(&mut flags[after..]) {
            let i = (before.len() + i) as isize;
            last = if chosen(x) { i } else { last };
            *flag |= if i - last < taps { bits } else { 0 };
        }
        let end = (at as isize + last + taps).max(0) as usize;
        or_range(flags, start, at + x.len(), end, bits);
    }

    /// The part of a piece where the signal exists.
    fn inside<'a>(&self, (start, x): Piece<'a, T>) -> (usize, &'a [T]) {
        let end = (start + x.len() as isize).clamp(0, self.geometry.signal as isize);
        let from = start.clamp(0, end);
        (
            from as usize,
            &x[(from - start).clamp(0, x.len() as isize) as usize..][..(end - from) as usize],
        )
    }

    /// A NaN tap reaches every output that reads it. Taps are at most as many as signal values, so the
    /// runs of the first and the last NaN tap overlap, and all between them are covered.
    fn mark_nan_taps(&self, start: usize, flags: &mut [u8]) {
        if let Some((first, last)) = self.nan {
            or_range(flags, start, first, last + self.geometry.signal, NAN);
        }
    }
}

impl Rows {
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

    /// What +infinity gives to every output that reads it, if it is the same for all.
    fn uniform(&self) -> Option<u8> {
        let first = *self.positive.first()?;
        self.positive.iter().all(|&bits| bits == first).then_some(first)
    }

    /// The row of an infinity of the sign of `x`.
    fn meeting<T: Real>(&self, x: T) -> &[u8] {
        if x > T::default() { &self.positive } else { &self.negative }
    }
}

/// The `i` for which a row of `len` flags at output `at + i` reaches some of `outputs` ones from `start` on.
fn reaching(at: usize, len: usize, start: usize, outputs: usize) -> Range<usize> {
    (start + 1).saturating_sub(at + len)..(start + outputs).saturating_sub(at)
}

/// The numbers in `range` that are `phase` modulo `phases`, a power of two.
fn every(phases: usize, phase: usize, range: Range<usize>) -> impl Iterator<Item = usize> {
    let first = range.start + (phase.wrapping_sub(range.start) & (phases - 1));
    (first..range.end).step_by(phases)
}

/// The smallest range in `range` that holds all outputs which more contributions could change.
fn still_open(flags: &[u8], range: Range<usize>) -> Range<usize> {
    let open = |&flags: &u8| flags & NAN == 0 && flags != POSITIVE | NEGATIVE;
    let flags = &flags[range.clone()];
    match (flags.iter().position(open), flags.iter().rposition(open)) {
        (Some(first), Some(last)) => range.start + first..range.start + last + 1,
        _ => 0..0,
    }
}

/// `get_or_init` for something whose making may fail: two threads may both make it, one is kept.
fn get_or_try_init<V>(cell: &OnceLock<V>, make: impl FnOnce() -> Result<V>) -> Result<&V> {
    if cell.get().is_none() {
        let _ = cell.set(make()?);
    }
    Ok(cell.get().expect("set above, or by another thread"))
}

/// ORs `bits` into the flags of outputs `from .. to`; `flags[0]` is output `start`.
fn or_range(flags: &mut [u8], start: usize, from: usize, to: usize, bits: u8) {
    let end = start + flags.len();
    let (from, to) = (from.clamp(start, end), to.clamp(start, end));
    for flag in &mut flags[from - start..to.max(from) - start] {
        *flag |= bits;
    }
}

/// ORs `row` into the flags of outputs `at .. at + row.len()`. Returns what that cost, in bytes.
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
