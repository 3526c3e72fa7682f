/*
 * Intel IPP's ippsConvolve, with each of its algorithms. It knows `full` alone: of the other modes the
 * outputs are taken from within a full result. Its buffer is allocated once; the filter's transform is
 * part of every call.
 */
#include "bench.h"

#include <ippcore.h>
#include <ipps.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const job *job;
    IppEnum algorithm;
    Ipp8u *buffer;
    void *full; /* the job's own output where that is the full result */
} plan;

static const struct {
    const char *name;
    IppEnum algorithm;
} algorithms[] = {{"auto", ippAlgAuto}, {"direct", ippAlgDirect}, {"FFT", ippAlgFFT}};

static void *prepare(const job *job, int way, char label[LABEL]) {
    double products = (double)job->a_len * (double)job->v_len;
    bool wide = job->dtype->number == MLX_FLOAT64;
    int bytes = 0;
    snprintf(label, LABEL, "%s", algorithms[way].name);
    if ((!wide && job->dtype->number != MLX_FLOAT32) || job->a_len + job->v_len > INT_MAX ||
        (algorithms[way].algorithm == ippAlgDirect && products > DIRECT_LIMIT) ||
        ippsConvolveGetBufferSize((int)job->a_len, (int)job->v_len, wide ? ipp64f : ipp32f,
                                  algorithms[way].algorithm, &bytes) != ippStsNoErr) {
        return NULL;
    }
    plan *plan = take(sizeof *plan);
    plan->job = job;
    plan->algorithm = algorithms[way].algorithm;
    plan->buffer = take((size_t)bytes + 1);
    plan->full = job->mode == MLX_MODE_FULL ? job->out : take((job->a_len + job->v_len - 1) * job->dtype->size);
    return plan;
}

static const void *run(void *opaque) {
    const plan *plan = opaque;
    const job *job = plan->job;
    int a_len = (int)job->a_len, v_len = (int)job->v_len;
    IppStatus status =
        job->dtype->number == MLX_FLOAT64
            ? ippsConvolve_64f(job->a, a_len, job->v, v_len, plan->full, plan->algorithm, plan->buffer)
            : ippsConvolve_32f(job->a, a_len, job->v, v_len, plan->full, plan->algorithm, plan->buffer);
    return status == ippStsNoErr ? (const char *)plan->full + job->first * job->dtype->size : NULL;
}

static void release(void *opaque) {
    plan *plan = opaque;
    if (plan->full != plan->job->out) {
        free(plan->full);
    }
    free(plan->buffer);
    free(plan);
}

/* The features that IPP's own table gives AVX2 processors (L9 in ippcore.h). */
static const Ipp64u avx2_features =
    ippCPUID_MMX | ippCPUID_SSE | ippCPUID_SSE2 | ippCPUID_SSE3 | ippCPUID_SSSE3 | ippCPUID_SSE41 | ippCPUID_SSE42 |
    ippCPUID_AES | ippCPUID_CLMUL | ippCPUID_SHA | ippCPUID_AVX | ippAVX_ENABLEDBYOS | ippCPUID_RDRAND |
    ippCPUID_F16C | ippCPUID_MOVBE | ippCPUID_AVX2 | ippCPUID_ADCOX | ippCPUID_RDSEED | ippCPUID_PREFETCHW;

static const char *version(const char *isa) {
    static char text[128];
    ippInit();
    if (isa != NULL && (strcmp(isa, "avx2") != 0 || ippSetCpuFeatures(avx2_features) < 0)) {
        fail("IPP: cannot be held to %s", isa);
    }
    const IppLibraryVersion *library = ippsGetLibVersion();
    snprintf(text, sizeof text, "%s (%s)", library->Version, library->Name);
    return text;
}

const peer ipp = {"ipp", sizeof algorithms / sizeof *algorithms, true, prepare, run, release, version};
