/*
 * mlx_convolve_types.h: the modes of a convolution, for mlx_convolve.h and mlx_convolve_mlxc.h.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Generated from src/capi by `UPDATE_HEADER=1 cargo test --test header`. Do not edit.
 *
 * The header needs C99 or C++98. It declares no function, and none of its names is mlx-c's: it may
 * stand beside the headers of mlx-c. mlx_convolve.h and mlx_convolve_mlxc.h include it.
 */

#ifndef MLX_CONVOLVE_TYPES_H
#define MLX_CONVOLVE_TYPES_H

#include <stdint.h>

/* ---- Modes ---- */

/** The outputs of the full convolution to keep: MLX_MODE_FULL, MLX_MODE_VALID or MLX_MODE_SAME. */
typedef int32_t mlx_mode;

/** N + K - 1 values, from full[0]: every output that reads at least one pair. Python's default. */
#define MLX_MODE_FULL 0
/** N - K + 1 values, from full[K - 1]: the outputs that read the whole filter. */
#define MLX_MODE_VALID 1
/** N values, from full[(K - 1) / 2], rounded down. */
#define MLX_MODE_SAME 2

#endif /* MLX_CONVOLVE_TYPES_H */
