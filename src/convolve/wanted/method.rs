//! The methods that a plan chooses from, and the steps in which each computes the outputs.

use super::geometry::Geometry;
use super::tiling::Tiling;
use crate::dtype::Dtype;

/// Outputs of direct sums computed at a time: with the signal under them, they stay in a first-level cache. A multiple of
/// every kernel's tile.
const DIRECT_STEP: usize = 21 * 192;

/// Outputs of direct complex sums computed at a time: four sums of each, two planes of the signal under them, and the
/// complex values that are read and written once stay in a first-level cache. Twice as many took 4 % longer.
const COMPLEX_STEP: usize = 5 * 192;

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// A sum per output.
    Direct,
    /// Transforms of `block_len` points.
    Transforms {
        /// How blocks lie.
        tiling: Tiling,
        /// Points of a block.
        block_len: usize,
    },
}

impl Method {
    /// Outputs computed at a time.
    pub fn step(self, geometry: Geometry, dtype: Dtype) -> usize {
        match self {
            Self::Direct => Self::direct_step(dtype),
            Self::Transforms { tiling, block_len } => tiling.step(geometry, block_len),
        }
    }

    /// Outputs of direct sums computed at a time.
    pub const fn direct_step(dtype: Dtype) -> usize {
        match dtype {
            Dtype::Complex64 => COMPLEX_STEP,
            _ => DIRECT_STEP,
        }
    }

    /// Steps that make all outputs.
    pub fn steps(self, geometry: Geometry, dtype: Dtype) -> usize {
        geometry.outputs.div_ceil(self.step(geometry, dtype))
    }

    /// Points of a block, if outputs are computed in blocks.
    pub fn block_len(self) -> Option<usize> {
        match self {
            Self::Direct => None,
            Self::Transforms { block_len, .. } => Some(block_len),
        }
    }
}
