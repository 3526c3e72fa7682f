//! Convolution with options

// The brackets of the header's formulas, such as y[j], are no links.
#![allow(rustdoc::broken_intra_doc_links)]

use std::ffi::c_void;

use super::array::mlx_array;
use super::boundary::status;
use super::convolve::{check_len, spelled};
use super::dtype::{dtype_arg, mlx_dtype};
use super::error::mlx_status;
use super::handle::{Out, borrow, borrow_at};
use super::options::{check_promotion, mlx_convolve_options, options_arg};
use super::pointer::{Operand, Place, apart};
use super::stream::mlx_stream;
use super::string::{mlx_string, printed};
use crate::convolve::{convolve_arrays_with, convolve_plain_with, explain_with, wanted_len};
use crate::threads;

/// Convolves or correlates `a` with `v` on `stream`, as `options` say. With default options, two 1-D
/// inputs give the bits of mlx_convolve, whose text on dtypes, values and waiting holds here too.
///
/// The sums. A is `a`, continued beyond its ends as options->boundary says. a_len and v_len are the
/// lengths of `a` and `v` along the axis; j runs from 0 to a_len + v_len - 2.
///   MLX_OPERATION_CONVOLVE   y[j] = sum over k of v[k] A[j - k]
///   MLX_OPERATION_CORRELATE  y[j] = sum over k of conj(v[k]) A[j + k - (v_len - 1)]
/// In a correlation, y[j] is the value at the lag j - (v_len - 1).
///
/// Outputs. With MLX_BOUNDARY_ZERO, N is the longer length and K the shorter. With any other
/// boundary N is a_len and K is v_len, and `v` may be longer than `a`.
///   options->mode   outputs            first j
///   MLX_MODE_FULL   a_len + v_len - 1  0
///   MLX_MODE_VALID  N - K + 1          K - 1
///   MLX_MODE_SAME   N                  (K - 1) / 2, rounded down
/// - Where N is less than K, MLX_MODE_VALID is an invalid argument.
/// - In a correlation with MLX_BOUNDARY_ZERO where `v` is the longer, MLX_MODE_SAME begins at
///   K / 2, rounded down.
/// - So a correlation is numpy.correlate in every mode and order of its inputs. With
///   MLX_BOUNDARY_ZERO it is scipy.signal.correlate, except that SciPy's `same` always has the
///   length of `a`.
/// - With a boundary that has a name in scipy.ndimage (see mlx_boundary), MLX_MODE_SAME is
///   correlate1d with origin 0, and convolve1d with origin 0 for filters of odd and -1 for filters
///   of even length.
/// - If `v` is longer, MLX_MODE_SAME has v_len outputs with MLX_BOUNDARY_ZERO and a_len with every
///   other boundary.
///
/// Ranges. Output i is y[first j + options->first + i]. `first` is at most the number of outputs that
/// the mode keeps, and `count` at most the number of those from `first` on, or SIZE_MAX. Nothing is
/// clamped. A range of no outputs succeeds. The same output may differ in its last bits from one
/// range to another, within the same bounds.
///   Circular convolution           MLX_MODE_FULL, MLX_BOUNDARY_WRAP, count = a_len
///   `same` that follows `a`, with  MLX_MODE_FULL, first = (v_len - 1) / 2, count = a_len
///   zeros, also where `v` is longer
///   The lags -m to m               MLX_OPERATION_CORRELATE, MLX_MODE_FULL, first = v_len - 1 - m,
///                                  count = 2 * m + 1; both lengths exceed m
///
/// Arrays. A 1-D operand lies along the axis, options->axis of the result; negative axes count from
/// the end. Otherwise ones are put before the shorter shape, as NumPy does, and all dimensions but
/// the axis broadcast. An operand that is not 1-D must have the axis without the ones put before. An
/// operand of no dimensions, or of length 0 along the axis, is an invalid argument. If another
/// dimension is 0, the result is empty.
///
/// a, v     Any strides, any dtype. Both may be freed as soon as the call returns.
/// options  The options, or NULL for the defaults. They may go as soon as the call returns.
/// stream   The stream that does the work, as in mlx_convolve.
/// out      Receives a new array of options->dtype, or else of the promoted dtype; its old array is
///          released. May be the same handle as an input. On failure, `*out` is unchanged.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL for another argument than `options`, an empty or
/// foreign handle, options that are not allowed, a dtype to which an operand does not promote, shapes
/// that do not fit, an axis or a range outside, a dimension of the result above INT_MAX),
/// MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_UNSUPPORTED (the stream's device does not have the dtype),
/// MLX_STATUS_DEVICE_LOST, or the status of the work that failed to compute an input. If the work
/// fails after the call has returned, `*out` is marked as failed: see "Queued work that fails" at the
/// top. Any thread may call this function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_with(
    a: *const mlx_array,
    v: *const mlx_array,
    options: *const mlx_convolve_options,
    stream: mlx_stream,
    out: *mut mlx_array,
) -> mlx_status {
    status(|| {
        let out = Out::new(out, "out")?;
        let (a, v) = (borrow_at(a, "a")?, borrow_at(v, "v")?);
        let (options, stream) = (options_arg(options)?, borrow(stream, "stream")?);
        if let Some(dtype) = options.dtype {
            check_promotion((dtype, "options->dtype"), (a.dtype(), "a"))?;
            check_promotion((dtype, "options->dtype"), (v.dtype(), "v"))?;
        }
        out.set(convolve_arrays_with(a, v, &options, stream).map_err(spelled("a, v"))?)
    })
}

