/* Convolution by MLX's own transforms, which compute in float32. */
#ifndef MLX_CONVOLVE_MLXC_FFT
#define MLX_CONVOLVE_MLXC_FFT

#include "blocks.h"
#include "nonfinite.h"

/* On Metal, MLX's transforms of more than 2^20 points are wrong before 0.32.1. */
enum { FFT_MOST = 1 << 20 };

static mlx_array fft_convolve(graph *g, blocks b, lengths l, mlx_array signal, mlx_array filter, bool is_complex) {
    mlx_array (*forward)(graph *, mlx_array, int) = is_complex ? fft_fft : fft_rfft;
    mlx_array (*inverse)(graph *, mlx_array, int) = is_complex ? fft_ifft : fft_irfft;
    mlx_array marks = marks_of(g, signal);
    mlx_array windows = forward(g, windows_of(g, b, l, finite_or_zero(g, signal, marks)), b.points);
    mlx_array parts = forward(g, parts_of(g, b, l, filter), b.points);
    mlx_array sum = mlx_array_new();
    for (int p = 0; p < b.parts; p++) {
        mlx_array product = multiply(g, rows(g, windows, b.parts - 1 - p, b.rows), rows(g, parts, p, 1));
        sum = p == 0 ? product : add(g, sum, product);
    }
    return marked(g, l, marks, outputs_of(g, b, l, inverse(g, sum, b.points)));
}

#endif
