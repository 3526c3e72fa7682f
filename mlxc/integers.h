/* Convolution of integers, modulo 2^bits, and of bools, by transforms in float64: exact.

   Operands are split into limbs. The convolutions of limbs are sums that float64 holds exactly, and the error of the
   transforms is below a half: rounding gives the exact sums. */
#ifndef MLX_CONVOLVE_MLXC_INTEGERS
#define MLX_CONVOLVE_MLXC_INTEGERS

#include "float64.h"

#include <math.h>

/* How few limbs make rounding exact. u = 2^-53; errors to first order.

   Transforms of the operands. A stage sums 16 products for a number, by a matrix whose absolute values have at most 4
   times its norm, and turns the result: its error is below 80 u, relative to the norm (N. J. Higham, Accuracy and Stability
   of Numerical Algorithms, 2nd ed., 24.1). FLOAT64_MOST points are six stages: 480 u for each operand.
   Products. Their sizes sum to at most S = points ||window|| ||part||, by Cauchy and Schwarz: an error below 963 u S.
   Sums over parts and limbs. At most parts + limbs additions: (parts + limbs) u S.
   Transform back. A stage has an error below 32 u S: six stages, 192 u S.
   It divides by the points. So an output misses its sum by less than (1440 + parts + limbs) u ||window|| ||part||, summed
   over `parts` parts and `limbs` pairs of limbs. A window is two rows of `points` limbs below 2^width, a part has `taps`
   limbs. Limbs of one bit suffice for all lengths that lengths_of admits: these have fewer than 2^13 parts. */
static int limbs_of(blocks b, int bits) {
    int limbs = 1;
    for (; limbs < bits; limbs++) {
        int width = (bits + limbs - 1) / limbs;
        double one = ldexp(1440.0 + b.parts + limbs, 2 * width - 53) * sqrt(2.0 * b.points * b.taps);
        if (one * b.parts * limbs < 0.5) {
            break;
        }
    }
    return limbs;
}

static mlx_array number(graph *g, uint64_t value) {
    return constant(g, &value, 0, NULL, MLX_UINT64);
}

/* Limb `index`, of `width` bits, of uint64 elements, as float64. */
static mlx_array limb(graph *g, mlx_array a, int width, int index) {
    mlx_array shifted = right_shift(g, a, number(g, (uint64_t)(index * width)));
    return astype(g, bitwise_and(g, shifted, number(g, (UINT64_C(1) << width) - 1)), MLX_FLOAT64);
}

/* The convolution of uint64, modulo 2^bits: the bits above mean nothing. For bools, `bits` is 1: there is one limb, and
   the result is the number of pairs of ones, all of whose bits count. */
static mlx_array integers_convolve(graph *g, lengths l, mlx_array signal, mlx_array filter, int bits) {
    blocks b = float64_blocks(l);
    int limbs = limbs_of(b, bits), width = (bits + limbs - 1) / limbs;
    complex_array windows[64], parts[64];
    mlx_array sum = mlx_array_new();
    for (int i = 0; i < limbs; i++) {
        windows[i] = window_spectra(g, b, l, limb(g, signal, width, i));
        parts[i] = part_spectra(g, b, l, limb(g, filter, width, i));
        complex_array products = spectral_products(g, b, windows[0], parts[i]);
        for (int j = 1; j <= i; j++) {
            products = complex_add(g, products, spectral_products(g, b, windows[j], parts[i - j]));
        }
        mlx_array exact = astype(g, rounded(g, spectral_outputs(g, b, l, products)), MLX_UINT64);
        mlx_array term = left_shift(g, exact, number(g, (uint64_t)(i * width)));
        sum = i == 0 ? term : add(g, sum, term);
    }
    return sum;
}

#endif
