//! The values of the signal under runs of outputs, in place or staged.

use std::ops::Range;

use crate::convolve::block::{Source, Value};
use crate::convolve::wanted::{Geometry, stretches};

/// The signal that outputs read.
pub struct Reach<'a, T> {
    pub geometry: Geometry,
    pub signal: &'a Source<'a, T>,
}

impl<T: Value> Reach<'_, T> {
    /// Splits `start .. start + outputs` into runs of outputs, and calls `body` with each run and
    /// the values under it. [`DirectSpace`](crate::convolve::wanted::DirectSpace) says how long
    /// `stage` has to be for this many outputs.
    pub fn for_each<E>(
        &self,
        start: usize,
        outputs: usize,
        stage: &mut [T],
        mut body: impl FnMut(Range<usize>, &[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = self.geometry.filter_len - 1;
        for run in stretches(self.geometry, self.signal.is_in_place(), start, outputs) {
            if run.is_empty() {
                continue;
            }
            let (from, len) = (run.start as isize - before as isize, run.len() + before);
            match self.signal.in_place(from, len) {
                Some(x) => body(run, x)?,
                None => {
                    let x = &mut stage[..len];
                    self.signal.read(from, x);
                    body(run, x)?;
                }
            }
        }
        Ok(())
    }
}
