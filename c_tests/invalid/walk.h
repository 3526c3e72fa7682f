/* The walk: every function of the header with every invalid argument.
 *
 * The walk also checks that the library prints nothing. So it collects its own failures and prints them at
 * the end. After each call the walk checks the result, checks that mlx_last_error names the argument as the
 * header does, and checks that no destination of a result has changed.
 */
#ifndef C_TESTS_INVALID_WALK_H
#define C_TESTS_INVALID_WALK_H

#include "../support.h"

/* One call that fails with MLX_STATUS_INVALID_ARGUMENT, and `words` (separated by spaces) in its message. */
#define REFUSED(words, function, ...) \
    (before_call(#function), after_status(words, #function "(" #__VA_ARGS__ ")", function(__VA_ARGS__)))

/* The same for functions that return a handle, a pointer, or a number. */
#define NO_HANDLE(words, function, ...) \
    (before_call(#function), after_value(words, #function "(" #__VA_ARGS__ ")", function(__VA_ARGS__).ctx == NULL))
#define NO_POINTER(words, function, ...) \
    (before_call(#function), after_value(words, #function "(" #__VA_ARGS__ ")", function(__VA_ARGS__) == NULL))
#define ZERO(words, function, ...) \
    (before_call(#function), after_value(words, #function "(" #__VA_ARGS__ ")", function(__VA_ARGS__) == 0))

/* A call that succeeds although its argument may look wrong: freeing an empty handle. */
#define ACCEPTED(function, ...) \
    (before_call(#function), after_success(#function "(" #__VA_ARGS__ ")", function(__VA_ARGS__)))

/* A call in which no argument can be invalid, or that has none. */
#define CANNOT_BE_INVALID(function, ...) (before_call(#function), (void)(function(__VA_ARGS__)))

void before_call(const char *function);
void after_status(const char *words, const char *call, mlx_status status);
void after_value(const char *words, const char *call, bool is_failure);
void after_success(const char *call, mlx_status status);

/* What a `ctx` can wrongly point to. The first is the empty handle; then foreign memory; then the live handles of
 * all nouns, at LIVE + noun. */
typedef enum { ARRAY, STRING, DEVICE, STREAM, NOUNS } noun;
enum { EMPTY, ZEROS, ONES, ODD_ADDRESS, LIVE, CONTEXTS = LIVE + NOUNS };
extern void *contexts[CONTEXTS];

/* for_bad_contexts(ctx, ARRAY) { ... }: every `ctx` that is not an array's, the empty one included. */
#define for_bad_contexts(ctx, own_noun) \
    for (size_t ctx##_i = 0; ctx##_i < CONTEXTS; ctx##_i++) \
        for (void *ctx = contexts[ctx##_i], *once = &once; once != NULL && ctx##_i != LIVE + (own_noun); once = NULL)

/* The same without the empty one, which is a good destination and may be freed. */
#define for_foreign_contexts(ctx, own_noun) for_bad_contexts(ctx, own_noun) if (ctx != NULL)

/* A destination that holds a foreign handle: refused, and not written to. */
#define REFUSED_DESTINATIONS(words, type, own_noun, function, ...) \
    do { \
        for_foreign_contexts(foreign_ctx, own_noun) { \
            type destination = {foreign_ctx}; \
            REFUSED(words, function, &destination, __VA_ARGS__); \
            check_context(destination.ctx == foreign_ctx, #function); \
        } \
        REFUSED(words, function, NULL, __VA_ARGS__); \
    } while (0)
void check_context(bool unchanged, const char *function);

/* Enum values that no version has. */
enum { WRONG_VALUES = 5 };
extern const int32_t wrong_values[WRONG_VALUES];

/* Good arguments: a 1-D float32 array of 3, a string, the CPU, a stream on it. */
extern mlx_array array;
extern mlx_string string;
extern mlx_device device;
extern mlx_stream stream;

/* Destinations for results, filled with a pattern or live handles; all are checked after every call. */
extern union results {
    unsigned char bytes[64];
    bool truth;
    int integer;
    size_t size;
    double number;
} result;
extern mlx_array kept_array;
extern mlx_string kept_string;
extern mlx_device kept_device;
extern mlx_stream kept_stream;

/* One part each, in the file of its name. */
void walk_arrays(void);
void walk_items_and_data(void);
void walk_convolve(void);
void walk_options(void);
void walk_devices_and_streams(void);
void walk_the_rest(void);

#endif
