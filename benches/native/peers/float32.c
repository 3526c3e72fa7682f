/* The library on float32 operands of the same lengths: what another dtype costs more. */
#include "bench.h"

#include <stdlib.h>

static void *prepare(const job *other, int way, char label[LABEL]) {
    (void)way;
    label[0] = 0;
    job *job = take(sizeof *job);
    *job = job_new(other->a_len, other->v_len, other->mode, dtype_named("float32"), other->operands);
    return job;
}

static const void *run(void *plan) { return ours.run(plan); }

static void release(void *plan) {
    job_free(plan);
    free(plan);
}

const peer float32 = {"float32", 1, UNCOMPARED, prepare, run, release, NULL};
