/* The blocks into which a convolution by transforms is cut: overlap-save. */
#ifndef MLX_CONVOLVE_MLXC_BLOCKS
#define MLX_CONVOLVE_MLXC_BLOCKS

#include "lengths.h"

/* Window i has `points` elements. Its first `overlap` elements are the last ones of window i - 1. It gives the outputs
   i hop to (i + 1) hop - 1. A filter that is too long for a window is cut into `parts` of `taps` elements; then the outputs
   of row i are the sum over all parts p of part p with window i - p. */
typedef struct blocks {
    int points, taps, parts, overlap, hop, rows;
    double work; /* points times passes over them, times parts */
} blocks;

static blocks blocks_of(lengths l, int points, int taps, int overlap) {
    blocks b = {.points = points, .taps = taps, .overlap = overlap, .hop = points - overlap};
    b.parts = (l.taps - 1) / taps + 1;
    b.rows = (l.count - 1) / b.hop + 1;
    int passes = 12; /* beside those of the transforms: measured */
    for (int n = 1; n < points; n *= 2) {
        passes++;
    }
    b.work = ((double)b.rows * b.parts + b.parts) * points * passes;
    return b;
}

/* The blocks of least work. `most` is the most points, a power of two. */
static blocks choose_blocks(lengths l, int most) {
    blocks best = blocks_of(l, most, most / 2, most / 2);
    for (int points = most; points >= 16; points /= 2) {
        int overlap = l.taps - 1;
        /* A single window may have any overlap. With several, the overlap must not be longer than a hop. */
        bool one = points - overlap >= l.count;
        if (!one && points < 2 * (long long)overlap) {
            break;
        }
        blocks b = blocks_of(l, points, l.taps, overlap);
        if (best.parts > 1 || b.work <= best.work) {
            best = b;
        }
    }
    return best;
}

/* All windows, a row each: those of the outputs, after parts - 1 windows that the later parts of the filter read. */
static mlx_array windows_of(graph *g, blocks b, lengths l, mlx_array signal) {
    int rows = b.rows + b.parts - 1, len = rows * b.hop + b.overlap;
    int before = (b.parts - 1) * b.hop + b.overlap - l.first;
    mlx_array all = padded(g, signal, before, len - before - l.signal);
    if (rows == 1) {
        return as_rows(g, all, b.points);
    }
    mlx_array hops = as_rows(g, elements(g, all, b.overlap, len), b.hop);
    mlx_array earlier = as_rows(g, elements(g, all, 0, rows * b.hop), b.hop);
    const mlx_array both[] = {columns(g, earlier, 0, b.overlap), hops};
    return joined(g, 2, both, 1);
}

/* The parts of the filter, a row each, with zeros after them. */
static mlx_array parts_of(graph *g, blocks b, lengths l, mlx_array filter) {
    if (g->failed) {
        return filter;
    }
    mlx_array parts = as_rows(g, padded(g, filter, 0, b.parts * b.taps - l.taps), b.taps);
    if (b.taps == b.points) {
        return parts;
    }
    const int rest[] = {b.parts, b.points - b.taps};
    const mlx_array both[] = {parts, zeros(g, 2, rest, mlx_array_dtype(filter))};
    return joined(g, 2, both, 1);
}

/* The outputs: the ends of the windows' circular convolutions with the filter, one after the other. */
static mlx_array outputs_of(graph *g, blocks b, lengths l, mlx_array circular) {
    return elements(g, as_row(g, columns(g, circular, b.overlap, b.points)), 0, l.count);
}

#endif
