//! How blocks lie on the signal, and who works on them.

use crate::convolve::plan::Plan;
use crate::convolve::wanted::{BlockRange, BlockSpace, Geometry, Tiling};
use crate::cpu::Real;
use crate::fft::Transform;

/// The blocks of one convolution.
pub struct Blocks<'a, T: Real> {
    pub geometry: Geometry,
    pub transform: &'a Transform<T>,
    /// The number of threads that work on one block.
    pub threads: usize,
    tiling: Tiling,
}

impl<'a, T: Real> Blocks<'a, T> {
    /// Blocks of the length of `transform`. If there is only one block, all threads of the plan
    /// share it.
    pub fn new(plan: &Plan, tiling: Tiling, transform: &'a Transform<T>) -> Self {
        let geometry = plan.geometry;
        let threads = tiling.threads_inside(geometry, transform.block(), plan.threads);
        Self { geometry, transform, threads, tiling }
    }

    /// The number of outputs of a block.
    pub fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.transform.block())
    }

    /// The block for outputs `start .. start + outputs`.
    pub fn range(&self, start: usize, outputs: usize) -> BlockRange {
        self.tiling.block(self.geometry, start, outputs)
    }

    /// Bytes of a thread's workspace: `blocks` blocks for each element, and `flags` flags.
    pub fn workspace_bytes(&self, blocks: usize, flags: usize) -> usize {
        BlockSpace { blocks, block_len: self.transform.block(), flags }.bytes(size_of::<T>())
    }
}
