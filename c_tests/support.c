#include "support.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

const dtype_info all_dtypes[DTYPES] = {
    {MLX_BOOL, "bool", 1, 1, KIND_BOOL, 0},
    {MLX_UINT8, "uint8", 1, 1, KIND_UNSIGNED, 0},
    {MLX_UINT16, "uint16", 2, 2, KIND_UNSIGNED, 0},
    {MLX_UINT32, "uint32", 4, 4, KIND_UNSIGNED, 0},
    {MLX_UINT64, "uint64", 8, 8, KIND_UNSIGNED, 0},
    {MLX_INT8, "int8", 1, 1, KIND_SIGNED, 0},
    {MLX_INT16, "int16", 2, 2, KIND_SIGNED, 0},
    {MLX_INT32, "int32", 4, 4, KIND_SIGNED, 0},
    {MLX_INT64, "int64", 8, 8, KIND_SIGNED, 0},
    {MLX_FLOAT16, "float16", 2, 2, KIND_FLOAT, FLT_EPSILON},
    {MLX_FLOAT32, "float32", 4, 4, KIND_FLOAT, FLT_EPSILON},
    {MLX_FLOAT64, "float64", 8, 8, KIND_FLOAT, DBL_EPSILON},
    {MLX_BFLOAT16, "bfloat16", 2, 2, KIND_FLOAT, FLT_EPSILON},
    {MLX_COMPLEX64, "complex64", 8, 4, KIND_COMPLEX, FLT_EPSILON},
};

const char *const mode_names[MODES] = {"full", "valid", "same"};

void assert_ok_(mlx_status status, const char *call, const char *file, int line) {
    if (status != MLX_STATUS_SUCCESS) {
        print_error("%s: status %d, \"%s\"\n", call, (int)status, mlx_last_error());
        _fail(file, line);
    }
}

void assert_fails_(mlx_status got, mlx_status status, const char *words, const char *call, const char *file, int line) {
    if (got != status) {
        print_error("%s: status %d instead of %d\n", call, (int)got, (int)status);
        _fail(file, line);
    }
    if (strstr(mlx_last_error(), words) == NULL) {
        print_error("%s: no \"%s\" in \"%s\"\n", call, words, mlx_last_error());
        _fail(file, line);
    }
}

bool quick(void) { return getenv("C_TESTS_QUICK") != NULL; }

size_t read_counter(mlx_status (*counter)(size_t *)) {
    size_t bytes = SIZE_MAX;
    assert_ok(counter(&bytes));
    assert_true(bytes != SIZE_MAX);
    return bytes;
}

bool method_forced(const char *method) {
    const char *forced = getenv("MLX_CONVOLVE_METHOD");
    return forced != NULL && strcmp(forced, method) == 0;
}

method_plan method_for(const dtype_info *dtype, size_t a_len, size_t v_len, mlx_mode mode) {
    method_plan plan = {true, 0, 0};
    mlx_string text = mlx_string_new();
    assert_ok(mlx_convolve_explain(a_len, v_len, dtype->dtype, mode, &text));
    const char *words = mlx_string_data(text), *block = strstr(words, "block: ");
    plan.direct = strstr(words, "method: direct") != NULL;
    if (plan.direct == (strstr(words, "method: fft") != NULL) ||
        (!plan.direct && (block == NULL || sscanf(block, "block: %zu points, %zu", &plan.points, &plan.outputs) != 2))) {
        fail_msg("no method and block in \"%s\"", words);
    }
    assert_ok(mlx_string_free(text));
    return plan;
}

void assert_floats(const float *got, const float *want, size_t len) {
    float largest = 0;
    for (size_t i = 0; i < len; i++) {
        largest = fmaxf(largest, fabsf(want[i]));
    }
    for (size_t i = 0; i < len; i++) {
        if (!(fabsf(got[i] - want[i]) <= (method_forced("fft") ? 1e-5f * largest : 0))) {
            fail_msg("output %zu is %.9g, not %.9g", i, (double)got[i], (double)want[i]);
        }
    }
}

uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void *take(size_t bytes) {
    void *memory = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (memory == NULL) {
        fail_msg("no memory for %zu bytes", bytes);
    }
    return memory;
}

