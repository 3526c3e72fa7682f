/*
 * mlx_convolve_mlxc.c: mlx.core.convolve for programs that use mlx-c. This file alone is compiled; it includes the headers
 * beside it.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "mlx/c/mlx.h"

#include "mlx_convolve_mlxc.h"

#include "methods.h"

/* Whether the stream is on another device than the CPU. */
static bool is_on_gpu(graph *g) {
    mlx_device device = mlx_device_new();
    mlx_device_type type = MLX_CPU;
    if (mlx_stream_get_device(&device, g->stream) || mlx_device_get_type(&type, device)) {
        g->failed = true;
    }
    mlx_device_free(device);
    return type != MLX_CPU;
}

/* MLX's rules for the arguments. */
static void check(graph *g, const mlx_array *a, const mlx_array *v, const mlx_array *out) {
    const char *missing = a == NULL ? "a" : v == NULL ? "v" : out == NULL ? "out" : NULL;
    const char *empty = missing != NULL ? NULL : a->ctx == NULL ? "a" : v->ctx == NULL ? "v" : NULL;
    if (missing != NULL) {
        refuse(g, "%s is NULL.", missing);
    } else if (empty != NULL) {
        refuse(g, "%s is an empty mlx_array.", empty);
    } else if (g->stream.ctx == NULL) {
        refuse(g, "stream is an empty mlx_stream.");
    } else if (mlx_array_ndim(*a) != 1 || mlx_array_ndim(*v) != 1) {
        refuse(g, "Inputs must be 1D: a has %zu dimensions, v has %zu.", mlx_array_ndim(*a), mlx_array_ndim(*v));
    } else if (mlx_array_size(*a) == 0 || mlx_array_size(*v) == 0) {
        refuse(g, "Inputs cannot be empty: a has %zu elements, v has %zu.", mlx_array_size(*a), mlx_array_size(*v));
    }
}

static mlx_array convolve(graph *g, mlx_array a, mlx_array v, mlx_mode mode) {
    mlx_dtype a_dtype = mlx_array_dtype(a), v_dtype = mlx_array_dtype(v);
    mlx_array signal = a, filter = v;
    if (mlx_array_size(a) < mlx_array_size(v)) {
        signal = v;
        filter = a;
    }
    bool on_gpu = is_on_gpu(g);
    lengths l = lengths_of(g, mlx_array_dim(signal, 0), mlx_array_dim(filter, 0), mode);
    if (on_gpu && (a_dtype == MLX_FLOAT64 || v_dtype == MLX_FLOAT64)) {
        refuse(g, "%s is float64, which a GPU stream does not take: give a CPU stream.", a_dtype == MLX_FLOAT64 ? "a" : "v");
    }
    if (g->failed) {
        return mlx_array_new();
    }
    return convolve_as(g, l, signal, filter, promoted(a_dtype, v_dtype), on_gpu);
}

int mlx_convolve_mlxc(const mlx_array *a, const mlx_array *v, mlx_mode mode, mlx_stream stream, mlx_array *out) {
    graph g = {.stream = stream};
    check(&g, a, v, out);
    if (!g.failed) {
        mlx_array result = convolve(&g, *a, *v, mode);
        g.failed = g.failed || mlx_array_set(out, result) != 0;
    }
    graph_free(&g);
    return g.failed;
}
