#include "overlap_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const job *job;
    const transforms *transforms;
    void *plan, *reals, *spectrum, *filter;
    size_t points;
    size_t step; /* outputs of a block */
    /* Where the block of output 0 begins in the signal, and its first output in the block. */
    ptrdiff_t origin;
    size_t lead;
} plan;

#define REAL float
#define NAMED(name) name##_float
#include "overlap_save_real.h"
#undef REAL
#undef NAMED
#define REAL double
#define NAMED(name) name##_double
#include "overlap_save_real.h"

/* Blocks shorter than this are all overhead. */
#define SHORTEST_BLOCK 512

/* One transform of a signal is not tried where it is longer than this and than so many filters: blocks are
   faster, and planning takes long. */
#define LONGEST_SINGLE (1 << 16)
#define LONGEST_SINGLE_RATIO 16

/* The next even length with no prime factor but 2, 3 and 5: those that all libraries do well. */
static size_t good_length(size_t at_least) {
    for (size_t length = at_least + at_least % 2;; length += 2) {
        size_t rest = length;
        for (size_t factor = 2; factor <= 5; factor++) {
            while (rest % factor == 0) {
                rest /= factor;
            }
        }
        if (rest == 1) {
            return length;
        }
    }
}

static size_t larger(size_t x, size_t y) { return x > y ? x : y; }

void *overlap_save_prepare(const transforms *transforms, const job *job, int way, char label[LABEL]) {
    size_t overlap = job->v_len - 1;
    /* What wraps around must fall outside the outputs. */
    size_t single = larger(job->a_len, larger(job->first + job->out_len, job->a_len + overlap - job->first));
    plan chosen = {.job = job, .transforms = transforms};
    if (job->dtype->number != MLX_FLOAT32 && job->dtype->number != MLX_FLOAT64) {
        return NULL;
    }
    if (way == 0) {
        if (job->a_len > LONGEST_SINGLE && job->a_len / job->v_len > LONGEST_SINGLE_RATIO) {
            return NULL;
        }
        chosen.points = good_length(single);
        chosen.step = job->out_len;
        chosen.lead = job->first;
    } else {
        chosen.points = SHORTEST_BLOCK;
        while (chosen.points < job->v_len << way) {
            chosen.points *= 2;
        }
        if (job->v_len << way < SHORTEST_BLOCK) {
            chosen.points <<= way - 1; /* different ways for short filters, too */
        }
        chosen.step = chosen.points - overlap;
        chosen.origin = (ptrdiff_t)job->first - (ptrdiff_t)overlap;
        chosen.lead = overlap;
        if (chosen.points >= single) {
            return NULL;
        }
    }
    snprintf(label, LABEL, "%s %zu", way == 0 ? "one transform," : "blocks of", chosen.points);
    size_t spectrum_bytes = (chosen.points / 2 + 1) * 2 * job->dtype->size;
    chosen.reals = take(chosen.points * job->dtype->size);
    chosen.spectrum = take(spectrum_bytes);
    chosen.filter = take(spectrum_bytes);
    chosen.plan = transforms->plan(chosen.points, job->dtype->number == MLX_FLOAT64, chosen.reals, chosen.spectrum);
    if (chosen.plan == NULL) {
        fail("no plan for %zu points", chosen.points);
    }
    return memcpy(take(sizeof chosen), &chosen, sizeof chosen);
}

const void *overlap_save_run(void *opaque) {
    plan *plan = opaque;
    if (plan->job->dtype->number == MLX_FLOAT64) {
        convolve_double(plan);
    } else {
        convolve_float(plan);
    }
    return plan->job->out;
}

void overlap_save_release(void *opaque) {
    plan *plan = opaque;
    plan->transforms->destroy(plan->plan);
    free(plan->reals);
    free(plan->spectrum);
    free(plan->filter);
    free(plan);
}
