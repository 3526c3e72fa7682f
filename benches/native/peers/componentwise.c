/* The library with an error bound for each output. */
#include "bench.h"

#include <stdlib.h>

typedef struct {
    const job *job;
    mlx_convolve_options options;
} plan;

static void *prepare(const job *job, int way, char label[LABEL]) {
    (void)way;
    plan *plan = take(sizeof *plan);
    plan->job = job;
    plan->options = (mlx_convolve_options)MLX_CONVOLVE_OPTIONS_INIT;
    plan->options.mode = job->mode;
    plan->options.accuracy = MLX_ACCURACY_COMPONENTWISE;
    mlx_string text = mlx_string_new();
    if (mlx_convolve_explain_with(job->a_len, job->v_len, job->dtype->number, &plan->options, &text) ==
        MLX_STATUS_SUCCESS) {
        put_method(mlx_string_data(text), label);
    }
    mlx_string_free(text);
    return plan;
}

static const void *run(void *opaque) {
    const plan *plan = opaque;
    const job *job = plan->job;
    mlx_status status = mlx_convolve_into_with(job->a, job->a_len, job->v, job->v_len, job->dtype->number,
                                               &plan->options, job->out, job->out_len);
    return status == MLX_STATUS_SUCCESS ? job->out : NULL;
}

static void release(void *plan) { free(plan); }

const peer componentwise = {"componentwise", 1, SAME_VALUES, prepare, run, release, NULL};
