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

#if defined(MLX_ALL_H) || defined(MLX_ARRAY_H) || defined(MLX_CLOSURE_H) || \
    defined(MLX_COMPILE_H) || defined(MLX_CUDA_H) || defined(MLX_DEVICE_H) || \
    defined(MLX_DISTRIBUTED_H) || defined(MLX_DISTRIBUTED_GROUP_H) || defined(MLX_ERROR_H) || \
    defined(MLX_EXPORT_H) || defined(MLX_FAST_H) || defined(MLX_FFT_H) || \
    defined(MLX_GRAPH_UTILS_H) || defined(MLX_HALF_H) || defined(MLX_IO_H) || \
    defined(MLX_IO_TYPES_H) || defined(MLX_LINALG_H) || defined(MLX_MAP_H) || \
    defined(MLX_MEMORY_H) || defined(MLX_METAL_H) || defined(MLX_OPS_H) || \
    defined(MLX_OPTIONAL_H) || defined(MLX_RANDOM_H) || defined(MLX_STREAM_H) || \
    defined(MLX_STRING_H) || defined(MLX_TRANSFORMS_H) || defined(MLX_TRANSFORMS_IMPL_H) || \
    defined(MLX_VECTOR_H) || defined(MLX_VERSION_H) || defined(MLX_H)
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
#define mlx_status_string mlx_convolve_status_string
#define mlx_last_error mlx_convolve_last_error
#define mlx_set_error_handler mlx_convolve_set_error_handler
#define mlx_dtype_size mlx_convolve_dtype_size
#define mlx_string_new mlx_convolve_string_new
#define mlx_string_new_data mlx_convolve_string_new_data
#define mlx_string_set mlx_convolve_string_set
#define mlx_string_data mlx_convolve_string_data
#define mlx_string_free mlx_convolve_string_free
#define mlx_device_new mlx_convolve_device_new
#define mlx_device_new_type mlx_convolve_device_new_type
#define mlx_device_free mlx_convolve_device_free
#define mlx_device_set mlx_convolve_device_set
#define mlx_device_tostring mlx_convolve_device_tostring
#define mlx_device_equal mlx_convolve_device_equal
#define mlx_device_get_index mlx_convolve_device_get_index
#define mlx_device_get_type mlx_convolve_device_get_type
#define mlx_device_is_available mlx_convolve_device_is_available
#define mlx_device_count mlx_convolve_device_count
#define mlx_get_default_device mlx_convolve_get_default_device
#define mlx_set_default_device mlx_convolve_set_default_device
#define mlx_metal_is_available mlx_convolve_metal_is_available
#define mlx_stream_new mlx_convolve_stream_new
#define mlx_stream_new_device mlx_convolve_stream_new_device
#define mlx_stream_set mlx_convolve_stream_set
#define mlx_stream_free mlx_convolve_stream_free
#define mlx_stream_tostring mlx_convolve_stream_tostring
#define mlx_stream_equal mlx_convolve_stream_equal
#define mlx_stream_get_device mlx_convolve_stream_get_device
#define mlx_stream_get_index mlx_convolve_stream_get_index
#define mlx_synchronize mlx_convolve_synchronize
#define mlx_get_default_stream mlx_convolve_get_default_stream
#define mlx_set_default_stream mlx_convolve_set_default_stream
#define mlx_default_stream_new mlx_convolve_default_stream_new
#define mlx_default_cpu_stream_new mlx_convolve_default_cpu_stream_new
#define mlx_default_gpu_stream_new mlx_convolve_default_gpu_stream_new
#define mlx_array_new mlx_convolve_array_new
#define mlx_array_free mlx_convolve_array_free
#define mlx_array_set mlx_convolve_array_set
#define mlx_array_set_data mlx_convolve_array_set_data
#define mlx_array_new_bool mlx_convolve_array_new_bool
#define mlx_array_new_int mlx_convolve_array_new_int
#define mlx_array_new_float32 mlx_convolve_array_new_float32
#define mlx_array_new_float mlx_convolve_array_new_float
#define mlx_array_new_float64 mlx_convolve_array_new_float64
#define mlx_array_new_double mlx_convolve_array_new_double
#define mlx_array_new_complex mlx_convolve_array_new_complex
#define mlx_array_new_data mlx_convolve_array_new_data
#define mlx_array_new_data_managed mlx_convolve_array_new_data_managed
#define mlx_array_new_data_managed_payload mlx_convolve_array_new_data_managed_payload
#define mlx_array_itemsize mlx_convolve_array_itemsize
#define mlx_array_size mlx_convolve_array_size
#define mlx_array_nbytes mlx_convolve_array_nbytes
#define mlx_array_ndim mlx_convolve_array_ndim
#define mlx_array_shape mlx_convolve_array_shape
#define mlx_array_strides mlx_convolve_array_strides
#define mlx_array_dim mlx_convolve_array_dim
#define mlx_array_dtype mlx_convolve_array_dtype
#define mlx_array_eval mlx_convolve_array_eval
#define mlx_array_tostring mlx_convolve_array_tostring
#define mlx_as_strided mlx_convolve_as_strided
#define mlx_array_item_bool mlx_convolve_array_item_bool
#define mlx_array_item_uint8 mlx_convolve_array_item_uint8
#define mlx_array_item_uint16 mlx_convolve_array_item_uint16
#define mlx_array_item_uint32 mlx_convolve_array_item_uint32
#define mlx_array_item_uint64 mlx_convolve_array_item_uint64
#define mlx_array_item_int8 mlx_convolve_array_item_int8
#define mlx_array_item_int16 mlx_convolve_array_item_int16
#define mlx_array_item_int32 mlx_convolve_array_item_int32
#define mlx_array_item_int64 mlx_convolve_array_item_int64
#define mlx_array_item_float16 mlx_convolve_array_item_float16
#define mlx_array_item_float32 mlx_convolve_array_item_float32
#define mlx_array_item_float64 mlx_convolve_array_item_float64
#define mlx_array_item_bfloat16 mlx_convolve_array_item_bfloat16
#define mlx_array_item_complex64 mlx_convolve_array_item_complex64
#define mlx_array_data_bool mlx_convolve_array_data_bool
#define mlx_array_data_uint8 mlx_convolve_array_data_uint8
#define mlx_array_data_uint16 mlx_convolve_array_data_uint16
#define mlx_array_data_uint32 mlx_convolve_array_data_uint32
#define mlx_array_data_uint64 mlx_convolve_array_data_uint64
#define mlx_array_data_int8 mlx_convolve_array_data_int8
#define mlx_array_data_int16 mlx_convolve_array_data_int16
#define mlx_array_data_int32 mlx_convolve_array_data_int32
#define mlx_array_data_int64 mlx_convolve_array_data_int64
#define mlx_array_data_float16 mlx_convolve_array_data_float16
#define mlx_array_data_float32 mlx_convolve_array_data_float32
#define mlx_array_data_float64 mlx_convolve_array_data_float64
#define mlx_array_data_bfloat16 mlx_convolve_array_data_bfloat16
#define mlx_array_data_complex64 mlx_convolve_array_data_complex64
#define mlx_set_num_threads mlx_convolve_set_num_threads
#define mlx_get_active_memory mlx_convolve_get_active_memory
#define mlx_get_peak_memory mlx_convolve_get_peak_memory
#define mlx_reset_peak_memory mlx_convolve_reset_peak_memory
#define mlx_get_cache_memory mlx_convolve_get_cache_memory
#define mlx_set_cache_limit mlx_convolve_set_cache_limit
#define mlx_clear_cache mlx_convolve_clear_cache

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

/** The major version of this header. */
#define MLX_CONVOLVE_VERSION_MAJOR 0
/** The minor version of this header. */
#define MLX_CONVOLVE_VERSION_MINOR 1
/** The patch version of this header. */
#define MLX_CONVOLVE_VERSION_PATCH 0

/* ---- Version ---- */

/**
 * Returns the version of the library that is running, such as "1.2.3". The macros
 * MLX_CONVOLVE_VERSION_MAJOR, _MINOR and _PATCH give the version of the header that was compiled.
 *
 * Never fails and never returns NULL. The string lives as long as the process.
 */
const char *mlx_convolve_version(void);

/* ---- Statuses, messages, the error handler ---- */

/**
 * The outcome of a call: one of the MLX_STATUS_ numbers. 0 means success. A number is never
 * reused. Later versions may add numbers, so treat an unknown number as a failure.
 */
typedef int32_t mlx_status;

/**
 * An error handler. `msg` is the message of a failure; it is valid only during the call. `data` is
 * the pointer that was passed to mlx_set_error_handler.
 */
typedef void (*mlx_error_handler_func)(const char *msg, void *data);

/** The call succeeded. */
#define MLX_STATUS_SUCCESS 0
/** An argument is NULL, an empty or foreign handle, out of range, or does not fit the others. */
#define MLX_STATUS_INVALID_ARGUMENT 1
/** The request is valid, but this device cannot do it. */
#define MLX_STATUS_UNSUPPORTED 2

/**
 * Memory ran out. All outputs are unchanged, except the buffers of mlx_convolve_into,
 * mlx_convolve_into_with and mlx_convolve_rows.
 */
