//! How the runs of pieces are collected into submissions.

use super::pieces::{Bounds, Job, Piece, Pieces};
use crate::error::Result;
use crate::gpu::dispatch::Dispatch;
use crate::gpu::{Lens, Spans};

/// Runs of a kernel in a submission.
const DISPATCHES: usize = 256;

/// Gives the runs of the kernel to `submit`, as many at once as a submission takes. Their buffers are
/// the signal, the filter and the outputs.
///
/// # Errors
/// `Unsupported` if a binding does not reach the filter and the values of an output; those of `submit`.
pub fn submissions(
    bounds: Bounds,
    job: Job,
    lens: Lens,
    rows: impl IntoIterator<Item = Spans>,
    submit: impl FnMut(&[Dispatch]) -> Result<()>,
) -> Result<()> {
    let mut work = Work::new(bounds, submit);
    for rows in rows {
        for (lens, rows) in Pieces::new(bounds, job, lens, rows)?.all() {
            work.add(&Piece::new(bounds, job, lens, rows), |run| run)?;
        }
    }
    work.end()
}

/// Runs of kernels, which are submitted as many at once as a submission takes.
pub struct Work<S> {
    bounds: Bounds,
    submit: S,
    runs: Vec<Dispatch>,
    /// The multiply-adds of these runs.
    sums: u64,
}

impl<S: FnMut(&[Dispatch]) -> Result<()>> Work<S> {
    /// None yet.
    pub fn new(bounds: Bounds, submit: S) -> Self {
        Self { bounds, submit, runs: Vec::new(), sums: 0 }
    }

    /// Adds the runs of a piece, each as `edit` makes it.
    ///
    /// # Errors
    /// Those of `submit`.
    pub fn add(&mut self, piece: &Piece, edit: impl Fn(Dispatch) -> Dispatch) -> Result<()> {
        let at_once = self.bounds.at_once;
        let tile = piece.tile_cost();
        let most = (at_once / tile).clamp(1, u64::from(u32::MAX)) as u32;
        let mut group = 0;
        while group < piece.all_tiles() {
            let room = (at_once.saturating_sub(self.sums) / tile) as u32;
            let count = most.min(room.max(1)).min(piece.all_tiles() - group);
            let tiles = group..group + count;
            let mut run = piece.run(piece.kernel(), tiles, 1, self.bounds.groups);
            if piece.kernel().reads().len() == 2 {
                // It has no filter.
                run.parts.remove(1);
            }
            self.push(edit(run), tile * u64::from(count))?;
            group += count;
        }
        Ok(())
    }

    /// Adds a run that takes as long as so many multiply-adds.
    ///
    /// # Errors
    /// Those of `submit`.
    pub fn push(&mut self, run: Dispatch, sums: u64) -> Result<()> {
        self.runs.push(run);
        self.sums += sums;
        if self.sums >= self.bounds.at_once || self.runs.len() == DISPATCHES {
            (self.submit)(&self.runs)?;
            self.runs.clear();
            self.sums = 0;
        }
        Ok(())
    }

    /// Submits what is left.
    ///
    /// # Errors
    /// Those of `submit`.
    pub fn end(mut self) -> Result<()> {
        match self.runs.is_empty() {
            true => Ok(()),
            false => (self.submit)(&self.runs),
        }
    }
}
