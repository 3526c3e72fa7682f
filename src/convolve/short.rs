//! Short inputs, on the shortest way: no plan, no blocks, one kernel. The bits are the direct method's.

use bytemuck::{cast_slice, cast_slice_mut};

use super::geometry::Geometry;
use super::plan::are_transforms_forced;
use crate::array::View;
use crate::cpu::{self, Real, convolve_short};
use crate::dtype::Dtype;

/// Whether lengths are so short that [`convolve`] may do, and that in any case the method is direct.
pub fn is_short(geometry: Geometry, dtype: Dtype) -> bool {
    let width = if dtype == Dtype::Float64 { 8 } else { 4 };
    cpu::is_short(geometry.signal, geometry.taps, width) && !are_transforms_forced()
}

/// Convolves floats that need no conversion and lie side by side. Returns false if these do not, or if one is not
/// finite: `out` is unspecified then.
pub fn convolve(
    geometry: Geometry,
    signal: View<'_>,
    filter: View<'_>,
    dtype: Dtype,
    out: &mut [u8],
) -> bool {
    let is_plain = |view: View<'_>| view.dtype == dtype && view.stride == 1;
    if !(is_plain(signal) && is_plain(filter)) {
        return false;
    }
    match dtype {
        Dtype::Float32 => values::<f32>(geometry, signal, filter, out),
        Dtype::Float64 => values::<f64>(geometry, signal, filter, out),
        _ => false,
    }
}

fn values<T: Real>(geometry: Geometry, signal: View<'_>, filter: View<'_>, out: &mut [u8]) -> bool {
    fn elements<T: Real>(view: View<'_>) -> &[T] {
        &cast_slice(view.bytes)[view.offset..][..view.len]
    }
    convolve_short(elements::<T>(signal), elements(filter), geometry.first, cast_slice_mut(out))
}
