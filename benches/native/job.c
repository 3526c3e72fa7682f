/* Jobs, and what all of the program needs: memory, and an end when something is wrong. */
#include "audio.h"
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mode_names[3] = {"full", "valid", "same"};
const char *const operands_names[2] = {"noise", "audio"};

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void *take(size_t bytes) {
    size_t rounded = (bytes + 63) / 64 * 64;
    void *memory = aligned_alloc(64, rounded > 0 ? rounded : 64);
    if (memory == NULL) {
        fail("no memory for %zu bytes", bytes);
    }
    return memset(memory, 0, rounded);
}

job job_new(size_t a_len, size_t v_len, mlx_mode mode, const dtype_info *dtype, operands operands) {
    job job = {.a_len = a_len, .v_len = v_len, .mode = mode, .dtype = dtype, .operands = operands};
    job.out_len = mlx_convolve_length(a_len, v_len, mode);
    job.first = mode == MLX_MODE_FULL ? 0 : mode == MLX_MODE_VALID ? v_len - 1 : (v_len - 1) / 2;
    job.a = take(a_len * dtype->size);
    job.v = take(v_len * dtype->size);
    job.out = take(job.out_len * dtype->size);
    if (operands == AUDIO) {
        fill_recording(dtype, job.a, a_len, 1);
        fill_response(dtype, job.v, v_len, 2);
    } else {
        /* So few bools are true that about half of the outputs are. */
        double share = sqrt(0.7 / (double)v_len);
        fill(dtype, job.a, a_len, share, 1);
        fill(dtype, job.v, v_len, share, 2);
    }
    return job;
}

void job_free(job *job) {
    free(job->a);
    free(job->v);
    free(job->out);
}
