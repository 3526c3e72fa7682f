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
 * The version of the library that runs, such as "1.2.3". MLX_CONVOLVE_VERSION_MAJOR, _MINOR and
 * _PATCH are those of the header that was compiled against.
 *
 * Never NULL, never fails; the string lives as long as the process.
 */
const char *mlx_convolve_version(void);

/* ---- Statuses, messages, the error handler ---- */

/**
 * What a call came to: one of the MLX_STATUS_ numbers. 0 is success. Numbers are never reused;
 * later versions may add some, so treat an unknown one as a failure.
 */
typedef int32_t mlx_status;

/**
 * Called with the message of a failure and the pointer given to mlx_set_error_handler.
 * The message is valid during the call only.
 */
typedef void (*mlx_error_handler_func)(const char *msg, void *data);

/** The call did what it says. */
#define MLX_STATUS_SUCCESS 0
/** An argument is NULL, an empty or foreign handle, out of range, or does not fit the others. */
#define MLX_STATUS_INVALID_ARGUMENT 1
/** The request has a meaning, but not on this device. */
#define MLX_STATUS_UNSUPPORTED 2
/** Memory ran out. What was to be filled in is untouched, but for the buffer of mlx_convolve_into. */
#define MLX_STATUS_OUT_OF_MEMORY 3
/** The device is not there. */
#define MLX_STATUS_DEVICE_UNAVAILABLE 4
/** The device went away, and with it work that was pending. */
#define MLX_STATUS_DEVICE_LOST 5
/** A bug of this library, caught before it could harm the caller. Please report the message. */
#define MLX_STATUS_INTERNAL 6

/**
 * The name of a status in words, such as "out of memory"; "unknown status" for other numbers.
 *
 * Never NULL, never fails; the string lives as long as the process.
 */
const char *mlx_status_string(mlx_status status);

/**
 * The message of the last failure on the calling thread, naming the argument and the sizes;
 * empty where none has failed. Successful calls leave it as it is.
 *
 * Never NULL, never fails. Valid until the next failure on this thread, or its end. Messages are
 * for people: their wording may change in any version. At most 1023 bytes.
 */
const char *mlx_last_error(void);

/**
 * Sets the function that is told of every failure in the process; NULL, as at the start, is none.
 *
 * handler  Called last, on the thread that is about to get the status, with no lock held, so it
 *          may call this library; failures inside it are not reported to it. It runs with
 *          cancellation off, and must return: neither throw nor longjmp.
 * data     Passed to the handler.
 * dtor     Called once with data after its last use: when the handler has been replaced and no
 *          thread is inside it any more; at once if handler is NULL. Not called at exit. May be
 *          NULL. It runs with cancellation off. In a forked child it is not called for a handler
 *          that another thread of the parent was inside.
 *
 * Never fails. Any thread may call this, from within the handler too.
 */
void mlx_set_error_handler(mlx_error_handler_func handler, void *data, void (*dtor)(void*));

/* ---- Element types ---- */

/** The type of an array's elements: one of MLX_BOOL to MLX_COMPLEX64, numbered as in mlx-c. */
typedef int32_t mlx_dtype;

/** One byte: 0 is false, anything else true. Results are 0 or 1. */
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
/** IEEE binary16, handed over as the bits in a uint16_t. */
#define MLX_FLOAT16 9
/** float */
#define MLX_FLOAT32 10
/** double */
#define MLX_FLOAT64 11
/** The upper half of a float, handed over as the bits in a uint16_t. */
#define MLX_BFLOAT16 12
/** Two floats, real part first: mlx_complex64_t. */
#define MLX_COMPLEX64 13

/** The bytes of one element of `dtype`; 0, and a failure, for other numbers. */
size_t mlx_dtype_size(mlx_dtype dtype);

/* ---- Strings ---- */

/** A string that the library made: what the _tostring functions fill in. */
typedef struct mlx_string {
  /** The library's; NULL in an empty handle. */
  void *ctx;
} mlx_string;

/** An empty handle, {NULL}: a destination for any function that fills in a string. Never fails. */
mlx_string mlx_string_new(void);

/**
 * A string with a copy of `str`, which ends with a zero byte. An empty handle on failure:
 * MLX_STATUS_INVALID_ARGUMENT (NULL), MLX_STATUS_OUT_OF_MEMORY. Free it with mlx_string_free.
 */
