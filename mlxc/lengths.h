/* The lengths of a convolution. */
#ifndef MLX_CONVOLVE_MLXC_LENGTHS
#define MLX_CONVOLVE_MLXC_LENGTHS

#include "graph.h"
#include "mlx_convolve_types.h"

#include <limits.h>

/* The outputs `first` to `first` + `count` - 1 of the full convolution of `signal` elements with `taps` elements. The
   signal is the longer operand. */
typedef struct lengths {
    int signal, taps, first, count;
} lengths;

/* Arrays on the way to a result have up to N + 2 K elements, and up to two windows of blocks.h and a chunk of nonfinite.h
   more. With so much room, no sum of lengths overflows. */
enum { ROOM = 1 << 22 };

static lengths lengths_of(graph *g, int signal, int taps, mlx_mode mode) {
    lengths l = {signal, taps, 0, signal};
    if (signal + 2LL * taps > INT_MAX - ROOM) {
        refuse(g, "Inputs are too long: they have %d and %d elements, and %d + 2 x %d is above %d.", signal, taps, signal,
               taps, INT_MAX - ROOM);
        return l;
    }
    switch (mode) {
    case MLX_MODE_FULL:
        l.count = signal + taps - 1;
        break;
    case MLX_MODE_VALID:
        l.first = taps - 1;
        l.count = signal - taps + 1;
        break;
    case MLX_MODE_SAME:
        l.first = (taps - 1) / 2;
        break;
    default:
        refuse(g, "Invalid mode: mode is %d, not MLX_MODE_FULL (0), MLX_MODE_VALID (1) or MLX_MODE_SAME (2).", (int)mode);
    }
    return l;
}

#endif
