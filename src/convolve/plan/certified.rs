//! The search for the best block length for outputs that are certified one by one.

use super::arithmetic::Arithmetic;
use super::block_len::best_transforms;
use crate::convolve::wanted::{Geometry, Method, Parts};
use crate::dtype::Dtype;

/// Transforms for outputs with an error bound of their own are used up to this multiple of the time
/// of direct sums, as both are estimated. Beyond, the outputs that are summed directly as well could
/// cost more than is saved.
pub const CERTIFIED_UP_TO: f64 = 0.58;
/// Up to this many taps, float64 is cut into two parts. Outputs that two parts leave to direct sums
/// cost more with longer filters.
const TWO_PARTS: usize = 4096;

/// The best block length and its cost, for dtypes that can be certified.
pub fn best_certified(geometry: Geometry, dtype: Dtype) -> Option<(Method, f64)> {
    /// The time for a block of so many parts, as a multiple of the time for a transform: with
    /// widening, cutting, joining and proving.
    const TIMES: [f64; Parts::MOST] = [1.3, 2.8, 3.8];
    let count = match dtype {
        Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Complex64 => 1,
        Dtype::Float64 if geometry.filter_len <= TWO_PARTS => 2,
        Dtype::Float64 => 3,
        _ => return None,
    };
    let wide = Dtype::Float64;
    let (method, cost) = best_transforms(geometry, wide, Arithmetic::of(wide))?;
    let Method::Transforms { tiling, block_len } = method else { return None };
    let planes = Arithmetic::of(dtype).parts as f64;
    let parts = Parts { count, block_len };
    let is_exact = count < Parts::MOST || parts.finer(geometry.filter_len).is_some();
    is_exact.then_some((Method::Certified { tiling, parts }, planes * TIMES[count - 1] * cost))
}