mlx_string mlx_string_new_data(const char *str);

/**
 * Makes `*str` a string with the contents of `src`. What `*str` held is released.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY; `*str` is untouched then.
 */
mlx_status mlx_string_set(mlx_string *str, mlx_string src);

/**
 * The characters of `str`, ending with a zero byte. They live until `str` is freed or set anew.
 * NULL, and a failure, for an empty or foreign handle.
 */
const char *mlx_string_data(mlx_string str);

/**
 * Frees `str`. An empty handle is nothing to free, and success. MLX_STATUS_INVALID_ARGUMENT for a
 * foreign handle.
 */
mlx_status mlx_string_free(mlx_string str);

/* ---- Devices ---- */

/** A kind of device and an index among its kind. */
typedef struct mlx_device {
  /** The library's; NULL in an empty handle. */
  void *ctx;
} mlx_device;

/** A kind of device: MLX_CPU or MLX_GPU. */
typedef int32_t mlx_device_type;

/** The processor that the program runs on. Always there, with index 0. */
#define MLX_CPU 0
/** A graphics processor. */
#define MLX_GPU 1

/** An empty handle, {NULL}: a destination for functions that fill in a device. Never fails. */
mlx_device mlx_device_new(void);

/**
 * A device by kind and index, whether it is there or not: mlx_device_is_available tells.
 * Free it with mlx_device_free. An empty handle on failure: MLX_STATUS_INVALID_ARGUMENT (unknown
 * kind, negative index), MLX_STATUS_OUT_OF_MEMORY.
 */
mlx_device mlx_device_new_type(mlx_device_type type, int index);

/**
 * Frees `dev`. An empty handle is nothing to free, and success. MLX_STATUS_INVALID_ARGUMENT for a
 * foreign handle.
 */
mlx_status mlx_device_free(mlx_device dev);

/**
 * Makes `*dev` the device that `src` is. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty
 * `src`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*dev` is untouched then.
 */
mlx_status mlx_device_set(mlx_device *dev, mlx_device src);

/**
 * Fills in a description such as "Device(cpu, 0)". Fails with MLX_STATUS_INVALID_ARGUMENT (NULL,
 * empty `dev`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*str` is untouched then.
 */
mlx_status mlx_device_tostring(mlx_string *str, mlx_device dev);

/** Whether both are the same device. false, and a failure, where one handle is empty or foreign. */
bool mlx_device_equal(mlx_device lhs, mlx_device rhs);

/**
 * Fills in the index of `dev` among its kind. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty
 * or foreign handle); `*index` is untouched then.
 */
mlx_status mlx_device_get_index(int *index, mlx_device dev);

/**
 * Fills in the kind of `dev`. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign
 * handle); `*type` is untouched then.
 */
mlx_status mlx_device_get_type(mlx_device_type *type, mlx_device dev);

/**
 * Fills in whether `dev` can be used now. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or
 * foreign handle); `*avail` is untouched then.
 */
mlx_status mlx_device_is_available(bool *avail, mlx_device dev);

/**
 * Fills in how many devices of a kind there are: one MLX_CPU. Fails with
 * MLX_STATUS_INVALID_ARGUMENT (NULL, unknown kind); `*count` is untouched then.
 */
mlx_status mlx_device_count(int *count, mlx_device_type type);

/**
 * Fills in the default device of the process. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL,
 * foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*dev` is untouched then.
 */
mlx_status mlx_get_default_device(mlx_device *dev);

/**
 * Makes `dev` the default device of the process, for mlx_default_stream_new. Fails with
 * MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle) or MLX_STATUS_DEVICE_UNAVAILABLE.
 */
mlx_status mlx_set_default_device(mlx_device dev);

/**
 * Fills in whether the GPU device computes through Apple's Metal. Fails with
 * MLX_STATUS_INVALID_ARGUMENT (NULL); `*res` is untouched then.
 */
mlx_status mlx_metal_is_available(bool *res);

/* ---- Streams ---- */

/**
 * A line of work on one device: what is given to one stream is done in order. A stream may be
 * used from any thread, and so may the arrays it makes.
 */
typedef struct mlx_stream {
  /** The library's; NULL in an empty handle. */
  void *ctx;
} mlx_stream;

