/*
 * native [--peers=NAME,...] [--isa=avx2] [--rounds=N] [--seconds=S]: measures the library and its
 * peers on the jobs that standard input names, a line each:
 *
 *   A_LEN V_LEN full|valid|same DTYPE noise|audio
 *
 * and prints a line of JSON for each, after one with everybody's version. Before anything is timed,
 * our results are checked against the definition at some outputs, and the peers' against all of ours.
 * A peer's way that gives wrong results is listed and left out; if ours are wrong the program fails.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const peer *const all_peers[] = {
    &float32, &handles, &threads, &componentwise, &direct, &copy, &peak,
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
enum { MOST_PEERS = 8 };

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
    char mode[8], dtype[16], holds[8];
    while (scanf("%zu %zu %7s %15s %7s", &a_len, &v_len, mode, dtype, holds) == 5) {
        mlx_mode number = MLX_MODE_FULL;
        while (number <= MLX_MODE_SAME && strcmp(mode_names[number], mode) != 0) {
            number++;
        }
        bool is_audio = strcmp(holds, operands_names[AUDIO]) == 0;
        if (number > MLX_MODE_SAME || dtype_named(dtype) == NULL || v_len == 0 || v_len > a_len ||
            !(is_audio || strcmp(holds, operands_names[NOISE]) == 0)) {
            fail("no job: %zu x %zu %s %s %s", a_len, v_len, mode, dtype, holds);
        }
        job job = job_new(a_len, v_len, number, dtype_named(dtype), is_audio ? AUDIO : NOISE);
        contest(&job, peers, count, rounds, seconds);
        job_free(&job);
    }
    return 0;
}
