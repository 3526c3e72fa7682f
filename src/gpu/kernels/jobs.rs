//! The runs of any job, and the buffers that they need.

use super::transforms::{blocks, passes};
use super::work::pieces::{Bounds, Job};
use super::work::submissions;
use crate::error::Result;
use crate::gpu::dispatch::Dispatch;
use crate::gpu::{Lens, Spans};

/// The bytes of the buffers that a job's runs need beside those of the operands.
pub fn temporary_bytes(job: Job) -> impl Iterator<Item = usize> {
    let of_passes = passes::is_of_passes(job).then(|| passes::temporaries(job));
    let of_blocks = blocks::temporaries(job).into_iter().flatten();
    of_blocks.chain(of_passes.into_iter().flatten())
}

/// Gives the runs of a job to `submit`, as many at once as a submission takes. Their buffers are the
/// signal, the filter and the outputs; then those of `temporary_bytes`.
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
    match blocks::temporaries(job) {
        None if passes::is_of_passes(job) => passes::submissions(bounds, job, lens, rows, submit),
        None => submissions::submissions(bounds, job, lens, rows, submit),
        Some(_) => blocks::submissions(bounds, job, lens, rows, submit),
    }
}