/**
 * An empty handle, {NULL}: a destination for functions that fill in a stream, not a stream to
 * compute on. Never fails.
 */
mlx_stream mlx_stream_new(void);

/**
 * A new stream on `dev`. Free it with mlx_stream_free. An empty handle on failure:
 * MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle), MLX_STATUS_DEVICE_UNAVAILABLE,
 * MLX_STATUS_OUT_OF_MEMORY.
 */
mlx_stream mlx_stream_new_device(mlx_device dev);

/**
 * Makes `*stream` the stream that `src` is. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty
 * `src`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*stream` is untouched then.
 */
mlx_status mlx_stream_set(mlx_stream *stream, mlx_stream src);

/**
 * Frees the handle; work already given to the stream is still done. An empty handle is nothing to
 * free, and success. MLX_STATUS_INVALID_ARGUMENT for a foreign handle.
 */
mlx_status mlx_stream_free(mlx_stream stream);

/**
 * Fills in a description such as "Stream(Device(cpu, 0), 1)". Fails with
 * MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY;
 * `*str` is untouched then.
 */
mlx_status mlx_stream_tostring(mlx_string *str, mlx_stream stream);

/** Whether both are the same stream. false, and a failure, where one handle is empty or foreign. */
bool mlx_stream_equal(mlx_stream lhs, mlx_stream rhs);

/**
 * Fills in the device of `stream`. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`,
 * foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*dev` is untouched then.
 */
mlx_status mlx_stream_get_device(mlx_device *dev, mlx_stream stream);

/**
 * Fills in the index of `stream`, which no other stream in the process has. Fails with
 * MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle); `*index` is untouched then.
 */
mlx_status mlx_stream_get_index(int *index, mlx_stream stream);

/**
 * Waits until all work given to `stream` so far is done, and returns the status of the first of it
 * that failed since the last mlx_synchronize on this stream. Failures that a
 * call itself returned do not count. MLX_STATUS_INVALID_ARGUMENT for an empty or foreign handle.
 */
mlx_status mlx_synchronize(mlx_stream stream);

/**
 * Fills in the calling thread's default stream on `dev`. Fails with MLX_STATUS_INVALID_ARGUMENT
 * (NULL, empty `dev`, foreign handle), MLX_STATUS_DEVICE_UNAVAILABLE or MLX_STATUS_OUT_OF_MEMORY
 * (also where the process has taken all keys for values of threads, PTHREAD_KEYS_MAX); `*stream` is
 * untouched then.
 */
mlx_status mlx_get_default_stream(mlx_stream *stream, mlx_device dev);

/**
 * Makes `stream` the calling thread's default on the stream's device. Other threads keep theirs.
 * MLX_STATUS_INVALID_ARGUMENT for an empty or foreign handle, MLX_STATUS_OUT_OF_MEMORY as
 * mlx_get_default_stream.
 */
mlx_status mlx_set_default_stream(mlx_stream stream);

/**
 * The calling thread's default stream on the process's default device: what MLX's Python takes
 * where no stream is named. Free it with mlx_stream_free. An empty handle on failure:
 * MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_DEVICE_UNAVAILABLE.
 */
mlx_stream mlx_default_stream_new(void);

/**
 * The calling thread's default stream on the CPU. Free it with mlx_stream_free. An empty handle on
 * failure: MLX_STATUS_OUT_OF_MEMORY.
 */
mlx_stream mlx_default_cpu_stream_new(void);

/**
 * The calling thread's default stream on the first GPU. Free it with mlx_stream_free. An empty
 * handle on failure: MLX_STATUS_DEVICE_UNAVAILABLE, MLX_STATUS_OUT_OF_MEMORY.
 */
mlx_stream mlx_default_gpu_stream_new(void);

/* ---- Arrays ---- */

/**
 * Elements of one dtype, in any number of dimensions up to 64. The values never change; a handle
 * may be made to stand for another array, by the functions that take an `mlx_array *`.
 */
typedef struct mlx_array {
  /** The library's; NULL in an empty handle. */
  void *ctx;
} mlx_array;

/** An empty handle, {NULL}: a destination for any function that makes an array. Never fails. */
mlx_array mlx_array_new(void);

/**
 * Frees `arr`. Its memory goes when nothing else reads it, pending work included. An empty handle
 * is nothing to free, and success. MLX_STATUS_INVALID_ARGUMENT for a foreign handle.
 */
