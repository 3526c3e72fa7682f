//! Convolution of arrays on a stream: checks, the result's storage, and the stream's task.

use super::convolution::Convolution;
use super::executor::Executor;
use super::on_gpu::OnGpu;
use crate::array::{Array, Output, RowPairs};
use crate::convolve::wanted::{Mode, Options};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::memory::{Grid, RowMut, RowsMut};
use crate::stream::Stream;

/// Convolves `a` with `v`, in their promoted dtype, on `stream`.
///
/// # Errors
/// `InvalidArgument` if an operand is not 1-D or is empty, or if the result exceeds `i32::MAX`
/// elements; `DeviceUnavailable`; `OutOfMemory` for the result; the failure of an operand that has
/// already failed. If the work is queued, its failures are those of the result. If it is done at
/// once, they are returned.
pub fn convolve_arrays(a: &Array, v: &Array, mode: Mode, stream: &Stream) -> Result<Array> {
    let lens = (a.operand_len("a")?, v.operand_len("v")?);
    let dtype = a.dtype().promote(v.dtype());
    let options = &Options::of_mode(mode);
    let convolution = Convolution::new(executor(stream, dtype)?, lens, dtype, options)?;
    convolve_1d(a, v, convolution, dtype, stream)
}

/// Convolves `a` with `v` on `stream`, as `options` say, along the axis of the options. A 1-D
/// operand lies along the axis. The other dimensions broadcast, as NumPy's do. Both operands promote
/// to the dtype of the options.
///
/// # Errors
/// As for [`convolve_arrays`] and [`wanted_len`](crate::convolve::wanted_len), but operands of any
/// number of dimensions from 1 on are allowed. `InvalidArgument` for shapes that do not broadcast,
/// and for an `axis` that an operand does not have. The message names the argument so.
pub fn convolve_arrays_with(
    a: &Array,
    v: &Array,
    options: &Options,
    stream: &Stream,
) -> Result<Array> {
    let dtype = options.result_dtype(a.dtype(), v.dtype());
    if a.shape().len() == 1 && v.shape().len() == 1 && matches!(options.axis, -1 | 0) {
        let lens = (a.operand_len("a")?, v.operand_len("v")?);
        let convolution = Convolution::new(executor(stream, dtype)?, lens, dtype, options)?;
        return convolve_1d(a, v, convolution, dtype, stream);
    }
    let pairs = RowPairs::new(a, v, options.axis)?;
    a.not_failed("a")?;
    v.not_failed("v")?;
    let lens = pairs.lens.into();
    let convolution = Convolution::new(executor(stream, dtype)?, lens, dtype, options)?;
    convolve_nd(a, v, pairs, convolution, dtype, stream)
}

/// The executor of what the GPU core does not compute.
fn executor(stream: &Stream, dtype: Dtype) -> Result<Executor> {
    Executor::of(stream.device(), stream.gpu(), dtype)
}

/// The GPU that computes, and the convolution there, of `a_len` elements of `a`.
fn on_gpu(stream: &Stream, convolution: &Convolution, a_len: usize) -> Option<(Gpu, OnGpu)> {
    let gpu = stream.gpu()?.clone();
    Some((gpu, OnGpu::of(convolution, a_len).ok()?))
}

/// Convolves the rows of `a` and `v` on a GPU, for an array of `shape`.
fn convolve_on_gpu(
    (gpu, on_gpu): (Gpu, OnGpu),
    [a, v]: [&Array; 2],
    pairs: RowPairs,
    (shape, dtype): (&[i32], Dtype),
    stream: &Stream,
) -> Result<Array> {
    /// Nanoseconds to submit a row, if it does not go together with others.
    const ROW: f64 = 20_000.0;
    let output = Output::on_gpu(&gpu, shape, dtype)?;
    let uploads = a.uploading_nanoseconds(&gpu) + v.uploading_nanoseconds(&gpu);
    let nanoseconds = uploads + pairs.count() as f64 * ROW;
    let (a, v) = (a.clone(), v.clone());
    stream.fill(output, nanoseconds, move |room| on_gpu.submit(&gpu, [&a, &v], &pairs, room))
}

fn convolve_1d(
    a: &Array,
    v: &Array,
    convolution: Convolution,
    dtype: Dtype,
    stream: &Stream,
) -> Result<Array> {
    let outputs = convolution.geometry().outputs;
    if let Some(on_gpu) = on_gpu(stream, &convolution, a.size()) {
        let shape = [Output::dimension(outputs)?];
        let pairs = RowPairs::new(a, v, -1)?;
        return convolve_on_gpu(on_gpu, [a, v], pairs, (&shape, dtype), stream);
    }
    let output = Output::new(outputs, dtype)?;
    // Boxed, because for short lengths moving an empty place for a plan would take as long as the
    // rest.
    let plan = convolution.plan().map(Box::new);
    let nanoseconds = plan.as_ref().map_or(0.0, |plan| plan.nanoseconds());
    let nanoseconds = if are_ready(a, v) { nanoseconds } else { f64::INFINITY };
    // The task owns its operands, because the caller may free or overwrite the handles before the
    // task runs.
    let (a, v) = (a.clone(), v.clone());
    stream.fill(output, nanoseconds, move |room| {
        let out = RowMut::contiguous(room.bytes_mut()?, dtype.size());
        convolution.run(plan.as_deref(), a.operand("a")?, v.operand("v")?, out)
    })
}

fn convolve_nd(
    a: &Array,
    v: &Array,
    pairs: RowPairs,
    convolution: Convolution,
    dtype: Dtype,
    stream: &Stream,
) -> Result<Array> {
    /// The least time of a row, in nanoseconds.
    const ROW: f64 = 50.0;
    let out_len = convolution.geometry().outputs;
    let shape = pairs.shape(Output::dimension(out_len)?);
    if let Some(on_gpu) = on_gpu(stream, &convolution, pairs.lens[0]) {
        return convolve_on_gpu(on_gpu, [a, v], pairs, (&shape, dtype), stream);
    }
    let output = Output::shaped(&shape, dtype)?;
    let plan = convolution.plan();
    let nanoseconds = plan.map_or(ROW, |plan| plan.nanoseconds()) * pairs.count() as f64;
    let nanoseconds = if are_ready(a, v) { nanoseconds } else { f64::INFINITY };
    let (a, v) = (a.clone(), v.clone());
    stream.fill(output, nanoseconds, move |room| {
        let out = room.bytes_mut()?;
        let ([a_stride, v_stride], [a_len, v_len]) = (pairs.strides(), pairs.lens);
        let (a, v) = (a.rows("a", a_stride, a_len)?, v.rows("v", v_stride, v_len)?);
        // The rows of the result that begin one after another, and the bytes of all of them.
        let (inside, size) = (pairs.out_stride(), dtype.size());
        let grid = Grid { len: out_len, stride: inside as isize, count: inside, step: 1 };
        let bytes = inside.saturating_mul(out_len).saturating_mul(size).max(1);
        let outputs = out.chunks_mut(bytes).flat_map(|block| {
            RowsMut::within(block, size, 0, grid).expect("rows of the block").into_rows()
        });
        let operands = pairs.starts().map(|[a_at, v_at]| [a.row_at(a_at), v.row_at(v_at)]);
        convolution.run_rows(pairs.repeat(), (pairs.count(), operands.zip(outputs)))
    })
}

/// Whether the CPU's work would not have to wait for its operands.
fn are_ready(a: &Array, v: &Array) -> bool {
    a.is_at_hand() && v.is_at_hand()
}
