//! The convolution of bools: an output is true if a tap meets a true value.

use std::ops::Range;

use crate::gpu::kernels::work::cost::cost_of_sums;
use crate::gpu::kernels::work::pieces::{Job, OWN};
use crate::gpu::kernels::work::trial::Trial;
use crate::gpu::pipelines::Kernel;

/// The outputs of a workgroup.
const TILE: usize = 2048;

/// The convolution of bools with a filter of `taps`, with a byte for each value and tap, and a word for each
/// output: 0 or 1.
pub const fn job(taps: usize) -> Job {
    let tile_cost = cost_of_sums(TILE, taps, 1);
    Job { kernel: Kernel::Bits, tile: TILE, parts: 1, tile_cost, sizes: [1, 1, 4], own: [0; OWN] }
}

/// Few true values and taps, so that half of the outputs are false. Each bit makes a byte true.
pub fn trial() -> Trial {
    let bytes = |numbers: Range<u32>, every: u32| -> Vec<u8> {
        // Multiples of an odd number close to 2^32 over the golden ratio are without order.
        let is_true = |i: u32| (i.wrapping_mul(0x9e37_79b9) >> 16).is_multiple_of(every);
        numbers.map(|i| if is_true(i) { 1 << (i % 8) } else { 0 }).collect()
    };
    // More than a chunk of taps.
    let (signal, taps) = (bytes(1..401, 47), bytes(401..4601, 13));
    let operands = [&signal, &taps].map(|x| bytemuck::pod_collect_to_vec(x));
    let job = job(taps.len());
    let is_true = move |n: usize| {
        let mut all = (n + 1).saturating_sub(signal.len())..taps.len().min(n + 1);
        all.any(|k| taps[k] != 0 && signal[n - k] != 0)
    };
    Trial::new(job, operands, move |y, n| y[n] == u32::from(is_true(n)))
}
