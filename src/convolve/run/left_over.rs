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
/// Outputs that are looked at together once their block is transformed: as many as a block of a piece
/// of the filter gives.
pub const CHUNK: usize = PIECE_TAPS;

/// Direct sums that can be asked for single outputs. All operands are finite.
pub trait DirectSums: Steps {
    /// The number of taps.
    fn taps(&self) -> usize;

    /// Bytes of workspace for [`Self::single`].
    fn single_bytes(&self) -> usize;

    /// Output `output` of `full` alone.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn single(&self, output: usize, work: Workspace<'_>) -> Result<Self::Element>;
}

/// Direct sums for a part of the outputs.
pub struct LeftOver<D>(pub D);

impl<D: DirectSums> LeftOver<D> {
    /// Bytes of workspace for a part of `outputs` outputs.
    pub fn workspace_bytes(&self, outputs: usize) -> usize {
        self.0.workspace_bytes(outputs).max(self.0.single_bytes())
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
            1 => fenced(|fence| drive_alone(&self.0, start, values, work, fence)),
            _ => drive(&self.0, start, values, threads),
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
        if self.as_many_as_open(flags) == values.len() {
            return self.sum_all(start, values, (1, work));
        }
        for run in runs(flags) {
            let (together, apart) = self.costs(&flags[run.clone()]);
            if together < apart {
                let values = &mut values[run.clone()];
                self.sum_all(start + run.start, values, (1, work.again()))?;
                continue;
            }
            for at in run.filter(|&at| flags[at] == OPEN) {
                values[at] = self.0.single(start + at, work.again())?;
            }
        }
        Ok(())
    }

    /// As many outputs of a long run take as long as the open outputs, or all if it is more.
    pub fn as_many_as_open(&self, flags: &[u8]) -> usize {
        let mut sum = 0;
        for run in runs(flags) {
            let (together, apart) = self.costs(&flags[run]);
            sum += together.min(apart);
            if sum >= flags.len() {
                return flags.len();
            }
        }
        sum
    }

    /// The time for a run of outputs, as a number of outputs of a long run: if all of them are
    /// summed together, and if each open output is summed by itself.
    fn costs(&self, flags: &[u8]) -> (usize, usize) {
        /// For an output by itself: its products, and all else as a number of products.
        const SINGLE: [usize; 2] = [5, 3000];
        /// The same for the outputs of a run that do not fill a tile.
        const TILE: [usize; 2] = [48, 12_000];
        let [single, tile] = [SINGLE, TILE].map(|[products, rest]| products + rest / self.0.taps());
        let open = flags.iter().filter(|&&it| it == OPEN).count();
        (flags.len() + tile, single * open)
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
    /// The bit of open outputs in eight flags. No other flag has it.
    const ANY: u64 = u64::from_ne_bytes([OPEN; 8]);
    let (eights, rest) = flags[from..].as_chunks();
    let in_eights = eights.iter().zip((from..).step_by(8)).find_map(|(eight, at)| {
        let open = u64::from_le_bytes(*eight) & ANY;
        (open != 0).then(|| at + open.trailing_zeros() as usize / 8)
    });
    in_eights.or_else(|| {
        let at = rest.iter().position(|&flag| flag == OPEN)?;
        Some(flags.len() - rest.len() + at)
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
