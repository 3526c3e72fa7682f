//! Rows in the program's own memory

use std::ffi::c_void;

use super::boundary::status;
use super::convolve::{check_len, spelled};
use super::dtype::mlx_dtype;
use super::error::mlx_status;
use super::options::{check_promotion, mlx_convolve_options, options_arg};
use super::placed::Placed;
use super::pointer::slice;
use crate::convolve::{convolve_rows, wanted_len};
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::memory::Grid;

/// Rows of elements in the program's own memory, such as the channels of interleaved samples: a
/// plain struct with nothing to free. It will not grow.
///
///   float samples[2 * 480];                                    left, right, left, right, ...
///   mlx_rows channels = {samples, MLX_FLOAT32, 480, 2, 1};     2 rows: left, and right
///   mlx_rows taps = {filter, MLX_FLOAT32, 31, 1, 0};           the same 31 taps for every row
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_rows {
    /// The first element of the first row, aligned for `dtype`. May be NULL if no element is read.
    pub data: *const c_void,
    /// The dtype of the elements.
    pub dtype: mlx_dtype,
    /// The number of elements of a row.
    pub len: usize,
    /// The distance from one element of a row to the next, in elements. Negative for reversed rows;
    /// not 0, unless `len` is at most 1.
    pub stride: isize,
    /// The distance from one row to the next, in elements. May be negative. 0: all rows are this one.
    pub step: isize,
}

/// The rows that mlx_convolve_rows writes. It will not grow.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_rows_out {
    /// Where the first element of the first row goes, aligned for `dtype`. May be NULL if no element
    /// is written.
    pub data: *mut c_void,
    /// The dtype of the result.
    pub dtype: mlx_dtype,
    /// The number of elements of a row.
    pub len: usize,
    /// The distance from one element of a row to the next, in elements, as in mlx_rows.
    pub stride: isize,
    /// The distance from one row to the next, in elements, as in mlx_rows. 0 only if there is at
    /// most one row, or if rows are empty.
    pub step: isize,
}

/// Convolves each row of `a` with the same row of `v`, into the same row of `out`. All rows stay
/// where they are in the program's memory. The call computes the result before it returns. Row i has
/// the bits of its own mlx_convolve_with, with out->dtype as the dtype.
///
/// a, v       The inputs. They may overlap, also each other. No length is 0.
/// row_count  The number of rows. With 0, everything else is checked and nothing is read or written.
/// options    The options, or NULL for the defaults. options->dtype is MLX_DTYPE_PROMOTED or
///            out->dtype. options->axis is ignored.
/// out        Where the result goes. out->dtype is a dtype to which both inputs promote, and
///            out->len exactly the number that mlx_convolve_length_with gives.
///
/// Outputs. No element of `out` may stand for two outputs. Interleaved channels pass, and so do rows
/// behind each other. With L = out->len, s and t the magnitudes of out->stride and out->step, and g
/// the greatest common divisor of s and t, the outputs are distinct if
///   - L or row_count is 0, or both are 1;
///   - row_count is 1 and s is not 0, or L is 1 and t is not 0;
///   - both are larger, s and t are not 0, and L <= t / g or row_count <= s / g.
///
/// Memory. The span of `a`, `v` or `out` is all bytes from its lowest to its highest element, over
/// all rows. No span is longer than PTRDIFF_MAX bytes, and the span of `out` must not meet that of
/// an input: interleaved channels are not filtered in place. Bytes between the elements of `out` are
/// neither read nor written, so another thread may write them meanwhile. Bytes between the elements
/// of an input may be read, so nobody may write them meanwhile.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned data, a length of 0, a stride of 0, a
/// span that is too long, outputs that are not distinct, `out` that meets an input, unknown dtype, a
/// dtype to which an input does not promote, options that are not allowed, wrong out->len) or
/// MLX_STATUS_OUT_OF_MEMORY. After MLX_STATUS_INVALID_ARGUMENT, `out` is unchanged. After
/// MLX_STATUS_OUT_OF_MEMORY (workspace ran out midway) and MLX_STATUS_INTERNAL, the outputs are
/// unspecified. Any thread may call this function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_rows(
    a: *const mlx_rows,
    v: *const mlx_rows,
    row_count: usize,
    options: *const mlx_convolve_options,
    out: *const mlx_rows_out,
) -> mlx_status {
    status(|| {
        let options = options_arg(options)?;
        let (a, v, out) = (slice(a, 1, "a")?[0], slice(v, 1, "v")?[0], slice(out, 1, "out")?[0]);
        let (a, v) = (input("a", a, row_count)?, input("v", v, row_count)?);
        let out = output(out, row_count)?;
        if let Some(dtype) = options.dtype.filter(|&dtype| dtype != out.dtype) {
            return Err(other_dtype(dtype, out.dtype));
        }
        check_promotion((out.dtype, "out->dtype"), (a.dtype, "a->dtype"))?;
        check_promotion((out.dtype, "out->dtype"), (v.dtype, "v->dtype"))?;
        let wanted = wanted_len(a.len(), v.len(), &options).map_err(spelled("a->len, v->len"))?;
        check_len("out->len", out.len(), wanted)?;
        out.check_distinct()?;
        if out.is_empty() {
            return Ok(());
        }
        let dtype = out.dtype;
        let (a, v, out) = (a.spanned()?, v.spanned()?, out.spanned()?);
        out.check_apart(&a)?;
        out.check_apart(&v)?;
        // The outputs are distinct, and apart from the inputs. The caller guarantees the rest.
        convolve_rows(&a.rows(), &v.rows(), &options, dtype, &mut out.rows_mut())
    })
}

fn input(name: &'static str, rows: mlx_rows, count: usize) -> Result<Placed> {
    if rows.len == 0 {
        return Err(Error::invalid(format!("{name}->len: 0, but rows must not be empty")));
    }
    let elements = (rows.data.cast_mut(), rows.dtype);
    let mlx_rows { len, stride, step, .. } = rows;
    Placed::new(name, elements, Grid { len, stride, count, step })
}

fn output(rows: mlx_rows_out, count: usize) -> Result<Placed> {
    let elements = (rows.data, rows.dtype);
    let mlx_rows_out { len, stride, step, .. } = rows;
    Placed::new("out", elements, Grid { len, stride, count, step })
}

fn other_dtype(asked: Dtype, out: Dtype) -> Error {
    Error::invalid(format!(
        "options->dtype: {}, but out->dtype is {}; MLX_CONVOLVE_OPTIONS_INIT begins with \
         MLX_DTYPE_PROMOTED",
        asked.name(),
        out.name()
    ))
}
