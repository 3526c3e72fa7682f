//! Which transforms compute a convolution of float32, and whether they are faster than direct sums.

use super::{blocks, passes};
use crate::error::{Error, Result};
use crate::gpu::Lens;
use crate::gpu::kernels::sums::direct;
use crate::gpu::kernels::work::pieces::Job;
use crate::gpu::pipelines::Kernel;

/// Transforms of a length, and how many multiply-adds take as long as all of a row's.
struct Candidate {
    job: Job,
    log2: u32,
    cost: u64,
}

impl Candidate {
    /// `None` if fewer than a quarter of a block's points would be outputs.
    fn of(kernel: Kernel, lens: Lens) -> Option<Self> {
        let (job, log2) = match kernel {
            Kernel::Blocks1024 => (blocks::job_of(kernel, lens.filter)?, 10),
            Kernel::Blocks4096 => (blocks::job_of(kernel, lens.filter)?, 12),
            Kernel::Rows256 => (passes::job_of(kernel, lens)?, 16),
            _ => (passes::job_of(Kernel::Rows4096, lens)?, 20),
        };
        let pairs = lens.outputs.div_ceil(job.tile) as u64;
        let cost = pairs.saturating_mul(job.tile_cost);
        (job.tile >= 1 << (log2 - 1)).then_some(Self { job, log2, cost })
    }

    /// The one that takes least.
    fn best(lens: Lens) -> Option<Self> {
        let kernels = [Kernel::Blocks1024, Kernel::Blocks4096, Kernel::Rows256, Kernel::Rows4096];
        let all = kernels.into_iter().filter_map(|kernel| Self::of(kernel, lens));
        all.min_by_key(|candidate| candidate.cost)
    }
}

/// The transforms by which rows are convolved, if they are possible and estimated to be faster than direct
/// sums: the points of a block, and its outputs at most. They are possible up to 786 433 taps.
pub fn faster_transforms(lens: Lens) -> Option<[usize; 2]> {
    let directly = lens.outputs.next_multiple_of(direct::TILE) as u64 * lens.filter as u64;
    let best = Candidate::best(lens)?;
    let is_faster = best.cost < directly;
    is_faster.then_some([1 << best.log2, best.job.tile / 2])
}

/// The convolution of rows by the transforms that take least.
///
/// # Errors
/// `Internal` if there are too many taps.
pub fn job(lens: Lens) -> Result<Job> {
    let too_many = || Error::internal("a filter is too long for a GPU's transforms");
    Candidate::best(lens).map(|best| best.job).ok_or_else(too_many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_filters_have_longer_blocks() {
        let kernel = |signal: usize, filter: usize| {
            let lens = Lens { signal, filter, first: 0, outputs: signal + filter - 1 };
            (job(lens).unwrap().kernel, faster_transforms(lens).is_some())
        };
        assert!(!kernel(1 << 20, 64).1);
        assert_eq!(kernel(1 << 20, 300), (Kernel::Blocks4096, true));
        assert_eq!(kernel(500, 300), (Kernel::Blocks1024, false));
        assert_eq!(kernel(1 << 20, 2000), (Kernel::Blocks4096, true));
        assert_eq!(kernel(1 << 20, 3500), (Kernel::Rows256, true));
        assert_eq!(kernel(1 << 23, 1 << 16), (Kernel::Rows4096, true));
        let of = |filter: usize| Lens { signal: 1 << 21, filter, first: 0, outputs: 100 };
        assert!(job(of(786_433)).is_ok());
        assert!(job(of(786_434)).is_err() && faster_transforms(of(786_434)).is_none());
    }
}
