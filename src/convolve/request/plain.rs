//! Convolution of plain elements by the processor.

use std::fmt::Display;

use super::executor::Executor;
use crate::array::View;
use crate::convolve::wanted::{Geometry, Mode};
use crate::dtype::Dtype;
use crate::error::Result;

/// Convolves the elements of `dtype` in `a` and `v`. Writes exactly
/// [`output_len`](crate::convolve::output_len) elements to `out`. All three are aligned for the
/// dtype. For floats whose lengths [`are_short`](crate::convolve::are_short), callers try
/// [`convolve_short`](crate::convolve::convolve_short) first.
///
/// # Errors
/// `InvalidArgument` for impossible lengths; `OutOfMemory` for workspace, and `out` is unspecified
/// then.
pub fn convolve_plain(a: &[u8], v: &[u8], dtype: Dtype, mode: Mode, out: &mut [u8]) -> Result<()> {
    let operands = [a, v].map(|bytes| View {
        bytes,
        dtype,
        offset: 0,
        stride: 1,
        len: bytes.len() / dtype.size(),
    });
    let geometry = Geometry::new(operands[0].len, operands[1].len, mode)?;
    Executor::Cpu.convolve_at_once((geometry, dtype), operands, out)
}

/// A text for people about how a convolution is computed: method, block, kernel, bytes of
/// workspace, and why.
///
/// # Errors
/// `InvalidArgument` for impossible lengths.
pub fn explain(a_len: usize, v_len: usize, dtype: Dtype, mode: Mode) -> Result<impl Display> {
    Ok(Executor::Cpu.plan(Geometry::new(a_len, v_len, mode)?, dtype))
}