#define MLX_STATUS_OUT_OF_MEMORY 3
/** The device is not present. */
#define MLX_STATUS_DEVICE_UNAVAILABLE 4
/** The device was lost, or the work was pending in the parent of this forked child. */
#define MLX_STATUS_DEVICE_LOST 5
/** A bug in this library, caught before it could harm the caller. Please report the message. */
#define MLX_STATUS_INTERNAL 6

/**
 * Returns the name of a status in words, such as "out of memory". Returns "unknown status" for an
 * unknown number.
 *
 * Never fails and never returns NULL. The string lives as long as the process.
 */
const char *mlx_status_string(mlx_status status);

/**
 * Returns the message of the last failure on the calling thread. The message names the argument
 * and the sizes. It is empty if nothing has failed on this thread. A successful call does not
 * change it.
 *
 * Never fails and never returns NULL. The string is valid until the next failure on this thread,
 * or until the thread ends. It has at most 1023 bytes. Messages are for people: any version may
 * change their wording.
 */
const char *mlx_last_error(void);

/**
 * Sets the error handler of the process, which is called at every failure in the process. NULL
 * sets no handler, as at the start.
 *
 * handler  Called as the last step of the failing call, on the thread that receives the status.
 *          The library holds no lock at that time, so the handler may call the library. A failure
 *          inside the handler is not reported to the handler. The handler runs with cancellation
 *          off. It must return: it must neither throw nor longjmp.
 * data     Passed to the handler and to `dtor`.
 * dtor     Called once with `data`, after the last use of `data`: when the handler has been
 *          replaced and no thread is inside it any more, or at once if `handler` is NULL. Runs with
 *          cancellation off. Not called at exit. In a forked child, `dtor` is not called if another
 *          thread of the parent was running the handler at the fork. May be NULL.
 *
 * Never fails. Any thread may call this function, also from inside the handler.
 */
void mlx_set_error_handler(mlx_error_handler_func handler, void *data, void (*dtor)(void*));

/* ---- Element types ---- */

/**
 * The type of an array's elements: one of MLX_BOOL to MLX_COMPLEX64. The numbers are those of
 * mlx-c.
 */
typedef int32_t mlx_dtype;

/** One byte. 0 is false, and any other value is true. Results are 0 or 1. */
#define MLX_BOOL 0
/** uint8_t */
#define MLX_UINT8 1
/** uint16_t */
#define MLX_UINT16 2
/** uint32_t */
#define MLX_UINT32 3
/** uint64_t */
#define MLX_UINT64 4
/** int8_t */
#define MLX_INT8 5
/** int16_t */
#define MLX_INT16 6
/** int32_t */
#define MLX_INT32 7
/** int64_t */
#define MLX_INT64 8
/** IEEE binary16. C code passes its bits as a uint16_t. */
#define MLX_FLOAT16 9
/** float */
#define MLX_FLOAT32 10
/** double */
#define MLX_FLOAT64 11
/** The upper half of a float. C code passes its bits as a uint16_t. */
#define MLX_BFLOAT16 12
/** Two floats, real part first: mlx_complex64_t. */
#define MLX_COMPLEX64 13

/**
 * Returns the number of bytes of one element of `dtype`. Returns 0 and sets mlx_last_error if
 * `dtype` is unknown.
 */
size_t mlx_dtype_size(mlx_dtype dtype);

/* ---- Strings ---- */

/**
 * A string that the library made. mlx_convolve_explain and the _tostring functions write such
 * strings.
 */
typedef struct mlx_string {
  /** Belongs to the library. NULL in an empty handle. */
  void *ctx;
} mlx_string;

/** Returns an empty handle, {NULL}, for functions that write a string. Never fails. */
mlx_string mlx_string_new(void);

/**
 * Returns a copy of `str`, which must end with a zero byte. Free it with mlx_string_free.
 *
 * Returns an empty handle and sets mlx_last_error if `str` is NULL or memory runs out.
 */
mlx_string mlx_string_new_data(const char *str);

/**
 * Copies the contents of `src` to `*str`, and releases the old contents of `*str`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY. On failure, `*str` is unchanged.
 */
mlx_status mlx_string_set(mlx_string *str, mlx_string src);

/**
 * Returns the characters of `str`, followed by a zero byte. They are valid until `str` is freed or
 * set. Returns NULL and sets mlx_last_error if the handle is empty or foreign.
 */
const char *mlx_string_data(mlx_string str);

/**
 * Frees `str`. Succeeds and does nothing if the handle is empty. Fails with
 * MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
 */
mlx_status mlx_string_free(mlx_string str);

/* ---- Devices ---- */

/** A device: its kind, and its index among the devices of this kind. */
typedef struct mlx_device {
  /** Belongs to the library. NULL in an empty handle. */
  void *ctx;
} mlx_device;

/** The kind of a device: MLX_CPU or MLX_GPU. */
typedef int32_t mlx_device_type;

/** The processor that the program runs on. It is always present, and its index is 0. */
#define MLX_CPU 0

/**
 * A graphics processor, through Metal on Apple's systems and Vulkan elsewhere. There is none if the
 * library was built without the CMake option MLX_CONVOLVE_GPU, which is on by default on Apple's
 * systems only, and none in a fully static program. The library looks for GPUs when a function first
 * asks about one. The environment variable MLX_CONVOLVE_GPU is read then: with "off" there is none,
 * with "software" adapters that compute on the processor serve, too. Without it, only hardware serves.
 *
 * A stream of a GPU takes all dtypes but MLX_FLOAT64, which fails with MLX_STATUS_UNSUPPORTED. The
 * GPU computes with all options, on arrays of any strides and dimensions, filters of up to so many taps:
 *   real floats                                          786433, by FFTs from some 260 taps on
 *   the same with MLX_SUBNORMALS_FLUSH, or with
 *   MLX_CONVOLVE_METHOD=direct                           4096
 *   the same with MLX_ACCURACY_COMPONENTWISE             16384
 *   complex numbers                                      4096, with MLX_ACCURACY_COMPONENTWISE 8192
 *   integers of 8 to 32 bits                             4096
 *   integers of 64 bits                                  512
 *   bools                                                65536, with a boundary 4096
 * The library computes longer filters on the CPU, for the same stream; also real floats with more
 * than 4096 taps if so few outputs are wanted that FFTs do not pay, and signals that a boundary
 * repeats more than some 30 times. mlx_convolve_explain tells for the default device.
 * mlx_convolve_into and mlx_convolve_rows always compute on the CPU.
 *
 * - The first convolution of each kind on a device compiles kernels and tries them. This may take
 *   seconds, in which the call does not return. A kernel that does not compute as the CPU does is
 *   refused: results that need it fail with MLX_STATUS_DEVICE_UNAVAILABLE.
 * - Results stay on the GPU. They are copied to the host when a function there first reads them, and
 *   inputs to the GPU when a convolution there first reads them. Both copies are kept.
 * - Results have the error bounds that mlx_convolve states, and infinities and NaNs the same effect.
 *   Integers and bools are exact. With infinities and NaNs, a call may take up to 15 times as long;
 *   with patterns made for it, or sums all close to the largest number, up to 100 times. Subnormal numbers may count as 0. The bits of floats
 *   depend on the device, its driver and the build of the library, and differ from the CPU's.
 * - If the device is lost, as may happen when a driver runs out of memory, values that only the
 *   device had fail with MLX_STATUS_DEVICE_LOST, and so do calls on its streams. The next new
 *   stream, or default stream, opens the device again.
 * - A forked child cannot use a GPU that its parent has asked about: its arrays and streams fail with
 *   MLX_STATUS_DEVICE_LOST, new streams with MLX_STATUS_DEVICE_UNAVAILABLE.
 * - Do not ask for a GPU while a library is being loaded (in a constructor): drivers are loaded then.
 */
#define MLX_GPU 1

/** Returns an empty handle, {NULL}, for functions that write a device. Never fails. */
mlx_device mlx_device_new(void);

/**
 * Returns the device of a kind and an index. The device need not be present:
 * mlx_device_is_available tells whether it is. Free the handle with mlx_device_free.
 *
 * Returns an empty handle and sets mlx_last_error if `type` is unknown, if `index` is negative, or
 * if memory runs out.
 */
mlx_device mlx_device_new_type(mlx_device_type type, int index);

/**
 * Frees `dev`. Succeeds and does nothing if the handle is empty. Fails with
 * MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
 */
mlx_status mlx_device_free(mlx_device dev);

/**
 * Makes `*dev` the same device as `src`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY. On failure, `*dev` is unchanged.
 */
mlx_status mlx_device_set(mlx_device *dev, mlx_device src);

/**
 * Writes a description such as "Device(cpu, 0)" to `*str`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `dev`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY. On failure, `*str` is unchanged.
 */
mlx_status mlx_device_tostring(mlx_string *str, mlx_device dev);

/**
 * Returns whether both handles are the same device. Returns false and sets mlx_last_error if a
 * handle is empty or foreign.
 */
bool mlx_device_equal(mlx_device lhs, mlx_device rhs);

/**
 * Writes the index of `dev` among the devices of its kind to `*index`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*index` is
 * unchanged.
 */
mlx_status mlx_device_get_index(int *index, mlx_device dev);

/**
 * Writes the kind of `dev` to `*type`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*type` is
 * unchanged.
 */
mlx_status mlx_device_get_type(mlx_device_type *type, mlx_device dev);

