//! Which counts a transform of float32 finds exactly, and so the width of the numbers that a transform works on.

use crate::dtype::Dtype;

/// Longest filter whose counts float32 is proven to resolve; `nonfinite/counts.rs` has the proof.
const FLOAT32_TAPS: usize = 1 << 12;
/// Longest block for which the proof holds.
const FLOAT32_BLOCK: usize = 1 << 16;

/// Whether float32 counts exactly in blocks of `block_len` points: true values under a filter of `filter_len` taps, say.
pub fn counts_fit_float32(filter_len: usize, block_len: usize) -> bool {
    filter_len <= FLOAT32_TAPS && block_len <= FLOAT32_BLOCK
}

/// Bytes of a value in a transform.
pub fn transform_width(dtype: Dtype, filter_len: usize, block_len: usize) -> usize {
    match dtype {
        Dtype::Bool if counts_fit_float32(filter_len, block_len) => 4,
        Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Complex64 => 4,
        _ => 8,
    }
}
