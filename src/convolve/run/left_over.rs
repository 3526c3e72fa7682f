//! Sums outputs directly that no bound proves.

use std::ops::Range;

use super::direct::Direct;
use super::steps::{Steps, drive, drive_alone};
use crate::convolve::block::{AsComputed, Source};
use crate::convolve::filter::RealTaps;
use crate::convolve::wanted::{Accuracy, Geometry};
use crate::cpu::{Real, fenced};
use crate::error::Result;
use crate::memory::Workspace;

/// Outputs at most this far apart are summed together, with the outputs between them: the kernel of
/// direct sums computes so many outputs in the time of one.
const GAP: usize = 8;
/// So few outputs together are summed one by one, as dot products.
const FEW: usize = 3;

/// Direct sums for a part of the outputs.
pub struct LeftOver<'a, T: Real> {
    runs: Direct<'a, T, AsComputed>,
    single: Direct<'a, T, AsComputed>,
}

impl<'a, T: Real> LeftOver<'a, T> {
    /// Sums outputs of the convolution of `signal` with `taps`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        signal: &'a Source<'a, T>,
        taps: &'a RealTaps<'a, T>,
    ) -> Result<Self> {
        let direct = || Direct::new(geometry, signal, taps, AsComputed, Accuracy::Componentwise);
        Ok(Self { runs: direct()?, single: direct()?.one_by_one() })
    }

    /// Bytes of workspace for a part of `outputs` outputs.
    pub fn workspace_bytes(&self, outputs: usize) -> usize {
        self.runs.workspace_bytes(outputs).max(self.single.workspace_bytes(1))
    }

    /// Computes all outputs from `start` on.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn sum_all(
        &self,
        start: usize,
        values: &mut [T],
        (threads, work): (usize, Workspace<'_>),
    ) -> Result<()> {
        match threads {
            1 => fenced(|fence| drive_alone(&self.runs, start, values, work, fence)),
            _ => drive(&self.runs, start, values, threads),
        }
    }

    /// Computes the outputs from `start` on that have the flag `flag` in `flags`. Other outputs may
    /// be computed, too.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn sum(
        &self,
        start: usize,
        values: &mut [T],
        (flags, flag): (&[u8], u8),
        (threads, mut work): (usize, Workspace<'_>),
    ) -> Result<()> {
        let as_many: usize = runs(flags, flag).map(|run| as_many(&run)).sum();
        if as_many > values.len() {
            return self.sum_all(start, values, (threads, work));
        }
        for run in runs(flags, flag) {
            if run.len() > FEW {
                let values = &mut values[run.clone()];
                self.sum_all(start + run.start, values, (threads, work.again()))?;
                continue;
            }
            for at in run.filter(|&at| flags[at] & flag != 0) {
                let value = &mut values[at..=at];
                fenced(|fence| drive_alone(&self.single, start + at, value, work.again(), fence))?;
            }
        }
        Ok(())
    }
}

/// The runs of outputs with `flag`, each with the outputs in its short gaps.
fn runs(flags: &[u8], flag: u8) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let is_open = |it: &u8| it & flag != 0;
        let first = from + flags[from..].iter().position(is_open)?;
        let mut end = first + 1;
        while let Some(at) = flags[end..].iter().take(GAP).rposition(is_open) {
            end += at + 1;
        }
        from = end;
        Some(first..end)
    })
}

/// As many outputs of a long run take as long as `run`.
fn as_many(run: &Range<usize>) -> usize {
    /// For each output that is summed by itself.
    const SINGLE: usize = 16;
    /// For the outputs of a run that do not fill a tile.
    const TILE: usize = 48;
    if run.len() > FEW { run.len() + TILE } else { SINGLE * run.len() }
}
