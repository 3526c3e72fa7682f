/* The dtypes of MLX, and the dtype to which two of them promote. */
#ifndef MLX_CONVOLVE_MLXC_DTYPES
#define MLX_CONVOLVE_MLXC_DTYPES

#include "mlx/c/mlx.h"

enum kind { KIND_BOOL, KIND_UNSIGNED, KIND_SIGNED, KIND_REAL, KIND_COMPLEX };

static enum kind kind_of(mlx_dtype dtype) {
    switch (dtype) {
    case MLX_BOOL:
        return KIND_BOOL;
    case MLX_UINT8:
    case MLX_UINT16:
    case MLX_UINT32:
    case MLX_UINT64:
        return KIND_UNSIGNED;
    case MLX_INT8:
    case MLX_INT16:
    case MLX_INT32:
    case MLX_INT64:
        return KIND_SIGNED;
    case MLX_COMPLEX64:
        return KIND_COMPLEX;
    default:
        return KIND_REAL;
    }
}

/* The dtype to which MLX promotes both operands: JAX's rules, of which MLX's mlx/dtype.cpp has the table. */
static mlx_dtype promoted(mlx_dtype a, mlx_dtype b) {
    enum kind kind = kind_of(a);
    if (kind < kind_of(b) || (kind == kind_of(b) && mlx_dtype_size(a) < mlx_dtype_size(b))) {
        return promoted(b, a); /* a is the higher kind, and the larger one of equal kinds */
    }
    if (kind == KIND_REAL && kind_of(b) == KIND_REAL && mlx_dtype_size(a) == 2 && a != b) {
        return MLX_FLOAT32; /* float16 and bfloat16 */
    }
    if (kind != KIND_SIGNED || kind_of(b) != KIND_UNSIGNED || mlx_dtype_size(a) > mlx_dtype_size(b)) {
        return a;
    }
    switch (b) { /* the signed dtype that holds both */
    case MLX_UINT8:
        return MLX_INT16;
    case MLX_UINT16:
        return MLX_INT32;
    case MLX_UINT32:
        return MLX_INT64;
    default:
        return MLX_FLOAT32;
    }
}

static const char *name_of(mlx_dtype dtype) {
    static const char *const names[] = {"bool",  "uint8", "uint16",  "uint32",  "uint64",  "int8",     "int16",
                                        "int32", "int64", "float16", "float32", "float64", "bfloat16", "complex64"};
    return names[dtype];
}

#endif
