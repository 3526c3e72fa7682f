//! Direct sums of integers, modulo 2^32 or 2^64.

use crate::gpu::kernels::work::cost::cost_of_sums;
use crate::gpu::kernels::work::pieces::{Job, OWN};
use crate::gpu::kernels::work::trial::Trial;
use crate::gpu::pipelines::Kernel;

/// The outputs of a workgroup.
const TILE: usize = 1024;

/// How many bits an integer has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// One word.
    Bits32,
    /// Two words, the lower first.
    Bits64,
}

/// The direct sums of integers, of a filter of `taps`.
pub const fn job(width: Width, taps: usize) -> Job {
    let (kernel, size, eighths) = match width {
        Width::Bits32 => (Kernel::Words32, 4, 16),
        Width::Bits64 => (Kernel::Words64, 8, 96),
    };
    let tile_cost = cost_of_sums(TILE, taps, eighths);
    Job { kernel, tile: TILE, parts: 1, tile_cost, sizes: [size; 3], own: [0; OWN] }
}

/// Sums of integers without order, with all bits set, with few bits, over more than one chunk of taps.
pub fn trial(width: Width) -> Trial {
    // Multiples of an odd number close to 2^64 over the golden ratio are without order.
    let integer = |i: u64| match i % 5 {
        0 => u64::MAX,
        1 => 1 << 63 | 1 << 31,
        _ => (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
    };
    let signal: Vec<u64> = (0..1000).map(integer).collect();
    let taps: Vec<u64> = (1000..1150).map(integer).collect();
    let operands = [&signal, &taps].map(|x| words(width, x));
    let job = job(width, taps.len());
    let sum = move |n: usize| {
        let all = (n + 1).saturating_sub(signal.len())..taps.len().min(n + 1);
        all.fold(0_u64, |sum, k| sum.wrapping_add(taps[k].wrapping_mul(signal[n - k])))
    };
    Trial::new(job, operands, move |y, n| match width {
        Width::Bits32 => y[n] == sum(n) as u32,
        Width::Bits64 => y[n] == (sum(n / 2) >> (32 * (n % 2))) as u32,
    })
}

/// The words of integers, modulo 2^32 if these have one word.
pub fn words(width: Width, integers: &[u64]) -> Vec<u32> {
    match width {
        Width::Bits32 => integers.iter().map(|&x| x as u32).collect(),
        Width::Bits64 => integers.iter().flat_map(|&x| [x as u32, (x >> 32) as u32]).collect(),
    }
}
