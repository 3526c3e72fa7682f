//! The footprint of a filter: which outputs read a non-finite value, and what it contributes to
//! them.

use super::counts::Counts;
use super::flags::NAN;
use super::rows::FilterRows;
use super::runs::{Piece, mark_runs, or_range};
use crate::cpu::Real;
use crate::error::Result;
use crate::process::Once;

/// What infinities and NaNs of a filter, and of signals under it, do to outputs. All blocks and
/// threads share it.
pub struct Footprint {
    /// The most values that outputs marked together read.
    most_read: usize,
    /// The first and the last NaN tap.
    nan: Option<(usize, usize)>,
    rows: FilterRows,
    counts: Once<Counts>,
}

impl Footprint {
    /// The footprint of `taps`. Outputs that are marked together read at most `most_read` values.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(taps: &[T], most_read: usize) -> Result<Self> {
        let first = taps.iter().position(|x| x.is_nan());
        let last = taps.iter().rposition(|x| x.is_nan());
        let nan = first.zip(last);
        Ok(Self { most_read, nan, rows: FilterRows::new(taps)?, counts: Once::new() })
    }

    /// Sets `flags` to the contributions to outputs `start .. start + flags.len()` of `full`. These
    /// outputs read two pieces of the signal, which has `signal_len` values. The first piece begins
    /// at index `origin`, and the second follows it. Both may reach beyond the signal's ends.
    /// `taps` are the taps that the footprint was made of.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn mark<T: Real>(
        &self,
        taps: &[T],
        signal_len: usize,
        (origin, pieces): (isize, [&[T]; 2]),
        start: usize,
        flags: &mut [u8],
    ) -> Result<()> {
        flags.fill(0);
        self.mark_nan_taps(signal_len, start, flags);
        let second = origin + pieces[0].len() as isize;
        let pieces = [(origin, pieces[0]), (second, pieces[1])]
            .map(|(at, values)| Piece::inside(at, values, signal_len));
        for piece in pieces {
            mark_runs(piece, taps.len(), start, flags, NAN, |x| x.is_nan());
        }
        if self.rows.mark(taps, self.most_read, pieces, start, flags)? {
            return Ok(());
        }
        self.counts(taps)?.mark(
            pieces.into_iter(),
            (start as isize - origin) as usize,
            origin,
            flags,
        )
    }

    /// Makes everything that is otherwise made when a signal's infinities are met first.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn complete<T: Real>(&self, taps: &[T]) -> Result<()> {
        self.rows.complete(taps)?;
        self.counts(taps).map(drop)
    }

    fn counts<T: Real>(&self, taps: &[T]) -> Result<&Counts> {
        self.counts.get_or_try(|| Counts::new(taps, self.most_read))
    }

    /// A NaN tap reaches every output that reads it. There are at most as many taps as signal
    /// values, so the runs of the first and the last NaN tap overlap, and together cover the runs
    /// of all NaN taps.
    fn mark_nan_taps(&self, signal_len: usize, start: usize, flags: &mut [u8]) {
        if let Some((first, last)) = self.nan {
            or_range(flags, start, first, last + signal_len, NAN);
        }
    }
}
