/*
 * mlx_convolve_mlxc.h: mlx.core.convolve for programs that use mlx-c, which has no such function.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Include it after the headers of mlx-c, 0.6 or 0.7:
 *
 *   #include <mlx/c/mlx.h>
 *   #include <mlx_convolve_mlxc.h>
 *
 *   mlx_array result = mlx_array_new();
 *   if (mlx_convolve(&signal, &filter, MLX_MODE_SAME, stream, &result) == 0) {
 *     mlx_array_eval(result);
 *   }
 *   mlx_array_free(result);
 *
 * Arrays and streams are those of mlx-c. mlx_convolve_mlxc.c, compiled against the same headers of
 * mlx-c, is the whole implementation: C99, with the headers beside it, and the mathematics of the C
 * library (-lm). For mlx-c 0.6.0, whose FFTs take no norm, define MLX_CONVOLVE_MLXC_FFT_NORM as 0.
 * CMake's MlxConvolve::mlxc does all this.
 *
 * mlx_convolve.h belongs to another library, which has its own arrays under the same names. A program
 * may use both, but a source file includes one of the two headers.
 */

#ifndef MLX_CONVOLVE_MLXC_H
#define MLX_CONVOLVE_MLXC_H

#if defined(MLX_CONVOLVE_H)
#error "mlx_convolve.h and mlx_convolve_mlxc.h declare the same names: include one of them per source file"
#endif
#if !defined(MLX_ARRAY_H) || !defined(MLX_STREAM_H)
#error "mlx_convolve_mlxc.h takes the arrays of mlx-c: include mlx/c/mlx.h before it"
#endif

#include "mlx_convolve_types.h" /* mlx_mode, MLX_MODE_FULL, MLX_MODE_VALID, MLX_MODE_SAME */

/* The linker's name is mlx_convolve_mlxc, so that a later mlx-c may have a function mlx_convolve. */
#define mlx_convolve mlx_convolve_mlxc

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Convolves `a` with `v`, as mlx.core.convolve does:  full[n] = sum over k of a[k] * v[n - k].
 *
 * N is the longer length, K the shorter one: the longer input is the signal, the other one the filter;
 * if both are equally long, `v` is the filter.
 * `mode` says which outputs are kept:
 *   MLX_MODE_FULL   N + K - 1 values, from full[0]
 *   MLX_MODE_VALID  N - K + 1 values, from full[K - 1]
 *   MLX_MODE_SAME   N values, from full[(K - 1) / 2], rounded down
 *
 * a, v    1-D and not empty; any strides, any dtype, evaluated or not. Both may be freed as soon as
 *         the call returns.
 * stream  Where MLX computes the result. In MLX, a stream belongs to a thread, and so do arrays that
 *         are not evaluated.
 * out     Receives the result, as by mlx_array_set: an empty handle gets an object of its own; the object
 *         of another handle gets the result in place of its array. May be the handle of `a` or `v`.
 *         Unchanged on failure.
 *
 * Dtypes. The result has the dtype to which MLX promotes both inputs. float16 and bfloat16 are computed
 * in float32 and rounded once. float64 is computed in float64. complex64 has complete complex products.
 * Integers are exact modulo 2^bits, and bool is OR of ANDs. A stream of a GPU takes no float64 input,
 * and integers and bool only with K up to 256.
 *
 * Evaluation. The call computes nothing: it adds operations to MLX's graph. Results of floats and of
 * complex64 have derivatives of any order, by vjp and by jvp. The function works under vmap and under
 * mlx_compile, but not shapeless, because the lengths decide which operations are added. Once evaluated,
 * the result is contiguous.
 *
 * Accuracy. Short filters are summed directly, longer ones by FFTs: on a CPU, float32 and halves from 13
 * to 50 taps on, which the number of outputs decides, float64 from 90 to 400, complex64 from 2. The error of an FFT is relative to norms, not to the output: an output that is small
 * by cancellation may have no correct digit. The tests assert |y - exact| < 5 eps ||a|| ||v||, with the
 * norms of the values that a block of outputs reads, or, in float64, two neighbouring blocks, unless
 * values underflow. eps is 2^-23 for float32 and complex64, 2^-52 for float64. Intermediate values reach
 * sqrt(P) ||a||, sqrt(P) ||v|| and P ||a|| ||v||, P being the points of a block, at most 2^20. If one of
 * them is above the largest float, outputs may be NaN or infinite though the exact ones are finite.
 *
 * NaN and infinity. Direct sums treat them as MLX does. With FFTs, an output that reads a NaN or
 * an infinity of the signal is NaN, and so are up to 62 further outputs on either side. If the filter
 * holds one, no output is finite.
 *
 * Returns 0 on success. On failure returns 1, after one call of mlx-c's error handler, whose default
 * prints the message and ends the process. Failures: a, v or out is NULL; the handle of a, v or the
 * stream is empty; an input is not 1-D or has size 0; an unknown mode; N + 2 K above INT_MAX - 2^22; a dtype that the stream's device
 * does not take; no memory. The messages begin with "[convolve]", but MLX's own where it has no memory.
 * mlx_array_eval reports errors of the computation. On the CPU, MLX ends the process there if memory
 * runs out.
 *
 * Threads: as for mlx-c's own operations.
 */
int mlx_convolve_mlxc(const mlx_array *a, const mlx_array *v, mlx_mode mode, mlx_stream stream, mlx_array *out);

#ifdef __cplusplus
}
#endif

#endif /* MLX_CONVOLVE_MLXC_H */
