//! The values of the signal under runs of outputs, in place or staged.

use std::ops::Range;

use crate::convolve::block::{Source, Value};
use crate::convolve::wanted::{Geometry, stretches};
use crate::error::Result;

/// The signal that outputs read.
pub struct Reach<'a, T> {
    pub geometry: Geometry,
    pub signal: &'a Source<'a, T>,
}

impl<T: Value> Reach<'_, T> {
    /// Splits outputs `start .. start + out.len()` into runs, and calls `body` with each run, the
    /// values under it and its part of `out`. [`DirectSpace`](crate::convolve::wanted::DirectSpace)
    /// says how long `stage` has to be for this many outputs.
    pub fn for_each(
        &self,
        start: usize,
        out: &mut [T],
        stage: &mut [T],
        mut body: impl FnMut(Range<usize>, &[T], &mut [T]) -> Result<()>,
    ) -> Result<()> {
        let before = self.geometry.filter_len - 1;
        for run in stretches(self.geometry, self.signal.in_memory(), start, out.len()) {
            if run.is_empty() {
                continue;
            }
            let (from, len) = (run.start as isize - before as isize, run.len() + before);
            let out = &mut out[run.start - start..run.end - start];
            match self.signal.in_place(from, len) {
                Some(x) => body(run, x, out)?,
                None => {
                    let x = &mut stage[..len];
                    self.signal.read(from, x);
                    body(run, x, out)?;
                }
            }
        }
        Ok(())
    }
}