guarded guard(size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inside = (bytes + page - 1) / page * page;
    guarded g = {NULL, inside + 2 * page, NULL};
    g.map = mmap(NULL, g.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(g.map, MAP_FAILED);
    assert_int_equal(mprotect(g.map + page, inside, PROT_READ | PROT_WRITE), 0);
    g.data = g.map + page + inside - bytes;
    return g;
}

void unguard(guarded memory) { munmap(memory.map, memory.map_bytes); }

/* float16 has 10 mantissa bits and exponents from -14; bfloat16 7 and -126. */
static uint16_t encode_half(double x, int mantissa_bits, int lowest_exponent) {
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    uint16_t infinity = (uint16_t)(0x7fff >> mantissa_bits << mantissa_bits);
    if (isnan(x)) {
        return (uint16_t)(infinity | 1u << (mantissa_bits - 1));
    }
    double magnitude = fabs(x);
    if (isinf(x)) {
        return sign | infinity;
    }
    int exponent;
    frexp(magnitude, &exponent);
    if (--exponent < lowest_exponent || magnitude == 0) {
        exponent = lowest_exponent;
    }
    /* The hidden bit of a normal number, or a carry of the rounding, adds 1 to the exponent field. */
    double mantissa = rint(ldexp(magnitude, mantissa_bits - exponent));
    double field = (double)(exponent - lowest_exponent) * (double)(1 << mantissa_bits) + mantissa;
    return field >= infinity ? sign | infinity : (uint16_t)(sign | (uint16_t)field);
}

static double decode_half(uint16_t bits, int mantissa_bits, int lowest_exponent) {
    int mantissa = bits & ((1 << mantissa_bits) - 1);
    int exponent = (bits & 0x7fff) >> mantissa_bits;
    double magnitude;
    if (exponent == 0x7fff >> mantissa_bits) {
        magnitude = mantissa != 0 ? (double)NAN : (double)INFINITY;
    } else if (exponent == 0) {
        magnitude = ldexp(mantissa, lowest_exponent - mantissa_bits);
    } else {
        magnitude = ldexp(mantissa + (1 << mantissa_bits), exponent - 1 + lowest_exponent - mantissa_bits);
    }
    return bits & 0x8000 ? -magnitude : magnitude;
}

static void *element(const dtype_info *dtype, void *data, size_t i) { return (char *)data + i * dtype->size; }

static const void *const_element(const dtype_info *dtype, const void *data, size_t i) {
    return (const char *)data + i * dtype->size;
}

static void store_bits(const dtype_info *dtype, void *data, size_t i, uint64_t bits) {
    void *to = element(dtype, data, i);
    uint8_t b8 = (uint8_t)bits;
    uint16_t b16 = (uint16_t)bits;
    uint32_t b32 = (uint32_t)bits;
    switch (dtype->size) {
    case 1: memcpy(to, &b8, 1); break;
    case 2: memcpy(to, &b16, 2); break;
    case 4: memcpy(to, &b32, 4); break;
    default: memcpy(to, &bits, 8); break;
    }
}

void store(const dtype_info *dtype, void *data, size_t i, double re, double im) {
    void *to = element(dtype, data, i);
    float floats[2] = {(float)re, (float)im};
    switch (dtype->dtype) {
    case MLX_FLOAT16: store_bits(dtype, data, i, encode_half(re, 10, -14)); break;
    case MLX_BFLOAT16: store_bits(dtype, data, i, encode_half(re, 7, -126)); break;
    case MLX_FLOAT32: memcpy(to, floats, 4); break;
    case MLX_FLOAT64: memcpy(to, &re, 8); break;
    case MLX_COMPLEX64: memcpy(to, floats, 8); break;
    default: store_bits(dtype, data, i, (uint64_t)(int64_t)re); break;
    }
}

double load_re(const dtype_info *dtype, const void *data, size_t i) {
    const void *from = const_element(dtype, data, i);
    uint16_t half;
    float single;
    double value;
    switch (dtype->dtype) {
    case MLX_FLOAT16: memcpy(&half, from, 2); return decode_half(half, 10, -14);
    case MLX_BFLOAT16: memcpy(&half, from, 2); return decode_half(half, 7, -126);
    case MLX_COMPLEX64: /* the real part comes first */
    case MLX_FLOAT32: memcpy(&single, from, 4); return single;
    case MLX_FLOAT64: memcpy(&value, from, 8); return value;
    default:
        return dtype->kind == KIND_SIGNED ? (double)(int64_t)load_bits(dtype, data, i)
                                          : (double)load_bits(dtype, data, i);
    }
}

double load_im(const dtype_info *dtype, const void *data, size_t i) {
    float single = 0;
    if (dtype->kind == KIND_COMPLEX) {
        memcpy(&single, (const char *)const_element(dtype, data, i) + 4, 4);
    }
    return single;
}

uint64_t load_bits(const dtype_info *dtype, const void *data, size_t i) {
    const void *from = const_element(dtype, data, i);
    uint8_t b8;
    uint16_t b16;
    uint32_t b32;
    uint64_t bits;
    switch (dtype->size) {
    case 1: memcpy(&b8, from, 1); bits = b8; break;
    case 2: memcpy(&b16, from, 2); bits = b16; break;
    case 4: memcpy(&b32, from, 4); bits = b32; break;
    default: memcpy(&bits, from, 8); break;
    }
    if (dtype->kind == KIND_BOOL) {
        return bits != 0;
    }
    bool negative = dtype->kind == KIND_SIGNED && dtype->size < 8 && bits >> (8 * dtype->size - 1) != 0;
    return negative ? bits | ~UINT64_C(0) << (8 * dtype->size) : bits;
}

void fill_small(const dtype_info *dtype, void *data, size_t len, uint64_t seed) {
    /* Unsigned and bool values from 0, others around it. 4 * 4 * 64 stays below float16's 2048. */
    double lowest = dtype->kind <= KIND_UNSIGNED ? 0 : -4;
    unsigned range = dtype->kind == KIND_BOOL ? 2 : 8;
    for (size_t i = 0; i < len; i++) {
        uint64_t random = next_random(&seed) >> 20;
        store(dtype, data, i, lowest + (double)(random % range), lowest + (double)(random / range % range));
    }
}

void fill_random(const dtype_info *dtype, void *data, size_t len, uint64_t seed) {
    for (size_t i = 0; i < len; i++) {
        uint64_t random = next_random(&seed);
        if (dtype->kind == KIND_BOOL) {
            /* Rarely true, or the OR of many ANDs is always true; and not always as a 1. */
            store_bits(dtype, data, i, random % 16 == 0 ? 1 + (random >> 32) % 255 : 0);
        } else if (is_exact(dtype)) {
            store_bits(dtype, data, i, random);
        } else {
            double re = (double)(random >> 11) * 0x1p-52 - 1;
            double im = (double)(next_random(&seed) >> 11) * 0x1p-52 - 1;
            store(dtype, data, i, re, im);
        }
    }
}

mlx_array array_of(const dtype_info *dtype, const void *data, size_t len) {
    int shape[1] = {(int)len};
    mlx_array array = mlx_array_new_data(data, shape, 1, dtype->dtype);
    if (array.ctx == NULL) {
        fail_msg("no array of %zu %s: %s", len, dtype->name, mlx_last_error());
    }
    return array;
}

mlx_array strided_view(mlx_array base, size_t len, int64_t stride, size_t offset) {
    int shape[1] = {(int)len};
    int64_t strides[1] = {stride};
    mlx_stream stream = mlx_default_stream_new();
    mlx_array view = mlx_array_new();
    assert_ok(mlx_as_strided(&view, base, shape, 1, strides, 1, offset, stream));
    assert_ok(mlx_stream_free(stream));
    return view;
}

void *values_of(mlx_array array, size_t *len) {
    const void *values = mlx_array_data_uint8(array);
    assert_non_null(values);
    *len = mlx_array_size(array);
    void *copy = take(mlx_array_nbytes(array));
    memcpy(copy, values, mlx_array_nbytes(array));
    return copy;
}

void *convolve_array_values(mlx_array a, mlx_array v, mlx_mode mode, size_t *out_len) {
    mlx_stream stream = mlx_default_stream_new();
    mlx_array out = mlx_array_new();
    assert_ok(mlx_convolve(&a, &v, mode, stream, &out));
    void *values = values_of(out, out_len);
    assert_ok(mlx_array_free(out));
    assert_ok(mlx_stream_free(stream));
    return values;
}

mlx_stream new_stream(void) {
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0);
    mlx_stream stream = mlx_stream_new_device(cpu);
    mlx_device_free(cpu);
    return stream;
}

