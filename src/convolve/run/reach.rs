//! The values of the signal under runs of outputs, in place or staged.

use std::ops::Range;

use super::scaling::Values;
use crate::convolve::block::{Source, Value};
use crate::convolve::wanted::{Geometry, stretches};
use crate::cpu::{Magnitudes, PROBE, Real, extent, probe};
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

/// The values under some outputs. The answers are the same in place and staged.
pub struct Under<'a, 'r, T>(pub &'r Reach<'a, T>, pub Range<usize>);

impl<T: Real> Under<'_, '_, T> {
    /// Joins what `look` finds in the values: in all of them at once in place, else in the first
    /// `PART` of each `apart` values.
    fn joined<const PART: usize, R>(
        &self,
        apart: usize,
        look: impl Fn(&[T]) -> R,
        join: impl Fn(R, R) -> R,
    ) -> R {
        let &Self(Reach { geometry, signal }, ref outputs) = self;
        let before = geometry.filter_len - 1;
        let (from, len) = (outputs.start as isize - before as isize, outputs.len() + before);
        if let Some(x) = signal.in_place(from, len) {
            return look(x);
        }
        let parts = (0..len).step_by(apart).map(|at| {
            let mut values = [T::default(); PART];
            let values = &mut values[..PART.min(len - at)];
            signal.read(from + at as isize, values);
            look(values)
        });
        parts.reduce(join).unwrap_or_else(|| look(&[]))
    }
}

impl<T: Real> Values<T> for Under<'_, '_, T> {
    fn probed(&self) -> Magnitudes<T> {
        const { assert!(PROBE.0 <= PROBE.1) };
        self.joined::<{ PROBE.0 }, _>(PROBE.1, probe, Magnitudes::and)
    }

    fn largest(&self) -> T {
        const PART: usize = 256;
        self.joined::<PART, _>(PART, extent, |a, b| a.and(b)).largest
    }
}
