/*
 * Intel MKL, sequential: its convolution task vslsConvExec1D in each of its modes, which transforms
 * everything at once, and overlap_save.c on its real transforms, which is what it does best for a long
 * signal. Tasks and descriptors are made once.
 */
#include "overlap_save.h"

#include <mkl_dfti.h>
#include <mkl_service.h>
#include <mkl_vsl.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const job *job; /* NULL where it is by overlap_save */
    void *of_overlap_save;
    VSLConvTaskPtr task;
} plan;

static const struct {
    const char *name;
    MKL_INT mode;
} modes[] = {
    {"task, auto", VSL_CONV_MODE_AUTO_DEPRECATED},
    {"task, direct", VSL_CONV_MODE_DIRECT},
    {"task, FFT", VSL_CONV_MODE_FFT},
};
enum { MODES = sizeof modes / sizeof *modes };

static void *descriptor(size_t points, bool wide, void *reals, void *spectrum) {
    (void)reals;
    (void)spectrum;
    DFTI_DESCRIPTOR_HANDLE handle = NULL;
    MKL_LONG status = DftiCreateDescriptor(&handle, wide ? DFTI_DOUBLE : DFTI_SINGLE, DFTI_REAL, 1, (MKL_LONG)points);
    if (status != 0 || DftiSetValue(handle, DFTI_PLACEMENT, DFTI_NOT_INPLACE) != 0 ||
        DftiSetValue(handle, DFTI_CONJUGATE_EVEN_STORAGE, DFTI_COMPLEX_COMPLEX) != 0 ||
        DftiCommitDescriptor(handle) != 0) {
        return NULL;
    }
    return handle;
}

static void forward(void *handle, void *reals, void *spectrum) { DftiComputeForward(handle, reals, spectrum); }

static void inverse(void *handle, void *spectrum, void *reals) { DftiComputeBackward(handle, spectrum, reals); }

static void destroy(void *opaque) {
    DFTI_DESCRIPTOR_HANDLE handle = opaque;
    DftiFreeDescriptor(&handle);
}

static const transforms real_transforms = {descriptor, forward, inverse, destroy};

static void *prepare(const job *job, int way, char label[LABEL]) {
    plan prepared = {.job = job};
    if (way >= MODES) {
        prepared.job = NULL;
        prepared.of_overlap_save = overlap_save_prepare(&real_transforms, job, way - MODES, label);
        return prepared.of_overlap_save == NULL ? NULL : memcpy(take(sizeof prepared), &prepared, sizeof prepared);
    }
    bool wide = job->dtype->number == MLX_FLOAT64;
    double products = (double)job->v_len * (double)job->out_len;
    MKL_INT mode = modes[way].mode, start = (MKL_INT)job->first;
    snprintf(label, LABEL, "%s", modes[way].name);
    if ((!wide && job->dtype->number != MLX_FLOAT32) || job->a_len + job->v_len > INT_MAX ||
        (mode == VSL_CONV_MODE_DIRECT && products > DIRECT_LIMIT)) {
        return NULL;
    }
    MKL_INT a_len = (MKL_INT)job->a_len, v_len = (MKL_INT)job->v_len, out_len = (MKL_INT)job->out_len;
    int status = wide ? vsldConvNewTask1D(&prepared.task, mode, a_len, v_len, out_len)
                      : vslsConvNewTask1D(&prepared.task, mode, a_len, v_len, out_len);
    if (status != VSL_STATUS_OK || vslConvSetStart(prepared.task, &start) != VSL_STATUS_OK) {
        fail("MKL: no task: %d", status);
    }
    return memcpy(take(sizeof prepared), &prepared, sizeof prepared);
}

static const void *run(void *opaque) {
    const plan *plan = opaque;
    const job *job = plan->job;
    if (job == NULL) {
        return overlap_save_run(plan->of_overlap_save);
    }
    int status = job->dtype->number == MLX_FLOAT64 ? vsldConvExec1D(plan->task, job->a, 1, job->v, 1, job->out, 1)
                                                   : vslsConvExec1D(plan->task, job->a, 1, job->v, 1, job->out, 1);
    return status == VSL_STATUS_OK ? job->out : NULL;
}

static void release(void *opaque) {
    plan *plan = opaque;
    if (plan->job == NULL) {
        overlap_save_release(plan->of_overlap_save);
    } else {
        vslConvDeleteTask(&plan->task);
    }
    free(plan);
}

static const char *version(const char *isa) {
    static char text[256];
    MKLVersion library;
    /* Reads MKL_ENABLE_INSTRUCTIONS otherwise. */
    if (isa != NULL && (strcmp(isa, "avx2") != 0 || !mkl_enable_instructions(MKL_ENABLE_AVX2))) {
        fail("MKL: cannot be held to %s", isa);
    }
    mkl_get_version(&library);
    snprintf(text, sizeof text, "%d.%d (%s)", library.MajorVersion, library.UpdateVersion, library.Processor);
    return text;
}

const peer mkl = {"mkl", MODES + OVERLAP_SAVE_WAYS, SAME_VALUES, prepare, run, release, version};
