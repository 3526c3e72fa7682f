//! The methods that a plan chooses from.

use crate::convolve::direct;
use crate::convolve::geometry::Geometry;
use crate::convolve::tiling::Tiling;
use crate::dtype::Dtype;

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// A sum per output.
    Direct,
    /// Transforms of `block` points.
    Transforms {
        /// How blocks lie.
        tiling: Tiling,
        /// Points of a block.
        block: usize,
    },
}

impl Method {
    /// Outputs computed at a time.
    pub fn step(self, geometry: Geometry, dtype: Dtype) -> usize {
        match self {
            Self::Direct if dtype == Dtype::Complex64 => direct::COMPLEX_STEP,
            Self::Direct => direct::STEP,
            Self::Transforms { tiling, block } => tiling.step(geometry, block),
        }
    }

    /// Steps that make all outputs.
    pub fn steps(self, geometry: Geometry, dtype: Dtype) -> usize {
        geometry.outputs.div_ceil(self.step(geometry, dtype))
    }
}
