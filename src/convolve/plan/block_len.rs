//! The search for the best block length. Every length that pays is tried.

use super::arithmetic::Arithmetic;
use super::cost::{SETUP, block_cost};
use crate::convolve::wanted::{Geometry, Method, Tiling, spectra_bytes};
use crate::dtype::Dtype;
use crate::fft::Transform;

/// The limit for a thread's workspace, for filters of up to [`BOUNDED_TAPS`] taps.
const WORKSPACE_LIMIT: usize = 32 << 20;
/// The longest filter for which [`WORKSPACE_LIMIT`] holds. For longer filters, memory is linear in
/// the lengths.
const BOUNDED_TAPS: usize = 1 << 17;
/// Shorter blocks are powers of two. In other short blocks, the transform computes some values one
/// at a time.
const SHORTEST_ODD_BLOCK: usize = 1536;
/// The number of block lengths that are tried, from the shortest on. Beyond five octaves, the cost
/// for each output grows.
const LENGTHS: usize = 16;

/// The best block length and its cost.
pub fn best_transforms(
    geometry: Geometry,
    dtype: Dtype,
    arithmetic: Arithmetic,
) -> Option<(Method, f64)> {
    // Short blocks of 6 or 10 times a power of two are slow.
    let length = |at_least: usize| match at_least.max(2).checked_next_power_of_two() {
        Some(block) if block < SHORTEST_ODD_BLOCK => Some(block),
        _ => Transform::<f32>::block_for(at_least.max(SHORTEST_ODD_BLOCK)),
    };
    let cost = |method: Method, block_len| {
        let blocks = method.steps(geometry, dtype) as f64;
        arithmetic.parts as f64 * (SETUP + block_cost(geometry, dtype, block_len) * (blocks + 0.5))
    };
    // The filter's spectra, and a thread's block of the same size.
    let fits = |block_len| {
        let spectra = spectra_bytes(dtype, geometry.filter_len, block_len);
        geometry.filter_len > BOUNDED_TAPS || spectra.saturating_mul(2) <= WORKSPACE_LIMIT
    };
    let single = length(Tiling::Single.points(geometry, geometry.outputs))
        .map(|block_len| (Method::Transforms { tiling: Tiling::Single, block_len }, block_len));
    let largest = single.map_or(usize::MAX, |(_, block)| block);
    let sliding =
        std::iter::successors(length(2 * geometry.filter_len), |&block| length(block + 1))
            .take_while(|&block| block < largest)
            .take(LENGTHS)
            .map(|block_len| {
                (Method::Transforms { tiling: Tiling::OverlapSave, block_len }, block_len)
            });
    single
        .into_iter()
        .chain(sliding)
        .filter(|&(_, block_len)| fits(block_len))
        .map(|(method, block_len)| (method, cost(method, block_len)))
        .filter(|&(_, cost)| cost.is_finite())
        .min_by(|a, b| a.1.total_cmp(&b.1))
}
