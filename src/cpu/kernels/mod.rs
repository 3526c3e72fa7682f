//! Computations, one idea per file. Each is written once over the traits of vectors.

mod chains;
mod convert;
mod direct;
mod dot;
mod float_digits;
mod marks;
mod norms;
mod parts;
mod past_caches;
mod planes;
mod power;
mod reversed;
mod rows;
mod scan;
mod short;
mod tilt;
mod wide;
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))]
mod words;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
mod words32;
mod words_plain;

pub use chains::{add_low, join_chain, two_sum};
pub use convert::{Half, narrow, round_to, widen};
pub use direct::convolve_valid;
pub use dot::{are_few, convolve_few};
pub use float_digits::{add_rounded, cut_digits};
pub use marks::mark_below;
pub use norms::{chunk_magnitudes, chunk_typicals, magnitudes};
pub use parts::{cut_part, join_parts};
pub use past_caches::{Fence, copy_past_caches, fenced};
pub use planes::{join_planes, join_sums, split_complex};
pub use power::scale;
pub use reversed::dot_reversed;
pub use rows::Rows;
pub use scan::{
    Extent, Magnitudes, PROBE, any_negative, clamp, copy_clamped, copy_scanned, extent, flush,
    magnitudes_of, multiply, nonzero, or_into, probe,
};
pub use short::{convolve_short, is_short};
pub use tilt::{STEEPEST, tilt, tilt_back};
pub use wide::{dot_in_float64, from_float64, to_float64};
pub use words::correlate_words;
