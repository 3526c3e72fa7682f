/*
 * mlx_convolve.h: MLX's mlx.core.convolve as a C library.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Generated from src/capi by `UPDATE_HEADER=1 cargo test --test header`. Do not edit.
 *
 * The header needs C99 or C++98.
 *
 *
 * A first call
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
 * mlx_convolve_into does the same on plain pointers, without handles. mlx_convolve_with and
 * mlx_convolve_into_with take options, such as a boundary, correlation, or a range of outputs.
 * mlx_convolve_rows convolves rows where they lie, such as interleaved channels.
 *
 * The names, the dtype numbers and the ownership are those of mlx-c 0.6, so the documentation of
 * mlx-c applies. The end of this overview lists the differences.
 *
 *
 * Conventions
 *
 * These conventions hold for every function, unless the comment of a function says otherwise.
 *
 * Handles and ownership
 *
 * - A handle is a struct of one pointer. Inputs are passed by value, except those of
 *   mlx_convolve and mlx_convolve_with.
 * - A copy made with `=` stands for the same object, which is freed once. mlx_array_set gives an
 *   empty handle an object of its own, which is freed too; both objects share the values.
 * - `{NULL}` is the empty handle. mlx_array_new, mlx_stream_new, mlx_device_new and mlx_string_new
 *   return it. So does a constructor that fails.
 * - A foreign handle is a handle of another type (a stream where an array is expected) or of
 *   another library. To detect foreign handles, the library checks a word at the start of each
 *   object. So there must be at least 8 readable bytes behind a handle that is not empty.
 * - The caller owns each handle that a function makes, and frees it with the _free function of its
 *   type. _free of an empty handle succeeds. A freed handle must not be used again.
 *
 * Results
 *
 * - A function writes a result through a pointer to a handle. The handle must be empty or live. An
 *   empty handle receives a new object. If the handle is live, the function changes its object in
 *   place, so all copies of the handle see the new value.
 * - The pointer may be that of an input.
 * - A function writes its results only if it succeeds.
 *
 * Statuses and messages
 *
 * - Most functions return an mlx_status. MLX_STATUS_SUCCESS is 0.
 * - A constructor that fails returns an empty handle. An accessor that fails returns 0, false or
 *   NULL.
 * - Every failure sets the message of the calling thread, which mlx_last_error returns, and calls
 *   the error handler, if mlx_set_error_handler has set one.
 * - The library checks everything that it gets from the caller: NULL and misaligned pointers,
 *   lengths and their products, unknown numbers, empty and foreign handles. A wrong argument gives
 *   MLX_STATUS_INVALID_ARGUMENT.
 * - The library never prints, exits, aborts or throws.
 *
 * Memory
 *
 * - The values of an array live as long as any handle, view or queued work needs them.
 * - Inputs may be freed as soon as a call returns.
 *
 * Streams and queued work
 *
 * - mlx_convolve, mlx_convolve_with and mlx_as_strided check their arguments, allocate the result,
 *   queue the work on the stream, and return. The result may be an input of further calls at once,
 *   on any stream.
 * - A stream runs its queued work in order, on its own worker thread. If no worker thread can be
 *   started, the calling thread runs the work.
 * - mlx_array_eval, mlx_array_data_, mlx_array_item_, mlx_array_tostring and mlx_synchronize
 *   block; the waiting thread may itself run queued work that has not started.
 * - Work of less than about 0.3 milliseconds runs before the call returns, if the stream has no
 *   other queued work and the values of the inputs are ready.
 *
 * Queued work that fails
 *
 * - If work fails after its call has returned, the library marks its result as failed. Every call
 *   that waits for the result, or takes it as an input, returns the status of the failure.
 * - The message of a call that takes the result as an input is
 *   `<input>: computing it failed: <original error>`. mlx_array_eval, _item_, _data_, _tostring and
 *   mlx_synchronize give the message of the failed work as it is.
 * - mlx_synchronize returns the first failure on the stream since the last mlx_synchronize.
 * - A failed result has its shape and dtype. It may be freed or set.
 *
 * Threads
 *
 * - Any thread may call any function, and threads may pass handles to each other. A thread that
 *   calls the library needs a stack of 64 KiB.
 * - Several threads may read the object of one handle at the same time. No thread may free or set
 *   it while another thread uses it.
 * - The library's own threads are the worker threads of the streams, and the helper threads that
 *   take part in long computations. They block all signals except faults and SIGPROF. A thread
 *   that has been idle for half a second ends.
 * - No call is a cancellation point: if pthread_cancel asks a thread to end during a call, the
 *   thread ends after the call. Asynchronous cancellation (PTHREAD_CANCEL_ASYNCHRONOUS) is not
 *   allowed.
 *
 * Callbacks
 *
 * - Destructors and the error handler run with cancellation off. If pthread_cancel asks their
 *   thread to end, it ends after the call.
 * - A destructor may run on one of the library's threads. The stack of such a thread has 1 MiB in
 *   addition to the part that the system uses for thread-local variables. The destructor may use
 *   half of this 1 MiB.
 *
 * Processes
 *
 * - After a fork, both processes may use the library. The parent completes the work that was
 *   queued. In the child, the results of this work fail with MLX_STATUS_DEVICE_LOST, and so do
 *   values that only a GPU has.
 * - A process may exit while work is queued. This work does not run.
 * - The library is never unloaded.
 * - A signal handler must not call the library. It must not call fork either, because fork runs
 *   the library's fork handlers: if the signal has interrupted the library, they wait for ever. A
 *   signal handler may call _Fork and posix_spawn.
 *
 * Dtypes
 *
 * - An mlx_dtype is a number from 0 to 13. Other numbers are unknown dtypes.
 * - mlx_convolve converts its inputs to the dtype that MLX's promotion gives.
 * - float16 and bfloat16 values are passed as their bits, in a uint16_t.
 *
 * Lengths and limits
 *
 * - Lengths, sizes and strides count elements. Memory is counted in bytes.
 * - An array has at most 64 dimensions, and each size is at most INT_MAX. So a result of
 *   mlx_convolve has at most INT_MAX elements. mlx_convolve_into, mlx_convolve_into_with and
 *   mlx_convolve_rows have no such limit.
 *
 * Environment variables
 *
 * The library reads each variable once, when it first needs the variable. Blanks around a value do
 * not count. The library ignores an empty value, a value that it does not know, and an instruction
 * set that the machine lacks; mlx_convolve_explain tells the last two. The library reads no variable
 * in secure execution (setuid programs and the like).
 *
 * - MLX_CONVOLVE_ISA=portable, avx2, avx512 or neon sets the instruction set. Without it, the
 *   library uses the strongest one that the machine has. avx512 uses VNNI if the machine has it, for
 *   integers only.
 * - MLX_CONVOLVE_METHOD=direct or fft forces a method of computation. Without it, the library uses
 *   the method with the smaller estimated time, but direct sums of floats unless FFTs are estimated
 *   to be 1.15 times as fast (with MLX_ACCURACY_COMPONENTWISE, 1.7 times). Forcing weakens no
 *   promise: with MLX_ACCURACY_COMPONENTWISE, both methods keep the bound of each output.
 *   On a GPU, direct has this effect, and fft has none.
 * - MLX_CONVOLVE_GPU=off or software says which GPUs there are: see MLX_GPU.
 * - MLX_CONVOLVE_NUM_THREADS, a whole number, at least 1, sets the initial number of threads; see
 *   mlx_set_num_threads.
 *
 * Bits
 *
 * - The bits of a result depend on the values, the lengths, the options, the dtype,
 *   MLX_CONVOLVE_METHOD, the instruction set and the build of the library. So the same output may
 *   differ in its last bits between modes, ranges, lengths or versions of the library.
 * - The bits do not depend on threads, alignment, strides, the function called, the run, or the
 *   floating-point mode of the caller.
 * - If MLX_CONVOLVE_ISA names an instruction set that the machine has, the bits depend on nothing
 *   else: they are the same on every machine with that instruction set. Otherwise the family of the
 *   processor (made by AMD or not) may also decide; mlx_convolve_explain names it.
 * - On a GPU, the bits of floats also depend on the device and its driver.
 * - Integers and bools are exact, so they are the same everywhere.
 *
 *
 * Differences from mlx-c
 *
 * - mlx_convolve takes pointers to its inputs, and the stream stands before the result, which is
 *   last. Functions of mlx-c take inputs by value, the result first and the stream last.
 * - The default error handler does nothing. The one of mlx-c prints and exits.
 * - Functions that return an int in mlx-c return an mlx_status here.
 * - mlx_array_data_ functions wait for the values. In mlx-c they crash.
 * - mlx_array_strides returns int64_t strides, in elements: strides may be negative.
 * - float16 and bfloat16 are uint16_t bits on every platform. mlx_complex64_t is float _Complex in
 *   C, _Fcomplex in Microsoft's C, and a struct of two floats in C++ and Swift.
 * - Enumerations are int32_t types and macros.
 * - mlx_array_new_data_managed borrows the memory on every platform. mlx-c may copy it.
 * - Any thread may use the arrays and streams of another thread. Work begins when it is queued,
 *   not when a thread first waits for it.
 *
 *
 * Names for the linker
 *
 * Every name in the library begins with mlx_convolve, so mlx-c can be linked into the same
 * program. The macros below map the names of this header to those names. A translation unit must
 * include only one of the two headers. Debuggers and dlsym see no macros: there the names are those
 * in the library, such as mlx_convolve_array_new. Swift sees no macros either; the end of this
 * header tells it the names of this header.
 */

#ifndef MLX_CONVOLVE_H
#define MLX_CONVOLVE_H

#if @MLX_C_GUARDS@
#error "mlx_convolve.h and mlx-c declare the same names: include one of them per translation unit"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlx_convolve_types.h" /* mlx_mode, MLX_MODE_FULL, MLX_MODE_VALID, MLX_MODE_SAME */

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
#ifdef __swift__
/* The names of this header, for Swift's importer of C, which sees no macros. */
#define MLX_SWIFT_NAME(function, name) \
  __typeof__(function) function __attribute__((swift_name(name)))
@SWIFT_NAMES@
#undef MLX_SWIFT_NAME
#endif

#ifdef __cplusplus
}
#endif

#endif /* MLX_CONVOLVE_H */
