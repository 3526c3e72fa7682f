/* The parts of a program that run with failing allocations: their data, and the permitted outcomes of a call. */
#ifndef C_TESTS_FAILING_ALLOCATIONS_PARTS_H
#define C_TESTS_FAILING_ALLOCATIONS_PARTS_H

#include "../support.h"

/* A part cleans up behind itself and returns whether it got to its end. On its way it notes what is not as it must. */
bool strings(void);
bool devices(void);
bool streams(void);
bool arrays(void);
bool scalars(void);
bool two_dtypes(void);
bool refusals(void);
bool new_thread(void);
bool managed(void);
bool convolutions(void);
bool plain_pointers(void);
bool options_and_rows(void);
bool two_streams(void);
bool two_streams_elsewhere(void);
bool many_results(void);

/* What the last seven work on. */
typedef struct {
    const dtype_info *dtype;
    size_t a_len, v_len, out_bytes;
    void *a, *v, *want, *want_twice; /* a convolved with v, and once more with v */
} problem;

/* Direct, by transforms, with an infinity, and one that several threads share. */
enum { PROBLEMS = 16, WITH_INFINITY = PROBLEMS - 2, LARGE = PROBLEMS - 1 };
extern problem problems[PROBLEMS];
extern const problem *current;
extern mlx_device cpu;

int open_problems(void **state);
int close_problems(void **state);

/* A run of a part: on which problem, with which allocations failing. */
typedef struct {
    size_t problem;
    bool and_all_later;
    long first;
} run;

/* What the child tells the parent, in memory that both see. */
enum { NOTES = 16000 };
extern struct notes {
    run now;
    size_t len;
    char text[NOTES];
} *notes;

void note(const char *format, ...);

/* Whether a call succeeded. If it did not, that must be for want of memory, and say so. */
#define ok(call) ok_((call), #call)
bool ok_(mlx_status status, const char *call);

/* The same for a call that returns something that is not NULL. */
#define there(pointer) there_((pointer), #pointer)
bool there_(const void *pointer, const char *call);

/* For what takes no memory, or was not short of it. */
#define must(condition) must_((condition), #condition)
void must_(bool holds, const char *what);

/* mlx_convolve, which leaves its output alone if it fails. */
bool convolved(mlx_array a, mlx_array v, mlx_mode mode, mlx_stream stream, mlx_array *out);

/* Whether `array` came to values, which are then those that are wanted. */
bool came_to(mlx_array array, const void *want, size_t bytes);

#endif
