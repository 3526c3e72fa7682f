/*
 * FFTW, which has transforms and no convolution: overlap_save.c on its real transforms, planned with
 * FFTW_MEASURE. What planning has found out is kept in the file that BENCH_FFTW_WISDOM names.
 */
#include "overlap_save.h"

#include <fftw3.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    bool wide;
    void *forward, *inverse;
} pair;

/* Seconds for a plan. From 2^21 points on FFTW_MEASURE would take minutes; the best found by then is used. */
#define PLANNING_SECONDS 20

/* The file of one precision's wisdom: their formats exclude each other. NULL for none. */
static const char *wisdom_file(const char *precision) {
    static char path[4096];
    const char *wisdom = getenv("BENCH_FFTW_WISDOM");
    snprintf(path, sizeof path, "%s-%s", wisdom, precision);
    return wisdom == NULL ? NULL : path;
}

static void *plan(size_t points, bool wide, void *reals, void *spectrum) {
    const unsigned flags = FFTW_MEASURE | FFTW_DESTROY_INPUT;
    int n = (int)points;
    pair *pair = take(sizeof *pair);
    pair->wide = wide;
    if (wide) {
        pair->forward = fftw_plan_dft_r2c_1d(n, reals, spectrum, flags);
        pair->inverse = fftw_plan_dft_c2r_1d(n, spectrum, reals, flags);
    } else {
        pair->forward = fftwf_plan_dft_r2c_1d(n, reals, spectrum, flags);
        pair->inverse = fftwf_plan_dft_c2r_1d(n, spectrum, reals, flags);
    }
    const char *file = wisdom_file(wide ? "double" : "float");
    if (file != NULL && !(wide ? fftw_export_wisdom_to_filename(file) : fftwf_export_wisdom_to_filename(file))) {
        fail("cannot write %s", file);
    }
    return pair->forward == NULL || pair->inverse == NULL ? NULL : pair;
}

static void forward(void *opaque, void *reals, void *spectrum) {
    const pair *pair = opaque;
    if (pair->wide) {
        fftw_execute_dft_r2c(pair->forward, reals, spectrum);
    } else {
        fftwf_execute_dft_r2c(pair->forward, reals, spectrum);
    }
}

static void inverse(void *opaque, void *spectrum, void *reals) {
    const pair *pair = opaque;
    if (pair->wide) {
        fftw_execute_dft_c2r(pair->inverse, spectrum, reals);
    } else {
        fftwf_execute_dft_c2r(pair->inverse, spectrum, reals);
    }
}

static void destroy(void *opaque) {
    pair *pair = opaque;
    if (pair->wide) {
        fftw_destroy_plan(pair->forward);
        fftw_destroy_plan(pair->inverse);
    } else {
        fftwf_destroy_plan(pair->forward);
        fftwf_destroy_plan(pair->inverse);
    }
    free(pair);
}

static const transforms real_transforms = {plan, forward, inverse, destroy};

static void *prepare(const job *job, int way, char label[LABEL]) {
    return overlap_save_prepare(&real_transforms, job, way, label);
}

static const char *version(const char *isa) {
    (void)isa; /* FFTW chooses by itself, and cannot be told. */
    fftw_set_timelimit(PLANNING_SECONDS);
    fftwf_set_timelimit(PLANNING_SECONDS);
    if (wisdom_file("") != NULL) {
        /* They fail where there is none yet. */
        fftw_import_wisdom_from_filename(wisdom_file("double"));
        fftwf_import_wisdom_from_filename(wisdom_file("float"));
    }
    return fftwf_version;
}

const peer fftw = {"fftw", OVERLAP_SAVE_WAYS, SAME_VALUES, prepare, overlap_save_run, overlap_save_release, version};
