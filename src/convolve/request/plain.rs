//! Convolution of elements on plain pointers, by the processor.

use super::executor::Executor;
use crate::array::View;
use crate::convolve::wanted::{Geometry, Mode};
use crate::dtype::Dtype;
use crate::error::Result;

/// Convolves the elements of `dtype` that `a` and `v` hold over `out`: exactly [`output_len`](crate::convolve::output_len)
/// elements. All are aligned for the dtype. Whoever has floats of lengths that [`are_short`](crate::convolve::are_short) tries
/// [`convolve_short`](crate::convolve::convolve_short) first.
///
/// # Errors
/// `InvalidArgument` for lengths; `OutOfMemory` for workspace, and `out` is unspecified then.
pub fn convolve_plain(a: &[u8], v: &[u8], dtype: Dtype, mode: Mode, out: &mut [u8]) -> Result<()> {
    let [a, v] = [a, v].map(|bytes| View {
        bytes,
        dtype,
        offset: 0,
        stride: 1,
        len: bytes.len() / dtype.size(),
    });
    let plan = Executor::Cpu.plan(Geometry::new(a.len, v.len, mode)?, dtype);
    Executor::Cpu.convolve(&plan, a, v, out)
}

/// How a convolution is computed: method, block, kernel, workspace bytes, why. For people.
///
/// # Errors
/// `InvalidArgument` for lengths.
pub fn explain(a_len: usize, v_len: usize, dtype: Dtype, mode: Mode) -> Result<String> {
    Ok(Executor::Cpu.plan(Geometry::new(a_len, v_len, mode)?, dtype).to_string())
}
