//! Sums outputs directly that no bound proves.

use std::ops::Range;

use super::steps::{Steps, drive, drive_alone};
use crate::convolve::wanted::PIECE_TAPS;
use crate::cpu::fenced;
use crate::error::Result;
use crate::memory::{Workspace, bytes_for, with_workspace};
use crate::threads;

/// Outputs at most this far apart may be summed together, with the outputs between them: the kernel
/// of direct sums computes so many outputs in the time of one.
const GAP: usize = 8;
/// The flag of outputs that are to be summed directly.
pub const OPEN: u8 = 128;
/// Outputs that are looked at together once their block is transformed.
pub const CHUNK: usize = PIECE_TAPS;

/// Direct sums for a part of the outputs.
pub struct LeftOver<D> {
    /// For many outputs.
    pub runs: D,
    /// For single outputs.
    pub single: D,
}

impl<D: Steps> LeftOver<D> {
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
        values: &mut [D::Element],
        (threads, work): (usize, Workspace<'_>),
    ) -> Result<()> {
        match threads {
            1 => fenced(|fence| drive_alone(&self.runs, start, values, work, fence)),
            _ => drive(&self.runs, start, values, threads),
        }
    }

    /// Computes the open outputs from `start` on. Other outputs may be computed, too.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn sum(
        &self,
        start: usize,
        values: &mut [D::Element],
        flags: &[u8],
        mut work: Workspace<'_>,
    ) -> Result<()> {
        if as_many_as_open(flags) > values.len() {
            return self.sum_all(start, values, (1, work));
        }
        for run in runs(flags) {
            let Cost { together, apart } = Cost::of(&flags[run.clone()]);
            if together < apart {
                let values = &mut values[run.clone()];
                self.sum_all(start + run.start, values, (1, work.again()))?;
                continue;
            }
            for at in run.filter(|&at| flags[at] == OPEN) {
                let value = &mut values[at..=at];
                fenced(|fence| drive_alone(&self.single, start + at, value, work.again(), fence))?;
            }
        }
        Ok(())
    }
}

/// The time for a run of outputs, as a number of outputs of a long run.
struct Cost {
    /// If the whole run is summed.
    together: usize,
    /// If each open output is summed by itself.
    apart: usize,
}

impl Cost {
    fn of(flags: &[u8]) -> Self {
        /// For an output by itself.
        const SINGLE: usize = 6;
        /// For the outputs of a run that do not fill a tile.
        const TILE: usize = 48;
        let open = flags.iter().filter(|&&it| it == OPEN).count();
        Self { together: flags.len() + TILE, apart: SINGLE * open }
    }
}

/// Splits outputs from `start` on into chunks of [`CHUNK`], and calls `body` with the start, the
/// values and the flags of each chunk. Up to `threads` threads share the chunks. `body` takes
/// `bytes` bytes of workspace.
///
/// # Errors
/// `OutOfMemory`; the errors of `body`.
pub fn close_in_chunks<E: Send>(
    (start, values, flags): (usize, &mut [E], &mut [u8]),
    threads: usize,
    (bytes, mut work): (usize, Workspace<'_>),
    body: impl Fn(usize, &mut [E], &mut [u8], Workspace<'_>) -> Result<()> + Sync,
) -> Result<()> {
    if threads == 1 {
        let chunks = values.chunks_mut(CHUNK).zip(flags.chunks_mut(CHUNK));
        return chunks
            .zip((start..).step_by(CHUNK))
            .try_for_each(|((values, flags), start)| body(start, values, flags, work.again()));
    }
    let flags = &*flags;
    threads::for_each_chunk(values, CHUNK, threads, |chunks| {
        with_workspace(bytes_for(CHUNK, 1).saturating_add(bytes), |mut work| {
            let own = work.cut::<u8>(CHUNK);
            chunks.try_for_each(|(at, values)| {
                let own = &mut own[..values.len()];
                own.copy_from_slice(&flags[at..][..values.len()]);
                body(start + at, values, own, work.again())
            })
        })
    })
}

/// The runs of open outputs, each with the outputs in its short gaps.
fn runs(flags: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let is_open = |&it: &u8| it == OPEN;
        let first = next_open(flags, from)?;
        let mut end = first + 1;
        while let Some(at) = flags[end..].iter().take(GAP).rposition(is_open) {
            end += at + 1;
        }
        from = end;
        Some(first..end)
    })
}

/// The first open output from `from` on.
fn next_open(flags: &[u8], from: usize) -> Option<usize> {
    /// Most outputs are not open, so they are looked at together.
    const TOGETHER: usize = 64;
    let mut chunks = (from..).step_by(TOGETHER).zip(flags[from..].chunks(TOGETHER));
    chunks.find_map(|(at, flags)| {
        let any = flags.iter().fold(0, |any, flags| any | flags);
        if any & OPEN == 0 { None } else { Some(at + flags.iter().position(|&it| it == OPEN)?) }
    })
}

/// Calls `body` with the index and the flag of each open output.
pub fn for_each_open(flags: &mut [u8], mut body: impl FnMut(usize, &mut u8)) {
    let mut from = 0;
    while let Some(at) = next_open(flags, from) {
        body(at, &mut flags[at]);
        from = at + 1;
    }
}

/// As many outputs of a long run take as long as the open outputs.
pub fn as_many_as_open(flags: &[u8]) -> usize {
    let costs = runs(flags).map(|run| Cost::of(&flags[run]));
    costs.map(|Cost { together, apart }| together.min(apart)).sum()
}
