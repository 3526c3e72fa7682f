#include "parts.h"

#include <math.h>
#include <sys/mman.h>

#include "allocations.h"

static const struct {
    mlx_dtype dtype;
    size_t a_len, v_len;
} sizes[PROBLEMS] = {
    {MLX_FLOAT32, 60, 7},     {MLX_FLOAT64, 60, 7},   {MLX_COMPLEX64, 60, 7}, {MLX_BFLOAT16, 60, 7},
    {MLX_INT16, 60, 7},       {MLX_INT64, 60, 7},     {MLX_BOOL, 60, 7},      {MLX_FLOAT32, 4000, 900},
    {MLX_FLOAT64, 4000, 900}, {MLX_FLOAT16, 4000, 900}, {MLX_COMPLEX64, 4000, 900}, {MLX_INT8, 5000, 4000},
    {MLX_UINT64, 4000, 900},  {MLX_BOOL, 4000, 2900}, {MLX_FLOAT32, 5000, 900}, {MLX_INT64, 200000, 1500},
};

problem problems[PROBLEMS];
const problem *current;
mlx_device cpu;
struct notes *notes;

int open_problems(void **state) {
    (void)state;
    mlx_set_num_threads(1); /* the processes forked later lack the threads that would help here */
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < PROBLEMS; i++) {
        problem *p = &problems[i];
        *p = (problem){.dtype = &all_dtypes[sizes[i].dtype], .a_len = sizes[i].a_len, .v_len = sizes[i].v_len};
        if (i == LARGE && quick()) {
            p->a_len /= 5; /* worth a stream's thread with what valgrind leaves of the instruction sets, too */
        }
        p->out_bytes = p->a_len * p->dtype->size;
        p->a = take(p->out_bytes);
        p->v = take(p->v_len * p->dtype->size);
        fill_random(p->dtype, p->a, p->a_len, i);
        fill_random(p->dtype, p->v, p->v_len, ~i);
        if (i == WITH_INFINITY) {
            ((float *)p->a)[1000] = (float)HUGE_VAL;
        }
        p->want = through_into(p->dtype, p->a, p->a_len, p->v, p->v_len, MLX_MODE_SAME);
        p->want_twice = through_into(p->dtype, p->want, p->a_len, p->v, p->v_len, MLX_MODE_SAME);
        if (!method_forced("direct") && !method_forced("fft")) {
            assert_int_equal(method_for(p->dtype, p->a_len, p->v_len, MLX_MODE_SAME).direct, p->v_len == 7);
        }
    }
    mlx_set_num_threads(0);
    current = &problems[0];
    cpu = mlx_device_new_type(MLX_CPU, 0);
    return notes == MAP_FAILED || cpu.ctx == NULL;
}

int close_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < PROBLEMS; i++) {
        free(problems[i].a);
        free(problems[i].v);
        free(problems[i].want);
        free(problems[i].want_twice);
    }
    return mlx_device_free(cpu) || munmap(notes, sizeof *notes);
}

void note(const char *format, ...) {
    const run now = notes->now;
    char *to = notes->text + notes->len;
    int len = snprintf(to, NOTES - notes->len, "%s of %zu x %zu, allocation %ld%s: ",
                       all_dtypes[sizes[now.problem].dtype].name, sizes[now.problem].a_len, sizes[now.problem].v_len,
                       now.first, now.and_all_later ? " and all later ones" : "");
    va_list arguments;
    va_start(arguments, format);
    len += vsnprintf(to + len, NOTES - notes->len - (size_t)len, format, arguments);
    va_end(arguments);
    if (notes->len + (size_t)len < NOTES - 1000) {
        notes->len += (size_t)len;
    }
}

bool ok_(mlx_status status, const char *call) {
    if (status == MLX_STATUS_SUCCESS) {
        return true;
    }
    if (status != MLX_STATUS_OUT_OF_MEMORY || refused_allocations() == 0 ||
        strstr(mlx_last_error(), "memory") == NULL) {
        note("%s: status %d, \"%s\", after %ld failures\n", call, (int)status, mlx_last_error(), refused_allocations());
    }
    return false;
}

bool there_(const void *pointer, const char *call) {
    return ok_(pointer != NULL ? MLX_STATUS_SUCCESS : MLX_STATUS_OUT_OF_MEMORY, call);
}

void must_(bool holds, const char *what) {
    if (!holds) {
        note("not true: %s (the last message is \"%s\")\n", what, mlx_last_error());
    }
}

bool convolved(mlx_array a, mlx_array v, mlx_mode mode, mlx_stream stream, mlx_array *out) {
    const void *ctx = out->ctx;
    size_t size = ctx != NULL ? mlx_array_size(*out) : 0;
    mlx_dtype dtype = ctx != NULL ? mlx_array_dtype(*out) : 0;
    bool good = ok(mlx_convolve(&a, &v, mode, stream, out));
    if (!good) {
        must(out->ctx == ctx);
        must(ctx == NULL || (mlx_array_size(*out) == size && mlx_array_dtype(*out) == dtype));
    }
    return good;
}

bool came_to(mlx_array array, const void *want, size_t bytes) {
    const void *values = mlx_array_data_uint8(array);
    if (!there(values)) {
        must(mlx_array_eval(array) == MLX_STATUS_OUT_OF_MEMORY);
        return false;
    }
    must(mlx_array_nbytes(array) == bytes);
    must(memcmp(values, want, bytes) == 0);
    return true;
}
