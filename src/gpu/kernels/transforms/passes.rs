//! Overlap-save of float32, with blocks of 2^16 or 2^20 points that are transformed in passes through
//! memory.
//!
//! A pair of neighbouring blocks is the real and the imaginary part of a matrix of 256 rows. The matrix
//! has one number for each point, row after row:
//!
//!     measure, gather   the largest magnitudes and the norms of both blocks
//!     columns           load, scale, transform columns, multiply by roots of unity
//!     rows              transform rows, multiply by the filter's spectrum, transform rows back
//!     outputs           multiply by roots of unity, transform columns back, scale back, store
//!     mark, count, mend where a block or the filter has something not finite, or zeros as long as the
//!                       filter: mark their places, and write those outputs again that they decide
//!
//! So the numbers go through memory three times. Filters are transformed by the same kernels.

use std::ops::Range;

use super::blocks::{trial_of, valid_outputs};
use super::butterflies::roots;
use super::roots::{of_transforms, tables};
use crate::error::{Error, Result};
use crate::gpu::dispatch::{Dispatch, Part};
use crate::gpu::kernels::work::cost::cost_of_transforms;
use crate::gpu::kernels::work::pieces::{Bounds, Job, OWN, Piece, Pieces};
use crate::gpu::kernels::work::submissions::Work;
use crate::gpu::kernels::work::trial::{Trial, numbers};
use crate::gpu::pipelines::Kernel;
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// The kernels of rows, and the logarithm of the points of their blocks.
const KERNELS: [(Kernel, u32); 2] = [(Kernel::Rows256, 16), (Kernel::Rows4096, 20)];
/// Rows of a matrix.
const ROWS: usize = 256;
/// Bytes of matrices that are computed together, at most, and for convolutions of many rows.
const MATRIX_BYTES: [usize; 2] = [64 << 20, 4 << 20];
/// A transform through memory takes as long as so many in workgroup memory: 64 bytes go for each point,
/// where blocks move 16.
const THROUGH_MEMORY: u64 = 3;
/// The passes over a pair.
const PASSES: u64 = 7;
/// Points that a workgroup computes.
const TILE: usize = 4096;
/// Points that a workgroup mends.
const MENDED: usize = 256;
/// Words of the head of a pair or a tile.
const HEAD: usize = 10;

/// The parameters of the kernels' own: outputs of a block, whether filters are prepared, the logarithm of
/// a block's points, pairs that are computed together, and pairs before those of a run.
const VALID: usize = 0;
const PREPARES: usize = 2;
const LOG2: usize = 3;
const PAIRS: usize = 4;
const SKIPPED: usize = 5;

/// The buffers of a run, in a list that begins with those of the signal, the filter and the outputs.
const FILTER: usize = 1;
const COLUMN_ROOTS: usize = 3;
const ROW_ROOTS: usize = 4;
const HEADS: usize = 5;
const SPECTRUM: usize = 6;
const PLANES: usize = 7;
const MARKS: usize = 8;

/// The convolution by the blocks of a kernel of rows, if they have outputs.
pub fn job_of(kernel: Kernel, lens: Lens) -> Option<Job> {
    let &(_, log2) = KERNELS.iter().find(|(of_rows, _)| *of_rows == kernel)?;
    let points = 1 << log2;
    let valid = valid_outputs(points, lens.filter);
    let [most, least] = MATRIX_BYTES.map(|bytes| (bytes / (8 * points)).max(1));
    let mut own = [0; OWN];
    own[VALID] = valid as u32;
    own[LOG2] = log2;
    own[PAIRS] = lens.outputs.div_ceil(2 * valid.max(1)).clamp(least, most) as u32;
    let tile_cost = THROUGH_MEMORY * cost_of_transforms(points);
    let job = Job { kernel, tile: 2 * valid, parts: 1, tile_cost, sizes: [4; 3], own };
    (valid > 0).then_some(job)
}

