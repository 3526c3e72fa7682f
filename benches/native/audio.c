#include "audio.h"
#include "bench.h"

#include <math.h>
#include <stdlib.h>

/* The parts of a complex number are independent of each other. */
static size_t parts(const dtype_info *dtype) {
    switch (dtype->number) {
    case MLX_FLOAT32:
    case MLX_FLOAT64:
        return 1;
    case MLX_COMPLEX64:
        return 2;
    default:
        fail("no audio of %s", dtype->name);
    }
}

static void store(const dtype_info *dtype, void *values, size_t i, double x) {
    if (dtype->number == MLX_FLOAT64) {
        ((double *)values)[i] = x;
    } else {
        ((float *)values)[i] = (float)x;
    }
}

/* 60 dB less at the end than at the beginning. */
static double faded(double x, size_t i, size_t len) { return x * pow(10, -3 * (double)i / (double)len); }

void fill_recording(const dtype_info *dtype, void *values, size_t len, uint64_t seed) {
    const size_t each = parts(dtype), burst = len / 7 + 1;
    double *sound = take(len * each * sizeof *sound), filtered[2] = {0, 0}, top = 0;
    for (size_t i = 0; i < len * each; i++) {
        double *last = &filtered[i % each];
        *last = 0.98 * *last + next_uniform(&seed);
        sound[i] = faded(*last, i / each % burst, burst);
        top = fmax(top, fabs(sound[i]));
    }
    for (size_t i = 0; i < len * each; i++) {
        store(dtype, values, i, rint(sound[i] / top * 0x1p23) * 0x1p-23);
    }
    free(sound);
}

void fill_response(const dtype_info *dtype, void *values, size_t len, uint64_t seed) {
    const size_t each = parts(dtype);
    for (size_t i = 0; i < len * each; i++) {
        store(dtype, values, i, faded(next_uniform(&seed), i / each, len));
    }
}
