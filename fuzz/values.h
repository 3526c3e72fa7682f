// The 14 dtypes: elements as numbers, conversion, promotion, and data of every kind that kernels may stumble over.
#pragma once

#include <vector>

#include "bytes.h"
#include "mlx_convolve.h"

enum class Kind { Bool, Unsigned, Signed, Float, Complex };

struct Dtype {
    const char *name;
    size_t size, alignment; // bytes
    Kind kind;
};

constexpr int DTYPES = 14;
extern const Dtype dtypes[DTYPES];

inline bool is_dtype(mlx_dtype dtype) { return dtype >= 0 && dtype < DTYPES; }
inline bool is_exact(mlx_dtype dtype) { return dtypes[dtype].kind < Kind::Float; }
inline bool is_half(mlx_dtype dtype) { return dtype == MLX_FLOAT16 || dtype == MLX_BFLOAT16; }

// MLX's table.
mlx_dtype promote(mlx_dtype a, mlx_dtype b);

// An element of any alignment: bool and integers modulo 2^64; floats and the parts of complex64 as they are.
uint64_t bits_of(mlx_dtype dtype, const uint8_t *element);
double real_of(mlx_dtype dtype, const uint8_t *element);
double imaginary_of(mlx_dtype dtype, const uint8_t *element);

// The same as a number of a wider or another dtype, as promotion converts it: to float32 first where the target is
// a half type.
double converted_real(mlx_dtype from, mlx_dtype to, const uint8_t *element);

// The nearest number that the dtype holds, ties to even: infinity where that is beyond the largest one.
double rounded_to_half(mlx_dtype dtype, double x);

// Whether both elements are the same bits, all NaNs being the same.
bool same_element(mlx_dtype dtype, const uint8_t *a, const uint8_t *b);

// `count` elements: small numbers, powers of two, the extremes, NaN, infinities, zeros of both signs, subnormals,
// random bits, as the bytes choose.
std::vector<uint8_t> some_elements(Bytes &bytes, mlx_dtype dtype, size_t count);
