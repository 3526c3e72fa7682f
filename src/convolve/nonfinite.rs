//! Which outputs an infinity or a NaN reaches, and as what: the footprint of the direct sum.
//!
//! Methods compute on operands whose non-finite values were replaced by zeros; then each output that
//! reads a non-finite value is overwritten:
//!
//! - a NaN in either operand makes every output that reads it NaN: runs of outputs, marked in O(N);
//! - an infinity times a tap contributes an infinity of the product's sign, or NaN if the tap is zero:
//!   its row of contributions is OR-ed, a byte per output, into the outputs that read it;
//! - where infinities are so many that these rows would cost more than transforms, [`super::counts`]
//!   counts each kind of contribution exactly instead;
//! - infinities of both signs make NaN.

use std::sync::OnceLock;

use super::counts::Counts;
use super::geometry::Geometry;
use super::source::Source;
use crate::cpu::{Real, or_into};
use crate::error::{Error, Result};
use crate::memory::Aligned;

/// A contribution of +infinity.
pub const POSITIVE: u8 = 1;
/// A contribution of -infinity.
pub const NEGATIVE: u8 = 2;
/// A contribution of NaN.
pub const NAN: u8 = 4;

/// What a factor adds to a sum when the other factor is +infinity.
fn times_infinity<T: Real>(value: T) -> u8 {
    let zero = T::default();
    if value > zero {
        POSITIVE
    } else if value < zero {
        NEGATIVE
    } else {
        NAN
    }
}

/// What it adds when the other factor is -infinity.
fn negated(contribution: u8) -> u8 {
    match contribution {
        POSITIVE => NEGATIVE,
        NEGATIVE => POSITIVE,
        other => other,
    }
}

/// Counting beats rows of contributions above this many bytes of rows for each point and level of a
/// transform: measured, 32 bytes take a cycle and the eight transforms about one per point and level.
const ROW_BYTES_PER_POINT: usize = 32;

/// A filter, and its footprint once something non-finite has been met.
pub struct Guarded<'a, T: Real> {
    geometry: Geometry,
    block: usize,
    filter: &'a Source<'a, T>,
    filter_is_finite: bool,
    footprint: OnceLock<Footprint<T>>,
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
            Footprint::new(self.geometry, self.block, filter)
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
        let infinite = filter.iter().filter(|x| !x.is_finite() && !x.is_nan()).count();
        let mut list = Vec::new();
        list.try_reserve_exact(infinite)
            .map_err(|_| Error::out_of_memory("the infinite taps", infinite * 8))?;
        list.extend((0..filter.len()).filter(|&k| !filter[k].is_finite() && !filter[k].is_nan()));
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
        let mut infinities = 0;
        for &piece in pieces {
            infinities += self.mark_nan_values(self.inside(piece), start, flags);
        }
        if flags.iter().all(|&f| f & NAN != 0) {
            return Ok(());
        }
        let row_bytes = infinities
            .saturating_mul(self.filter.len())
            .saturating_add(self.infinite.len().saturating_mul(flags.len()));
        let budget = ROW_BYTES_PER_POINT * self.block * (self.block.ilog2() as usize + 1);
        if row_bytes <= budget {
            for &piece in pieces {
                self.mark_infinite_values(self.inside(piece), start, flags)?;
                self.mark_infinite_taps(self.inside(piece), start, flags)?;
            }
            return Ok(());
        }
        let counts = get_or_try_init(&self.counts, || Counts::new(&self.filter, self.block))?;
        let origin = pieces.first().map_or(0, |piece| piece.0);
        let inside = pieces.iter().map(|&piece| self.inside(piece));
        counts.mark(inside, (start as isize - origin) as usize, origin, flags)
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

    /// Returns how many infinities there are.
    fn mark_nan_values(&self, (at, x): (usize, &[T]), start: usize, flags: &mut [u8]) -> usize {
        let mut infinities = 0;
        let mut covered = 0;
        for (i, x) in x.iter().enumerate().filter(|(_, x)| !x.is_finite()) {
            if x.is_nan() {
                let end = at + i + self.filter.len();
                or_range(flags, start, covered.max(at + i), end, NAN);
                covered = end;
            } else {
                infinities += 1;
            }
        }
        infinities
    }

    fn mark_infinite_values(
        &self,
        (at, x): (usize, &[T]),
        start: usize,
        flags: &mut [u8],
    ) -> Result<()> {
        for (i, &x) in x.iter().enumerate() {
            if x.is_finite() || x.is_nan() {
                continue;
            }
            let rows = get_or_try_init(&self.rows, || Rows::new(&self.filter))?;
            let row = if x > T::default() { &rows.positive } else { &rows.negative };
            or_at(row, at + i, start, flags);
        }
        Ok(())
    }

    fn mark_infinite_taps(
        &self,
        (at, x): (usize, &[T]),
        start: usize,
        flags: &mut [u8],
    ) -> Result<()> {
        if self.infinite.is_empty() || x.is_empty() {
            return Ok(());
        }
        // Infinite values of the signal have been dealt with, as rows of the filter.
        let rows = Rows::new_where_finite(x)?;
        for &k in &self.infinite {
            let row = if self.filter[k] > T::default() { &rows.positive } else { &rows.negative };
            or_at(row, at + k, start, flags);
        }
        Ok(())
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
        for (i, &value) in values.iter().enumerate().filter(|&(_, &value)| counts(value)) {
            positive[i] = times_infinity(value);
            negative[i] = negated(positive[i]);
        }
        Ok(Self { positive, negative })
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

/// ORs `row` into the flags of outputs `at .. at + row.len()`.
fn or_at(row: &[u8], at: usize, start: usize, flags: &mut [u8]) {
    let end = start + flags.len();
    let (from, to) = (at.clamp(start, end), (at + row.len()).clamp(start, end));
    if from < to {
        or_into(&row[from - at..to - at], &mut flags[from - start..to - start]);
    }
}

/// Replaces infinities and NaNs by zeros.
pub fn sanitise<T: Real>(x: &mut [T]) {
    for x in x {
        *x = if x.is_finite() { *x } else { T::default() };
    }
}

/// Overwrites the values whose flag is set.
pub fn overwrite<T: Real>(values: &mut [T], flags: &[u8]) {
    for (value, &flags) in values.iter_mut().zip(flags) {
        *value = match flags {
            0 => *value,
            POSITIVE => T::from_f64(f64::INFINITY),
            NEGATIVE => T::from_f64(f64::NEG_INFINITY),
            _ => T::from_f64(f64::NAN),
        };
    }
}