mlx_status mlx_array_free(mlx_array arr);

/**
 * Makes `*arr` the array that `src` is, without copying values. What `*arr` held is released.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
 * MLX_STATUS_OUT_OF_MEMORY; `*arr` is untouched then.
 */
mlx_status mlx_array_set(mlx_array *arr, mlx_array src);

/**
 * Makes `*arr` an array with a copy of `data`, as mlx_array_new_data does. What `*arr` held is
 * released. On failure, which is as there, `*arr` is untouched.
 */
mlx_status mlx_array_set_data(mlx_array *arr, const void *data, const int *shape, int dim,
    mlx_dtype dtype);

/**
 * An array of no dimensions that holds one bool. Free it with mlx_array_free. An empty handle on
 * failure: MLX_STATUS_OUT_OF_MEMORY.
 */
mlx_array mlx_array_new_bool(bool val);

/** As mlx_array_new_bool, of dtype MLX_INT32. */
mlx_array mlx_array_new_int(int val);

/** As mlx_array_new_bool, of dtype MLX_FLOAT32. */
mlx_array mlx_array_new_float32(float val);

/** As mlx_array_new_float32. */
mlx_array mlx_array_new_float(float val);

/** As mlx_array_new_bool, of dtype MLX_FLOAT64. */
mlx_array mlx_array_new_float64(double val);

/** As mlx_array_new_float64. */
mlx_array mlx_array_new_double(double val);

/** As mlx_array_new_bool, of dtype MLX_COMPLEX64. */
mlx_array mlx_array_new_complex(float real_val, float imag_val);

/**
 * An array with a copy of `data`.
 *
 * data   The elements, the last dimension fastest; any alignment. May be NULL where there are
 *        none.
 * shape  `dim` sizes, none negative. May be NULL where `dim` is 0: an array of one element.
 * dim    The number of dimensions, 0 to 64.
 *
 * Free it with mlx_array_free. An empty handle on failure: MLX_STATUS_INVALID_ARGUMENT (NULL,
 * `dim` or a size out of range, unknown dtype), MLX_STATUS_OUT_OF_MEMORY.
 */
mlx_array mlx_array_new_data(const void *data, const int *shape, int dim, mlx_dtype dtype);

/**
 * An array that reads `data` where it lies, without a copy. As mlx_array_new_data_managed_payload
 * with `data` for the payload.
 */
mlx_array mlx_array_new_data_managed(void *data, const int *shape, int dim, mlx_dtype dtype,
    void (*dtor)(void*));

/**
 * An array that reads `data` where it lies, without a copy.
 *
 * data           As in mlx_array_new_data, but aligned for `dtype`. Nobody may write to it before
 *                `dtor` has been called.
 * shape, dim     As in mlx_array_new_data.
 * payload, dtor  dtor(payload) is called once, after the last reader is done, which may be a moment
 *                after the last result that it was read for is there: on any thread, with
 *                no lock of the library's held. Any call that frees, replaces or waits for an
 *                array, mlx_convolve included, may call it before it returns: hold no lock that
 *                `dtor` takes around such a call. It may call this library, but must not wait for
 *                values that are not there yet: it may be running on the thread that makes them. It
 *                runs with cancellation off, and must neither throw nor longjmp. NULL: never called.
 *
 * Free it with mlx_array_free. An empty handle on failure, and `dtor` is not called then:
 * MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, elements beyond the end of the address space,
 * `dim` or a size out of range, unknown dtype), MLX_STATUS_OUT_OF_MEMORY.
 */
mlx_array mlx_array_new_data_managed_payload(void *data, const int *shape, int dim,
    mlx_dtype dtype, void *payload, void (*dtor)(void*));

/** The bytes of one element. 0, and a failure, for an empty or foreign handle. */
size_t mlx_array_itemsize(mlx_array arr);

/** The number of elements. 0, and a failure, for an empty or foreign handle. */
size_t mlx_array_size(mlx_array arr);

/**
 * The bytes of all elements: mlx_array_size times mlx_array_itemsize. 0, and a failure, for an
 * empty or foreign handle.
 */
size_t mlx_array_nbytes(mlx_array arr);

/** The number of dimensions. 0, and a failure, for an empty or foreign handle. */
size_t mlx_array_ndim(mlx_array arr);

