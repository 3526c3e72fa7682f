//! Overlap-save of float32, with blocks that are transformed in workgroup memory.

use super::butterflies::roots;
use super::roots::of_transforms;
use crate::error::{Error, Result};
use crate::gpu::dispatch::{Dispatch, Part};
use crate::gpu::kernels::work::cost::cost_of_transforms;
use crate::gpu::kernels::work::pieces::{Bounds, Job, OWN, Piece, Pieces};
use crate::gpu::kernels::work::submissions::Work;
use crate::gpu::kernels::work::trial::{Trial, is_near, numbers, sum};
use crate::gpu::pipelines::Kernel;
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// Filters that are prepared together. Each takes some 40 KB of memory.
const FILTERS: usize = 128;
/// The kernels, and the points of their blocks.
const KERNELS: [(Kernel, usize); 2] = [(Kernel::Blocks1024, 1024), (Kernel::Blocks4096, 4096)];
/// The parameters of the kernel's own.
const VALID: usize = 0;
const RECORD: usize = 1;
const PREPARES: usize = 2;
/// The buffers of a run, in a list that begins with those of the signal, the filter and the outputs.
const FILTER: usize = 1;
const ROOTS: usize = 3;
const PREPARED: usize = 4;

/// The lengths of a block.
#[derive(Clone, Copy)]
struct Block {
    points: usize,
    /// Outputs at most.
    valid: usize,
}

impl Block {
    /// The blocks of a kernel, for a filter of `taps`. `None` if the kernel has none, or if these would
    /// have hardly any outputs.
    fn of(kernel: Kernel, taps: usize) -> Option<Self> {
        let (_, points) = *KERNELS.iter().find(|(of_blocks, _)| *of_blocks == kernel)?;
        let valid = valid_outputs(points, taps);
        (valid > 0).then_some(Self { points, valid })
    }
}

/// The outputs of a block with a filter of `taps`, at most.
pub fn valid_outputs(points: usize, taps: usize) -> usize {
    // Stretches of outputs begin and end with a cache line.
    (points + 1).saturating_sub(taps) / 32 * 32
}

/// The convolution by the blocks of a kernel, if they have outputs.
pub fn job_of(kernel: Kernel, taps: usize) -> Option<Job> {
    let block = Block::of(kernel, taps)?;
    let mut own = [0; OWN];
    own[VALID] = block.valid as u32;
    let tile_cost = cost_of_transforms(block.points);
    Some(Job { kernel, tile: 2 * block.valid, parts: 1, tile_cost, sizes: [4; 3], own })
}

/// The bytes of the buffers that follow those of the operands: roots of unity, and prepared filters.
/// None for kernels without blocks.
pub fn temporaries(job: Job) -> Option<[usize; 2]> {
    let &(_, points) = KERNELS.iter().find(|(kernel, _)| *kernel == job.kernel)?;
    Some([8 * roots(points), 4 * record(points) * FILTERS])
}

/// The words of a prepared filter: the spectrum, the head, the marks. They are `HEAD` and `MARKS` of the
/// shader.
fn record(points: usize) -> usize {
    let lane = points / 32 + 2;
    2 * points + 8 + 11 * lane + 6 * lane.div_ceil(32)
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
    let Some(Block { points, .. }) = Block::of(job.kernel, lens.filter) else {
        return Err(Error::internal("a filter is too long for a GPU's blocks"));
    };
    let record = record(points);
    let all_roots = Part { buffer: ROOTS, from: 0, len: 8 * roots(points) };
    let mut work = Work::new(bounds, submit);
    work.push(of_transforms(points, all_roots), roots(points) as u64)?;

    let mut prepared = None;
    for rows in rows {
        let pieces = Pieces::new(bounds, job, lens, rows)?;
        let pieces = match rows.filter.step {
            0 => pieces,
            _ => pieces.of_rows(FILTERS),
        };
        for (lens, rows) in pieces.all() {
            let (filters, step) = match rows.filter.step {
                0 => (1, 0),
                _ => (rows.count, record),
            };
            if prepared != Some((rows.filter, filters)) {
                // A filter is the signal here, and its record the outputs.
                let out = Span { at: 0, step: record as isize, stride: 1 };
                let rows = Spans { count: filters, signal: rows.filter, filter: rows.filter, out };
                let lens =
                    Lens { signal: lens.filter, filter: lens.filter, first: 0, outputs: record };
                let mut job = Job { tile: record, ..job };
                job.own[PREPARES] = 1;
                work.add(&Piece::new(bounds, job, lens, rows), |mut run| {
                    let buffers = [FILTER, FILTER, PREPARED];
                    run.parts.iter_mut().zip(buffers).for_each(|(part, to)| part.buffer = to);
                    // Nothing reads the last one.
                    run.parts.extend([all_roots; 2]);
                    run
                })?;
                prepared = Some((rows.filter, filters));
            }
            let mut job = job;
            debug_assert!(step % 2 == 0, "the shader counts pairs of words");
            job.own[RECORD] = step as u32 / 2;
            let records = Part { buffer: PREPARED, from: 0, len: 4 * record * filters };
            work.add(&Piece::new(bounds, job, lens, rows), |mut run| {
                run.parts.extend([all_roots, records]);
                run
            })?;
        }
    }
    work.end()
}

/// Convolutions by blocks of a kernel of numbers, infinities and NaNs among them, and zeros for longer
/// than the filter.
pub fn trial(kernel: Kernel) -> Option<Trial> {
    Some(trial_of(job_of(kernel, 300)?, numbers(4500, 300)))
}

/// The trial of a job that transforms, with some outputs of operands.
pub fn trial_of(job: Job, [signal, taps]: [Vec<f32>; 2]) -> Trial {
    let words = [&signal, &taps].map(|x| x.iter().map(|x| x.to_bits()).collect());
    let step = taps.len().div_ceil(300);
    let norm = |x: &[f32]| {
        let squares = x.iter().filter(|x| x.is_finite()).map(|x| f64::from(x * x));
        squares.sum::<f64>().sqrt()
    };
    // 0.1 of the bound, which is 12 eps log2(points) times the norms.
    let bound = 1.2 * f64::from(f32::EPSILON) * 10.0 * norm(&signal) * norm(&taps);
    Trial::new(job, words, move |y, n| {
        if n % step != 0 {
            return true;
        }
        let [want, all] = sum([&signal, &taps], n);
        // The sum of the magnitudes is 0 under zeros.
        if all == 0.0 { y[n] == 0 } else { is_near(want, bound, f32::from_bits(y[n])) }
    })
}
