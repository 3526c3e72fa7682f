/*
 * native [--peers=NAME,...] [--isa=avx2] [--rounds=N] [--seconds=S]: measures the library and its
 * peers on the jobs that standard input names, a line each:
 *
 *   A_LEN V_LEN full|valid|same DTYPE
 *
 * and prints a line of JSON for each, after one with everybody's version. Before anything is timed,
 * our results are checked against the definition at some outputs, and the peers' against all of ours.
 * A peer's way that gives wrong results is listed and left out; if ours are wrong the program fails.
 */
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const peer *const all_peers[] = {
    &float32, &handles, &threads, &copy, &peak,
#ifdef BENCH_IPP
    &ipp,
#endif
#ifdef BENCH_MKL
    &mkl,
#endif
#ifdef BENCH_FFTW
    &fftw,
#endif
    NULL,
};
enum { MOST_PEERS = 8, CONTESTANTS = 64 };

static const char *const modes[] = {"full", "valid", "same"};

/* A way of a peer this much slower than its best one is not measured further. */
#define NEAR 1.25

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void *take(size_t bytes) {
    size_t rounded = (bytes + 63) / 64 * 64;
    void *memory = aligned_alloc(64, rounded > 0 ? rounded : 64);
    if (memory == NULL) {
        fail("no memory for %zu bytes", bytes);
    }
    return memset(memory, 0, rounded);
}

job job_new(size_t a_len, size_t v_len, mlx_mode mode, const dtype_info *dtype) {
    job job = {.a_len = a_len, .v_len = v_len, .mode = mode, .dtype = dtype};
    job.out_len = mlx_convolve_length(a_len, v_len, mode);
    job.first = mode == MLX_MODE_FULL ? 0 : mode == MLX_MODE_VALID ? v_len - 1 : (v_len - 1) / 2;
    job.a = take(a_len * dtype->size);
    job.v = take(v_len * dtype->size);
    job.out = take(job.out_len * dtype->size);
    /* So few bools are true that about half of the outputs are. */
    double share = sqrt(0.7 / (double)v_len);
    fill(dtype, job.a, a_len, share, 1);
    fill(dtype, job.v, v_len, share, 2);
    return job;
}

void job_free(job *job) {
    free(job->a);
    free(job->v);
    free(job->out);
}

/* The norm that an output has on average: of the filter, times the root mean square of the signal. */
static double output_norm(const job *job) {
    double signal = norm(job->dtype, job->a, job->a_len) / sqrt((double)job->a_len);
    return signal * norm(job->dtype, job->v, job->v_len);
}

/*
 * The largest error, relative to output_norm, that anybody may have. Transforms of any length stay
 * within 10 eps here; a plain loop over random values is off by about sqrt(K) / 2 eps, and what is
 * rounded to the dtype is at most a few norms large.
 */
static double tolerance(const job *job) {
    return (32 + sqrt((double)job->v_len)) * job->dtype->sum_eps + 4 * job->dtype->eps;
}

/* How far `got`, output `n` of the job, is from the definition, relative to output_norm. */
static double error_at(const job *job, const void *got, size_t n) {
    value want = convolved(job->dtype, job->a, job->a_len, job->v, job->v_len, job->first + n);
    double off = difference(job->dtype, load(job->dtype, got, n), want);
    return off > 0 ? off / output_norm(job) : 0;
}

static const void *results(const contestant *contestant) {
    const void *got = contestant->peer->run(contestant->plan);
    if (got == NULL) {
        fail("%s %s fails", contestant->peer->name, contestant->label);
    }
    return got;
}

/* Checks some of our outputs by definition; returns a copy of all. */
static void *check_ours(const job *job, contestant *contestant) {
    enum { OUTPUTS = 16 };
    const void *got = results(contestant);
    for (size_t i = 0; i < OUTPUTS; i++) {
        contestant->error = fmax(contestant->error, error_at(job, got, (job->out_len - 1) * i / (OUTPUTS - 1)));
    }
    if (contestant->error > tolerance(job)) {
        fail("ours is off by %g from the definition, relative to the norm", contestant->error);
    }
    return memcpy(take(job->out_len * job->dtype->size), got, job->out_len * job->dtype->size);
}

/* Whether another's results are ours, `want`. Where they are not, the definition must say that ours are right. */
static bool check_peer(const job *job, contestant *contestant, const void *want) {
    const void *got = results(contestant);
    double largest = 0;
    size_t worst = 0;
    for (size_t i = 0; contestant->peer->compares && i < job->out_len; i++) {
        double off = difference(job->dtype, load(job->dtype, got, i), load(job->dtype, want, i));
        if (off > largest) {
            largest = off;
            worst = i;
        }
    }
    contestant->error = largest > 0 ? largest / output_norm(job) : 0;
    if (contestant->error <= tolerance(job)) {
        return true;
    }
    if (error_at(job, want, worst) > tolerance(job)) {
        fail("ours is off by %g from the definition at output %zu, relative to the norm", error_at(job, want, worst),
             worst);
    }
    return false;
}

/* Those who take part in a job, and those whose results are wrong. */
typedef struct {
    contestant right[CONTESTANTS], wrong[CONTESTANTS];
    size_t rights, wrongs;
} field;

