/* Convolution in float64. MLX has no transforms in float64: here they are products of matrices.

   A transform of n points has three steps: transforms of 8 points that are n / 8 apart, a product of each point with its
   twiddle factor, and 8 transforms of n / 8 points (decimation in frequency; Gentleman and Sande, 1966). The points come out
   in another order, and the inverse takes them in this order. Products of spectra are point by point, so the order does not
   matter. A complex array is two arrays. */
#ifndef MLX_CONVOLVE_MLXC_FLOAT64
#define MLX_CONVOLVE_MLXC_FLOAT64

#include "blocks.h"
#include "nonfinite.h"

#include <math.h>

/* The most points are RADIX^6: integers.h counts six stages. */
enum { RADIX = 8, FLOAT64_MOST = 1 << 18 };

typedef struct complex_array {
    mlx_array re, im;
} complex_array;

static complex_array complex_of(graph *g, mlx_array re) {
    return (complex_array){re, multiply(g, re, zero_like(g, re))};
}

static complex_array complex_add(graph *g, complex_array x, complex_array y) {
    return (complex_array){add(g, x.re, y.re), add(g, x.im, y.im)};
}

static complex_array complex_reshape(graph *g, complex_array x, int dimensions, const int *shape) {
    return (complex_array){reshape(g, x.re, dimensions, shape), reshape(g, x.im, dimensions, shape)};
}

static complex_array complex_rows(graph *g, complex_array x, int start, int count) {
    return (complex_array){rows(g, x.re, start, count), rows(g, x.im, start, count)};
}

typedef mlx_array (*real_product)(graph *, mlx_array, mlx_array);

/* The complex product of x and y, or of x and the conjugate of y, by a product of real numbers or matrices. */
static complex_array complex_product(graph *g, real_product of, complex_array x, complex_array y, bool conjugate) {
    mlx_array re_re = of(g, x.re, y.re), im_im = of(g, x.im, y.im);
    mlx_array re_im = of(g, x.re, y.im), im_re = of(g, x.im, y.re);
    return conjugate ? (complex_array){add(g, re_re, im_im), subtract(g, im_re, re_im)}
                     : (complex_array){subtract(g, re_re, im_im), add(g, im_re, re_im)};
}

static mlx_array product_from_left(graph *g, mlx_array x, mlx_array matrix) {
    return matmul(g, matrix, x);
}

/* The matrix of exp(2 pi i k j step / n), row k, column j. */
static complex_array roots(graph *g, int rows, int columns, int step, int n) {
    complex_array made = {mlx_array_new(), mlx_array_new()};
    const int shape[] = {rows, columns};
    size_t count = (size_t)rows * (size_t)columns;
    double *values = g->failed ? NULL : malloc(2 * count * sizeof *values);
    if (values == NULL) {
        refuse(g, "Out of memory.");
        return made;
    }
    for (size_t i = 0; i < count; i++) {
        /* Whole quarters of a turn are exact, and the rest of the angle is below one: the error is below 4 2^-53. */
        long long turn = (long long)(i / (size_t)columns) * (long long)(i % (size_t)columns) * step % n;
        int quarter = (int)(4 * turn / n);
        double angle = 2 * 3.14159265358979323846 * (double)(turn - (long long)quarter * n / 4) / n;
        double c = cos(angle), s = sin(angle);
        values[i] = (double[]){c, -s, -c, s}[quarter];
        values[count + i] = (double[]){s, c, -s, -c}[quarter];
    }
    made.re = constant(g, values, 2, shape, MLX_FLOAT64);
    made.im = constant(g, values + count, 2, shape, MLX_FLOAT64);
    free(values);
    return made;
}

/* Transforms of `radix` points that are `stride` apart. Their matrix is symmetric, so it may stand on either side. */
static complex_array short_transforms(graph *g, complex_array x, int radix, int stride, bool inverse) {
    complex_array matrix = roots(g, radix, radix, 1, radix);
    if (stride == 1) {
        return complex_product(g, matmul, complex_reshape(g, x, 2, (int[]){-1, radix}), matrix, !inverse);
    }
    x = complex_reshape(g, x, 3, (int[]){-1, radix, stride});
    return complex_product(g, product_from_left, x, matrix, !inverse);
}

/* Multiplies point j of transform k by exp(-2 pi i k j / n) or, `back`, by its conjugate. The factors are products of a
   coarse and a fine table, because tables of some sqrt(n) values are made quickly. */
