//! Inputs so short that nobody plans: making a plan would take as long as the rest.

use super::forced::are_transforms_forced;
use crate::cpu;
use crate::dtype::Dtype;

/// Whether lengths are so short that one kernel may do, and that in any case the method is direct.
#[inline(always)]
pub fn is_short(signal: usize, taps: usize, dtype: Dtype) -> bool {
    matches!(dtype, Dtype::Float32 | Dtype::Float64) && are_short(signal, taps)
}

/// Whether lengths, none of them 0, are so short that [`cpu::convolve_short`] is the shortest way, and no other one is asked for.
#[inline(always)]
pub fn are_short(signal: usize, taps: usize) -> bool {
    cpu::is_short(signal, taps) && !are_transforms_forced()
}
