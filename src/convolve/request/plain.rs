//! Convolution of plain elements by the processor.

use std::fmt::Display;

use super::executor::Executor;
use crate::array::{Rows, View};
use crate::convolve::wanted::{Geometry, Mode, Options, wanted_len};
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::memory::RowsMut;

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

/// Convolves the elements of `dtype` in `a` and `v` as `options` say. Writes exactly
/// [`wanted_len`](crate::convolve::wanted_len) elements of `options.dtype`, or else of `dtype`, to
/// `out`. All three are aligned for their dtypes.
///
/// # Errors
/// As for [`wanted_len`](crate::convolve::wanted_len). `InvalidArgument` if `dtype` does not
/// promote to the dtype of the options; `Unsupported` for an accuracy that is not available;
/// `OutOfMemory` for workspace, and `out` is unspecified then.
pub fn convolve_plain_with(
    a: &[u8],
    v: &[u8],
    dtype: Dtype,
    options: &Options,
    out: &mut [u8],
) -> Result<()> {
    if *options != Options::of_mode(options.mode) {
        return Err(Error::unsupported("options other than the mode"));
    }
    convolve_plain(a, v, dtype, options.mode, out)
}

/// Convolves row i of `a` with row i of `v`, for each row of `out`, whose elements are of `dtype`.
/// Each row has the bits of its own call with that dtype. A row of `out` has exactly
/// [`wanted_len`](crate::convolve::wanted_len) elements. Rows are aligned for their dtypes.
///
/// # Errors
/// As for [`convolve_plain_with`], and `InvalidArgument` if the dtype of the options is neither
/// `None` nor `dtype`.
pub fn convolve_rows(
    a: &Rows<'_>,
    v: &Rows<'_>,
    options: &Options,
    dtype: Dtype,
    out: &mut RowsMut<'_>,
) -> Result<()> {
    let _ = (a.row(0), v.row(0), wanted_len(a.len, v.len, options)?, dtype, out.row(0));
    Err(Error::unsupported("rows"))
}

/// Like [`explain`], for any options.
///
/// # Errors
/// As for [`convolve_plain_with`].
pub fn explain_with(
    a_len: usize,
    v_len: usize,
    dtype: Dtype,
    options: &Options,
) -> Result<impl Display> {
    explain(a_len, v_len, dtype, options.mode)
}