/// Whether a job is a convolution by transforms in passes.
pub fn is_of_passes(job: Job) -> bool {
    KERNELS.iter().any(|(kernel, _)| *kernel == job.kernel)
}

/// Parts of the buffers that follow those of the operands. They begin at 0.
struct Temporaries {
    points: usize,
    pairs: usize,
}

impl Temporaries {
    fn of(job: Job) -> Self {
        Self { points: 1 << job.own[LOG2], pairs: job.own[PAIRS] as usize }
    }

    /// The words of a mask, and the workgroups that make them.
    fn lane(&self) -> [usize; 2] {
        let lane = self.points / 32 + 2;
        [lane, lane.div_ceil(256)]
    }

    fn bytes(&self) -> [usize; 6] {
        let &Self { points, pairs } = self;
        let half = 1 << (points.ilog2() / 2);
        let columns = 8 * (roots(ROWS) + 2 * half);
        let heads = 4 * HEAD * (1 + points / TILE) * (1 + pairs);
        let [lane, totals] = self.lane();
        let marks = 4 * (11 * lane + 6 * lane.div_ceil(32) + 5 * totals) * (1 + 2 * pairs);
        [columns, 8 * roots(points / ROWS), heads, 8 * points, 8 * points * pairs, marks]
    }

    fn part(&self, buffer: usize) -> Part {
        Part { buffer, from: 0, len: self.bytes()[buffer - COLUMN_ROOTS] }
    }
}

/// The bytes of the buffers that follow those of the operands: roots of unity for columns and for rows,
/// heads, the filter's spectrum, the matrices, and marks.
pub fn temporaries(job: Job) -> [usize; 6] {
    Temporaries::of(job).bytes()
}

/// As [`submissions`](crate::gpu::kernels::work::submissions::submissions), for a job of this file. The buffers of its
/// [`temporaries`] follow the others.
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
    let temporaries = Temporaries::of(job);
    let mut work = Work::new(bounds, submit);
    for run in making_roots(&temporaries) {
        work.push(run, 1)?;
    }
    let mut prepared = None;
    for rows in rows {
        let pieces = Pieces::new(bounds, job, lens, rows)?;
        let pieces = match rows.filter.step {
            0 => pieces,
            _ => pieces.of_rows(1),
        };
        for (lens, rows) in pieces.all() {
            let filter = Span { step: 0, ..rows.filter };
            if prepared != Some(filter) {
                // A filter is the signal here.
                let len = lens.filter;
                let lens = Lens { signal: len, filter: len, first: 0, outputs: len };
                let rows = Spans { count: 1, signal: filter, filter, out: filter };
                let mut job = Job { tile: len, ..job };
                job.own[PREPARES] = 1;
                let passes = Passes { bounds, temporaries: &temporaries, prepares: true };
                passes.add(&Piece::new(bounds, job, lens, rows), job.kernel, 0..1, &mut work)?;
                prepared = Some(filter);
            }
            let piece = Piece::new(bounds, job, lens, rows);
            let passes = Passes { bounds, temporaries: &temporaries, prepares: false };
            for first in (0..piece.all_tiles()).step_by(temporaries.pairs) {
                let end = piece.all_tiles().min(first + temporaries.pairs as u32);
                passes.add(&piece, job.kernel, first..end, &mut work)?;
            }
        }
    }
    work.end()
}

/// The runs that make the roots of unity: for columns, then for rows.
fn making_roots(temporaries: &Temporaries) -> [Dispatch; 3] {
    let points = temporaries.points;
    let half = 1_usize << (points.ilog2() / 2);
    let [columns, rows] = [COLUMN_ROOTS, ROW_ROOTS].map(|buffer| temporaries.part(buffer));
    [
        of_transforms(ROWS, columns),
        tables(points, half, roots(ROWS), columns),
        of_transforms(points / ROWS, rows),
    ]
}

/// The passes over some pairs.
struct Passes<'a> {
    bounds: Bounds,
    temporaries: &'a Temporaries,
    prepares: bool,
}

