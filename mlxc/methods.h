/* Which method computes a convolution. */
#ifndef MLX_CONVOLVE_MLXC_METHODS
#define MLX_CONVOLVE_MLXC_METHODS

#include "direct.h"
#include "dtypes.h"
#include "fft.h"
#include "float64.h"
#include "integers.h"

enum {
    /* Integers and bools with at most so many taps are summed tap by tap. With more, transforms are faster, measured with
       2^16 and 2^20 outputs on x86_64. A GPU has no transforms in float64: there, it is the limit. */
    INTEGER_TAPS = 256,
    /* The same for real floats on a GPU: not measured. */
    GPU_TAPS = 16,
    /* The most elements of a matrix, which takes memory for each. */
    MATRIX_MOST = 1 << 22
};

/* Estimated nanoseconds of the methods for real floats, on x86_64 with MLX 0.32.2 from PyPI: of a matrix, and of each of
   its elements, and so on. */
typedef struct rates {
    double matrix, matrix_element, tap, tap_product, transforms, transforms_work;
} rates;

static const rates float32_rates = {3e4, 1.6, 5e3, 1.0, 8e4, 0.6};
static const rates float64_rates = {3e4, 2.5, 5e3, 1.5, 7e5, 5.6};

enum method { BY_TAPS, BY_MATRIX, BY_TRANSFORMS };

static enum method method_of(lengths l, blocks b, rates r, bool on_gpu) {
    if (on_gpu) {
        /* No matrices: a GPU may multiply them with less than float32's precision. */
        return l.taps <= GPU_TAPS ? BY_TAPS : BY_TRANSFORMS;
    }
    double taps = r.tap * l.taps + r.tap_product * l.taps * l.count;
    double matrix = matrix_size(l) < MATRIX_MOST ? r.matrix + r.matrix_element * matrix_size(l) : INFINITY;
    double transforms = r.transforms + r.transforms_work * b.work;
    if (l.taps == 1 || (taps <= matrix && taps <= transforms)) {
        return BY_TAPS;
    }
    return matrix <= transforms ? BY_MATRIX : BY_TRANSFORMS;
}

static mlx_array convolve_real(graph *g, lengths l, mlx_array signal, mlx_array filter, mlx_dtype dtype, bool on_gpu) {
    bool is_float64 = dtype == MLX_FLOAT64;
    blocks b = is_float64 ? float64_blocks(l) : choose_blocks(l, FFT_MOST);
    switch (method_of(l, b, is_float64 ? float64_rates : float32_rates, on_gpu)) {
    case BY_TAPS:
        return taps_convolve(g, l, signal, filter);
    case BY_MATRIX:
        return matrix_convolve(g, l, signal, filter);
    default:
        return is_float64 ? float64_convolve(g, b, l, signal, filter) : fft_convolve(g, b, l, signal, filter, false);
    }
}

static mlx_array convolve_complex(graph *g, lengths l, mlx_array signal, mlx_array filter) {
    /* MLX is slow at direct sums of complex numbers. */
    return l.taps == 1 ? taps_convolve(g, l, signal, filter)
                       : fft_convolve(g, choose_blocks(l, FFT_MOST), l, signal, filter, true);
}

/* Converts both operands to the dtype that computes, convolves them, and converts the result to `dtype`. */
static mlx_array convolve_as(graph *g, lengths l, mlx_array signal, mlx_array filter, mlx_dtype dtype, bool on_gpu) {
    enum kind kind = kind_of(dtype);
    bool is_integer = kind != KIND_REAL && kind != KIND_COMPLEX, few = l.taps <= INTEGER_TAPS;
    mlx_dtype computing = dtype;
    if (is_integer) {
        computing = few && mlx_dtype_size(dtype) < 8 ? MLX_UINT32 : MLX_UINT64;
    } else if (kind == KIND_REAL && dtype != MLX_FLOAT64) {
        computing = MLX_FLOAT32;
    }
    if (on_gpu && is_integer && !few) {
        refuse(g, "On a GPU stream, %s filters have at most %d elements, and this one has %d: give a CPU stream.",
               name_of(dtype), (int)INTEGER_TAPS, l.taps);
    }
    signal = astype(g, signal, computing);
    filter = astype(g, filter, computing);
    mlx_array result;
    if (kind == KIND_REAL) {
        result = convolve_real(g, l, signal, filter, computing, on_gpu);
    } else if (kind == KIND_COMPLEX) {
        result = convolve_complex(g, l, signal, filter);
    } else if (few) {
        result = taps_convolve(g, l, signal, filter);
    } else {
        result = integers_convolve(g, l, signal, filter, kind == KIND_BOOL ? 1 : 8 * (int)mlx_dtype_size(dtype));
    }
    return astype(g, result, dtype);
}

#endif
