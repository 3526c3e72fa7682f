/* Times, taken in turns. */
#include "bench.h"

#include <stdlib.h>
#include <time.h>

/* A sample takes at least this long, of short calls in a batch: reading the clocks costs up to a
   microsecond. */
#define SAMPLE_NS 200e3
/* From here on a call is long, and gets LONG_ROUNDS. */
#define LONG_NS 100e6
#define LONG_ROUNDS 5
#define MOST_ROUNDS 99

static double clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static sample take_sample(const contestant *contestant, size_t calls) {
    double cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall = clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < calls; i++) {
        contestant->peer->run(contestant->plan);
    }
    wall = clock_ns(CLOCK_MONOTONIC) - wall;
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    return (sample){wall / (double)calls, cpu / wall};
}

double warm_up(contestant *contestant) {
    double best = take_sample(contestant, 1).ns;
    for (int i = 0; i < 4 && best < LONG_NS; i++) {
        contestant->calls = best < SAMPLE_NS ? (size_t)(SAMPLE_NS / best) + 1 : 1;
        double ns = take_sample(contestant, contestant->calls).ns;
        best = ns < best ? ns : best;
    }
    contestant->calls = best < SAMPLE_NS ? (size_t)(SAMPLE_NS / best) + 1 : 1;
    return best;
}

size_t take_turns(contestant *contestants, size_t count, size_t rounds, double seconds) {
    double start = clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < count; i++) {
        contestants[i].samples = malloc(MOST_ROUNDS * sizeof(sample));
        if (contestants[i].samples == NULL) {
            fail("no memory for samples");
        }
    }
    for (size_t round = 0; round < MOST_ROUNDS; round++) {
        double passed = clock_ns(CLOCK_MONOTONIC) - start;
        size_t wanted = round > 0 && passed / (double)(round * count) > LONG_NS ? LONG_ROUNDS : rounds;
        if (round >= wanted && passed > seconds * 1e9) {
            return round;
        }
        for (size_t i = 0; i < count; i++) {
            contestants[i].samples[round] = take_sample(&contestants[i], contestants[i].calls);
        }
    }
    return MOST_ROUNDS;
}