/**
 * Writes to `*avail` whether `dev` can be used now.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*avail` is
 * unchanged.
 */
mlx_status mlx_device_is_available(bool *avail, mlx_device dev);

/**
 * Writes the number of devices of a kind to `*count`. For MLX_CPU this number is 1. For MLX_GPU, the
 * first call looks for devices and may take some 0.1 s.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, unknown kind). On failure, `*count` is unchanged.
 */
mlx_status mlx_device_count(int *count, mlx_device_type type);

/**
 * Writes the default device of the process to `*dev`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, foreign handle) or MLX_STATUS_OUT_OF_MEMORY. On
 * failure, `*dev` is unchanged.
 */
mlx_status mlx_get_default_device(mlx_device *dev);

/**
 * Makes `dev` the default device of the process, which mlx_default_stream_new uses.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle) or
 * MLX_STATUS_DEVICE_UNAVAILABLE.
 */
mlx_status mlx_set_default_device(mlx_device dev);

/**
 * Writes to `*res` whether GPU 0 computes through Apple's Metal.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL). On failure, `*res` is unchanged.
 */
mlx_status mlx_metal_is_available(bool *res);

/* ---- Streams ---- */

/**
 * A queue of work on one device. A stream runs its queued work in order. Any thread may use a
 * stream, and any thread may use the arrays that the stream computes.
 */
typedef struct mlx_stream {
  /** Belongs to the library. NULL in an empty handle. */
  void *ctx;
} mlx_stream;

/**
 * Returns an empty handle, {NULL}, for functions that write a stream. An empty handle cannot
 * compute. Never fails.
 */
mlx_stream mlx_stream_new(void);

/**
 * Returns a new stream on `dev`. Free it with mlx_stream_free.
 *
 * Returns an empty handle and sets mlx_last_error if `dev` is empty or foreign, if the device is
 * not available, or if memory runs out.
 */
mlx_stream mlx_stream_new_device(mlx_device dev);

/**
 * Makes `*stream` the same stream as `src`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY. On failure, `*stream` is unchanged.
 */
mlx_status mlx_stream_set(mlx_stream *stream, mlx_stream src);

/**
 * Frees the handle. Work that is already queued on the stream still runs. Succeeds and does
 * nothing if the handle is empty. Fails with MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
 */
mlx_status mlx_stream_free(mlx_stream stream);

/**
 * Writes a description such as "Stream(Device(cpu, 0), 1)" to `*str`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY. On failure, `*str` is unchanged.
 */
mlx_status mlx_stream_tostring(mlx_string *str, mlx_stream stream);

/**
 * Returns whether both handles are the same stream. Returns false and sets mlx_last_error if a
 * handle is empty or foreign.
 */
bool mlx_stream_equal(mlx_stream lhs, mlx_stream rhs);

/**
 * Writes the device of `stream` to `*dev`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY. On failure, `*dev` is unchanged.
 */
mlx_status mlx_stream_get_device(mlx_device *dev, mlx_stream stream);

/**
 * Writes the index of `stream` to `*index`. No other stream in the process has the same index.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*index` is
 * unchanged.
 */
mlx_status mlx_stream_get_index(int *index, mlx_stream stream);

/**
 * Blocks until all work that is queued on `stream` so far is done. The waiting thread may itself
 * run queued work that has not started.
 *
 * Returns the status of the first queued work that failed since the last mlx_synchronize on this
 * stream. A failure that a call itself returned does not count. Fails with
 * MLX_STATUS_INVALID_ARGUMENT if the handle is empty or foreign.
 */
mlx_status mlx_synchronize(mlx_stream stream);

/**
 * Writes the calling thread's default stream on `dev` to `*stream`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `dev`, foreign handle),
 * MLX_STATUS_DEVICE_UNAVAILABLE or MLX_STATUS_OUT_OF_MEMORY. On failure, `*stream` is unchanged.
 * MLX_STATUS_OUT_OF_MEMORY may also mean that the process has used up its keys for thread-specific
 * values (PTHREAD_KEYS_MAX).
 */
mlx_status mlx_get_default_stream(mlx_stream *stream, mlx_device dev);

/**
 * Makes `stream` the calling thread's default stream on the device of `stream`. Other threads keep
 * their default streams.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle) or MLX_STATUS_OUT_OF_MEMORY.
 * MLX_STATUS_OUT_OF_MEMORY has the same two meanings as in mlx_get_default_stream.
 */
mlx_status mlx_set_default_stream(mlx_stream stream);

/**
 * Returns the calling thread's default stream on the default device of the process. MLX's Python
 * uses this stream if the caller names none. Free the handle with mlx_stream_free.
 *
 * Returns an empty handle and sets mlx_last_error if the device is not available, or if memory or
 * keys run out (as in mlx_get_default_stream).
 */
mlx_stream mlx_default_stream_new(void);

/**
 * Returns the calling thread's default stream on the CPU. Free the handle with mlx_stream_free.
 *
 * Returns an empty handle and sets mlx_last_error if memory or keys run out (as in
 * mlx_get_default_stream).
 */
mlx_stream mlx_default_cpu_stream_new(void);

/**
 * Returns the calling thread's default stream on the first GPU. Free the handle with
 * mlx_stream_free.
 *
 * Returns an empty handle and sets mlx_last_error if there is no GPU, or if memory or keys run out
 * (as in mlx_get_default_stream).
 */
mlx_stream mlx_default_gpu_stream_new(void);

/* ---- Arrays ---- */

/**
 * An array: elements of one dtype, in 0 to 64 dimensions. The values of an array never change. A
 * function that takes an `mlx_array *` may make the handle stand for another array.
 */
typedef struct mlx_array {
  /** Belongs to the library. NULL in an empty handle. */
  void *ctx;
} mlx_array;

/** Returns an empty handle, {NULL}, for functions that make an array. Never fails. */
mlx_array mlx_array_new(void);

/**
 * Frees `arr`. The memory of the values is released when nothing else reads it, queued work
 * included. Succeeds and does nothing if the handle is empty. Fails with
 * MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
 */
mlx_status mlx_array_free(mlx_array arr);

/**
 * Makes `*arr` the same array as `src`, without copying values. The old array of `*arr` is
 * released.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY. On failure, `*arr` is unchanged.
 */
mlx_status mlx_array_set(mlx_array *arr, mlx_array src);

/**
 * Makes `*arr` a new array with a copy of `data`. The old array of `*arr` is released. The other
 * arguments are as in mlx_array_new_data.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, foreign handle, `dim` or a size out of range,
 * unknown dtype) or MLX_STATUS_OUT_OF_MEMORY. On failure, `*arr` is unchanged.
 */
mlx_status mlx_array_set_data(mlx_array *arr, const void *data, const int *shape, int dim,
    mlx_dtype dtype);

/**
 * Returns an array of 0 dimensions with one bool element. Free it with mlx_array_free.
 *
 * Returns an empty handle and sets mlx_last_error if memory runs out.
 */
mlx_array mlx_array_new_bool(bool val);

/** Like mlx_array_new_bool, with dtype MLX_INT32. */
mlx_array mlx_array_new_int(int val);

/** Like mlx_array_new_bool, with dtype MLX_FLOAT32. */
mlx_array mlx_array_new_float32(float val);

/** The same as mlx_array_new_float32. */
mlx_array mlx_array_new_float(float val);

/** Like mlx_array_new_bool, with dtype MLX_FLOAT64. */
mlx_array mlx_array_new_float64(double val);

/** The same as mlx_array_new_float64. */
mlx_array mlx_array_new_double(double val);

/** Like mlx_array_new_bool, with dtype MLX_COMPLEX64. */
mlx_array mlx_array_new_complex(float real_val, float imag_val);

/**
 * Returns an array with a copy of `data`. Free it with mlx_array_free.
 *
 * data   The elements, the last dimension fastest, at any alignment. May be NULL if the array has
 *        no elements.
 * shape  `dim` sizes; none is negative. May be NULL if `dim` is 0: the array then has one element.
 * dim    The number of dimensions, 0 to 64.
 *
 * Returns an empty handle and sets mlx_last_error if `data` or `shape` is NULL, if `dim` or a size
 * is out of range, if `dtype` is unknown, or if memory runs out.
 */
mlx_array mlx_array_new_data(const void *data, const int *shape, int dim, mlx_dtype dtype);

/**
 * Returns an array that reads `data` in place, without a copy. The same as
 * mlx_array_new_data_managed_payload with `data` as the payload.
 */
mlx_array mlx_array_new_data_managed(void *data, const int *shape, int dim, mlx_dtype dtype,
    void (*dtor)(void*));

/**
 * Returns an array that reads `data` in place, without a copy. Free it with mlx_array_free.
 *
 * data           As in mlx_array_new_data, but aligned for `dtype`. Nobody may write to the data
 *                before `dtor` has been called.
 * shape, dim     As in mlx_array_new_data.
 * payload, dtor  The library calls dtor(payload) once, after the last read of the data. If `dtor`
 *                is NULL, nothing is called.
 *
 * When `dtor` runs: it may run a moment after the last result that reads the data is ready, and on
 * any thread. The library holds no lock at that time. Any call that frees, replaces or waits for
 * an array, mlx_convolve included, may call `dtor` before it returns. Therefore hold no lock
 * around such a call if `dtor` takes the same lock.
 *
 * What `dtor` may do: it may call this library, but it must not wait for values that are not
 * ready, because it may run on the thread that computes them. It runs with cancellation off. It
 * must neither throw nor longjmp.
 *
 * On failure, the function returns an empty handle, sets mlx_last_error, and does not call `dtor`.
 * It fails if `data` or `shape` is NULL, if a pointer is misaligned, if the elements reach beyond
 * the end of the address space, if `dim` or a size is out of range, if `dtype` is unknown, or if
 * memory runs out.
 */
