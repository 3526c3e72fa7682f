//! Convolution of arrays on a stream: everything around the numbers.

use super::{Mode, convolve, output_len};
use crate::array::{Array, Output};
use crate::error::{Error, Result};
use crate::stream::Stream;

/// `a` convolved with `v`, in their promoted dtype, on `stream`.
///
/// # Errors
/// `InvalidArgument` if an operand is not 1-D or empty, or the result exceeds `i32::MAX` elements;
/// `OutOfMemory` for the result or the workspace; what an operand failed with.
pub fn convolve_arrays(a: &Array, v: &Array, mode: Mode, stream: &Stream) -> Result<Array> {
    let (a_len, v_len) = (a.operand("a")?.len, v.operand("v")?.len);
    let dtype = a.dtype().promote(v.dtype());
    let len = output_len(a_len, v_len, mode)
        .ok_or_else(|| Error::internal("non-empty shapes always have an output"))?;
    let mut output = Output::new(len, dtype)?;
    // The work owns what it reads: handles may be freed or set anew before it runs.
    let (a, v) = (a.clone(), v.clone());
    stream.run(move || {
        convolve(a.operand("a")?, v.operand("v")?, dtype, mode, output.bytes_mut())?;
        Ok(output.finish())
    })
}
