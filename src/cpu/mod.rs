//! Vector kernels, written once and instantiated per instruction set.
//!
//! [`Isa`] holds the proof that the machine has an instruction set; [`Isa::run`] compiles a
//! [`Kernel`](vector::Kernel) for it. Kernels are generic over [`Vector`](vector::Vector) and live here or
//! in the module whose algorithm they are.

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod convert;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
mod digits;
mod direct;
mod dot;
mod fpenv;
mod isa;
mod places;
mod portable;
mod rows;
mod scan;
mod short;
mod stream;
pub mod vector;
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))]
mod words;
mod words_plain;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(test)]
pub mod guarded;
#[cfg(test)]
mod tests;

pub use convert::{Half, join_planes, join_sums, narrow, round_to, split_complex, widen};
pub use direct::convolve_valid;
pub use dot::{are_few, convolve_few};
pub use fpenv::FloatEnvironment;
pub use isa::{Isa, is_by_amd, isa};
pub use places::{add_rounded, cut_digits};
pub use rows::Rows;
pub use scan::{copy_largest, largest, or_into};
pub use short::{convolve_short, is_short};
pub use stream::{copy_past_caches, fence_once};
pub use vector::{Real, Word};
pub use words::correlate_words;