impl Passes<'_> {
    fn add<S: FnMut(&[Dispatch]) -> Result<()>>(
        &self,
        piece: &Piece,
        rows: Kernel,
        pairs: Range<u32>,
        work: &mut Work<S>,
    ) -> Result<()> {
        let tiles = (self.temporaries.points / TILE) as u32;
        let part = |buffer| self.temporaries.part(buffer);
        let cost = piece.tile_cost() * pairs.len() as u64 / PASSES;
        let planes = if self.prepares { SPECTRUM } else { PLANES };
        let mut add = |kernel: Kernel, tiles: u32, parts: &dyn Fn([Part; 3]) -> Vec<Part>| {
            let mut run = piece.run(kernel, pairs.clone(), tiles, self.bounds.groups);
            let Ok([mut signal, filter, out]) = <[Part; 3]>::try_from(&*run.parts) else {
                return Err(Error::internal("a piece has three operands"));
            };
            if self.prepares {
                signal.buffer = FILTER;
            }
            run.parts = parts([signal, filter, out]).into_iter().collect();
            work.push(run, cost)
        };
        add(Kernel::Measure, tiles, &|[signal, ..]| vec![signal, part(HEADS)])?;
        add(Kernel::Gather, 1, &|_| vec![part(HEADS)])?;
        let [_, totals] = self.temporaries.lane();
        let words = totals as u32 * if self.prepares { 1 } else { 2 };
        add(Kernel::Mark, words, &|[signal, ..]| vec![signal, part(HEADS), part(MARKS)])?;
        add(Kernel::Count, words, &|_| vec![part(HEADS), part(MARKS)])?;
        add(Kernel::Columns, tiles, &|[signal, ..]| {
            vec![signal, part(COLUMN_ROOTS), part(HEADS), part(planes)]
        })?;
        // A filter's spectrum is not read while it is made.
        let spectrum = if self.prepares { ROW_ROOTS } else { SPECTRUM };
        add(rows, tiles, &|_| vec![part(ROW_ROOTS), part(spectrum), part(planes)])?;
        if self.prepares {
            return Ok(());
        }
        add(Kernel::Outputs, tiles, &|[.., out]| {
            vec![part(PLANES), part(COLUMN_ROOTS), part(HEADS), out]
        })?;
        self.mend(piece, pairs, work)
    }

    /// Mending may take a step for 32 taps at each output, beyond what a submission takes.
    fn mend<S: FnMut(&[Dispatch]) -> Result<()>>(
        &self,
        piece: &Piece,
        pairs: Range<u32>,
        work: &mut Work<S>,
    ) -> Result<()> {
        let cost = piece.sums().div_ceil(256);
        let most = (self.bounds.at_once / cost).clamp(1, pairs.len() as u64) as u32;
        for first in pairs.clone().step_by(most as usize) {
            let some = first..pairs.end.min(first + most);
            let sums = cost * some.len() as u64;
            let tiles = (self.temporaries.points / MENDED) as u32;
            let piece = piece.with(SKIPPED, first - pairs.start);
            let mut run = piece.run(Kernel::Mend, some, tiles, self.bounds.groups);
            let out = run.parts[2];
            run.parts = [self.temporaries.part(HEADS), self.temporaries.part(MARKS), out]
                .into_iter()
                .collect();
            work.push(run, sums)?;
        }
        Ok(())
    }
}

/// A convolution by the blocks of a kernel of rows of numbers, infinities and NaNs among them, and zeros
/// for longer than the filter. Of 2^16 points, both blocks of a pair have outputs.
pub fn trial(kernel: Kernel) -> Option<Trial> {
    let (signal, filter) = (70_000, 3100);
    let lens = Lens { signal, filter, first: 0, outputs: signal + filter - 1 };
    Some(trial_of(job_of(kernel, lens)?, numbers(signal, filter)))
}