/**
 * The mlx_array_ndim(arr) sizes. They live until `arr` is freed or set anew. NULL, and a failure,
 * for an empty or foreign handle.
 */
const int *mlx_array_shape(mlx_array arr);

/**
 * The mlx_array_ndim(arr) strides: the distance between neighbours along each dimension, in
 * elements; 0 and negative ones occur. They live until `arr` is freed or set anew. NULL, and a
 * failure, for an empty or foreign handle.
 */
const int64_t *mlx_array_strides(mlx_array arr);

/**
 * The size of dimension `dim`; a negative `dim` counts from the last, -1. 0, and a failure, for an
 * empty or foreign handle or a dimension that is not there.
 */
int mlx_array_dim(mlx_array arr, int dim);

/** The dtype. 0, and a failure, for an empty or foreign handle. */
mlx_dtype mlx_array_dtype(mlx_array arr);

/**
 * Waits until the values of `arr` are there. Fails with MLX_STATUS_INVALID_ARGUMENT (empty or
 * foreign handle), or the status with which computing them failed, MLX_STATUS_DEVICE_LOST if they were
 * pending in a process that this one was forked from.
 */
mlx_status mlx_array_eval(mlx_array arr);

/**
 * Fills in the values and the dtype, as "array([1, 2, 3], dtype=int32)", once they are there. A
 * dimension longer than 6 is shortened to its first and last 3. At most 1000 elements are printed
 * then; each dimension that is cut off there ends in "...".
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `arr`, foreign handle),
 * MLX_STATUS_OUT_OF_MEMORY, or the status with which computing the values failed; `*str` is
 * untouched then.
 */
mlx_status mlx_array_tostring(mlx_string *str, mlx_array arr);

/**
 * Makes `*res` a view of `a` with another shape and strides. Where `a` is contiguous nothing is
 * copied; otherwise its elements are copied first, the last dimension fastest, and the view is of
 * the copy.
 *
 * shape, shape_num      The sizes, none negative, and their number.
 * strides, strides_num  The strides in elements, 0 and negative ones too, and as many of them.
 * offset                Where the first element of the view lies: its index in `a`, last dimension
 *                       fastest.
 * s                     The stream that copies, where a copy is needed, as mlx_convolve computes.
 *
 * `*res` may be the same handle as `a`; what it held before is released.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, `shape_num` above 64 or
 * not `strides_num`, an element of the view outside `a`), MLX_STATUS_OUT_OF_MEMORY, or the status
 * with which computing `a` failed; `*res` is untouched then.
 */
mlx_status mlx_as_strided(mlx_array *res, mlx_array a, const int *shape, size_t shape_num,
    const int64_t *strides, size_t strides_num, size_t offset, mlx_stream s);

/* ---- One element: mlx_array_item_ ---- */

/**
 * Fills in the one element of an array of dtype MLX_BOOL, once it is there.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, another dtype, another
 * size than 1), or the status with which computing the value failed; `*res` is untouched then.
 */
