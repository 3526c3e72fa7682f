/* NaN and infinities in a signal that is transformed. A transform would spread them over whole blocks. So the signal is
   transformed without them, and the outputs that read one become NaN afterwards. Marks stand for chunks of the signal and
   of the outputs, because marks of single elements would take as long as the transforms. So up to 2 (CHUNK - 1) further
   outputs on either side become NaN. A filter with a NaN or an infinity leaves no output finite. */
#ifndef MLX_CONVOLVE_MLXC_NONFINITE
#define MLX_CONVOLVE_MLXC_NONFINITE

#include "lengths.h"

enum { CHUNK = 32 };

/* 0 for each finite element, NaN for the others. A constant for derivatives. */
static mlx_array marks_of(graph *g, mlx_array signal) {
    return stop_gradient(g, multiply(g, signal, zero_like(g, signal)));
}

static mlx_array finite_or_zero(graph *g, mlx_array signal, mlx_array marks) {
    mlx_array zero = zero_like(g, signal);
    return where(g, equal(g, marks, zero), signal, zero);
}

/* Element i is the sum of the elements i to i + width - 1. The result has width - 1 elements fewer than `len`. */
static mlx_array sums_of(graph *g, mlx_array a, int len, int width) {
    for (int have = 1, more; have < width; have += more) {
        more = have < width - have ? have : width - have;
        len -= more;
        a = add(g, elements(g, a, 0, len), elements(g, a, more, len + more));
    }
    return a;
}

/* Rounds down, for elements before the first one, too. */
static int chunk_of(int element) {
    return element >= 0 ? element / CHUNK : -((CHUNK - 1 - element) / CHUNK);
}

/* The outputs, or NaN where they read an element of the signal whose mark is NaN. */
static mlx_array marked(graph *g, lengths l, mlx_array marks, mlx_array outputs) {
    if (g->failed) {
        return outputs;
    }
    int chunks = (l.signal - 1) / CHUNK + 1, output_chunks = (l.count - 1) / CHUNK + 1;
    mlx_array sums = sum_of_row(g, as_rows(g, padded(g, marks, 0, chunks * CHUNK - l.signal), CHUNK));
    /* Chunk 0 of the outputs reads the chunks `from` to `to` of the signal, and chunk c reads from + c to to + c. */
    int from = chunk_of(l.first - (l.taps - 1)), to = chunk_of(l.first + CHUNK - 1), width = to - from + 1;
    int read = output_chunks + width - 1;
    sums = padded(g, sums, -from, read + from > chunks ? read + from - chunks : 0);
    sums = sums_of(g, elements(g, sums, 0, read), read, width);
    mlx_array spread = broadcast_to(g, as_rows(g, sums, 1), output_chunks, CHUNK);
    return add(g, outputs, elements(g, as_row(g, spread), 0, l.count));
}

#endif
