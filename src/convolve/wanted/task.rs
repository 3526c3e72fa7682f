//! The task of an executor, without its operands.

use super::geometry::Geometry;
use super::options::{Accuracy, Subnormals};
use crate::dtype::Dtype;

/// The sums of a geometry, in a dtype, and how exact they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Lengths and offsets.
    pub geometry: Geometry,
    /// The dtype of the result, to which both operands are converted.
    pub dtype: Dtype,
    /// How large the error of an output may be.
    pub accuracy: Accuracy,
    /// How subnormal numbers are treated.
    pub subnormals: Subnormals,
}
