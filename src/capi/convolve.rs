//! Convolution

use std::ffi::{c_int, c_void};

use super::array::mlx_array;
use super::boundary::status;
use super::dtype::{MLX_FLOAT32, MLX_FLOAT64, dtype_arg, mlx_dtype};
use super::error::{MLX_STATUS_SUCCESS, mlx_status};
use super::handle::{Out, borrow, borrow_at};
use super::pointer::{Operand, apart};
use super::quick;
use super::stream::mlx_stream;
use super::string::{mlx_string, to_c};
use crate::convolve::{Mode, convolve_arrays, convolve_plain, convolve_short, explain, output_len};
use crate::error::{Error, Result};
use crate::threads;

/// Which part of the full convolution is kept: MLX_MODE_FULL, MLX_MODE_VALID or MLX_MODE_SAME.
pub type mlx_mode = i32;

/// N + K - 1 values, from full[0]: every output that reads at least one pair. Python's default.
pub const MLX_MODE_FULL: mlx_mode = 0;
/// N - K + 1 values, from full[K - 1]: the outputs that read the whole filter.
pub const MLX_MODE_VALID: mlx_mode = 1;
/// N values, from full[(K - 1) / 2], rounded down.
pub const MLX_MODE_SAME: mlx_mode = 2;

/// Convolves `a` with `v` on `stream`:  full[n] = sum over k of a[k] * v[n - k].
///
/// With N the longer length and K the shorter, `mode` keeps
///   MLX_MODE_FULL   N + K - 1 values, from full[0]
///   MLX_MODE_VALID  N - K + 1 values, from full[K - 1]
///   MLX_MODE_SAME   N values, from full[(K - 1) / 2]
///
/// a, v    1-D, not empty, any strides, any dtype; the result has their promoted dtype.
///         Both may be freed as soon as this returns.
/// out     Receives a new array; what it held before is released. Untouched on failure.
///         May be the same handle as an input.
///
/// Both convert to the promoted dtype first. Floats win over integers whatever their width, complex64
/// over all, float64 included; float16 with bfloat16 and uint64 with a signed integer give float32;
/// signed with unsigned integers the smallest signed one that holds both.
///
/// Integers are exact modulo 2^bits; bool is OR of ANDs; float16 and bfloat16 are computed in float
/// and rounded once. One NaN or Inf reaches exactly the outputs that read it, whatever the method.
///
/// Floats round. A direct sum is off by K eps times the sum of its products' magnitudes at most. Long
/// convolutions go by way of transforms of B points, whose error is relative to norms, not to the
/// single output: below 0.2 eps log2(B) norm(a over the block read) norm(v) in practice, with 12 for
/// 0.2 proven; blocks that meet infinities may be direct sums. Where outputs much smaller than their
/// neighbours matter, use MLX_FLOAT64.
///
/// Returns at once, unless the work is small; the values are ready after mlx_array_eval(*out) or
/// mlx_synchronize(stream), and mlx_array_data_ and mlx_array_item_ wait for them. Until then `*out` may be
/// an input on any stream, be freed, or be set.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, not 1-D, size 0, unknown
/// mode, result above INT_MAX elements), MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_UNSUPPORTED (dtype not
/// available on the stream's device), or the status of an input whose own computation failed. What fails
/// after the call has returned fails `*out`, as the overview tells. Any thread may call this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve(
    a: *const mlx_array,
    v: *const mlx_array,
    mode: mlx_mode,
    stream: mlx_stream,
    out: *mut mlx_array,
) -> mlx_status {
    status(|| {
        let out = Out::new(out, "out")?;
        let (a, v) = (borrow_at(a, "a")?, borrow_at(v, "v")?);
        let (mode, stream) = (mode_arg(mode)?, borrow(stream, "stream")?);
        out.set(convolve_arrays(a, v, mode, stream)?)
    })
}

/// As mlx_convolve, between plain pointers and before it returns: no handles, no stream.
///
/// a, v     `a_len` and `v_len` elements of `dtype`, neither 0, aligned for `dtype`. They may
///          overlap.
/// out      Room for `out_len` elements, aligned for `dtype`, apart from `a` and `v`.
/// out_len  Exactly mlx_convolve_length(a_len, v_len, mode).
///
/// `out` is untouched on MLX_STATUS_INVALID_ARGUMENT; on MLX_STATUS_OUT_OF_MEMORY, where memory to
/// work in ran out midway, and on MLX_STATUS_INTERNAL, its values are unspecified.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, a length of 0, unknown dtype or mode,
/// wrong `out_len`, `out` overlapping an input), MLX_STATUS_OUT_OF_MEMORY. The lengths may
/// add up to PTRDIFF_MAX, and so may the bytes of each buffer. Any thread may call this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_into(
    a: *const c_void,
    a_len: usize,
    v: *const c_void,
    v_len: usize,
    dtype: mlx_dtype,
    mode: mlx_mode,
    out: *mut c_void,
    out_len: usize,
) -> mlx_status {
    let (a, v, out) = ((a, a_len), (v, v_len), (out, out_len));
    let is_done = match dtype {
        // SAFETY: the caller's word.
        MLX_FLOAT32 => unsafe { quick::operands::<f32>(a, v, mode, out) }
            .is_some_and(|of| convolve_short(of.signal, of.filter, of.first, of.out)),
        // SAFETY: as above.
        MLX_FLOAT64 => unsafe { quick::operands::<f64>(a, v, mode, out) }
            .is_some_and(|of| convolve_short(of.signal, of.filter, of.first, of.out)),
        _ => false,
    };
    if is_done {
        return MLX_STATUS_SUCCESS;
    }
    // SAFETY: as above.
    unsafe { convolve_into(a, v, dtype, mode, out) }
}

