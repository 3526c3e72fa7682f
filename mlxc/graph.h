/* A graph of MLX operations. Each function adds operations of mlx-c to the graph, on the graph's stream, and returns their
   array. The graph owns all these arrays, and graph_free frees them.

   Failures. mlx-c calls its error handler when an operation fails. The graph is failed from then on: its functions call
   nothing and return arrays that are not to be read, and refuse says nothing. So the handler hears of one failure.

   Lengths are int, as MLX's. A row has one dimension; rows, of equal lengths, have two. */
#ifndef MLX_CONVOLVE_MLXC_GRAPH
#define MLX_CONVOLVE_MLXC_GRAPH

#include "mlx/c/mlx.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Whether the transforms of mlx-c take a norm: 1 since mlx-c 0.7, 0 before. */
#ifndef MLX_CONVOLVE_MLXC_FFT_NORM
#define MLX_CONVOLVE_MLXC_FFT_NORM 1
#endif
#if MLX_CONVOLVE_MLXC_FFT_NORM
#define FFT_NORM , MLX_FFT_NORM_BACKWARD /* mlx-c 0.6.0 has none: define MLX_CONVOLVE_MLXC_FFT_NORM as 0 */
#else
#define FFT_NORM
#endif

typedef struct graph {
    mlx_stream stream;
    mlx_array *arrays;
    size_t count, capacity;
    bool failed;
} graph;

/* Fails the graph with a message for mlx-c's error handler, unless it has failed before. */
#define refuse(g, ...)                                                                                       \
    do {                                                                                                     \
        if (!(g)->failed) {                                                                                  \
            (g)->failed = true;                                                                              \
            mlx_error("[convolve] " __VA_ARGS__);                                                            \
        }                                                                                                    \
    } while (0)

/* Adds the new array to the graph, unless the operation has failed with `status`. */
static mlx_array keep(graph *g, mlx_array *made, int status) {
    if (status == 0 && g->count == g->capacity) {
        size_t capacity = g->capacity ? 2 * g->capacity : 64;
        mlx_array *grown = realloc(g->arrays, capacity * sizeof *grown);
        if (grown == NULL) {
            refuse(g, "Out of memory.");
            status = 1;
        } else {
            g->arrays = grown;
            g->capacity = capacity;
        }
    }
    if (status != 0) {
        g->failed = true;
        mlx_array_free(*made);
        return mlx_array_new();
    }
    g->arrays[g->count++] = *made;
    return *made;
}

static void graph_free(graph *g) {
    for (size_t i = 0; i < g->count; i++) {
        mlx_array_free(g->arrays[i]);
    }
    free(g->arrays);
}

/* Defines a function of a graph that calls mlx_name with the arguments after `parameters`. */
#define OPERATION(name, mlx_name, parameters, ...)                                                           \
    static mlx_array name parameters {                                                                       \
        mlx_array made = mlx_array_new();                                                                    \
        return g->failed ? made : keep(g, &made, mlx_name(&made, __VA_ARGS__, g->stream));                   \
    }

OPERATION(add, mlx_add, (graph * g, mlx_array a, mlx_array b), a, b)
OPERATION(subtract, mlx_subtract, (graph * g, mlx_array a, mlx_array b), a, b)
OPERATION(multiply, mlx_multiply, (graph * g, mlx_array a, mlx_array b), a, b)
OPERATION(matmul, mlx_matmul, (graph * g, mlx_array a, mlx_array b), a, b)
OPERATION(bitwise_and, mlx_bitwise_and, (graph * g, mlx_array a, mlx_array b), a, b)
OPERATION(left_shift, mlx_left_shift, (graph * g, mlx_array a, mlx_array bits), a, bits)
OPERATION(right_shift, mlx_right_shift, (graph * g, mlx_array a, mlx_array bits), a, bits)
OPERATION(rounded, mlx_round, (graph * g, mlx_array a), a, 0)
OPERATION(equal, mlx_equal, (graph * g, mlx_array a, mlx_array b), a, b)
OPERATION(stop_gradient, mlx_stop_gradient, (graph * g, mlx_array a), a)
OPERATION(sum_of_row, mlx_sum_axis, (graph * g, mlx_array rows), rows, 1, false)
OPERATION(where, mlx_where, (graph * g, mlx_array condition, mlx_array a, mlx_array b), condition, a, b)
OPERATION(astype, mlx_astype, (graph * g, mlx_array a, mlx_dtype dtype), a, dtype)
OPERATION(fft_fft, mlx_fft_fft, (graph * g, mlx_array rows, int points), rows, points, 1 FFT_NORM)
OPERATION(fft_ifft, mlx_fft_ifft, (graph * g, mlx_array rows, int points), rows, points, 1 FFT_NORM)
OPERATION(fft_rfft, mlx_fft_rfft, (graph * g, mlx_array rows, int points), rows, points, 1 FFT_NORM)
OPERATION(fft_irfft, mlx_fft_irfft, (graph * g, mlx_array rows, int points), rows, points, 1 FFT_NORM)

