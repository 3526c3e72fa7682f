//! Convolution

// The brackets of the header's formulas, such as full[0], are no links.
#![allow(rustdoc::broken_intra_doc_links)]

use std::ffi::{c_int, c_void};

use super::array::mlx_array;
use super::boundary::status;
use super::dtype::{MLX_FLOAT32, MLX_FLOAT64, dtype_arg, mlx_dtype};
use super::error::{MLX_STATUS_SUCCESS, mlx_status};
use super::handle::{Out, borrow, borrow_at};
use super::mode::{mlx_mode, mode_arg};
use super::pointer::{Operand, apart};
use super::quick;
use super::stream::mlx_stream;
use super::string::{mlx_string, printed};
use crate::convolve::{Mode, convolve_arrays, convolve_plain, convolve_short, explain, output_len};
use crate::error::{Error, Result};
use crate::threads;

/// Convolves `a` with `v` on `stream`:  full[n] = sum over k of a[k] * v[n - k].
///
/// N is the longer length and K the shorter. `mode` says which outputs are kept:
///   MLX_MODE_FULL   N + K - 1 values, from full[0]
///   MLX_MODE_VALID  N - K + 1 values, from full[K - 1]
///   MLX_MODE_SAME   N values, from full[(K - 1) / 2], rounded down
///
/// a, v    1-D and not empty; any strides, any dtype. Both may be freed as soon as the call returns.
/// out     Receives a new array of the promoted dtype; its old array is released. May be the same
///         handle as an input. On failure, `*out` is unchanged.
///
/// Dtypes. Both inputs are first converted to the promoted dtype:
///   - bool yields to every dtype. complex64 wins over every dtype, float64 included.
///   - A float wins over an integer of any width: int32 with float16 gives float16, in which 70000
///     is infinite.
///   - The wider of two floats wins; float16 with bfloat16 gives float32.
///   - The wider of two signed or of two unsigned integers wins.
///   - uint64 with a signed integer gives float32. Another unsigned with a signed integer gives the
///     smallest signed integer that holds both.
///
/// Values. Integers are exact modulo 2^bits. bool is OR of ANDs. float16 and bfloat16 are computed
/// in float and rounded once. An output that reads a NaN or an infinity is NaN or infinite, as in
/// the direct sum. Outputs that read neither keep their error bounds; their last bits may change.
///
/// Accuracy. eps is the machine epsilon, tiny the smallest normal number, norm the Euclidean norm,
/// and `a` the longer input.
///   - Direct sums, for short convolutions: the error is at most K eps times the sum of the
///     magnitudes of the products, + K tiny.
///   - FFTs of B points, for long convolutions: the error is at most
///     12 eps log2(B) norm(a over the block read) norm(v) + K tiny. The block read is the part of
///     `a` that one FFT reads, at most B values. In tests, 0.2 holds in place of 12.
///   - An FFT may be chosen even for filters of about 50 values, with complex64 of about 20. Blocks
///     with infinities may be computed as direct sums.
///   - With either method, an output is exactly +0 if all values of `a` under the first to the last
///     nonzero value of `v` are 0, beyond the ends included. If neither real input holds a negative
///     value, no output is negative; small outputs that would be are +0, so their sum may be a
///     little too large.
///   - An output is finite if the sum of the magnitudes of its products, plus the bound, is at most
///     the largest finite number. It is infinite, with the sign of the true value, if the true value
///     exceeds that number by more than the bound.
///   - On the CPU, subnormal numbers are never flushed, whatever the caller's floating-point mode. Direct sums
///     of them may take a hundred times as long (with MLX_ACCURACY_COMPONENTWISE, some 1.2 to 6
///     times); FFTs take some 1.2 to 1.5 times as long. With MLX_SUBNORMALS_FLUSH
///     (mlx_convolve_with) they cost no extra time, and count as zeros.
///   - With an FFT, outputs that are much smaller than others of their block may lose relative
///     digits. NumPy and MLX always sum directly, so they keep such outputs; SciPy's convolve also
///     chooses an FFT for long inputs. To keep them here, ask for MLX_ACCURACY_COMPONENTWISE
///     (mlx_convolve_with), or for MLX_FLOAT64, which has more digits.
///
/// Waiting. The call queues the work and returns at once, unless the work is small. The values are
/// ready after mlx_array_eval(*out) or mlx_synchronize(stream); mlx_array_data_ and mlx_array_item_
/// wait for them. Before the values are ready, `*out` may already be an input on any stream, be
/// freed, or be set.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, not 1-D, size 0, unknown
/// mode, result above INT_MAX elements), MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_UNSUPPORTED (the
/// stream's device does not have the dtype), MLX_STATUS_DEVICE_LOST, or the status of the work that failed to compute an
/// input. If the work fails after the call has returned, `*out` is marked as failed: see "Queued
/// work that fails" at the top. Any thread may call this function.
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
        out.set(convolve_arrays(a, v, mode, stream).map_err(spelled("a, v"))?)
    })
}

