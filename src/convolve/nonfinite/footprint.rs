//! The footprint of a filter: which outputs read a non-finite value, and what reaches them.

use std::sync::OnceLock;

use super::counts::Counts;
use super::flags::NAN;
use super::rows::FilterRows;
use super::runs::{Run, mark_runs, or_range};
use crate::cpu::Real;
use crate::error::Result;
use crate::process::get_or_try_init;

/// What infinities and NaNs of a filter, and of signals under it, do to outputs: shared by all blocks and threads.
pub struct Footprint {
    /// The most values that outputs marked together read.
    block_len: usize,
    /// First and last tap that is NaN.
    nan: Option<(usize, usize)>,
    rows: FilterRows,
    counts: OnceLock<Counts>,
}

impl Footprint {
    /// Of `taps`, for outputs that are marked together and read `block_len` values at most.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(taps: &[T], block_len: usize) -> Result<Self> {
        let first = taps.iter().position(|x| x.is_nan());
        let last = taps.iter().rposition(|x| x.is_nan());
        let nan = first.zip(last);
        Ok(Self { block_len, nan, rows: FilterRows::new(taps)?, counts: OnceLock::new() })
    }

    /// Sets in `flags` what reaches outputs `start .. start + flags.len()` of `full`. These outputs read two pieces of the signal,
    /// which has `signal_len` values: the first piece begins at index `origin`, the second follows, and both may reach
    /// beyond the signal's ends. `taps` are those that the footprint is of.
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
            .map(|(at, values)| Run::inside(at, values, signal_len));
        for run in pieces {
            mark_runs(run, taps.len(), start, flags, NAN, |x| x.is_nan());
        }
        if self.rows.mark(taps, self.block_len, pieces, start, flags)? {
            return Ok(());
        }
        let counts = get_or_try_init(&self.counts, || Counts::new(taps, self.block_len))?;
        counts.mark(pieces.into_iter(), (start as isize - origin) as usize, origin, flags)
    }

    /// A NaN tap reaches every output that reads it. Taps are at most as many as signal values, so the
    /// runs of the first and the last NaN tap overlap, and all between them are covered.
    fn mark_nan_taps(&self, signal_len: usize, start: usize, flags: &mut [u8]) {
        if let Some((first, last)) = self.nan {
            or_range(flags, start, first, last + signal_len, NAN);
        }
    }
}