/// # Safety
/// As of `mlx_convolve_into`: pointers with the number of elements that they are good for.
// Not inlined: a short call would save registers for it.
#[inline(never)]
unsafe fn convolve_into(
    (a, a_len): (*const c_void, usize),
    (v, v_len): (*const c_void, usize),
    dtype: mlx_dtype,
    mode: mlx_mode,
    (out, out_len): (*mut c_void, usize),
) -> mlx_status {
    status(|| {
        let (dtype, mode) = (dtype_arg(dtype)?, mode_arg(mode)?);
        // SAFETY: the caller's word. `out` is apart from both inputs where its bytes are taken, once.
        unsafe {
            let a = Operand::new(a, a_len, dtype, "a")?;
            let v = Operand::new(v, v_len, dtype, "v")?;
            let expected = output_len(a_len, v_len, mode);
            if expected != Some(out_len) {
                return Err(wrong_length(a_len, v_len, out_len, expected));
            }
            let out = Operand::new(out, out_len, dtype, "out")?;
            apart(out, a, "a")?;
            apart(out, v, "v")?;
            convolve_plain(a.bytes(), v.bytes(), dtype, mode, out.bytes_mut())
        }
    })
}

fn wrong_length(a_len: usize, v_len: usize, out_len: usize, expected: Option<usize>) -> Error {
    Error::invalid(match expected {
        Some(expected) => format!("out_len: {out_len} given, {expected} needed"),
        None => {
            format!("a_len, v_len: {a_len} and {v_len} add up to more than size_t holds")
        }
    })
}

/// The number of values that convolving `a_len` with `v_len` elements gives. 0 where there is none:
/// a length of 0, an unknown mode, a number above SIZE_MAX. Never a failure, never an error
/// message.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_length(a_len: usize, v_len: usize, mode: mlx_mode) -> usize {
    Mode::from_raw(mode).and_then(|mode| output_len(a_len, v_len, mode)).unwrap_or(0)
}

/// Fills in, for people, how a convolution of these lengths is computed: method, block, kernel, the
/// most bytes of workspace where all values are finite, and why. The environment variable
/// MLX_CONVOLVE_METHOD, `direct` or `fft`, forces a method; it is read once, at the first use, and
/// other values count as none. In secure execution (setuid programs and the like) no variable is read.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, a length of 0, lengths that add up to more than
/// PTRDIFF_MAX, unknown dtype or mode, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*out` is
/// untouched then. The wording may change in any version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_explain(
    a_len: usize,
    v_len: usize,
    dtype: mlx_dtype,
    mode: mlx_mode,
    out: *mut mlx_string,
) -> mlx_status {
    status(|| {
        let out = Out::new(out, "out")?;
        let (dtype, mode) = (dtype_arg(dtype)?, mode_arg(mode)?);
        out.set(to_c(explain(a_len, v_len, dtype, mode)?.as_bytes())?)
    })
}

/// Sets how many threads may work on one convolution, its own included; 0, as at the start, is one per
/// core. All convolutions share the `n` - 1 others, so what computes at once is no more than that and
/// the streams and callers that have work. The environment variable MLX_CONVOLVE_NUM_THREADS sets it at
/// the start: it is read once, at the first use, and what is not a positive number counts as none.
/// Results do not depend on it.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (negative). Any thread may call this, at any time.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_set_num_threads(n: c_int) -> mlx_status {
    status(|| {
        let n = usize::try_from(n).map_err(|_| Error::invalid(format!("n: {n} is negative")))?;
        threads::set_num_threads(n);
        Ok(())
    })
}

fn mode_arg(mode: mlx_mode) -> Result<Mode> {
    Mode::from_raw(mode).ok_or_else(|| {
        Error::invalid(format!("mode: {mode} is none of MLX_MODE_FULL, _VALID, _SAME (0, 1, 2)"))
    })
}

const _: () = {
    assert!(Mode::Full as i32 == MLX_MODE_FULL);
    assert!(Mode::Valid as i32 == MLX_MODE_VALID);
    assert!(Mode::Same as i32 == MLX_MODE_SAME);
};
