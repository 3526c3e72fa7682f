/*
 * As many multiply-adds as a full convolution has, all in registers: the most that this core can do.
 *
 *   repeat: sum[c] = sum[c] * x + x        for every chain c
 *
 * The chains do not depend on each other, and are more than two units times a latency of four (NEON:
 * four times four), so the units never wait. Every sum soon is 1, far from all that slows arithmetic down.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define STRING_(text) #text
#define UNROLL(count) _Pragma(STRING_(GCC unroll count))

/* Does `adds` multiply-adds, at least, on vectors of `number`s. */
#define PEAK(function, target, number, vector, set, multiply_add, chains)                                              \
    target static double function(double adds) {                                                                       \
        const size_t turns = (size_t)(adds / (chains * (sizeof(vector) / sizeof(number)))) + 1;                        \
        const vector x = set(0.5);                                                                                     \
        vector sum[chains];                                                                                            \
        UNROLL(chains) for (int c = 0; c < chains; c++) { sum[c] = set(c); }                                           \
        for (size_t turn = 0; turn < turns; turn++) {                                                                  \
            UNROLL(chains) for (int c = 0; c < chains; c++) { sum[c] = multiply_add(sum[c], x, x); }                   \
        }                                                                                                              \
        double total = 0;                                                                                              \
        UNROLL(chains) for (int c = 0; c < chains; c++) { total += ((const number *)&sum[c])[0]; }                     \
        return total;                                                                                                  \
    }

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f")))
PEAK(avx2_float, AVX2, float, __m256, _mm256_set1_ps, _mm256_fmadd_ps, 12)
PEAK(avx2_double, AVX2, double, __m256d, _mm256_set1_pd, _mm256_fmadd_pd, 12)
PEAK(avx512_float, AVX512, float, __m512, _mm512_set1_ps, _mm512_fmadd_ps, 12)
PEAK(avx512_double, AVX512, double, __m512d, _mm512_set1_pd, _mm512_fmadd_pd, 12)
#endif

#ifdef __aarch64__
#include <arm_neon.h>

PEAK(neon_float, , float, float32x4_t, vdupq_n_f32, vfmaq_f32, 24)
PEAK(neon_double, , double, float64x2_t, vdupq_n_f64, vfmaq_f64, 24)
#endif

typedef struct {
    const job *job;
    double adds;
    double (*kernel)(double adds);
    double total; /* so that nobody finds the sums unused */
} plan;

enum { WAYS = 2 };
static bool only_avx2;

/* The kernel for floats or doubles, and its name, if this machine has it. */
static double (*kernel(int way, bool wide, const char **name))(double) {
#ifdef __x86_64__
    if (way == 0 && __builtin_cpu_supports("fma")) {
        *name = "avx2";
        return wide ? avx2_double : avx2_float;
    }
    if (way == 1 && __builtin_cpu_supports("avx512f") && !only_avx2) {
        *name = "avx512";
        return wide ? avx512_double : avx512_float;
    }
#endif
#ifdef __aarch64__
    if (way == 0) {
        *name = "neon";
        return wide ? neon_double : neon_float;
    }
#endif
    return NULL;
}

static void *prepare(const job *job, int way, char label[LABEL]) {
    const char *name;
    double (*chosen)(double) = kernel(way, job->dtype->number == MLX_FLOAT64, &name);
    if (chosen == NULL) {
        return NULL;
    }
    plan *plan = take(sizeof *plan);
    *plan = (typeof(*plan)){job, (double)job->a_len * (double)job->v_len, chosen, 0};
    snprintf(label, LABEL, "%s", name);
    return plan;
}

static const void *run(void *opaque) {
    plan *plan = opaque;
    plan->total += plan->kernel(plan->adds);
    return plan->job->out;
}

static void release(void *plan) { free(plan); }

static const char *version(const char *isa) {
    only_avx2 = isa != NULL;
    return NULL;
}

const peer peak = {"peak", WAYS, UNCOMPARED, prepare, run, release, version};
