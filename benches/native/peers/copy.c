/* Copies of the signal to the output: what any convolution has to read and write. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>

/* Stores that go around the caches, so that memory is not read before it is overwritten. */
__attribute__((target("avx2"))) static void copy_around_32(char *to, const char *from, size_t bytes) {
    for (size_t i = 0; i + 64 <= bytes; i += 64) {
        _mm256_stream_si256((__m256i *)(to + i), _mm256_loadu_si256((const __m256i *)(from + i)));
        _mm256_stream_si256((__m256i *)(to + i + 32), _mm256_loadu_si256((const __m256i *)(from + i + 32)));
    }
    _mm_sfence();
}

__attribute__((target("avx512f"))) static void copy_around_64(char *to, const char *from, size_t bytes) {
    for (size_t i = 0; i + 64 <= bytes; i += 64) {
        _mm512_stream_si512((__m512i *)(to + i), _mm512_loadu_si512(from + i));
    }
    _mm_sfence();
}
#endif

typedef void (*copy_function)(char *to, const char *from, size_t bytes);

static void copy_plainly(char *to, const char *from, size_t bytes) { memcpy(to, from, bytes); }

/* The way's function and its name, if this machine has it. */
static copy_function function(int way, const char **name) {
#ifdef __x86_64__
    if (way == 1 && __builtin_cpu_supports("avx2")) {
        *name = "non-temporal, 32 bytes";
        return copy_around_32;
    }
    if (way == 2 && __builtin_cpu_supports("avx512f")) {
        *name = "non-temporal, 64 bytes";
        return copy_around_64;
    }
#endif
    *name = "memcpy";
    return way == 0 ? copy_plainly : NULL;
}

typedef struct {
    const job *job;
    copy_function copy;
} plan;

static void *prepare(const job *job, int way, char label[LABEL]) {
    const char *name;
    copy_function copy = function(way, &name);
    if (copy == NULL) {
        return NULL;
    }
    plan *plan = take(sizeof *plan);
    plan->job = job;
    plan->copy = copy;
    snprintf(label, LABEL, "%s", name);
    return plan;
}

static const void *run(void *opaque) {
    const plan *plan = opaque;
    const job *job = plan->job;
    size_t len = job->a_len < job->out_len ? job->a_len : job->out_len;
    plan->copy(job->out, job->a, len * job->dtype->size);
    return job->out;
}

static void release(void *plan) { free(plan); }

const peer copy = {"copy", 3, UNCOMPARED, prepare, run, release, NULL};
