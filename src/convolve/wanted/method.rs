//! The methods that a plan chooses from, and the steps in which each method computes the outputs.

use super::geometry::Geometry;
use super::parts::Parts;
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
    /// Transforms in float64 of blocks that are cut into parts. Each output whose error is not
    /// proven small is summed directly.
    Certified {
        /// How blocks lie on the signal.
        tiling: Tiling,
        /// The parts, and the points of a block.
        parts: Parts,
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
            Self::Certified { tiling, parts } => tiling.step(geometry, parts.block_len),
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

    /// The shape of the filter that the method takes.
    pub fn shape(self) -> Shape {
        match self {
            Self::Direct | Self::Pieces { .. } => Shape::Taps,
            Self::Transforms { block_len, .. } => Shape::Block(block_len),
            Self::Certified { parts, .. } => Shape::Parts(parts),
        }
    }
}

/// The shape in which a filter is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Its taps.
    Taps,
    /// Its taps, and the transform of a block of this many points.
    Block(usize),
    /// Its taps, and the transforms of their parts.
    Parts(Parts),
}

impl Shape {
    /// Points of a block in which the filter is transformed in the numbers for computing, if it is.
    pub fn block_len(self) -> Option<usize> {
        match self {
            Self::Block(block_len) => Some(block_len),
            Self::Taps | Self::Parts(_) => None,
        }
    }
}
