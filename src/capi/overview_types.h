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

@DECLARATIONS@
#endif /* MLX_CONVOLVE_TYPES_H */
