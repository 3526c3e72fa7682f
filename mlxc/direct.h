/* Convolution by direct sums, for filters of few taps.

   Not by MLX's conv1d. On the CPU, in MLX 0.32.2, its gradient for a filter of one tap is 0, it has no second derivatives
   and no jvp, and it computes float64 in float32. */
#ifndef MLX_CONVOLVE_MLXC_DIRECT
#define MLX_CONVOLVE_MLXC_DIRECT

#include "lengths.h"

/* The signal with the zeros that the outputs read before and after it, and `more` zeros at the end. Output i reads the
   elements i to i + taps - 1. */
static mlx_array surrounded(graph *g, lengths l, mlx_array signal, int more) {
    return padded(g, signal, l.taps - 1 - l.first, l.first + l.count - l.signal + more);
}

/* Tap by tap, in any dtype. One zero more is read by no output: with it, the signal is always copied, so that a broadcast
   one, of stride 0, does not make a result of stride 0, and shapeless functions of MLX always meet a slice, which they
   refuse. mlx_contiguous would not do, as MLX cannot export it. */
static mlx_array taps_convolve(graph *g, lengths l, mlx_array signal, mlx_array filter) {
    mlx_array read = surrounded(g, l, signal, 1), sum = mlx_array_new();
    for (int k = 0; k < l.taps; k++) {
        int start = l.taps - 1 - k;
        mlx_array product = multiply(g, elements(g, read, start, start + l.count), elements(g, filter, k, k + 1));
        sum = k == 0 ? product : add(g, sum, product);
    }
    return sum;
}

/* The elements of the matrix of matrix_convolve. */
static double matrix_size(lengths l) {
    return l.taps * ((double)l.taps + l.count);
}

/* The filter times a matrix, whose row k is the signal from element taps - 1 - k on. To make the matrix, `taps` copies of
   the signal, of `len` elements each, are put one after the other and cut anew into rows of len - 1 elements: so each row
   begins one element earlier in the signal than the row above it. The matrix must be small. */
static mlx_array matrix_convolve(graph *g, lengths l, mlx_array signal, mlx_array filter) {
    int len = l.taps + l.count; /* with one element that no output reads */
    mlx_array copies = broadcast_to(g, as_rows(g, surrounded(g, l, signal, 1), len), l.taps, len);
    mlx_array cut = elements(g, as_row(g, copies), l.taps - 1, l.taps - 1 + l.taps * (len - 1));
    mlx_array matrix = columns(g, as_rows(g, cut, len - 1), 0, l.count);
    return as_row(g, matmul(g, as_rows(g, filter, l.taps), matrix));
}

#endif
