//! Vector kernels, written once and instantiated per instruction set.
//!
//! [`Isa`] holds the proof that the machine has an instruction set. [`Isa::run`] compiles a
//! [`Kernel`](vector::Kernel) for that instruction set. Kernels are generic over
//! [`Vector`](vector::Vector). They live here or in the module whose algorithm they are.
//! `docs/architecture.md` lists the modules and says which imports which.

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod float_environment;
mod isa;
mod kernels;
mod portable;
pub mod vector;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(test)]
pub mod each_isa;
#[cfg(test)]
mod tests;

pub use float_environment::{FloatEnvironment, Subnormals};
pub use isa::{Isa, ignored_isa, is_by_amd, is_isa_asked_for, isa, minds_subnormals};
pub use kernels::{
    Extent, Fence, Half, Magnitudes, PROBE, Rows, STEEPEST, add_low, add_rounded, any_negative,
    are_few, chunk_magnitudes, chunk_typicals, clamp, convolve_few, convolve_short, convolve_valid,
    copy_clamped, copy_past_caches, copy_scanned, correlate_words, cut_digits, cut_part,
    dot_in_float64, dot_reversed, extent, fenced, flush, from_float64, is_short, join_chain,
    join_parts, join_planes, join_sums, magnitudes, magnitudes_of, mark_below, multiply, narrow,
    nonzero, or_into, probe, round_to, scale, split_complex, tilt, tilt_back, to_float64, two_sum,
    widen,
};
pub use vector::{Real, Word};
