/*
 * mlx_convolve.h: MLX's mlx.core.convolve as a C library.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Generated from src/capi by `UPDATE_HEADER=1 cargo test --test header`. Do not edit.
 *
 *
 * Overview
 *
 *   mlx_stream stream = mlx_default_cpu_stream_new();
 *   const int signal_len = 4096, filter_len = 31;
 *   mlx_array signal = mlx_array_new_data(samples, &signal_len, 1, MLX_FLOAT32);
 *   mlx_array filter = mlx_array_new_data(taps, &filter_len, 1, MLX_FLOAT32);
 *   mlx_array result = mlx_array_new();
 *   if (mlx_convolve(&signal, &filter, MLX_MODE_SAME, stream, &result) == MLX_STATUS_SUCCESS) {
 *     const float *values = mlx_array_data_float32(result);
 *     use(values, mlx_array_size(result));
 *   } else {
 *     fprintf(stderr, "%s\n", mlx_last_error());
 *   }
 *   mlx_array_free(result);
 *   mlx_array_free(filter);
 *   mlx_array_free(signal);
 *   mlx_stream_free(stream);
 *
 * mlx_convolve_into does the same between plain pointers. Names, argument order, dtype numbers and
 * ownership are those of mlx-c 0.6, so its documentation applies; what differs is listed below.
 *
 * What holds for every function, unless its own comment says otherwise:
 *
 * Handles     are structs of one pointer, passed by value. `{NULL}` is the empty handle: what the
 *             _new functions without arguments return, and what a constructor returns that failed.
 *             _free of an empty handle is success. A handle that was freed must not be used again.
 * Results     go through a pointer to a handle, either empty or alive. An empty one receives a new
 *             object; of a live one the object is changed in place, so that copies of the handle
 *             see the new value. Results are written on success only. The pointer may be that of
 *             an input.
 * Failures    A function returns an mlx_status, and mlx_last_error tells more. Constructors return
 *             an empty handle; accessors 0, false or NULL. Everything from the caller is checked:
 *             NULL and misaligned pointers, lengths and their products, unknown numbers, and by a
 *             word at its start each object behind a handle, so that an empty handle, or one of
 *             another noun or library, is MLX_STATUS_INVALID_ARGUMENT. Nothing is ever printed,
 *             and nothing exits, aborts or throws.
 * Memory      An array's values live until the last handle, view and pending computation that
 *             reads them is gone. Inputs may be freed as soon as a call returns.
 * Streams     mlx_convolve and mlx_as_strided check their arguments, make the result's memory, queue the
 *             work on the stream and return. A stream does its work in order, on a thread of its own;
 *             results are inputs of further calls at once, on any stream. mlx_array_eval, mlx_array_data_,
 *             mlx_array_item_, mlx_array_tostring and mlx_synchronize wait, and do what the stream's thread
 *             has not begun with. Work of less than some 0.3 milliseconds is done before the call returns,
 *             if nothing is queued before it and its inputs are there. Where no thread can be started, the
 *             caller does the work.
 * Later       Work that fails after the call has returned leaves its result failed: whatever waits for
 * failures    it, and every call that reads it, returns the status, with the message of the first failure
 *             behind the name of the input that brought it. mlx_synchronize returns a stream's first
 *             failure since the last call. A failed result has its shape and dtype; it may be freed or set.
 * Threads     Any thread may call any function, and handles may be passed between threads. One
 *             handle's object must not be freed or set while another thread uses it; reading it
 *             from several at once is fine. The library's own threads block signals (but for faults and
 *             SIGPROF), and end when idle for half a second. No call is a cancellation point;
 *             asynchronous cancellation (PTHREAD_CANCEL_ASYNCHRONOUS) is not allowed.
 * Callbacks   Destructors and the error handler run with cancellation off: a thread that is asked to end
 *             (pthread_cancel) ends after the call. A destructor may run on one of the library's threads,
 *             whose stacks have 1 MiB beyond what the system takes for thread-local variables; half of it
 *             is the destructor's.
 * Processes   After a fork both sides may go on using the library. What was queued is done in the parent;
 *             in the child its results fail with MLX_STATUS_DEVICE_LOST. A process may exit with work
 *             queued: it is not done then. The library is never unloaded. A signal handler must not call
 *             the library, nor fork: fork runs the library's fork handlers, which wait for ever where the
 *             signal has interrupted the library. _Fork and posix_spawn may be called there.
 *
 * Differences from mlx-c:
 *
 * - The default error handler does nothing, where mlx-c's prints and exits. int results are
 *   mlx_status.
 * - mlx_array_data_ functions wait for the values, where mlx-c's crash.
 * - mlx_array_strides returns int64_t, in elements: strides may be negative.
 * - float16 and bfloat16 are uint16_t bits on every platform. mlx_complex64_t is float _Complex in
 *   C, _Fcomplex in Microsoft's C, and a struct of two floats in C++ and Swift.
 * - Enumerations are int32_t and macros.
 * - mlx_array_new_data_managed borrows on every platform, where mlx-c may copy.
 * - Arrays and streams of one thread may be used on any other. Work begins when it is given, not when it is
 *   first waited for.
 *
 * In the library each name begins with mlx_convolve, so that mlx-c can be linked into the same
 * program; the macros below map them. Include the header of one of the two in a translation unit.
 */

#ifndef MLX_CONVOLVE_H
#define MLX_CONVOLVE_H

#if @MLX_C_GUARDS@
#error "mlx_convolve.h and mlx-c declare the same names: include one of them per translation unit"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__cplusplus) && defined(_MSC_VER)
#include <complex.h>
#endif

/* The names in the library. */
@NAMES@

#ifdef __cplusplus
extern "C" {
#endif

/** Two floats, real part first. */
#if defined(__cplusplus) || defined(__swift__)
typedef struct mlx_complex64_t {
  /** Real part. */
  float re;
  /** Imaginary part. */
  float im;
} mlx_complex64_t;
#elif defined(_MSC_VER)
typedef _Fcomplex mlx_complex64_t;
#else
typedef float _Complex mlx_complex64_t;
#endif

@DECLARATIONS@
#ifdef __cplusplus
}
#endif

#endif /* MLX_CONVOLVE_H */