static mlx_array reshape(graph *g, mlx_array a, int dimensions, const int *shape) {
    mlx_array made = mlx_array_new();
    return g->failed ? made : keep(g, &made, mlx_reshape(&made, a, shape, (size_t)dimensions, g->stream));
}

static mlx_array as_row(graph *g, mlx_array a) {
    return reshape(g, a, 1, (int[]){-1});
}

static mlx_array as_rows(graph *g, mlx_array a, int len) {
    return reshape(g, a, 2, (int[]){-1, len});
}

static mlx_array broadcast_to(graph *g, mlx_array a, int rows, int columns) {
    const int shape[] = {rows, columns};
    mlx_array made = mlx_array_new();
    return g->failed ? made : keep(g, &made, mlx_broadcast_to(&made, a, shape, 2, g->stream));
}

static mlx_array slice(graph *g, mlx_array a, int dimensions, const int *start, const int *stop) {
    const int steps[] = {1, 1};
    size_t count = (size_t)dimensions;
    mlx_array made = mlx_array_new();
    if (g->failed) {
        return made;
    }
    return keep(g, &made, mlx_slice(&made, a, start, count, stop, count, steps, count, g->stream));
}

/* Elements `start` to `stop` - 1 of a row. */
static mlx_array elements(graph *g, mlx_array row, int start, int stop) {
    return slice(g, row, 1, &start, &stop);
}

/* `count` rows from row `start` on. */
static mlx_array rows(graph *g, mlx_array a, int start, int count) {
    return g->failed ? a : slice(g, a, 2, (int[]){start, 0}, (int[]){start + count, mlx_array_dim(a, 1)});
}

/* Columns `start` to `stop` - 1. */
static mlx_array columns(graph *g, mlx_array a, int start, int stop) {
    return g->failed ? a : slice(g, a, 2, (int[]){0, start}, (int[]){mlx_array_dim(a, 0), stop});
}

/* Joins arrays along an axis: 0 puts rows below rows, 1 columns beside columns. */
static mlx_array joined(graph *g, int count, const mlx_array *arrays, int axis) {
    mlx_array made = mlx_array_new();
    if (g->failed) {
        return made;
    }
    mlx_vector_array all = mlx_vector_array_new_data(arrays, (size_t)count);
    int status = all.ctx == NULL ? 1 : mlx_concatenate_axis(&made, all, axis, g->stream);
    mlx_vector_array_free(all);
    return keep(g, &made, status);
}

static mlx_array zeros(graph *g, int dimensions, const int *shape, mlx_dtype dtype) {
    mlx_array made = mlx_array_new();
    return g->failed ? made : keep(g, &made, mlx_zeros(&made, shape, (size_t)dimensions, dtype, g->stream));
}

/* A row with zeros before and after it. Not by mlx_pad, whose gradient is wrong under vmap in MLX 0.32.2. */
static mlx_array padded(graph *g, mlx_array row, int before, int after) {
    mlx_array parts[3];
    int count = 0;
    if (g->failed) {
        return row;
    }
    if (before > 0) {
        parts[count++] = zeros(g, 1, &before, mlx_array_dtype(row));
    }
    parts[count++] = row;
    if (after > 0) {
        parts[count++] = zeros(g, 1, &after, mlx_array_dtype(row));
    }
    return count == 1 ? row : joined(g, count, parts, 0);
}

/* A constant array, with a copy of the values. */
static mlx_array constant(graph *g, const void *values, int dimensions, const int *shape, mlx_dtype dtype) {
    mlx_array made = mlx_array_new();
    if (g->failed) {
        return made;
    }
    made = mlx_array_new_data(values, shape, dimensions, dtype);
    return keep(g, &made, made.ctx == NULL);
}

/* 0 in the array's dtype. */
static mlx_array zero_like(graph *g, mlx_array a) {
    const float zero = 0;
    return g->failed ? a : astype(g, constant(g, &zero, 0, NULL, MLX_FLOAT32), mlx_array_dtype(a));
}

#endif