/// Like mlx_convolve, but on plain pointers, without handles and without a stream. The call
/// computes the result before it returns.
///
/// a, v     `a_len` and `v_len` elements of `dtype`, aligned for `dtype`. No length is 0. The two
///          inputs may overlap.
/// out      Room for `out_len` elements, aligned for `dtype`. Must not overlap `a` or `v`.
/// out_len  Exactly mlx_convolve_length(a_len, v_len, mode).
///
/// The sum of both lengths may be up to PTRDIFF_MAX, and so may the number of bytes of each buffer.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, a length of 0, unknown dtype or mode,
/// wrong `out_len`, `out` overlaps an input) or MLX_STATUS_OUT_OF_MEMORY. After
/// MLX_STATUS_INVALID_ARGUMENT, `out` is unchanged. After MLX_STATUS_OUT_OF_MEMORY (workspace ran
/// out midway) and MLX_STATUS_INTERNAL, the values of `out` are unspecified. Any thread may call
/// this function.
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
        // SAFETY: the caller guarantees it.
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
/// As for `mlx_convolve_into`: each pointer is valid for its number of elements.
// Not inlined, because a short call would then save registers for it.
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
        // SAFETY: the caller guarantees it. `out` is checked to be apart from both inputs before its
        // bytes are taken, once.
        unsafe {
            let a = Operand::new(a, a_len, dtype, "a")?;
            let v = Operand::new(v, v_len, dtype, "v")?;
            let wanted = output_len(a_len, v_len, mode).ok_or_else(|| too_long(a_len, v_len))?;
            check_len("out_len", out_len, wanted)?;
            let out = Operand::new(out, out_len, dtype, "out")?;
            apart(out, a, "a")?;
            apart(out, v, "v")?;
            convolve_plain(a.bytes(), v.bytes(), dtype, mode, out.bytes_mut())
                .map_err(spelled("a_len, v_len"))
        }
    })
}

fn too_long(a_len: usize, v_len: usize) -> Error {
    Error::invalid(format!("a_len, v_len: {a_len} and {v_len} add up to more than size_t holds"))
}

/// Refuses a length that is not the number of outputs.
pub(super) fn check_len(name: &str, given: usize, wanted: usize) -> Result<()> {
    if given == wanted {
        return Ok(());
    }
    Err(Error::invalid(format!("{name}: {given} given, {wanted} needed")))
}

/// Returns the number of values of a convolution of `a_len` with `v_len` elements. Returns 0 if a
/// length is 0, if `mode` is unknown, or if the number exceeds SIZE_MAX. This is never a failure
/// and sets no error message.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_length(a_len: usize, v_len: usize, mode: mlx_mode) -> usize {
    Mode::from_raw(mode).and_then(|mode| output_len(a_len, v_len, mode)).unwrap_or(0)
}

/// Writes a text for people to `*out`: how a convolution of these lengths is computed. The wording
/// may change in any version. The first line has the lengths and the dtype. The other lines are:
///   options    with mlx_convolve_explain_with only: operation, boundary, range, accuracy and others, if
///              one of them is not its default and changes the outputs
///   device     if the default device is a GPU: the device and its name. The text is about its default
///              stream then; the lines from kernel on, except ignored, are left out if the GPU computes
///   core       if the CPU computes for a GPU's stream: why
///   method     direct sums or FFT; with MLX_ACCURACY_COMPONENTWISE also the chains of direct sums, and
///              the parts into which FFTs in float64 cut values of float64
///   block      with an FFT: its points, and the outputs that it gives
///   kernel     the instruction set, and the type that is computed in
///   bits       the processors on which the bits are the same
///   threads    how many threads compute
///   workspace  the largest number of bytes, if no operand holds an infinity or a NaN
///   tables     with an FFT: the largest number of bytes
///   why        the estimated times, and why direct sums were kept although FFTs were estimated to
///              be faster; or the variable that forces the method. With MLX_ACCURACY_COMPONENTWISE
///              and FFTs, also the time if all outputs are summed directly in the end
///   ignored    a value of an environment variable that is ignored; a line for each
///   in rows    after the line options: the largest number of bytes more for each thread in calls whose outputs
///              do not follow one another, as those of mlx_convolve_rows
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, a length of 0, lengths that add up to more than
/// PTRDIFF_MAX, unknown dtype or mode, foreign handle), MLX_STATUS_UNSUPPORTED (the default device
/// does not have the dtype), MLX_STATUS_DEVICE_UNAVAILABLE (in a forked child, if the default device is
/// a GPU) or MLX_STATUS_OUT_OF_MEMORY. On failure, `*out` is unchanged.
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
        let plan = explain(a_len, v_len, dtype, mode).map_err(spelled("a_len, v_len"))?;
        out.set(threads::in_environment(|| printed(&plan))?)
    })
}

/// Sets how many threads may work on one convolution, including the thread that runs it. 0, the
/// initial value, means the number in the environment variable MLX_CONVOLVE_NUM_THREADS, or without
/// the variable one thread per core that the process may use. Results do not depend on the number
/// of threads. No more than 1024 threads are used.
///
/// All convolutions share the other `n` - 1 threads, the helper threads. So at most the following
/// threads compute at the same time: the helper threads, one worker thread for each stream that has
/// work, and the callers that have work.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT if `n` is negative. Any thread may call this function, at
/// any time.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_set_num_threads(n: c_int) -> mlx_status {
    status(|| {
        let n = usize::try_from(n).map_err(|_| Error::invalid(format!("n: {n} is negative")))?;
        threads::set_num_threads(n);
        Ok(())
    })
}

/// Names the argument that a convolution refused as a C program writes it. `lengths` are those of
/// both inputs.
pub(super) fn spelled(lengths: &'static str) -> impl FnOnce(Error) -> Error {
    move |error| {
        error.renamed(|name| match name {
            "lengths" => lengths,
            "first" => "options->first",
            "count" => "options->count",
            "axis" => "options->axis",
            other => other,
        })
    }
}
