//! How much memory a method takes beyond operands and output.

use super::arithmetic::Arithmetic;
use super::method::Method;
use crate::convolve::geometry::Geometry;
use crate::convolve::integer::Digits;
use crate::convolve::nonfinite::{FLOAT32_BLOCK, FLOAT32_TAPS};
use crate::convolve::planes::Planes;
use crate::dtype::Dtype;
use crate::memory;

/// Bytes of a value in a transform.
pub fn transform_width(dtype: Dtype, taps: usize, block: usize) -> usize {
    match dtype {
        Dtype::Bool if taps <= FLOAT32_TAPS && block <= FLOAT32_BLOCK => 4,
        Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Complex64 => 4,
        _ => 8,
    }
}

/// Digits that an element is cut into for a transform; 1 for what is not an integer, `None` where a
/// transform of integers would not be exact.
pub fn digits(dtype: Dtype, taps: usize, block: usize) -> Option<usize> {
    match dtype.is_integer() {
        true => Some(Digits::new(8 * dtype.size() as u32, taps, block)?.count),
        false => Some(1),
    }
}

/// Bytes that a thread takes, and that all threads share, at most. Saturating: the lengths need not exist.
pub fn workspace(
    method: Method,
    geometry: Geometry,
    dtype: Dtype,
    arithmetic: Arithmetic,
) -> (usize, usize) {
    match method {
        Method::Direct => {
            let parts = arithmetic.parts;
            let step = method.step(geometry, dtype).min(geometry.outputs);
            let taps = geometry.taps.saturating_mul(parts * arithmetic.width);
            (taps.saturating_add((parts + parts * parts) * step * arithmetic.width + step), taps)
        }
        Method::Transforms { block, .. } => {
            let plane = block.saturating_add(Planes::<f64>::GAP).saturating_mul(transform_width(
                dtype,
                geometry.taps,
                block,
            ));
            let digits = digits(dtype, geometry.taps, block).unwrap_or_default();
            let planes = memory::block_size(plane).saturating_mul(digits * arithmetic.parts);
            (planes, planes)
        }
    }
}
