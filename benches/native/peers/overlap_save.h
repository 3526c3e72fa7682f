/*
 * The convolution that a user writes on a library of transforms: overlap-save in blocks of several
 * lengths, or one transform of everything. Plans and buffers are made once; the filter's transform is
 * part of every call, as it is of ours.
 */
#ifndef BENCH_OVERLAP_SAVE_H
#define BENCH_OVERLAP_SAVE_H

#include "bench.h"

/* Transforms of `points` reals, doubles if `wide`, to points / 2 + 1 complex values and back. They do not
   scale, and may overwrite their input. */
typedef struct {
    void *(*plan)(size_t points, bool wide, void *reals, void *spectrum);
    void (*forward)(void *plan, void *reals, void *spectrum);
    void (*inverse)(void *plan, void *spectrum, void *reals);
    void (*destroy)(void *plan);
} transforms;

/* One transform, and blocks of 2, 4, 8 and 16 times the filter. */
enum { OVERLAP_SAVE_WAYS = 5 };

void *overlap_save_prepare(const transforms *transforms, const job *job, int way, char label[LABEL]);
const void *overlap_save_run(void *plan);
void overlap_save_release(void *plan);

#endif
