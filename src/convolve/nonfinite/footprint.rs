//! The footprint of a filter: which outputs read a non-finite value, and what it contributes to
//! them.

use std::sync::OnceLock;

use super::counts::Counts;
use super::flags::NAN;
use super::rows::FilterRows;
use super::runs::{Run, mark_runs, or_range};
use crate::cpu::Real;
use crate::error::Result;
use crate::process::get_or_try_init;

/// What infinities and NaNs of a filter, and of signals under it, do to outputs. All blocks and
/// threads share it.
pub struct Footprint {
    /// The most values that outputs marked together read.
    block_len: usize,
    /// The first and the last NaN tap.
    nan: Option<(usize, usize)>,
    rows: FilterRows,
    counts: OnceLock<Counts>,
}

impl Footprint {
    /// The footprint of `taps`. Outputs that are marked together read at most `block_len` values.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(taps: &[T], block_len: usize) -> Result<Self> {
        let first = taps.iter().position(|x| x.is_nan());
        let last = taps.iter().rposition(|x| x.is_nan());
        let nan = first.zip(last);
        Ok(Self { block_len, nan, rows: FilterRows::new(taps)?, counts: OnceLock::new() })
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

    /// A NaN tap reaches every output that reads it. There are at most as many taps as signal
    /// values, so the runs of the first and the last NaN tap overlap, and together cover the runs
    /// of all NaN taps.
    fn mark_nan_taps(&self, signal_len: usize, start: usize, flags: &mut [u8]) {
        if let Some((first, last)) = self.nan {
            or_range(flags, start, first, last + signal_len, NAN);
        }
    }
}