static complex_array turned(graph *g, complex_array x, int radix, int stride, bool back) {
    int fine = 1, n = radix * stride;
    while (fine * fine < stride) {
        fine *= 2;
    }
    int coarse = stride / fine;
    complex_array coarse_table = complex_reshape(g, roots(g, radix, coarse, fine, n), 3, (int[]){radix, coarse, 1});
    complex_array fine_table = complex_reshape(g, roots(g, radix, fine, 1, n), 3, (int[]){radix, 1, fine});
    complex_array factors = complex_product(g, multiply, coarse_table, fine_table, false);
    x = complex_reshape(g, x, 3, (int[]){-1, radix, stride});
    return complex_product(g, multiply, x, complex_reshape(g, factors, 2, (int[]){radix, stride}), !back);
}

static int radix_of(int n) {
    return n < RADIX ? n : RADIX;
}

/* The transform of each row of `points`. */
static complex_array transform(graph *g, complex_array x, int points) {
    for (int n = points; n > 1; n /= RADIX) {
        int radix = radix_of(n), stride = n / radix;
        x = short_transforms(g, x, radix, stride, false);
        if (stride > 1) {
            x = turned(g, x, radix, stride, false);
        }
    }
    return complex_reshape(g, x, 2, (int[]){-1, points});
}

/* The inverse of transform, times `points`. */
static complex_array transform_back(graph *g, complex_array x, int points) {
    int n = points;
    while (n > RADIX) {
        n /= RADIX;
    }
    for (; n <= points; n *= RADIX) {
        int radix = radix_of(n), stride = n / radix;
        if (stride > 1) {
            x = turned(g, x, radix, stride, true);
        }
        x = short_transforms(g, x, radix, stride, true);
    }
    return complex_reshape(g, x, 2, (int[]){-1, points});
}

static bool in_pairs(blocks b) {
    return b.parts == 1 && b.rows > 1;
}

/* choose_blocks, with an even number of rows where they go in pairs; the last row may have no outputs. */
static blocks float64_blocks(lengths l) {
    blocks b = choose_blocks(l, FLOAT64_MOST);
    b.rows += in_pairs(b) && b.rows % 2;
    return b;
}

/* Two neighbouring windows make one, as its real and imaginary part. The filter is real, so the two do not mix. */
static complex_array window_spectra(graph *g, blocks b, lengths l, mlx_array signal) {
    mlx_array windows = windows_of(g, b, l, signal);
    if (!in_pairs(b)) {
        return transform(g, complex_of(g, windows), b.points);
    }
    mlx_array pairs = as_rows(g, windows, 2 * b.points);
    complex_array parts = {columns(g, pairs, 0, b.points), columns(g, pairs, b.points, 2 * b.points)};
    return transform(g, parts, b.points);
}

/* Scaled by 1 / points, because transform_back is not. */
static complex_array part_spectra(graph *g, blocks b, lengths l, mlx_array filter) {
    const double scale = 1.0 / b.points;
    mlx_array parts = multiply(g, parts_of(g, b, l, filter), constant(g, &scale, 0, NULL, MLX_FLOAT64));
    return transform(g, complex_of(g, parts), b.points);
}

/* The spectra of the outputs, summed over the parts of the filter. */
static complex_array spectral_products(graph *g, blocks b, complex_array windows, complex_array parts) {
    int rows = in_pairs(b) ? b.rows / 2 : b.rows;
    complex_array sum = {mlx_array_new(), mlx_array_new()};
    for (int p = 0; p < b.parts; p++) {
        complex_array window = complex_rows(g, windows, b.parts - 1 - p, rows);
        complex_array product = complex_product(g, multiply, window, complex_rows(g, parts, p, 1), false);
        sum = p == 0 ? product : complex_add(g, sum, product);
    }
    return sum;
}

static mlx_array spectral_outputs(graph *g, blocks b, lengths l, complex_array products) {
    complex_array outputs = transform_back(g, products, b.points);
    if (!in_pairs(b)) {
        return outputs_of(g, b, l, outputs.re);
    }
    const mlx_array pairs[] = {outputs.re, outputs.im};
    return outputs_of(g, b, l, as_rows(g, joined(g, 2, pairs, 1), b.points));
}

/* By the blocks of float64_blocks. */
static mlx_array float64_convolve(graph *g, blocks b, lengths l, mlx_array signal, mlx_array filter) {
    mlx_array marks = marks_of(g, signal);
    complex_array windows = window_spectra(g, b, l, finite_or_zero(g, signal, marks));
    complex_array products = spectral_products(g, b, windows, part_spectra(g, b, l, filter));
    return marked(g, l, marks, spectral_outputs(g, b, l, products));
}

#endif
