//! Convolution of arrays on a stream: everything around the numbers.

use super::convolution::Convolution;
use super::executor::Executor;
use crate::array::{Array, Output};
use crate::convolve::wanted::Mode;
use crate::error::Result;
use crate::stream::Stream;

/// `a` convolved with `v`, in their promoted dtype, on `stream`.
///
/// # Errors
/// `InvalidArgument` if an operand is not 1-D or empty, or the result exceeds `i32::MAX` elements;
/// `DeviceUnavailable`; `OutOfMemory` for the result; what an operand has failed with. Later failures are the result's, but for work
/// that is done at once.
pub fn convolve_arrays(a: &Array, v: &Array, mode: Mode, stream: &Stream) -> Result<Array> {
    let (a_len, v_len) = (a.operand_len("a")?, v.operand_len("v")?);
    let dtype = a.dtype().promote(v.dtype());
    let convolution =
        Convolution::new(Executor::of(stream.device())?, (a_len, v_len), dtype, mode)?;
    let output = Output::new(convolution.output_len(), dtype)?;
    let waits = a.outcome().is_none() || v.outcome().is_none();
    let nanoseconds = if waits { f64::INFINITY } else { convolution.nanoseconds() };
    // The work owns what it reads: handles may be freed or set anew before it runs.
    let (a, v) = (a.clone(), v.clone());
    stream.fill(output, nanoseconds, move |out| {
        convolution.run(a.operand("a")?, v.operand("v")?, out)
    })
}