mlx_status mlx_array_item_bool(bool *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_UINT8. */
mlx_status mlx_array_item_uint8(uint8_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_UINT16. */
mlx_status mlx_array_item_uint16(uint16_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_UINT32. */
mlx_status mlx_array_item_uint32(uint32_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_UINT64. */
mlx_status mlx_array_item_uint64(uint64_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_INT8. */
mlx_status mlx_array_item_int8(int8_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_INT16. */
mlx_status mlx_array_item_int16(int16_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_INT32. */
mlx_status mlx_array_item_int32(int32_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_INT64. */
mlx_status mlx_array_item_int64(int64_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_FLOAT16: its bits. */
mlx_status mlx_array_item_float16(uint16_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_FLOAT32. */
mlx_status mlx_array_item_float32(float *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_FLOAT64. */
mlx_status mlx_array_item_float64(double *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_BFLOAT16: its bits. */
mlx_status mlx_array_item_bfloat16(uint16_t *res, mlx_array arr);

/** As mlx_array_item_bool, for dtype MLX_COMPLEX64. */
mlx_status mlx_array_item_complex64(mlx_complex64_t *res, mlx_array arr);

/* ---- All elements: mlx_array_data_ ---- */

/**
 * Waits for the values of `arr` and points to its first element; the others lie where
 * mlx_array_strides says. The dtype is not checked: the bytes are those of the array's own dtype.
 *
 * The values live until `arr` is freed or set anew, and as long as other arrays share them. Where
 * the array has no elements the pointer is not NULL, and nothing may be read through it. NULL, and
 * a failure, for an empty or foreign handle, or where computing the values failed.
 */
const bool *mlx_array_data_bool(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_UINT8. */
const uint8_t *mlx_array_data_uint8(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_UINT16. */
const uint16_t *mlx_array_data_uint16(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_UINT32. */
const uint32_t *mlx_array_data_uint32(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_UINT64. */
const uint64_t *mlx_array_data_uint64(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_INT8. */
const int8_t *mlx_array_data_int8(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_INT16. */
const int16_t *mlx_array_data_int16(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_INT32. */
const int32_t *mlx_array_data_int32(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_INT64. */
const int64_t *mlx_array_data_int64(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_FLOAT16: its bits. */
const uint16_t *mlx_array_data_float16(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_FLOAT32. */
const float *mlx_array_data_float32(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_FLOAT64. */
const double *mlx_array_data_float64(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_BFLOAT16: its bits. */
const uint16_t *mlx_array_data_bfloat16(mlx_array arr);

/** As mlx_array_data_bool, for dtype MLX_COMPLEX64. */
const mlx_complex64_t *mlx_array_data_complex64(mlx_array arr);

/* ---- Convolution ---- */

/** Which part of the full convolution is kept: MLX_MODE_FULL, MLX_MODE_VALID or MLX_MODE_SAME. */
typedef int32_t mlx_mode;

/** N + K - 1 values, from full[0]: every output that reads at least one pair. Python's default. */
#define MLX_MODE_FULL 0
/** N - K + 1 values, from full[K - 1]: the outputs that read the whole filter. */
#define MLX_MODE_VALID 1
/** N values, from full[(K - 1) / 2], rounded down. */
#define MLX_MODE_SAME 2

/**
 * Convolves `a` with `v` on `stream`:  full[n] = sum over k of a[k] * v[n - k].
 *
 * With N the longer length and K the shorter, `mode` keeps
 *   MLX_MODE_FULL   N + K - 1 values, from full[0]
 *   MLX_MODE_VALID  N - K + 1 values, from full[K - 1]
 *   MLX_MODE_SAME   N values, from full[(K - 1) / 2]
 *
 * a, v    1-D, not empty, any strides, any dtype; the result has their promoted dtype.
 *         Both may be freed as soon as this returns.
 * out     Receives a new array; what it held before is released. Untouched on failure.
 *         May be the same handle as an input.
 *
 * Both convert to the promoted dtype first. Floats win over integers whatever their width, complex64
 * over all, float64 included; float16 with bfloat16 and uint64 with a signed integer give float32;
 * signed with unsigned integers the smallest signed one that holds both.
 *
 * Integers are exact modulo 2^bits; bool is OR of ANDs; float16 and bfloat16 are computed in float
 * and rounded once. One NaN or Inf reaches exactly the outputs that read it, whatever the method.
 *
 * Floats round. A direct sum is off by K eps times the sum of its products' magnitudes at most. Long
 * convolutions go by way of transforms of B points, whose error is relative to norms, not to the
 * single output: below 0.2 eps log2(B) norm(a over the block read) norm(v) in practice, with 12 for
 * 0.2 proven; blocks that meet infinities may be direct sums. Where outputs much smaller than their
 * neighbours matter, use MLX_FLOAT64.
 *
 * Returns at once, unless the work is small; the values are ready after mlx_array_eval(*out) or
 * mlx_synchronize(stream), and mlx_array_data_ and mlx_array_item_ wait for them. Until then `*out` may be
 * an input on any stream, be freed, or be set.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, not 1-D, size 0, unknown
 * mode, result above INT_MAX elements), MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_UNSUPPORTED (dtype not
 * available on the stream's device), or the status of an input whose own computation failed. What fails
 * after the call has returned fails `*out`, as the overview tells. Any thread may call this.
 */
mlx_status mlx_convolve(const mlx_array *a, const mlx_array *v, mlx_mode mode, mlx_stream stream,
    mlx_array *out);

/**
 * As mlx_convolve, between plain pointers and before it returns: no handles, no stream.
 *
 * a, v     `a_len` and `v_len` elements of `dtype`, neither 0, aligned for `dtype`. They may
 *          overlap.
 * out      Room for `out_len` elements, aligned for `dtype`, apart from `a` and `v`.
 * out_len  Exactly mlx_convolve_length(a_len, v_len, mode).
 *
 * `out` is untouched on MLX_STATUS_INVALID_ARGUMENT; on MLX_STATUS_OUT_OF_MEMORY, where memory to
 * work in ran out midway, and on MLX_STATUS_INTERNAL, its values are unspecified.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, a length of 0, unknown dtype or mode,
 * wrong `out_len`, `out` overlapping an input), MLX_STATUS_OUT_OF_MEMORY. The lengths may
 * add up to PTRDIFF_MAX, and so may the bytes of each buffer. Any thread may call this.
 */
mlx_status mlx_convolve_into(const void *a, size_t a_len, const void *v, size_t v_len,
    mlx_dtype dtype, mlx_mode mode, void *out, size_t out_len);

/**
 * The number of values that convolving `a_len` with `v_len` elements gives. 0 where there is none:
 * a length of 0, an unknown mode, a number above SIZE_MAX. Never a failure, never an error
 * message.
 */
size_t mlx_convolve_length(size_t a_len, size_t v_len, mlx_mode mode);

/**
 * Fills in, for people, how a convolution of these lengths is computed: method, block, kernel, the
 * most bytes of workspace where all values are finite, and why. The environment variable
 * MLX_CONVOLVE_METHOD, `direct` or `fft`, forces a method; it is read once, at the first use, and
 * other values count as none. In secure execution (setuid programs and the like) no variable is read.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, a length of 0, lengths that add up to more than
 * PTRDIFF_MAX, unknown dtype or mode, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*out` is
 * untouched then. The wording may change in any version.
 */
mlx_status mlx_convolve_explain(size_t a_len, size_t v_len, mlx_dtype dtype, mlx_mode mode,
    mlx_string *out);

/**
 * Sets how many threads may work on one convolution, its own included; 0, as at the start, is one per
 * core. All convolutions share the `n` - 1 others, so what computes at once is no more than that and
 * the streams and callers that have work. The environment variable MLX_CONVOLVE_NUM_THREADS sets it at
 * the start: it is read once, at the first use, and what is not a positive number counts as none.
 * Results do not depend on it.
 *
 * Fails with MLX_STATUS_INVALID_ARGUMENT (negative). Any thread may call this, at any time.
 */
mlx_status mlx_set_num_threads(int n);

/* ---- Memory ---- */

/**
 * Fills in the bytes that the library holds now: arrays, running computations, and what transforms
 * keep for later calls of any thread until mlx_clear_cache: up to 8 tables of 2 MiB each, and 2 MiB
 * of workspace. Memory borrowed by mlx_array_new_data_managed is not counted. Fails with
 * MLX_STATUS_INVALID_ARGUMENT (NULL).
 */
mlx_status mlx_get_active_memory(size_t *res);

/**
 * Fills in the largest number of bytes that were active at once, since the start or
 * mlx_reset_peak_memory. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
 */
mlx_status mlx_get_peak_memory(size_t *res);

/** Starts measuring the peak anew, from the bytes active now. Always MLX_STATUS_SUCCESS. */
mlx_status mlx_reset_peak_memory(void);

/**
 * Fills in the bytes of freed memory, of arrays and of workspace, that the library keeps, so as not
 * to ask the system again. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL).
 */
mlx_status mlx_get_cache_memory(size_t *res);

/**
 * Sets how many bytes the cache may keep, at the start 128 MiB, 0 for none, and gives back what is above. The limit that
 * held before goes to `*res`. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL), changing nothing.
 * The tables and the workspace that transforms keep are not counted: mlx_clear_cache frees them.
 */
mlx_status mlx_set_cache_limit(size_t *res, size_t limit);

/**
 * Gives everything in the cache back to the system, and frees the tables and the workspace of transforms that are kept
 * for later calls, whichever thread made them; what is in use meanwhile is kept again. Always MLX_STATUS_SUCCESS.
 */
mlx_status mlx_clear_cache(void);

#ifdef __cplusplus
}
#endif

#endif /* MLX_CONVOLVE_H */
