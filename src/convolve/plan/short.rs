//! Inputs so short that making a plan would take as long as the rest.

use super::forced::are_transforms_forced;
use crate::cpu;
use crate::dtype::Dtype;

/// Whether the lengths are so short that one kernel may compute everything. If it cannot, the
/// plan's method is direct.
#[inline(always)]
pub fn is_short(signal: usize, taps: usize, dtype: Dtype) -> bool {
    matches!(dtype, Dtype::Float32 | Dtype::Float64) && are_short(signal, taps)
}

/// Whether the lengths, which are not 0, are so short that [`cpu::convolve_short`] is the fastest
/// way, and transforms are not forced.
#[inline(always)]
pub fn are_short(signal: usize, taps: usize) -> bool {
    cpu::is_short(signal, taps) && !are_transforms_forced()
}
