//! Direct sums of float32 and complex64.

use super::pieces::{Job, OWN};
use super::trial::{Trial, is_sum, signal_and_taps};
use crate::gpu::pipelines::Kernel;

/// The outputs of a workgroup.
pub const TILE: usize = 1024;

/// The numbers that are summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floats {
    /// Whether they are complex: pairs of float32.
    pub are_complex: bool,
    /// Whether zeros stand for subnormal numbers.
    pub flush: bool,
    /// Whether conjugates stand for the numbers of the signal, and of the filter.
    pub are_conjugated: [bool; 2],
}

/// The direct sums of a filter of `taps`.
pub fn job(taps: usize, numbers: Floats) -> Job {
    let Floats { are_complex, flush, are_conjugated: [signal, filter] } = numbers;
    let parts = if are_complex { 2 } else { 1 };
    let mut own = [0; OWN];
    // Products of numbers with these biased exponents are below 2^(sum - 252).
    own[0] = 379 - (parts * taps).next_power_of_two().ilog2();
    own[1] = parts as u32;
    own[2] = u32::from(flush);
    own[3] = u32::from(signal) | u32::from(filter) << 1;
    Job {
        kernel: Kernel::Direct,
        tile: TILE,
        parts,
        cost: 8 * parts as u64,
        sizes: [4 * parts; 3],
        own,
    }
}

/// Sums of numbers, infinities and NaNs among them.
pub fn trial() -> Trial {
    let [signal, taps] = signal_and_taps();
    let words = [&signal, &taps].map(|x| x.iter().map(|x| x.to_bits()).collect());
    let job = job(taps.len(), Floats::default());
    Trial::new(job, words, move |y, n| is_sum([&signal, &taps], n, f32::from_bits(y[n])))
}
