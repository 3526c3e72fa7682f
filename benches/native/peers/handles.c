/* The library through handles: a convolution into a live handle on the default stream, and its data. */
#include "bench.h"

#include <limits.h>
#include <stdlib.h>

typedef struct {
    mlx_array a, v, out;
    mlx_stream stream;
    mlx_mode mode;
} plan;

static mlx_array borrowed(void *values, size_t len, const dtype_info *dtype) {
    int shape = (int)len;
    return mlx_array_new_data_managed(values, &shape, 1, dtype->number, NULL);
}

static void *prepare(const job *job, int way, char label[LABEL]) {
    (void)way;
    label[0] = 0;
    if (job->a_len + job->v_len > INT_MAX) {
        return NULL;
    }
    plan *plan = take(sizeof *plan);
    plan->a = borrowed(job->a, job->a_len, job->dtype);
    plan->v = borrowed(job->v, job->v_len, job->dtype);
    plan->out = mlx_array_new();
    plan->stream = mlx_default_stream_new();
    plan->mode = job->mode;
    return plan;
}

static const void *run(void *opaque) {
    plan *plan = opaque;
    mlx_status status = mlx_convolve(&plan->a, &plan->v, plan->mode, plan->stream, &plan->out);
    return status == MLX_STATUS_SUCCESS ? mlx_array_data_uint8(plan->out) : NULL;
}

static void release(void *opaque) {
    plan *plan = opaque;
    mlx_array_free(plan->out);
    mlx_array_free(plan->v);
    mlx_array_free(plan->a);
    mlx_stream_free(plan->stream);
    free(plan);
}

const peer handles = {"handles", 1, SAME_BITS, prepare, run, release, NULL};
