//! Convolution of arrays on a stream: checks, the result's storage, and the stream's task.

use super::convolution::Convolution;
use super::executor::Executor;
use crate::array::{Array, Output};
use crate::convolve::wanted::{Mode, Options};
use crate::error::{Error, Result};
use crate::stream::Stream;

/// Convolves `a` with `v`, in their promoted dtype, on `stream`.
///
/// # Errors
/// `InvalidArgument` if an operand is not 1-D or is empty, or if the result exceeds `i32::MAX`
/// elements; `DeviceUnavailable`; `OutOfMemory` for the result; the failure of an operand that has
/// already failed. If the work is queued, its failures are those of the result. If it is done at
/// once, they are returned.
pub fn convolve_arrays(a: &Array, v: &Array, mode: Mode, stream: &Stream) -> Result<Array> {
    let (a_len, v_len) = (a.operand_len("a")?, v.operand_len("v")?);
    let dtype = a.dtype().promote(v.dtype());
    let executor = Executor::of(stream.device())?;
    if !(executor.reaches(a.place()) && executor.reaches(v.place())) {
        return Err(Error::internal("an operand lives where the device cannot read it"));
    }
    let convolution = Convolution::new(executor, (a_len, v_len), dtype, mode)?;
    let output = Output::new(convolution.output_len(), dtype)?;
    let waits = a.outcome().is_none() || v.outcome().is_none();
    let nanoseconds = if waits { f64::INFINITY } else { convolution.nanoseconds() };
    // The task owns its operands, because the caller may free or overwrite the handles before the
    // task runs.
    let (a, v) = (a.clone(), v.clone());
    stream.fill(output, nanoseconds, move |out| {
        convolution.run(a.operand("a")?, v.operand("v")?, out)
    })
}

/// Convolves `a` with `v` on `stream`, as `options` say, along the axis of the options. The other
/// dimensions broadcast.
///
/// # Errors
/// As for [`convolve_arrays`] and [`wanted_len`](crate::convolve::wanted_len). `InvalidArgument` for
/// shapes that do not broadcast, an axis that does not exist, and dtypes that do not promote to the
/// dtype of the options; `Unsupported` for an accuracy that is not available.
pub fn convolve_arrays_with(
    a: &Array,
    v: &Array,
    options: &Options,
    stream: &Stream,
) -> Result<Array> {
    if *options != Options::of_mode(options.mode) {
        return Err(Error::unsupported("options other than the mode"));
    }
    convolve_arrays(a, v, options.mode, stream)
}
