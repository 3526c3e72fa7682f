/* The library with two threads. */
#include "bench.h"

static void *prepare(const job *job, int way, char label[LABEL]) { return ours.prepare(job, way, label); }

static const void *run(void *plan) {
    mlx_set_num_threads(2);
    const void *got = ours.run(plan);
    mlx_set_num_threads(1);
    return got;
}

static void release(void *plan) { ours.release(plan); }

const peer threads = {"threads", 1, SAME_BITS, prepare, run, release, NULL};