mlx_array mlx_array_new_data_managed_payload(void *data, const int *shape, int dim,
    mlx_dtype dtype, void *payload, void (*dtor)(void*));

/**
 * Returns the number of bytes of one element. Returns 0 and sets mlx_last_error if the handle is
 * empty or foreign.
 */
size_t mlx_array_itemsize(mlx_array arr);

/**
 * Returns the number of elements. Returns 0 and sets mlx_last_error if the handle is empty or
 * foreign.
 */
size_t mlx_array_size(mlx_array arr);

/**
 * Returns the number of bytes of all elements: mlx_array_size times mlx_array_itemsize. Returns 0
 * and sets mlx_last_error if the handle is empty or foreign.
 */
size_t mlx_array_nbytes(mlx_array arr);

/**
 * Returns the number of dimensions. Returns 0 and sets mlx_last_error if the handle is empty or
 * foreign.
 */
size_t mlx_array_ndim(mlx_array arr);

/**
 * Returns the mlx_array_ndim(arr) sizes of the dimensions. The pointer is valid until `arr` is
 * freed or set. Returns NULL and sets mlx_last_error if the handle is empty or foreign.
 */
const int *mlx_array_shape(mlx_array arr);

/**
 * Returns the mlx_array_ndim(arr) strides. A stride is the distance between neighbours along a
 * dimension, in elements; it may be 0 or negative. The pointer is valid until `arr` is freed or
 * set. Returns NULL and sets mlx_last_error if the handle is empty or foreign.
 */
const int64_t *mlx_array_strides(mlx_array arr);

/**
 * Returns the size of dimension `dim`. A negative `dim` counts from the end: -1 is the last
 * dimension. Returns 0 and sets mlx_last_error if the handle is empty or foreign, or if the
 * dimension does not exist.
 */
int mlx_array_dim(mlx_array arr, int dim);

/** Returns the dtype. Returns 0 and sets mlx_last_error if the handle is empty or foreign. */
mlx_dtype mlx_array_dtype(mlx_array arr);

/**
 * Blocks until the values of `arr` are ready. The waiting thread may itself run queued work that
 * has not started.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle), or with the status of the work
 * that failed to compute the values. In a forked child, this status is MLX_STATUS_DEVICE_LOST for
 * values that were pending in the parent at the fork.
 */
mlx_status mlx_array_eval(mlx_array arr);

/**
 * Waits for the values and writes them with the dtype to `*str`, as in "array([1, 2, 3],
 * dtype=int32)". Of a dimension longer than 6, the text has only the first 3 and the last 3 parts.
 * After 1000 elements the text stops: each dimension that it cuts off there ends in "...".
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `arr`, foreign handle),
 * MLX_STATUS_OUT_OF_MEMORY, or the status of the work that failed to compute the values. On
 * failure, `*str` is unchanged.
 */
mlx_status mlx_array_tostring(mlx_string *str, mlx_array arr);

/**
 * Makes `*res` a view of `a` with another shape and other strides. If `a` is contiguous, nothing
 * is copied. Otherwise the elements of `a` are first copied, the last dimension fastest, and the
 * view is a view of the copy.
 *
 * shape, shape_num      The sizes and their number. No size is negative.
 * strides, strides_num  The strides in elements, and their number, which equals `shape_num`. A
 *                       stride may be 0 or negative.
 * offset                The index in `a` of the view's first element, with the last dimension
 *                       fastest.
 * s                     The stream. If a copy is needed, the stream makes it as queued work, as for
 *                       mlx_convolve.
 *
 * `*res` may be the same handle as `a`. The old array of `*res` is released.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, `shape_num` above 64 or
 * different from `strides_num`, an element of the view outside `a`), MLX_STATUS_OUT_OF_MEMORY, or
 * the status of the work that failed to compute `a`. On failure, `*res` is unchanged.
 */
mlx_status mlx_as_strided(mlx_array *res, mlx_array a, const int *shape, size_t shape_num,
    const int64_t *strides, size_t strides_num, size_t offset, mlx_stream s);

/* ---- One element: mlx_array_item_ ---- */

/**
 * Waits for the value of `arr`, an array of one element of dtype MLX_BOOL, and writes it to
 * `*res`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, another dtype, a size
 * other than 1), or the status of the work that failed to compute the value. On failure, `*res` is
 * unchanged.
 */
