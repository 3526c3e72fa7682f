//! The methods that a plan chooses from, and the steps in which each method computes the outputs.

use super::geometry::Geometry;
use super::tiling::Tiling;
use crate::dtype::Dtype;

/// The step of direct sums: this many outputs, and the signal under them, stay in a first-level
/// cache. A multiple of every kernel's tile.
const DIRECT_STEP: usize = 21 * 192;

/// The step of direct complex sums. A first-level cache holds the four sums of each output, the two
/// planes of the signal under the outputs, and the complex values, which are read and written once.
/// Twice as many outputs took 4 % longer.
const COMPLEX_STEP: usize = 5 * 192;

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// One sum for each output.
    Direct,
    /// Transforms of blocks of `block_len` points.
    Transforms {
        /// How blocks lie on the signal.
        tiling: Tiling,
        /// Points of a block.
        block_len: usize,
    },
    /// Transforms of blocks of `block_len` points, each with a piece of the filter.
    Pieces {
        /// Points of a block.
        block_len: usize,
    },
}

impl Method {
    /// The number of outputs in a step.
    pub fn step(self, geometry: Geometry, dtype: Dtype) -> usize {
        match self {
            Self::Direct => Self::direct_step(dtype),
            Self::Transforms { tiling, block_len } => tiling.step(geometry, block_len),
            Self::Pieces { .. } => geometry.outputs,
        }
    }

    /// The number of outputs in a step of direct sums.
    pub const fn direct_step(dtype: Dtype) -> usize {
        match dtype {
            Dtype::Complex64 => COMPLEX_STEP,
            _ => DIRECT_STEP,
        }
    }

    /// The number of steps for all outputs.
    pub fn steps(self, geometry: Geometry, dtype: Dtype) -> usize {
        geometry.outputs.div_ceil(self.step(geometry, dtype))
    }

    /// Points of a block that holds the whole filter, if the method has such blocks.
    pub fn block_len(self) -> Option<usize> {
        match self {
            Self::Direct | Self::Pieces { .. } => None,
            Self::Transforms { block_len, .. } => Some(block_len),
        }
    }
}
