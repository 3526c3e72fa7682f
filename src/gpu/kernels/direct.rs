//! Direct sums of float32.

use super::pieces::{Job, OWN};
use super::trial::{Trial, is_sum, signal_and_taps};
use crate::gpu::pipelines::Kernel;

/// The outputs of a workgroup.
const TILE: usize = 1024;

/// The direct sums of a filter of `taps`.
pub fn job(taps: usize) -> Job {
    let mut own = [0; OWN];
    // Products of numbers with these biased exponents are below 2^(sum - 252).
    own[0] = 379 - taps.next_power_of_two().ilog2();
    Job { kernel: Kernel::Direct, tile: TILE, parts: 1, sizes: [4; 3], own }
}

/// Sums of numbers, infinities and NaNs among them.
pub fn trial() -> Trial {
    let [signal, taps] = signal_and_taps();
    let words = [&signal, &taps].map(|x| x.iter().map(|x| x.to_bits()).collect());
    Trial::new(job(taps.len()), words, move |y, n| {
        is_sum([&signal, &taps], n, f32::from_bits(y[n]))
    })
}
