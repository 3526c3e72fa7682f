//! The search for the best block length for a filter in pieces.

use super::cost::{SETUP, block_cost};
use crate::convolve::wanted::{Geometry, Method, Pieces};
use crate::cpu::are_few;
use crate::dtype::Dtype;
use crate::fft::Transform;

/// A block has at least this many points for each output. So a piece is longer than the outputs are
/// many, on which the proof of the error bound in docs/accuracy.md relies.
const LEAST_TIMES: usize = 2;
/// The number of block lengths that are tried, from the shortest on.
const LENGTHS: usize = 16;
/// The shortest block. In shorter blocks, the transform computes some values one at a time. The
/// proof of the error bound relies on it, too.
const SHORTEST: usize = 1536;

/// The best block length and its cost, for real floats. `None` for outputs so few that dot products
/// are as fast: they keep the error bound of direct sums.
pub fn best_pieces(geometry: Geometry, dtype: Dtype) -> Option<(Method, f64)> {
    if are_few(geometry.outputs, geometry.filter_len) {
        return None;
    }
    let shortest = geometry.outputs.checked_mul(LEAST_TIMES)?.max(SHORTEST);
    std::iter::successors(Transform::<f32>::block_for(shortest), |&block| {
        Transform::<f32>::block_for(block + 1)
    })
    .take(LENGTHS)
    .map_while(|block_len| Pieces::new(geometry, block_len))
    .map(|pieces| (Method::Pieces { block_len: pieces.block_len }, cost(geometry, pieces, dtype)))
    .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// A piece takes two transforms, as much as a block with its inverse transform. A group takes an
/// inverse transform.
fn cost(geometry: Geometry, pieces: Pieces, dtype: Dtype) -> f64 {
    let blocks = pieces.count() as f64 + 0.5 * pieces.groups() as f64;
    SETUP + blocks * block_cost(geometry, dtype, pieces.block_len)
}
