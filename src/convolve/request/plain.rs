//! Convolution of plain elements by the processor.

use super::convolution::Convolution;
use super::executor::Executor;
use crate::array::{Rows, View};
use crate::convolve::wanted::{Geometry, Mode, Operand, Options, Task};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::memory::{RowMut, RowsMut};

/// Convolves the elements of `dtype` in `a` and `v`. Writes exactly
/// [`output_len`](crate::convolve::output_len) elements to `out`. All three are aligned for the
/// dtype. For floats whose lengths [`are_short`](crate::convolve::are_short), callers try
/// [`convolve_short`](crate::convolve::convolve_short) first.
///
/// # Errors
/// `InvalidArgument` for impossible lengths; `OutOfMemory` for workspace, and `out` is unspecified
/// then.
pub fn convolve_plain(a: &[u8], v: &[u8], dtype: Dtype, mode: Mode, out: &mut [u8]) -> Result<()> {
    // The same as with default options, in fewer steps, for short calls.
    let [a, v] = views([a, v], dtype);
    let geometry = Geometry::new(a.len, v.len, mode)?;
    let operands = if v.len > a.len { [v, a] } else { [a, v] }.map(Operand::from);
    let Options { accuracy, subnormals, .. } = Options::default();
    let task = Task { geometry, dtype, accuracy, subnormals };
    Executor::Cpu.convolve_at_once(task, operands, RowMut::contiguous(out, dtype.size()))
}

/// Convolves the elements of `dtype` in `a` and `v` as `options` say. Writes exactly
/// [`wanted_len`](crate::convolve::wanted_len) elements of `options.dtype`, to which `dtype`
/// promotes, or else of `dtype`, to `out`. All three are aligned for their dtypes.
///
/// # Errors
/// As for [`wanted_len`](crate::convolve::wanted_len); `OutOfMemory` for workspace, and `out` is
/// unspecified then.
pub fn convolve_plain_with(
    a: &[u8],
    v: &[u8],
    dtype: Dtype,
    options: &Options,
    out: &mut [u8],
) -> Result<()> {
    let [a, v] = views([a, v], dtype);
    let result = options.result_dtype(dtype, dtype);
    let convolution = Convolution::new(Executor::Cpu, (a.len, v.len), result, options)?;
    let out = RowMut::contiguous(out, result.size());
    assert_eq!(out.len(), convolution.geometry().outputs);
    convolution.run(None, a, v, out)
}

/// Convolves row i of `a` with row i of `v`, for each row of `out`, whose elements are of `dtype`.
/// Both inputs promote to this dtype, whatever that of the options is. Each row has the bits of its
/// own call with it. A row of `out` has exactly [`wanted_len`](crate::convolve::wanted_len) elements.
/// Rows are aligned for their dtypes.
///
/// # Errors
/// As for [`convolve_plain_with`].
pub fn convolve_rows(
    a: &Rows<'_>,
    v: &Rows<'_>,
    options: &Options,
    dtype: Dtype,
    out: &mut RowsMut<'_>,
) -> Result<()> {
    let convolution = Convolution::new(Executor::Cpu, (a.len, v.len), dtype, options)?;
    assert_eq!(out.grid().len, convolution.geometry().outputs);
    let count = out.grid().count;
    let rows = (0..count).map(|i| [a.row(i), v.row(i)]).zip(out.again().into_rows());
    convolution.run_rows([a, v].map(|rows| rows.step == 0), (count, rows))
}

/// All elements of `dtype` in `bytes`.
#[inline(always)]
fn views<'a>(bytes: [&'a [u8]; 2], dtype: Dtype) -> [View<'a>; 2] {
    bytes.map(|bytes| {
        let len = bytes.len() / dtype.size();
        View { bytes, dtype, offset: 0, stride: 1, len }
    })
}