mlx_status mlx_array_item_bool(bool *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_UINT8. */
mlx_status mlx_array_item_uint8(uint8_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_UINT16. */
mlx_status mlx_array_item_uint16(uint16_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_UINT32. */
mlx_status mlx_array_item_uint32(uint32_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_UINT64. */
mlx_status mlx_array_item_uint64(uint64_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_INT8. */
mlx_status mlx_array_item_int8(int8_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_INT16. */
mlx_status mlx_array_item_int16(int16_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_INT32. */
mlx_status mlx_array_item_int32(int32_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_INT64. */
mlx_status mlx_array_item_int64(int64_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_FLOAT16. Writes the bits of the value. */
mlx_status mlx_array_item_float16(uint16_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_FLOAT32. */
mlx_status mlx_array_item_float32(float *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_FLOAT64. */
mlx_status mlx_array_item_float64(double *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_BFLOAT16. Writes the bits of the value. */
mlx_status mlx_array_item_bfloat16(uint16_t *res, mlx_array arr);

/** Like mlx_array_item_bool, for dtype MLX_COMPLEX64. */
mlx_status mlx_array_item_complex64(mlx_complex64_t *res, mlx_array arr);

/* ---- All elements: mlx_array_data_ ---- */

/**
 * Waits for the values of `arr` and returns a pointer to the first element. mlx_array_strides
 * tells where the other elements are. The function does not check the dtype: the bytes are those
 * of the array's own dtype.
 *
 * The pointer is valid until `arr`, and every other array that shares its values, has been freed or
 * set. If the array has no elements, the pointer is not NULL, but nothing may be read through it.
 * Returns NULL and sets mlx_last_error if the handle is empty or foreign, or if computing the values
 * failed.
 */
const bool *mlx_array_data_bool(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_UINT8. */
const uint8_t *mlx_array_data_uint8(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_UINT16. */
const uint16_t *mlx_array_data_uint16(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_UINT32. */
const uint32_t *mlx_array_data_uint32(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_UINT64. */
const uint64_t *mlx_array_data_uint64(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_INT8. */
const int8_t *mlx_array_data_int8(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_INT16. */
const int16_t *mlx_array_data_int16(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_INT32. */
const int32_t *mlx_array_data_int32(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_INT64. */
const int64_t *mlx_array_data_int64(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_FLOAT16. Points to the bits of the values. */
const uint16_t *mlx_array_data_float16(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_FLOAT32. */
const float *mlx_array_data_float32(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_FLOAT64. */
const double *mlx_array_data_float64(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_BFLOAT16. Points to the bits of the values. */
const uint16_t *mlx_array_data_bfloat16(mlx_array arr);

/** Like mlx_array_data_bool, for dtype MLX_COMPLEX64. */
const mlx_complex64_t *mlx_array_data_complex64(mlx_array arr);

/* ---- Convolution ---- */

/**
 * Convolves `a` with `v` on `stream`:  full[n] = sum over k of a[k] * v[n - k].
 *
 * N is the longer length and K the shorter. `mode` says which outputs are kept:
 *   MLX_MODE_FULL   N + K - 1 values, from full[0]
 *   MLX_MODE_VALID  N - K + 1 values, from full[K - 1]
 *   MLX_MODE_SAME   N values, from full[(K - 1) / 2], rounded down
 *
 * a, v    1-D and not empty; any strides, any dtype. Both may be freed as soon as the call returns.
 * out     Receives a new array of the promoted dtype; its old array is released. May be the same
 *         handle as an input. On failure, `*out` is unchanged.
 *
 * Dtypes. Both inputs are first converted to the promoted dtype:
 *   - bool yields to every dtype. complex64 wins over every dtype, float64 included.
 *   - A float wins over an integer of any width: int32 with float16 gives float16, in which 70000
 *     is infinite.
 *   - The wider of two floats wins; float16 with bfloat16 gives float32.
 *   - The wider of two signed or of two unsigned integers wins.
 *   - uint64 with a signed integer gives float32. Another unsigned with a signed integer gives the
 *     smallest signed integer that holds both.
 *
 * Values. Integers are exact modulo 2^bits. bool is OR of ANDs. float16 and bfloat16 are computed
 * in float and rounded once. An output that reads a NaN or an infinity is NaN or infinite, as in
 * the direct sum. Outputs that read neither keep their error bounds; their last bits may change.
 *
 * Accuracy. eps is the machine epsilon, tiny the smallest normal number, norm the Euclidean norm,
 * and `a` the longer input.
 *   - Direct sums, for short convolutions: the error is at most K eps times the sum of the
 *     magnitudes of the products, + K tiny.
 *   - FFTs of B points, for long convolutions: the error is at most
 *     12 eps log2(B) norm(a over the block read) norm(v) + K tiny. The block read is the part of
 *     `a` that one FFT reads, at most B values. In tests, 0.2 holds in place of 12.
 *   - An FFT may be chosen even for filters of about 50 values, with complex64 of about 20. Blocks
 *     with infinities may be computed as direct sums.
 *   - With either method, an output is exactly +0 if all values of `a` under the first to the last
 *     nonzero value of `v` are 0, beyond the ends included. If neither real input holds a negative
 *     value, no output is negative; small outputs that would be are +0, so their sum may be a
 *     little too large.
 *   - An output is finite if the sum of the magnitudes of its products, plus the bound, is at most
 *     the largest finite number. It is infinite, with the sign of the true value, if the true value
 *     exceeds that number by more than the bound.
 *   - On the CPU, subnormal numbers are never flushed, whatever the caller's floating-point mode. Direct sums
 *     of them may take a hundred times as long (with MLX_ACCURACY_COMPONENTWISE, some 1.2 to 6
 *     times); FFTs take some 1.2 to 1.5 times as long. With MLX_SUBNORMALS_FLUSH
 *     (mlx_convolve_with) they cost no extra time, and count as zeros.
 *   - With an FFT, outputs that are much smaller than others of their block may lose relative
 *     digits. NumPy and MLX always sum directly, so they keep such outputs; SciPy's convolve also
 *     chooses an FFT for long inputs. To keep them here, ask for MLX_ACCURACY_COMPONENTWISE
 *     (mlx_convolve_with), or for MLX_FLOAT64, which has more digits.
 *
 * Waiting. The call queues the work and returns at once, unless the work is small. The values are
 * ready after mlx_array_eval(*out) or mlx_synchronize(stream); mlx_array_data_ and mlx_array_item_
 * wait for them. Before the values are ready, `*out` may already be an input on any stream, be
 * freed, or be set.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, not 1-D, size 0, unknown
 * mode, result above INT_MAX elements), MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_UNSUPPORTED (the
 * stream's device does not have the dtype), MLX_STATUS_DEVICE_LOST, or the status of the work that failed to compute an
 * input. If the work fails after the call has returned, `*out` is marked as failed: see "Queued
 * work that fails" at the top. Any thread may call this function.
 */
mlx_status mlx_convolve(const mlx_array *a, const mlx_array *v, mlx_mode mode, mlx_stream stream,
    mlx_array *out);

/**
 * Like mlx_convolve, but on plain pointers, without handles and without a stream. The call
 * computes the result before it returns.
 *
 * a, v     `a_len` and `v_len` elements of `dtype`, aligned for `dtype`. No length is 0. The two
 *          inputs may overlap.
 * out      Room for `out_len` elements, aligned for `dtype`. Must not overlap `a` or `v`.
 * out_len  Exactly mlx_convolve_length(a_len, v_len, mode).
 *
 * The sum of both lengths may be up to PTRDIFF_MAX, and so may the number of bytes of each buffer.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, a length of 0, unknown dtype or mode,
 * wrong `out_len`, `out` overlaps an input) or MLX_STATUS_OUT_OF_MEMORY. After
 * MLX_STATUS_INVALID_ARGUMENT, `out` is unchanged. After MLX_STATUS_OUT_OF_MEMORY (workspace ran
 * out midway) and MLX_STATUS_INTERNAL, the values of `out` are unspecified. Any thread may call
 * this function.
 */
mlx_status mlx_convolve_into(const void *a, size_t a_len, const void *v, size_t v_len,
    mlx_dtype dtype, mlx_mode mode, void *out, size_t out_len);

/**
 * Returns the number of values of a convolution of `a_len` with `v_len` elements. Returns 0 if a
 * length is 0, if `mode` is unknown, or if the number exceeds SIZE_MAX. This is never a failure
 * and sets no error message.
 */
size_t mlx_convolve_length(size_t a_len, size_t v_len, mlx_mode mode);

/**
 * Writes a text for people to `*out`: how a convolution of these lengths is computed. The wording
 * may change in any version. The first line has the lengths and the dtype. The other lines are:
 *   options    with mlx_convolve_explain_with only: operation, boundary, range, accuracy and others, if
 *              one of them is not its default and changes the outputs
 *   device     if the default device is a GPU: the device and its name. The text is about its default
 *              stream then; the lines from kernel on, except ignored, are left out if the GPU computes
 *   core       if the CPU computes for a GPU's stream: why
 *   method     direct sums or FFT; with MLX_ACCURACY_COMPONENTWISE also the chains of direct sums, and
 *              the parts into which FFTs in float64 cut values of float64
 *   block      with an FFT: its points, and the outputs that it gives
 *   kernel     the instruction set, and the type that is computed in
 *   bits       the processors on which the bits are the same
 *   threads    how many threads compute
 *   workspace  the largest number of bytes, if no operand holds an infinity or a NaN
 *   tables     with an FFT: the largest number of bytes
 *   why        the estimated times, and why direct sums were kept although FFTs were estimated to
 *              be faster; or the variable that forces the method. With MLX_ACCURACY_COMPONENTWISE
 *              and FFTs, also the time if all outputs are summed directly in the end
 *   ignored    a value of an environment variable that is ignored; a line for each
 *   in rows    after the line options: the largest number of bytes more for each thread in calls whose outputs
 *              do not follow one another, as those of mlx_convolve_rows
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, a length of 0, lengths that add up to more than
 * PTRDIFF_MAX, unknown dtype or mode, foreign handle), MLX_STATUS_UNSUPPORTED (the default device
 * does not have the dtype), MLX_STATUS_DEVICE_UNAVAILABLE (in a forked child, if the default device is
 * a GPU) or MLX_STATUS_OUT_OF_MEMORY. On failure, `*out` is unchanged.
 */
mlx_status mlx_convolve_explain(size_t a_len, size_t v_len, mlx_dtype dtype, mlx_mode mode,
    mlx_string *out);

/**
 * Sets how many threads may work on one convolution, including the thread that runs it. 0, the
 * initial value, means the number in the environment variable MLX_CONVOLVE_NUM_THREADS, or without
 * the variable one thread per core that the process may use. Results do not depend on the number
 * of threads. No more than 1024 threads are used.
 *
 * All convolutions share the other `n` - 1 threads, the helper threads. So at most the following
 * threads compute at the same time: the helper threads, one worker thread for each stream that has
 * work, and the callers that have work.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT if `n` is negative. Any thread may call this function, at
 * any time.
 */
mlx_status mlx_set_num_threads(int n);

/* ---- Options of a convolution ---- */

/** The error bound that outputs keep: MLX_ACCURACY_NORMWISE or MLX_ACCURACY_COMPONENTWISE. */
typedef int32_t mlx_accuracy;

/**
 * How `a` goes on beyond its ends: one of the MLX_BOUNDARY_ numbers. The names are those of
 * numpy.pad and mx.pad, not those of scipy.ndimage, whose reflect is MLX_BOUNDARY_SYMMETRIC:
 *
 *   number                  a b c d continued          mx.pad     numpy.pad  scipy.ndimage
 *   MLX_BOUNDARY_ZERO       0 0 0 | a b c d | 0 0 0    constant   constant   constant
 *   MLX_BOUNDARY_EDGE       a a a | a b c d | d d d    edge       edge       nearest
 *   MLX_BOUNDARY_SYMMETRIC  c b a | a b c d | d c b    symmetric  symmetric  reflect
 *   MLX_BOUNDARY_REFLECT    d c b | a b c d | c b a    reflect    reflect    mirror
 *   MLX_BOUNDARY_WRAP       b c d | a b c d | a b c    -          wrap       wrap
 *
 * A boundary goes on for ever: the filter may be longer than the signal. If `a` has one element,
 * every boundary but MLX_BOUNDARY_ZERO repeats it.
 */
typedef int32_t mlx_boundary;

/**
 * The sums: MLX_OPERATION_CONVOLVE or MLX_OPERATION_CORRELATE. mlx_convolve_with has the
 * formulas.
 */
typedef int32_t mlx_operation;

/** The treatment of subnormal numbers: MLX_SUBNORMALS_KEEP or MLX_SUBNORMALS_FLUSH. */
typedef int32_t mlx_subnormals;

/**
 * The settings that mlx_convolve leaves at their defaults. The functions whose names end in _with, and
 * mlx_convolve_rows, take it by address. NULL stands for the defaults. A call copies the options
 * before it returns.
 *
 * Begin with the defaults, then set fields:
 *
 *   mlx_convolve_options o = MLX_CONVOLVE_OPTIONS_INIT;            C and C++
 *   o.mode = MLX_MODE_SAME;
 *
 *   var o = mlx_convolve_options()                                 Swift
 *   mlx_convolve_options_init(&o, MemoryLayout.size(ofValue: o))
 *
 * Growth. Later versions append fields, without padding. A program goes on working with a newer
 * library, because `size` says which fields the program knows: fields beyond have their default,
 * which is 0 for every later field. A program works with an older library too, as long as it leaves
 * the fields that this library does not know at 0. No function returns this struct by value.
 *
 * A wrong number in a field gives MLX_STATUS_INVALID_ARGUMENT, with a message that names the field
 * and the numbers allowed. So does a `size` that is 0, below the size of the first version's struct
 * (56, or 44 where size_t has 4 bytes), above 4096, or no multiple of sizeof(size_t); and a byte
 * that is not 0 behind the fields that the library knows. Of a struct, `size` bytes are read and no
 * more.
 */
typedef struct mlx_convolve_options {
  /** sizeof(mlx_convolve_options), where the program was compiled. */
  size_t size;
  /** The outputs to keep. MLX_MODE_FULL by default. */
  mlx_mode mode;
  /**
   * The dtype to compute in and of the result. MLX_DTYPE_PROMOTED by default. Any other dtype must
   * be one to which both operands promote: there is no narrowing.
   */
  mlx_dtype dtype;
  /** The error bound. MLX_ACCURACY_NORMWISE by default. */
  mlx_accuracy accuracy;
  /** How `a` goes on beyond its ends. MLX_BOUNDARY_ZERO by default. */
  mlx_boundary boundary;
  /** The sums. MLX_OPERATION_CONVOLVE by default. */
  mlx_operation operation;
  /** The treatment of subnormal numbers. MLX_SUBNORMALS_KEEP by default. */
  mlx_subnormals subnormals;
  /**
   * The axis of the result along which arrays are convolved; negative from the end. -1, the last
   * one, by default. Ignored by functions that take no arrays.
   */
  int32_t axis;
  /** Must be 0. */
  int32_t reserved;
  /** The first wanted of the outputs that `mode` keeps. 0 by default. */
  size_t first;
  /** The number of outputs wanted. SIZE_MAX, the default: all from `first` on. */
  size_t count;
} mlx_convolve_options;

/** The error is bounded in relation to the norms of a block and of the filter, as mlx_convolve says. */
#define MLX_ACCURACY_NORMWISE 0

/**
 * The error of each output is bounded in relation to that output's own products: at most
 * min(K, 256) eps times the sum of their magnitudes, + K tiny. K is the length of the shorter
 * operand. With a boundary other than MLX_BOUNDARY_ZERO, K is the length of `v`. This holds for
 * each output that reads only finite values, whatever their range. If no value is negative, it is a
 * bound of the relative error. float16 and bfloat16 keep the bound in float, and are then rounded
 * once. Each part of a complex64 output is a real sum of 2 K products and keeps its bound. Integers
 * and bool are exact anyway.
 *
 * Short filters, of up to some 250 taps (complex64: 150), are summed directly. With longer filters,
 * the library computes FFTs in a higher precision and proves a bound of the error of each output.
 * Outputs for which it finds no proof are summed directly. Noise, sound and the like take 2 to 4
 * times as long as by default; operands of a very wide range, such as the tails of probabilities,
 * up to some 30 times, but seldom longer than direct sums.
 */
#define MLX_ACCURACY_COMPONENTWISE 1
/** Zeros. */
#define MLX_BOUNDARY_ZERO 0
/** The first element before `a`, the last one behind it. */
#define MLX_BOUNDARY_EDGE 1
/** `a` mirrored at its ends, the element at the end included. */
#define MLX_BOUNDARY_SYMMETRIC 2
/** `a` mirrored at its first and its last element, which are not repeated. */
#define MLX_BOUNDARY_REFLECT 3
/** `a` repeated: a period of a periodic signal. */
#define MLX_BOUNDARY_WRAP 4
/** The filter runs backwards: y[j] = sum over k of v[k] A[j - k]. */
#define MLX_OPERATION_CONVOLVE 0

/**
 * The filter runs forwards, and its conjugate is taken:
 * y[j] = sum over k of conj(v[k]) A[j + k - (v_len - 1)].
 */
#define MLX_OPERATION_CORRELATE 1
/** Subnormal numbers are numbers as others: gradual underflow. */
#define MLX_SUBNORMALS_KEEP 0

/**
 * A magnitude below the smallest normal number of the type that is computed in counts as a zero of
 * its sign. This type is float for float16, bfloat16 and complex64. It holds for the operands after
 * their conversion, for all that is computed between, and for results of that type. Subnormal
 * numbers then cost no time. A float16 result is never flushed. All error bounds hold for the
 * flushed operands. Integers and bool: no effect.
 */
#define MLX_SUBNORMALS_FLUSH 1
/** The dtype to which MLX's promotion leads, as in mlx_convolve. For `dtype` in the options only. */
#define MLX_DTYPE_PROMOTED (-1)

/** The defaults, to initialise an mlx_convolve_options with. C99 and C++98. */
#define MLX_CONVOLVE_OPTIONS_INIT \
    {sizeof(mlx_convolve_options), MLX_MODE_FULL, MLX_DTYPE_PROMOTED, MLX_ACCURACY_NORMWISE, \
     MLX_BOUNDARY_ZERO, MLX_OPERATION_CONVOLVE, MLX_SUBNORMALS_KEEP, -1, 0, 0, SIZE_MAX}

/**
 * Writes the defaults to `*options`: what MLX_CONVOLVE_OPTIONS_INIT is in C, for languages that see
 * no macros.
 *
 * options  Room for `size` bytes, aligned as size_t. Exactly `size` bytes are written.
 * size     The size of the struct in the program's language.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT if `options` is NULL or misaligned, or if `size` is not
 * allowed (see "Growth" above). On failure, nothing is written. Any thread may call this function.
 */
mlx_status mlx_convolve_options_init(mlx_convolve_options *options, size_t size);

/* ---- Convolution with options ---- */

/**
 * Convolves or correlates `a` with `v` on `stream`, as `options` say. With default options, two 1-D
 * inputs give the bits of mlx_convolve, whose text on dtypes, values and waiting holds here too.
 *
 * The sums. A is `a`, continued beyond its ends as options->boundary says. a_len and v_len are the
 * lengths of `a` and `v` along the axis; j runs from 0 to a_len + v_len - 2.
 *   MLX_OPERATION_CONVOLVE   y[j] = sum over k of v[k] A[j - k]
 *   MLX_OPERATION_CORRELATE  y[j] = sum over k of conj(v[k]) A[j + k - (v_len - 1)]
 * In a correlation, y[j] is the value at the lag j - (v_len - 1).
 *
 * Outputs. With MLX_BOUNDARY_ZERO, N is the longer length and K the shorter. With any other
 * boundary N is a_len and K is v_len, and `v` may be longer than `a`.
 *   options->mode   outputs            first j
 *   MLX_MODE_FULL   a_len + v_len - 1  0
 *   MLX_MODE_VALID  N - K + 1          K - 1
 *   MLX_MODE_SAME   N                  (K - 1) / 2, rounded down
 * - Where N is less than K, MLX_MODE_VALID is an invalid argument.
 * - In a correlation with MLX_BOUNDARY_ZERO where `v` is the longer, MLX_MODE_SAME begins at
 *   K / 2, rounded down.
 * - So a correlation is numpy.correlate in every mode and order of its inputs. With
 *   MLX_BOUNDARY_ZERO it is scipy.signal.correlate, except that SciPy's `same` always has the
 *   length of `a`.
 * - With a boundary that has a name in scipy.ndimage (see mlx_boundary), MLX_MODE_SAME is
 *   correlate1d with origin 0, and convolve1d with origin 0 for filters of odd and -1 for filters
 *   of even length.
 * - If `v` is longer, MLX_MODE_SAME has v_len outputs with MLX_BOUNDARY_ZERO and a_len with every
 *   other boundary.
 *
 * Ranges. Output i is y[first j + options->first + i]. `first` is at most the number of outputs that
 * the mode keeps, and `count` at most the number of those from `first` on, or SIZE_MAX. Nothing is
 * clamped. A range of no outputs succeeds. The same output may differ in its last bits from one
 * range to another, within the same bounds.
 *   Circular convolution           MLX_MODE_FULL, MLX_BOUNDARY_WRAP, count = a_len
 *   `same` that follows `a`, with  MLX_MODE_FULL, first = (v_len - 1) / 2, count = a_len
 *   zeros, also where `v` is longer
 *   The lags -m to m               MLX_OPERATION_CORRELATE, MLX_MODE_FULL, first = v_len - 1 - m,
 *                                  count = 2 * m + 1; both lengths exceed m
 *
 * Arrays. A 1-D operand lies along the axis, options->axis of the result; negative axes count from
 * the end. Otherwise ones are put before the shorter shape, as NumPy does, and all dimensions but
 * the axis broadcast. An operand that is not 1-D must have the axis without the ones put before. An
 * operand of no dimensions, or of length 0 along the axis, is an invalid argument. If another
 * dimension is 0, the result is empty.
 *
 * a, v     Any strides, any dtype. Both may be freed as soon as the call returns.
 * options  The options, or NULL for the defaults. They may go as soon as the call returns.
 * stream   The stream that does the work, as in mlx_convolve.
 * out      Receives a new array of options->dtype, or else of the promoted dtype; its old array is
 *          released. May be the same handle as an input. On failure, `*out` is unchanged.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL for another argument than `options`, an empty or
 * foreign handle, options that are not allowed, a dtype to which an operand does not promote, shapes
 * that do not fit, an axis or a range outside, a dimension of the result above INT_MAX),
 * MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_UNSUPPORTED (the stream's device does not have the dtype),
 * MLX_STATUS_DEVICE_LOST, or the status of the work that failed to compute an input. If the work
 * fails after the call has returned, `*out` is marked as failed: see "Queued work that fails" at the
 * top. Any thread may call this function.
 */
mlx_status mlx_convolve_with(const mlx_array *a, const mlx_array *v,
    const mlx_convolve_options *options, mlx_stream stream, mlx_array *out);

/**
 * Like mlx_convolve_with, but on plain pointers, without handles and without a stream, as
 * mlx_convolve_into does it. The call computes the result before it returns.
 *
 * a, v     `a_len` and `v_len` elements of `dtype`, aligned for `dtype`. No length is 0. The two
 *          inputs may overlap.
 * dtype    The dtype of `a` and `v`.
 * options  The options, or NULL for the defaults. options->axis is ignored.
 * out      Room for `out_len` elements of options->dtype, or of `dtype` where that is
 *          MLX_DTYPE_PROMOTED, aligned for it. Must not overlap `a` or `v`. May be NULL if
 *          `out_len` is 0.
 * out_len  Exactly the number that mlx_convolve_length_with gives.
 *
 * The sum of both lengths may be up to PTRDIFF_MAX, and so may the number of bytes of each buffer.
 * With a boundary other than MLX_BOUNDARY_ZERO, so may the sum of `v_len` and `out_len`.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, a length of 0, unknown dtype, options
 * that are not allowed, a dtype to which `dtype` does not promote, wrong `out_len`, `out` overlaps
 * an input) or MLX_STATUS_OUT_OF_MEMORY. After MLX_STATUS_INVALID_ARGUMENT, `out` is unchanged.
 * After MLX_STATUS_OUT_OF_MEMORY (workspace ran out midway) and MLX_STATUS_INTERNAL, the values of
 * `out` are unspecified. Any thread may call this function.
 */
mlx_status mlx_convolve_into_with(const void *a, size_t a_len, const void *v, size_t v_len,
    mlx_dtype dtype, const mlx_convolve_options *options, void *out, size_t out_len);

/**
 * Writes to `*out_len` the number of values of a convolution of `a_len` with `v_len` elements, as
 * `options` say: 0 for a range of no outputs. `options` may be NULL, for the defaults.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL for `out_len`, a length of 0, lengths that exceed the
 * limits of mlx_convolve_into_with, options that are not allowed, lengths that MLX_MODE_VALID does
 * not allow, a range outside). On failure, `*out_len` is unchanged. Any thread may call this
 * function.
 */
mlx_status mlx_convolve_length_with(size_t a_len, size_t v_len,
    const mlx_convolve_options *options, size_t *out_len);

/**
 * Like mlx_convolve_explain, for a convolution with `options`, which may be NULL for the defaults.
 * `dtype` is that of both operands. options->axis is ignored.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL for `out`, unknown dtype, foreign handle, or what
 * mlx_convolve_length_with does not allow) or MLX_STATUS_OUT_OF_MEMORY. On failure, `*out` is
 * unchanged.
 */
mlx_status mlx_convolve_explain_with(size_t a_len, size_t v_len, mlx_dtype dtype,
    const mlx_convolve_options *options, mlx_string *out);

/* ---- Rows in the program's own memory ---- */

/**
 * Rows of elements in the program's own memory, such as the channels of interleaved samples: a
 * plain struct with nothing to free. It will not grow.
 *
 *   float samples[2 * 480];                                    left, right, left, right, ...
 *   mlx_rows channels = {samples, MLX_FLOAT32, 480, 2, 1};     2 rows: left, and right
 *   mlx_rows taps = {filter, MLX_FLOAT32, 31, 1, 0};           the same 31 taps for every row
 */
typedef struct mlx_rows {
  /** The first element of the first row, aligned for `dtype`. May be NULL if no element is read. */
  const void *data;
  /** The dtype of the elements. */
  mlx_dtype dtype;
  /** The number of elements of a row. */
  size_t len;
  /**
   * The distance from one element of a row to the next, in elements. Negative for reversed rows;
   * not 0, unless `len` is at most 1.
   */
  ptrdiff_t stride;
  /** The distance from one row to the next, in elements. May be negative. 0: all rows are this one. */
  ptrdiff_t step;
} mlx_rows;

/** The rows that mlx_convolve_rows writes. It will not grow. */
typedef struct mlx_rows_out {
  /**
   * Where the first element of the first row goes, aligned for `dtype`. May be NULL if no element
   * is written.
   */
  void *data;
  /** The dtype of the result. */
  mlx_dtype dtype;
  /** The number of elements of a row. */
  size_t len;
  /** The distance from one element of a row to the next, in elements, as in mlx_rows. */
  ptrdiff_t stride;
  /**
   * The distance from one row to the next, in elements, as in mlx_rows. 0 only if there is at
   * most one row, or if rows are empty.
   */
  ptrdiff_t step;
} mlx_rows_out;

/**
 * Convolves each row of `a` with the same row of `v`, into the same row of `out`. All rows stay
 * where they are in the program's memory. The call computes the result before it returns. Row i has
 * the bits of its own mlx_convolve_with, with out->dtype as the dtype.
 *
 * a, v       The inputs. They may overlap, also each other. No length is 0.
 * row_count  The number of rows. With 0, everything else is checked and nothing is read or written.
 * options    The options, or NULL for the defaults. options->dtype is MLX_DTYPE_PROMOTED or
 *            out->dtype. options->axis is ignored.
 * out        Where the result goes. out->dtype is a dtype to which both inputs promote, and
 *            out->len exactly the number that mlx_convolve_length_with gives.
 *
 * Outputs. No element of `out` may stand for two outputs. Interleaved channels pass, and so do rows
 * behind each other. With L = out->len, s and t the magnitudes of out->stride and out->step, and g
 * the greatest common divisor of s and t, the outputs are distinct if
 *   - L or row_count is 0, or both are 1;
 *   - row_count is 1 and s is not 0, or L is 1 and t is not 0;
 *   - both are larger, s and t are not 0, and L <= t / g or row_count <= s / g.
 *
 * Memory. The span of `a`, `v` or `out` is all bytes from its lowest to its highest element, over
 * all rows. No span is longer than PTRDIFF_MAX bytes, and the span of `out` must not meet that of
 * an input: interleaved channels are not filtered in place. Bytes between the elements of `out` are
 * neither read nor written, so another thread may write them meanwhile. Bytes between the elements
 * of an input may be read, so nobody may write them meanwhile.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned data, a length of 0, a stride of 0, a
 * span that is too long, outputs that are not distinct, `out` that meets an input, unknown dtype, a
 * dtype to which an input does not promote, options that are not allowed, wrong out->len) or
 * MLX_STATUS_OUT_OF_MEMORY. After MLX_STATUS_INVALID_ARGUMENT, `out` is unchanged. After
 * MLX_STATUS_OUT_OF_MEMORY (workspace ran out midway) and MLX_STATUS_INTERNAL, the outputs are
 * unspecified. Any thread may call this function.
 */
mlx_status mlx_convolve_rows(const mlx_rows *a, const mlx_rows *v, size_t row_count,
    const mlx_convolve_options *options, const mlx_rows_out *out);

/* ---- Memory ---- */

/**
 * Writes the number of bytes that the library holds now to `*res`: arrays, running computations,
 * and what computations keep for later calls of any thread until mlx_clear_cache: up to 8 tables of
 * FFTs, of at most 2 MiB each, and at most 2 MiB of workspace. Values on GPUs count as well. Memory borrowed by
 * mlx_array_new_data_managed is not counted.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
 */
mlx_status mlx_get_active_memory(size_t *res);

/**
 * Writes to `*res` the largest number of bytes that were active at once, since the start or since
 * mlx_reset_peak_memory.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
 */
mlx_status mlx_get_peak_memory(size_t *res);

/** Sets the peak to the bytes that are active now. Always returns MLX_STATUS_SUCCESS. */
mlx_status mlx_reset_peak_memory(void);

/**
 * Writes the number of bytes in the cache to `*res`. The cache keeps freed memory of arrays and of
 * workspace, on the host and on GPUs, so that the library need not ask the system for it again.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
 */
mlx_status mlx_get_cache_memory(size_t *res);

/**
 * Sets how many bytes the cache may keep, and gives the surplus back to the system. The initial
 * limit is 128 MiB; with 0 the cache keeps nothing. `*res` receives the previous limit. The tables
 * and the workspace that computations keep do not count; mlx_clear_cache frees them.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL), and then changes nothing.
 */
mlx_status mlx_set_cache_limit(size_t *res, size_t limit);

/**
 * Gives everything in the cache back to the system. Also frees the tables and the workspace that
 * computations keep for later calls, whichever thread made them. If a computation is running at that time,
 * its tables are freed and its workspace is kept when the computation ends. Always returns
 * MLX_STATUS_SUCCESS.
 */
mlx_status mlx_clear_cache(void);

#ifdef __swift__
/* The names of this header, for Swift's importer of C, which sees no macros. */
#define MLX_SWIFT_NAME(function, name) \
  __typeof__(function) function __attribute__((swift_name(name)))
MLX_SWIFT_NAME(mlx_status_string, "mlx_status_string(_:)");
MLX_SWIFT_NAME(mlx_last_error, "mlx_last_error()");
MLX_SWIFT_NAME(mlx_set_error_handler, "mlx_set_error_handler(_:_:_:)");
MLX_SWIFT_NAME(mlx_dtype_size, "mlx_dtype_size(_:)");
MLX_SWIFT_NAME(mlx_string_new, "mlx_string_new()");
MLX_SWIFT_NAME(mlx_string_new_data, "mlx_string_new_data(_:)");
MLX_SWIFT_NAME(mlx_string_set, "mlx_string_set(_:_:)");
MLX_SWIFT_NAME(mlx_string_data, "mlx_string_data(_:)");
MLX_SWIFT_NAME(mlx_string_free, "mlx_string_free(_:)");
MLX_SWIFT_NAME(mlx_device_new, "mlx_device_new()");
MLX_SWIFT_NAME(mlx_device_new_type, "mlx_device_new_type(_:_:)");
MLX_SWIFT_NAME(mlx_device_free, "mlx_device_free(_:)");
MLX_SWIFT_NAME(mlx_device_set, "mlx_device_set(_:_:)");
MLX_SWIFT_NAME(mlx_device_tostring, "mlx_device_tostring(_:_:)");
MLX_SWIFT_NAME(mlx_device_equal, "mlx_device_equal(_:_:)");
MLX_SWIFT_NAME(mlx_device_get_index, "mlx_device_get_index(_:_:)");
MLX_SWIFT_NAME(mlx_device_get_type, "mlx_device_get_type(_:_:)");
MLX_SWIFT_NAME(mlx_device_is_available, "mlx_device_is_available(_:_:)");
MLX_SWIFT_NAME(mlx_device_count, "mlx_device_count(_:_:)");
MLX_SWIFT_NAME(mlx_get_default_device, "mlx_get_default_device(_:)");
MLX_SWIFT_NAME(mlx_set_default_device, "mlx_set_default_device(_:)");
MLX_SWIFT_NAME(mlx_metal_is_available, "mlx_metal_is_available(_:)");
MLX_SWIFT_NAME(mlx_stream_new, "mlx_stream_new()");
MLX_SWIFT_NAME(mlx_stream_new_device, "mlx_stream_new_device(_:)");
MLX_SWIFT_NAME(mlx_stream_set, "mlx_stream_set(_:_:)");
MLX_SWIFT_NAME(mlx_stream_free, "mlx_stream_free(_:)");
MLX_SWIFT_NAME(mlx_stream_tostring, "mlx_stream_tostring(_:_:)");
MLX_SWIFT_NAME(mlx_stream_equal, "mlx_stream_equal(_:_:)");
MLX_SWIFT_NAME(mlx_stream_get_device, "mlx_stream_get_device(_:_:)");
MLX_SWIFT_NAME(mlx_stream_get_index, "mlx_stream_get_index(_:_:)");
MLX_SWIFT_NAME(mlx_synchronize, "mlx_synchronize(_:)");
MLX_SWIFT_NAME(mlx_get_default_stream, "mlx_get_default_stream(_:_:)");
MLX_SWIFT_NAME(mlx_set_default_stream, "mlx_set_default_stream(_:)");
MLX_SWIFT_NAME(mlx_default_stream_new, "mlx_default_stream_new()");
MLX_SWIFT_NAME(mlx_default_cpu_stream_new, "mlx_default_cpu_stream_new()");
MLX_SWIFT_NAME(mlx_default_gpu_stream_new, "mlx_default_gpu_stream_new()");
MLX_SWIFT_NAME(mlx_array_new, "mlx_array_new()");
MLX_SWIFT_NAME(mlx_array_free, "mlx_array_free(_:)");
MLX_SWIFT_NAME(mlx_array_set, "mlx_array_set(_:_:)");
MLX_SWIFT_NAME(mlx_array_set_data, "mlx_array_set_data(_:_:_:_:_:)");
MLX_SWIFT_NAME(mlx_array_new_bool, "mlx_array_new_bool(_:)");
MLX_SWIFT_NAME(mlx_array_new_int, "mlx_array_new_int(_:)");
MLX_SWIFT_NAME(mlx_array_new_float32, "mlx_array_new_float32(_:)");
MLX_SWIFT_NAME(mlx_array_new_float, "mlx_array_new_float(_:)");
MLX_SWIFT_NAME(mlx_array_new_float64, "mlx_array_new_float64(_:)");
MLX_SWIFT_NAME(mlx_array_new_double, "mlx_array_new_double(_:)");
MLX_SWIFT_NAME(mlx_array_new_complex, "mlx_array_new_complex(_:_:)");
MLX_SWIFT_NAME(mlx_array_new_data, "mlx_array_new_data(_:_:_:_:)");
MLX_SWIFT_NAME(mlx_array_new_data_managed, "mlx_array_new_data_managed(_:_:_:_:_:)");
MLX_SWIFT_NAME(mlx_array_new_data_managed_payload, "mlx_array_new_data_managed_payload(_:_:_:_:_:_:)");
MLX_SWIFT_NAME(mlx_array_itemsize, "mlx_array_itemsize(_:)");
MLX_SWIFT_NAME(mlx_array_size, "mlx_array_size(_:)");
MLX_SWIFT_NAME(mlx_array_nbytes, "mlx_array_nbytes(_:)");
MLX_SWIFT_NAME(mlx_array_ndim, "mlx_array_ndim(_:)");
MLX_SWIFT_NAME(mlx_array_shape, "mlx_array_shape(_:)");
MLX_SWIFT_NAME(mlx_array_strides, "mlx_array_strides(_:)");
MLX_SWIFT_NAME(mlx_array_dim, "mlx_array_dim(_:_:)");
MLX_SWIFT_NAME(mlx_array_dtype, "mlx_array_dtype(_:)");
MLX_SWIFT_NAME(mlx_array_eval, "mlx_array_eval(_:)");
MLX_SWIFT_NAME(mlx_array_tostring, "mlx_array_tostring(_:_:)");
MLX_SWIFT_NAME(mlx_as_strided, "mlx_as_strided(_:_:_:_:_:_:_:_:)");
MLX_SWIFT_NAME(mlx_array_item_bool, "mlx_array_item_bool(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_uint8, "mlx_array_item_uint8(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_uint16, "mlx_array_item_uint16(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_uint32, "mlx_array_item_uint32(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_uint64, "mlx_array_item_uint64(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_int8, "mlx_array_item_int8(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_int16, "mlx_array_item_int16(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_int32, "mlx_array_item_int32(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_int64, "mlx_array_item_int64(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_float16, "mlx_array_item_float16(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_float32, "mlx_array_item_float32(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_float64, "mlx_array_item_float64(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_bfloat16, "mlx_array_item_bfloat16(_:_:)");
MLX_SWIFT_NAME(mlx_array_item_complex64, "mlx_array_item_complex64(_:_:)");
MLX_SWIFT_NAME(mlx_array_data_bool, "mlx_array_data_bool(_:)");
MLX_SWIFT_NAME(mlx_array_data_uint8, "mlx_array_data_uint8(_:)");
MLX_SWIFT_NAME(mlx_array_data_uint16, "mlx_array_data_uint16(_:)");
MLX_SWIFT_NAME(mlx_array_data_uint32, "mlx_array_data_uint32(_:)");
MLX_SWIFT_NAME(mlx_array_data_uint64, "mlx_array_data_uint64(_:)");
MLX_SWIFT_NAME(mlx_array_data_int8, "mlx_array_data_int8(_:)");
MLX_SWIFT_NAME(mlx_array_data_int16, "mlx_array_data_int16(_:)");
MLX_SWIFT_NAME(mlx_array_data_int32, "mlx_array_data_int32(_:)");
MLX_SWIFT_NAME(mlx_array_data_int64, "mlx_array_data_int64(_:)");
MLX_SWIFT_NAME(mlx_array_data_float16, "mlx_array_data_float16(_:)");
MLX_SWIFT_NAME(mlx_array_data_float32, "mlx_array_data_float32(_:)");
MLX_SWIFT_NAME(mlx_array_data_float64, "mlx_array_data_float64(_:)");
MLX_SWIFT_NAME(mlx_array_data_bfloat16, "mlx_array_data_bfloat16(_:)");
MLX_SWIFT_NAME(mlx_array_data_complex64, "mlx_array_data_complex64(_:)");
MLX_SWIFT_NAME(mlx_set_num_threads, "mlx_set_num_threads(_:)");
MLX_SWIFT_NAME(mlx_get_active_memory, "mlx_get_active_memory(_:)");
MLX_SWIFT_NAME(mlx_get_peak_memory, "mlx_get_peak_memory(_:)");
MLX_SWIFT_NAME(mlx_reset_peak_memory, "mlx_reset_peak_memory()");
MLX_SWIFT_NAME(mlx_get_cache_memory, "mlx_get_cache_memory(_:)");
MLX_SWIFT_NAME(mlx_set_cache_limit, "mlx_set_cache_limit(_:_:)");
MLX_SWIFT_NAME(mlx_clear_cache, "mlx_clear_cache()");
#undef MLX_SWIFT_NAME
#endif

#ifdef __cplusplus
}
#endif

#endif /* MLX_CONVOLVE_H */