/* Lets the ways of a peer into the field that give the right results, nearly as fast as its fastest one. */
static void enter(field *field, const peer *peer, const job *job, const void *want) {
    contestant *found = field->right + field->rights;
    double ns[CONTESTANTS], fastest = INFINITY;
    size_t count = 0;
    for (int way = 0; way < peer->ways; way++) {
        contestant entering = {.peer = peer};
        entering.plan = peer->prepare(job, way, entering.label);
        if (entering.plan == NULL) {
            continue;
        }
        if (!check_peer(job, &entering, want)) {
            peer->release(entering.plan);
            field->wrong[field->wrongs++] = entering;
            continue;
        }
        ns[count] = warm_up(&entering);
        fastest = fmin(fastest, ns[count]);
        found[count++] = entering;
    }
    for (size_t i = 0; i < count; i++) {
        if (ns[i] <= NEAR * fastest) {
            field->right[field->rights++] = found[i];
        } else {
            peer->release(found[i].plan);
        }
    }
}

static void print_samples(const contestant *contestant, size_t rounds) {
    printf("{\"peer\": \"%s\", \"way\": \"%s\", \"error\": %.3g, \"ns\": [", contestant->peer->name, contestant->label,
           contestant->error);
    for (size_t i = 0; i < rounds; i++) {
        printf("%s%.6g", i > 0 ? ", " : "", contestant->samples[i].ns);
    }
    printf("], \"share\": [");
    for (size_t i = 0; i < rounds; i++) {
        printf("%s%.3f", i > 0 ? ", " : "", contestant->samples[i].share);
    }
    printf("]}");
}

static void measure(const job *job, const peer *const *peers, size_t count, size_t rounds, double seconds) {
    field field = {.right = {{.peer = &ours}}, .rights = 1};
    field.right[0].plan = ours.prepare(job, 0, field.right[0].label);
    void *want = check_ours(job, &field.right[0]);
    for (size_t i = 0; i < count; i++) {
        enter(&field, peers[i], job, want);
    }
    free(want);
    warm_up(&field.right[0]);
    rounds = take_turns(field.right, field.rights, rounds, seconds);

    printf("{\"a_len\": %zu, \"v_len\": %zu, \"mode\": \"%s\", \"dtype\": \"%s\", \"times\": [", job->a_len, job->v_len,
           modes[job->mode], job->dtype->name);
    for (size_t i = 0; i < field.rights; i++) {
        printf("%s", i > 0 ? ", " : "");
        print_samples(&field.right[i], rounds);
        field.right[i].peer->release(field.right[i].plan);
        free(field.right[i].samples);
    }
    printf("], \"wrong\": [");
    for (size_t i = 0; i < field.wrongs; i++) {
        const contestant *wrong = &field.wrong[i];
        printf("%s{\"peer\": \"%s\", \"way\": \"%s\", \"error\": %.3g}", i > 0 ? ", " : "", wrong->peer->name,
               wrong->label, wrong->error);
    }
    printf("]}\n");
    fflush(stdout);
}

static const peer *peer_named(const char *name) {
    for (size_t i = 0; all_peers[i] != NULL; i++) {
        if (strcmp(all_peers[i]->name, name) == 0) {
            return all_peers[i];
        }
    }
    fail("no peer is called %s here", name);
}

static void print_versions(const peer *const *peers, size_t count, const char *isa) {
    printf("{\"versions\": {\"compiler\": \"%s\", \"ours\": \"%s\"", __VERSION__, ours.version(isa));
    for (size_t i = 0; i < count; i++) {
        const char *version = peers[i]->version != NULL ? peers[i]->version(isa) : NULL;
        if (version != NULL) {
            printf(", \"%s\": \"%s\"", peers[i]->name, version);
        }
    }
    printf("}}\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    const peer *peers[MOST_PEERS];
    const char *isa = NULL;
    size_t count = 0, rounds = 15;
    double seconds = 0.5;
    for (int i = 1; i < argc; i++) {
        char *option = argv[i], *text = strchr(option, '=');
        if (text == NULL) {
            fail("not an option and its value: %s", option);
        }
        *text++ = 0;
        if (strcmp(option, "--peers") == 0) {
            for (char *name = strtok(text, ","); name != NULL; name = strtok(NULL, ",")) {
                if (count == MOST_PEERS) {
                    fail("more than %d peers", MOST_PEERS);
                }
                peers[count++] = peer_named(name);
            }
        } else if (strcmp(option, "--isa") == 0) {
            isa = text;
        } else if (strcmp(option, "--rounds") == 0) {
            rounds = strtoul(text, NULL, 10);
        } else if (strcmp(option, "--seconds") == 0) {
            seconds = strtod(text, NULL);
        } else {
            fail("unknown option %s", option);
        }
    }
    print_versions(peers, count, isa);

    size_t a_len, v_len;
    char mode[8], dtype[16];
    while (scanf("%zu %zu %7s %15s", &a_len, &v_len, mode, dtype) == 4) {
        mlx_mode number = MLX_MODE_FULL;
        while (number <= MLX_MODE_SAME && strcmp(modes[number], mode) != 0) {
            number++;
        }
        if (number > MLX_MODE_SAME || dtype_named(dtype) == NULL || v_len == 0 || v_len > a_len) {
            fail("no job: %zu x %zu %s %s", a_len, v_len, mode, dtype);
        }
        job job = job_new(a_len, v_len, number, dtype_named(dtype));
        measure(&job, peers, count, rounds, seconds);
        job_free(&job);
    }
    return 0;
}
