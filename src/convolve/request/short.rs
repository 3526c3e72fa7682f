//! Short inputs: one kernel, without a plan or blocks. The bits are those of the direct method.

use bytemuck::{cast_slice, cast_slice_mut};

use crate::array::View;
use crate::convolve::plan::are_short;
use crate::cpu::{Real, convolve_short};
use crate::dtype::Dtype;

/// Convolves floats of short lengths, given as bytes, and writes outputs from `full[first]` on to
/// `out`. Returns false if the dtype is neither float32 nor float64, if the lengths are not short,
/// or if a tap or an output is not finite; `out` is unspecified then.
///
/// `out` ends no later than the last output that reads the signal. No slice is empty.
pub fn convolve(a: &[u8], v: &[u8], dtype: Dtype, first: usize, out: &mut [u8]) -> bool {
    match dtype {
        Dtype::Float32 => values::<f32>(a, v, first, out),
        Dtype::Float64 => values::<f64>(a, v, first, out),
        _ => false,
    }
}

fn values<T: Real>(a: &[u8], v: &[u8], first: usize, out: &mut [u8]) -> bool {
    let (a, v, out) = (cast_slice::<u8, T>(a), cast_slice(v), cast_slice_mut(out));
    let (signal, filter) = if v.len() > a.len() { (v, a) } else { (a, v) };
    if !are_short(signal.len(), filter.len()) {
        return false;
    }
    convolve_short(signal, filter, first, out)
}

/// The bytes of the elements, if they are contiguous and need no conversion to `dtype`.
pub fn plain(view: View<'_>, dtype: Dtype) -> Option<&[u8]> {
    let size = dtype.size();
    (view.dtype == dtype && view.stride == 1)
        .then(|| &view.bytes[view.offset * size..][..view.len * size])
}
