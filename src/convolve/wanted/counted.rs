//! The lengths for which transforms of float32 count exactly, and the width of a transform's
//! values.

use crate::dtype::Dtype;

/// The longest filter for which float32 counts are proven exact. The proof is in
/// `nonfinite/counts.rs`.
const FLOAT32_TAPS: usize = 1 << 12;
/// The longest block for which the proof holds.
const FLOAT32_BLOCK: usize = 1 << 16;

/// Whether float32 counts exactly in blocks of `block_len` points, with filters of `filter_len`
/// taps. An example is the number of true values under each output.
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
