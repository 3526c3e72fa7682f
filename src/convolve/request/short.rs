//! Short inputs: one kernel, without a plan or blocks. The bits are those of the direct method.

use bytemuck::{cast_slice, cast_slice_mut};

use crate::array::View;
use crate::convolve::plan::are_short;
use crate::cpu::{Real, convolve_short};
use crate::dtype::Dtype;

/// Convolves floats of short lengths, and writes outputs from `full[first]` on to `out`. Returns
/// false if the dtype is neither float32 nor float64, if an operand is not in place, if the lengths
/// are not short, or if a tap or an output is not finite; `out` is unspecified then.
///
/// `out` ends no later than the last output that reads the signal. Neither it nor an operand is
/// empty.
pub fn convolve(a: View<'_>, v: View<'_>, dtype: Dtype, first: usize, out: &mut [u8]) -> bool {
    match (dtype, in_place(a, dtype), in_place(v, dtype)) {
        (Dtype::Float32, Some(a), Some(v)) => values::<f32>(a, v, first, out),
        (Dtype::Float64, Some(a), Some(v)) => values::<f64>(a, v, first, out),
        _ => false,
    }
}

fn values<T: Real>(a: &[u8], v: &[u8], first: usize, out: &mut [u8]) -> bool {
    let (a, v, out) = (cast_slice::<u8, T>(a), cast_slice(v), cast_slice_mut(out));
    let (signal, filter) = if v.len() > a.len() { (v, a) } else { (a, v) };
    are_short(signal.len(), filter.len()) && convolve_short(signal, filter, first, out)
}

/// The bytes of the elements, if they are contiguous and need no conversion to `dtype`.
fn in_place(view: View<'_>, dtype: Dtype) -> Option<&[u8]> {
    let size = dtype.size();
    (view.dtype == dtype && view.stride == 1)
        .then(|| &view.bytes[view.offset * size..][..view.len * size])
}