/// Like mlx_convolve_with, but on plain pointers, without handles and without a stream, as
/// mlx_convolve_into does it. The call computes the result before it returns.
///
/// a, v     `a_len` and `v_len` elements of `dtype`, aligned for `dtype`. No length is 0. The two
///          inputs may overlap.
/// dtype    The dtype of `a` and `v`.
/// options  The options, or NULL for the defaults. options->axis is ignored.
/// out      Room for `out_len` elements of options->dtype, or of `dtype` where that is
///          MLX_DTYPE_PROMOTED, aligned for it. Must not overlap `a` or `v`. May be NULL if
///          `out_len` is 0.
/// out_len  Exactly the number that mlx_convolve_length_with gives.
///
/// The sum of both lengths may be up to PTRDIFF_MAX, and so may the number of bytes of each buffer.
/// With a boundary other than MLX_BOUNDARY_ZERO, so may the sum of `v_len` and `out_len`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, a length of 0, unknown dtype, options
/// that are not allowed, a dtype to which `dtype` does not promote, wrong `out_len`, `out` overlaps
/// an input) or MLX_STATUS_OUT_OF_MEMORY. After MLX_STATUS_INVALID_ARGUMENT, `out` is unchanged.
/// After MLX_STATUS_OUT_OF_MEMORY (workspace ran out midway) and MLX_STATUS_INTERNAL, the values of
/// `out` are unspecified. Any thread may call this function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_into_with(
    a: *const c_void,
    a_len: usize,
    v: *const c_void,
    v_len: usize,
    dtype: mlx_dtype,
    options: *const mlx_convolve_options,
    out: *mut c_void,
    out_len: usize,
) -> mlx_status {
    status(|| {
        let (dtype, options) = (dtype_arg(dtype)?, options_arg(options)?);
        let result = options.dtype.unwrap_or(dtype);
        check_promotion((result, "options->dtype"), (dtype, "dtype"))?;
        let a = Operand::new(a, a_len, dtype, "a")?;
        let v = Operand::new(v, v_len, dtype, "v")?;
        let wanted = wanted_len(a_len, v_len, &options).map_err(spelled("a_len, v_len"))?;
        check_len("out_len", out_len, wanted)?;
        let out = if out_len == 0 {
            &mut []
        } else {
            let out = Operand::new(out, out_len, result, "out")?;
            apart(out, a, "a")?;
            apart(out, v, "v")?;
            out.bytes_mut()
        };
        convolve_plain_with(a.bytes(), v.bytes(), dtype, &options, out)
    })
}

/// Writes to `*out_len` the number of values of a convolution of `a_len` with `v_len` elements, as
/// `options` say: 0 for a range of no outputs. `options` may be NULL, for the defaults.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL for `out_len`, a length of 0, lengths that exceed the
/// limits of mlx_convolve_into_with, options that are not allowed, lengths that MLX_MODE_VALID does
/// not allow, a range outside). On failure, `*out_len` is unchanged. Any thread may call this
/// function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_length_with(
    a_len: usize,
    v_len: usize,
    options: *const mlx_convolve_options,
    out_len: *mut usize,
) -> mlx_status {
    status(|| {
        let out_len = Place::new(out_len, "out_len")?;
        let wanted = wanted_len(a_len, v_len, &options_arg(options)?);
        out_len.write(wanted.map_err(spelled("a_len, v_len"))?);
        Ok(())
    })
}

/// Like mlx_convolve_explain, for a convolution with `options`, which may be NULL for the defaults.
/// `dtype` is that of both operands. options->axis is ignored.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL for `out`, unknown dtype, foreign handle, or what
/// mlx_convolve_length_with does not allow) or MLX_STATUS_OUT_OF_MEMORY. On failure, `*out` is
/// unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_explain_with(
    a_len: usize,
    v_len: usize,
    dtype: mlx_dtype,
    options: *const mlx_convolve_options,
    out: *mut mlx_string,
) -> mlx_status {
    status(|| {
        let out = Out::new(out, "out")?;
        let (dtype, options) = (dtype_arg(dtype)?, options_arg(options)?);
        if let Some(result) = options.dtype {
            check_promotion((result, "options->dtype"), (dtype, "dtype"))?;
        }
        let plan = explain_with(a_len, v_len, dtype, &options).map_err(spelled("a_len, v_len"))?;
        out.set(threads::in_environment(|| printed(&plan))?)
    })
}
