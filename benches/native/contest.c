/* One job: who gets it right, who is fast enough to be measured further, and their times. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A way of a peer this much slower than its fastest one is not measured further. */
#define NEAR 1.25
enum { CONTESTANTS = 64 };

/* The norm that an output has on average: of the filter, times the root mean square of the signal. */
static double output_norm(const job *job) {
    double signal = norm(job->dtype, job->a, job->a_len) / sqrt((double)job->a_len);
    return signal * norm(job->dtype, job->v, job->v_len);
}

/*
 * The largest error, relative to output_norm, that anybody may have. Transforms of any length stay
 * within 10 eps here; plain loops over random values were off by up to sqrt(K) eps, and what is rounded
 * to the dtype is at most a few norms large.
 */
static double tolerance(const job *job) {
    return (32 + 2 * sqrt((double)job->v_len)) * job->dtype->sum_eps + 4 * job->dtype->eps;
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
    if (contestant->peer->comparison == UNCOMPARED) {
        return true;
    }
    if (contestant->peer->comparison == SAME_BITS && memcmp(got, want, job->out_len * job->dtype->size) != 0) {
        fail("%s: not the bits of mlx_convolve_into", contestant->peer->name);
    }
    for (size_t i = 0; i < job->out_len; i++) {
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

void contest(const job *job, const peer *const *peers, size_t count, size_t rounds, double seconds) {
    field field = {.right = {{.peer = &ours}}, .rights = 1};
    field.right[0].plan = ours.prepare(job, 0, field.right[0].label);
    void *want = check_ours(job, &field.right[0]);
    for (size_t i = 0; i < count; i++) {
        enter(&field, peers[i], job, want);
    }
    free(want);
    warm_up(&field.right[0]);
    rounds = take_turns(field.right, field.rights, rounds, seconds);

    printf("{\"a_len\": %zu, \"v_len\": %zu, \"mode\": \"%s\", \"dtype\": \"%s\", \"operands\": \"%s\", "
           "\"times\": [",
           job->a_len, job->v_len, mode_names[job->mode], job->dtype->name, operands_names[job->operands]);
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
