/* The common part of all test programs: cmocka, the header, a table of the 14 dtypes, data and arrays. */
#ifndef C_TESTS_SUPPORT_H
#define C_TESTS_SUPPORT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlx_convolve.h"

/* Whether AddressSanitizer owns the allocation functions, and the locks in them that a fork may leave taken. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN true
#elif !defined(UNDER_ASAN)
#define UNDER_ASAN false
#endif

/* How values of a dtype are stored and summed. */
typedef enum { KIND_BOOL, KIND_UNSIGNED, KIND_SIGNED, KIND_FLOAT, KIND_COMPLEX } value_kind;

typedef struct {
    mlx_dtype dtype;
    const char *name; /* as MLX spells it */
    size_t size;      /* bytes of one element */
    size_t alignment; /* bytes, as C aligns the type */
    value_kind kind;
    double eps; /* distance from 1 to the next value of the type that sums it; 0 for integers */
} dtype_info;

enum { DTYPES = 14, MODES = 3 };
extern const dtype_info all_dtypes[DTYPES];
extern const char *const mode_names[MODES];

static inline bool is_exact(const dtype_info *dtype) { return dtype->kind < KIND_FLOAT; }

/* Asserts MLX_STATUS_SUCCESS and shows mlx_last_error() where it is not. */
#define assert_ok(call) assert_ok_((call), #call, __FILE__, __LINE__)
void assert_ok_(mlx_status status, const char *call, const char *file, int line);

/* Asserts a failure with `status` whose message contains `words`. */
#define assert_fails(call, status, words) assert_fails_((call), (status), (words), #call, __FILE__, __LINE__)
void assert_fails_(mlx_status got, mlx_status status, const char *words, const char *call, const char *file, int line);

/* True under valgrind and other slow checkers (C_TESTS_QUICK is set): sizes are scaled down. */
bool quick(void);

/* What a counter of memory says, mlx_get_active_memory for example. */
size_t read_counter(mlx_status (*counter)(size_t *));

/* True where the environment forces `method`, "direct" or "fft", on every convolution. */
bool method_forced(const char *method);

/* What the library does for lengths: a sum per output, or transforms of so many points. */
typedef struct {
    bool direct;
    size_t points;  /* of a transform; 0 if direct */
    size_t outputs; /* of a block */
} method_plan;
method_plan method_for(const dtype_info *dtype, size_t a_len, size_t v_len, mlx_mode mode);

/* Asserts that `got` is `want`: exactly, or nearly where transforms are forced on sums this short. */
void assert_floats(const float *got, const float *want, size_t len);

/* A fixed sequence of 64-bit numbers (splitmix64); seeds are part of the tests. */
uint64_t next_random(uint64_t *state);

/* malloc that fails the test rather than return NULL; 64-byte aligned, never of size 0. */
void *take(size_t bytes);

/* `bytes` bytes that end where an inaccessible page begins, and start after one if `bytes` fills pages. */
typedef struct {
    char *map;
    size_t map_bytes;
    char *data;
} guarded;
guarded guard(size_t bytes);
void unguard(guarded memory);

/* Fills with integers so small that every sum of the tests is exact in every dtype that sums them. */
void fill_small(const dtype_info *dtype, void *data, size_t len, uint64_t seed);

/* Fills with values of the whole range for integers, and of [-1, 1) for floats. */
void fill_random(const dtype_info *dtype, void *data, size_t len, uint64_t seed);

/* Stores `re` (and `im`, if complex) at index `i`, rounded to nearest, ties to even. */
void store(const dtype_info *dtype, void *data, size_t i, double re, double im);

/* Real part, imaginary part and integer value modulo 2^64 of the element at index `i`. */
double load_re(const dtype_info *dtype, const void *data, size_t i);
double load_im(const dtype_info *dtype, const void *data, size_t i);
uint64_t load_bits(const dtype_info *dtype, const void *data, size_t i);

/* A 1-D array that holds a copy of `data`. */
mlx_array array_of(const dtype_info *dtype, const void *data, size_t len);

/* `len` elements of the array `base` from `offset`, `stride` apart. */
mlx_array strided_view(mlx_array base, size_t len, int64_t stride, size_t offset);

/* The values of an array, waited for and copied to fresh memory. */
void *values_of(mlx_array array, size_t *len);

/* mlx_convolve on the default stream, waited for; the values copied to fresh memory. */
void *convolve_array_values(mlx_array a, mlx_array v, mlx_mode mode, size_t *out_len);

/* A new stream on the CPU; empty on failure. */
mlx_stream new_stream(void);

/* What the library says that it holds. */
size_t active_memory(void);

/* Of this process, as the system sees them; 0 where it does not tell. */
size_t running_threads(void);
size_t resident_bytes(void);

/* Waits until `holds(argument)`, at most `seconds`. Returns whether it came to hold. */
bool comes_true(bool (*holds)(const void *), const void *argument, int seconds);

/* Starts `count` threads, each with its own of `arguments`, which are `size` bytes each, and waits for all. cmocka's
 * asserts must not be used in `work`. */
void on_threads(size_t count, void *(*work)(void *), void *arguments, size_t size);

/* The two entry points behind one shape: results in fresh memory, `mlx_convolve_length` elements. */
typedef void *(*entry_point)(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len,
                             mlx_mode mode);
void *through_arrays(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len, mlx_mode mode);
void *through_into(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len, mlx_mode mode);

#endif
