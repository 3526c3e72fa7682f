/* The library itself, through plain pointers. */
#include "bench.h"

static void *prepare(const job *job, int way, char label[LABEL]) {
    (void)way;
    label[0] = 0;
    return (void *)job;
}

static const void *run(void *plan) {
    const job *job = plan;
    mlx_status status = mlx_convolve_into(job->a, job->a_len, job->v, job->v_len, job->dtype->number, job->mode,
                                          job->out, job->out_len);
    return status == MLX_STATUS_SUCCESS ? job->out : NULL;
}

static void release(void *plan) { (void)plan; }

static const char *version(const char *isa) {
    /* It reads MLX_CONVOLVE_ISA. */
    (void)isa;
    return mlx_convolve_version();
}

const peer ours = {"ours", 1, true, prepare, run, release, version};
