/* What is measured, who is measured, and how they meet. main.c reads jobs; peers/ holds the contestants. */
#ifndef BENCH_H
#define BENCH_H

#include <mlx_convolve.h>

#include "values.h"

/* What the operands hold: random values, or a recording and the response of a room (audio.c). */
typedef enum { NOISE, AUDIO } operands;

extern const char *const operands_names[2];

/* One convolution. `a` is the longer operand; `out` has room for `out_len` values. */
typedef struct {
    size_t a_len, v_len, out_len;
    size_t first; /* the index in `full` of the first output */
    mlx_mode mode;
    const dtype_info *dtype;
    operands operands;
    void *a, *v, *out;
} job;

extern const char *const mode_names[3];

/* The operands with fixed values, and the output, touched. Exits where memory is short. */
job job_new(size_t a_len, size_t v_len, mlx_mode mode, const dtype_info *dtype, operands operands);
void job_free(job *job);

/* malloc, 64-byte aligned and touched, or an exit. */
void *take(size_t bytes);
/* Prints the message and exits. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { LABEL = 64 };
/* The method that a text of mlx_convolve_explain names, and the block. */
void put_method(const char *text, char label[LABEL]);

/* How a result is compared with ours: not at all, where the job is not a convolution of these values; up to
   rounding; or bit for bit, where it is ours by another way in. */
typedef enum { UNCOMPARED, SAME_VALUES, SAME_BITS } comparison;

/*
 * Somebody who does jobs, in one way or in several (an algorithm, a block size): the fastest way at
 * each job is the one that counts.
 */
typedef struct {
    const char *name;
    int ways;
    comparison comparison;
    /* What may be done once for many calls. NULL where this way cannot do the job, or takes far too
       long. `label` says which way it is. */
    void *(*prepare)(const job *job, int way, char label[LABEL]);
    /* The measured call. Returns the outputs, or NULL where it failed. */
    const void *(*run)(void *plan);
    void (*release)(void *plan);
    /* Sets it up to use the instruction set `isa`, NULL for the best there is. Returns its version, or NULL.
       May be NULL itself. */
    const char *(*version)(const char *isa);
} peer;

extern const peer ours, ipp, mkl, fftw;
/* Our own other ways in, and what the machine can do. */
extern const peer float32, handles, threads, componentwise, direct, copy, peak;

/* Direct algorithms are not tried at more products than this: that takes seconds. */
#define DIRECT_LIMIT ((double)(1u << 31))

/* One timed sample: nanoseconds for each of its calls, and processor time as a share of the wall's. */
typedef struct {
    double ns, share;
} sample;

/* A contestant that is ready to run, and its times. */
typedef struct {
    const peer *peer;
    char label[LABEL];
    void *plan;
    double error; /* largest difference from ours, relative to the norm of an output */
    size_t calls; /* in a sample */
    sample *samples;
} contestant;

/* Lets ours and the peers do the job in turns, and prints the outcome as a line of JSON. */
void contest(const job *job, const peer *const *peers, size_t count, size_t rounds, double seconds);

/* Estimates how long a call takes, in nanoseconds, and how many calls make a sample. */
double warm_up(contestant *contestant);
/* Lets all take turns, a sample each: at least `rounds`, on until `seconds` have passed. Returns the
   rounds. Calls that take long get fewer. */
size_t take_turns(contestant *contestants, size_t count, size_t rounds, double seconds);

#endif