size_t active_memory(void) {
    size_t bytes = SIZE_MAX;
    assert_ok(mlx_get_active_memory(&bytes));
    return bytes;
}

/* The number after `name` in a file of lines such as "Threads:\t3"; 0 where there is none. */
static size_t number_in(const char *path, const char *name) {
    FILE *file = fopen(path, "r");
    char line[256];
    size_t number = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            number = (size_t)strtoull(line + strlen(name), NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return number;
}

size_t running_threads(void) { return number_in("/proc/self/status", "Threads:"); }

size_t resident_bytes(void) { return 1024 * number_in("/proc/self/status", "VmRSS:"); }

bool comes_true(bool (*holds)(const void *), const void *argument, int seconds) {
    const struct timespec pause = {0, 10 * 1000 * 1000};
    struct timespec now, deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += seconds;
    while (!holds(argument)) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec > deadline.tv_sec || (now.tv_sec == deadline.tv_sec && now.tv_nsec > deadline.tv_nsec)) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

void on_threads(size_t count, void *(*work)(void *), void *arguments, size_t size) {
    pthread_t *threads = take(count * sizeof *threads);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, (char *)arguments + i * size), 0);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    free(threads);
}

void *through_arrays(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len, mlx_mode mode) {
    mlx_array a_array = array_of(dtype, a, a_len);
    mlx_array v_array = array_of(dtype, v, v_len);
    size_t out_len;
    void *values = convolve_array_values(a_array, v_array, mode, &out_len);
    assert_int_equal(out_len, mlx_convolve_length(a_len, v_len, mode));
    assert_ok(mlx_array_free(a_array));
    assert_ok(mlx_array_free(v_array));
    return values;
}

void *through_into(const dtype_info *dtype, const void *a, size_t a_len, const void *v, size_t v_len, mlx_mode mode) {
    size_t out_len = mlx_convolve_length(a_len, v_len, mode);
    void *out = take(out_len * dtype->size);
    assert_ok(mlx_convolve_into(a, a_len, v, v_len, dtype->dtype, mode, out, out_len));
    return out;
}
