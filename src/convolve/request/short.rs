//! Short inputs: one kernel, without a plan or blocks. The bits are those of the direct method.

use bytemuck::{cast_slice, cast_slice_mut};

use crate::convolve::plan::are_short;
use crate::convolve::wanted::Operand;
use crate::cpu::{Real, convolve_short};
use crate::dtype::Dtype;

/// Convolves a signal with a filter of floats, of short lengths, and writes outputs from
/// `full[first]` on to `out`. Returns false if the dtype is neither float32 nor float64, if an
/// operand is not in place, if the lengths are not short, or if a tap or an output is not finite;
/// `out` is unspecified then.
///
/// `out` ends no later than the last output that reads the signal. Neither it nor an operand is
/// empty.
pub fn convolve(operands: [Operand<'_>; 2], dtype: Dtype, first: usize, out: &mut [u8]) -> bool {
    match (dtype, operands.map(|operand| in_place(operand, dtype))) {
        (Dtype::Float32, [Some(signal), Some(filter)]) => values::<f32>(signal, filter, first, out),
        (Dtype::Float64, [Some(signal), Some(filter)]) => values::<f64>(signal, filter, first, out),
        _ => false,
    }
}

fn values<T: Real>(signal: &[u8], filter: &[u8], first: usize, out: &mut [u8]) -> bool {
    let (signal, filter) = (cast_slice::<u8, T>(signal), cast_slice(filter));
    are_short(signal.len(), filter.len())
        && convolve_short(signal, filter, first, cast_slice_mut(out))
}

/// The bytes of the elements, if all of them are contiguous, and need no conversion to `dtype`.
fn in_place(operand: Operand<'_>, dtype: Dtype) -> Option<&[u8]> {
    let Operand { view, window, .. } = operand;
    let size = dtype.size();
    (view.dtype == dtype && view.stride == 1 && window.is_none())
        .then(|| &view.bytes[view.offset * size..][..view.len * size])
}
