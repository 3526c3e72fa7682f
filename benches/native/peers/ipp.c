/*
 * Intel IPP's ippsConvolve, with each of its algorithms. It knows `full` alone: of the other modes the
 * outputs are taken from within a full result. Few outputs of `valid` may be dot products, too. Buffers
 * are allocated once; turning the filter round and its transform are part of every call.
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
    int way;
    Ipp8u *buffer; /* for ippsConvolve, or for the filter turned round */
    void *full;    /* the job's own output where that is the full result */
} plan;

static const struct {
    const char *name;
    IppEnum algorithm;
} ways[] = {{"auto", ippAlgAuto}, {"direct", ippAlgDirect}, {"FFT", ippAlgFFT}, {"dot products", 0}};
enum { WAYS = sizeof ways / sizeof *ways, DOT_PRODUCTS = WAYS - 1 };

/* More outputs than this are no case for dot products. */
#define MOST_DOT_PRODUCTS 64

static void *prepare(const job *job, int way, char label[LABEL]) {
    bool wide = job->dtype->number == MLX_FLOAT64;
    double products = (double)job->a_len * (double)job->v_len;
    int bytes = 0;
    if ((!wide && job->dtype->number != MLX_FLOAT32) || job->a_len + job->v_len > INT_MAX) {
        return NULL;
    }
    if (way == DOT_PRODUCTS) {
        if (job->mode != MLX_MODE_VALID || job->out_len > MOST_DOT_PRODUCTS) {
            return NULL;
        }
        bytes = (int)(job->v_len * job->dtype->size);
    } else if ((ways[way].algorithm == ippAlgDirect && products > DIRECT_LIMIT) ||
               ippsConvolveGetBufferSize((int)job->a_len, (int)job->v_len, wide ? ipp64f : ipp32f, ways[way].algorithm,
                                         &bytes) != ippStsNoErr) {
        return NULL;
    }
    plan *plan = take(sizeof *plan);
    plan->job = job;
    plan->way = way;
    plan->buffer = take((size_t)bytes);
    plan->full = job->mode == MLX_MODE_FULL ? job->out : take((job->a_len + job->v_len - 1) * job->dtype->size);
    snprintf(label, LABEL, "%s", ways[way].name);
    return plan;
}

/* Returns the first output, or NULL. `suffix` is the type in the names of IPP's functions. */
#define RUN(suffix)                                                                                                    \
    static const void *run_##suffix(const plan *plan, int a_len, int v_len) {                                          \
        const Ipp##suffix *a = plan->job->a, *v = plan->job->v;                                                        \
        Ipp##suffix *full = plan->full, *flipped = (Ipp##suffix *)plan->buffer;                                        \
        IppStatus status = ippStsNoErr;                                                                                \
        if (plan->way != DOT_PRODUCTS) {                                                                               \
            status = ippsConvolve_##suffix(a, a_len, v, v_len, full, ways[plan->way].algorithm, plan->buffer);         \
            return status == ippStsNoErr ? full + plan->job->first : NULL;                                             \
        }                                                                                                              \
        status = ippsFlip_##suffix(v, flipped, v_len);                                                                 \
        for (size_t i = 0; i < plan->job->out_len && status == ippStsNoErr; i++) {                                     \
            status = ippsDotProd_##suffix(a + i, flipped, v_len, full + i);                                            \
        }                                                                                                              \
        return status == ippStsNoErr ? full : NULL;                                                                    \
    }
RUN(32f)
RUN(64f)

static const void *run(void *opaque) {
    const plan *plan = opaque;
    int a_len = (int)plan->job->a_len, v_len = (int)plan->job->v_len;
    return plan->job->dtype->number == MLX_FLOAT64 ? run_64f(plan, a_len, v_len) : run_32f(plan, a_len, v_len);
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
    ippCPUID_AES | ippCPUID_CLMUL | ippCPUID_SHA | ippCPUID_AVX | ippAVX_ENABLEDBYOS | ippCPUID_RDRAND | ippCPUID_F16C |
    ippCPUID_MOVBE | ippCPUID_AVX2 | ippCPUID_ADCOX | ippCPUID_RDSEED | ippCPUID_PREFETCHW;

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

const peer ipp = {"ipp", WAYS, SAME_VALUES, prepare, run, release, version};
