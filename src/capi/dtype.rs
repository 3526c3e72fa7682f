//! Element types

use std::fmt::Display;

use super::boundary;
use crate::dtype::Dtype;
use crate::error::{Error, Result};

/// The type of an array's elements: one of MLX_BOOL to MLX_COMPLEX64. The numbers are those of
/// mlx-c.
pub type mlx_dtype = i32;

/// One byte. 0 is false, and any other value is true. Results are 0 or 1.
pub const MLX_BOOL: mlx_dtype = 0;
/// uint8_t
pub const MLX_UINT8: mlx_dtype = 1;
/// uint16_t
pub const MLX_UINT16: mlx_dtype = 2;
/// uint32_t
pub const MLX_UINT32: mlx_dtype = 3;
/// uint64_t
pub const MLX_UINT64: mlx_dtype = 4;
/// int8_t
pub const MLX_INT8: mlx_dtype = 5;
/// int16_t
pub const MLX_INT16: mlx_dtype = 6;
/// int32_t
pub const MLX_INT32: mlx_dtype = 7;
/// int64_t
pub const MLX_INT64: mlx_dtype = 8;
/// IEEE binary16. C code passes its bits as a uint16_t.
pub const MLX_FLOAT16: mlx_dtype = 9;
/// float
pub const MLX_FLOAT32: mlx_dtype = 10;
/// double
pub const MLX_FLOAT64: mlx_dtype = 11;
/// The upper half of a float. C code passes its bits as a uint16_t.
pub const MLX_BFLOAT16: mlx_dtype = 12;
/// Two floats, real part first: mlx_complex64_t.
pub const MLX_COMPLEX64: mlx_dtype = 13;

/// Returns the number of bytes of one element of `dtype`. Returns 0 and sets mlx_last_error if
/// `dtype` is unknown.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_dtype_size(dtype: mlx_dtype) -> usize {
    boundary::value(0, || Ok(dtype_arg(dtype)?.size()))
}

/// The dtype that a number from C names.
pub(super) fn dtype_arg(dtype: mlx_dtype) -> Result<Dtype> {
    dtype_of("", dtype)
}

/// The dtype that the field `dtype` of a struct names. `place` leads to the field, as in "a->".
pub(super) fn dtype_of(place: impl Display, dtype: mlx_dtype) -> Result<Dtype> {
    Dtype::from_raw(dtype).ok_or_else(|| {
        Error::invalid(format!("{place}dtype: {dtype} is none of the 14 dtypes (0 to 13)"))
    })
}

const _: () = {
    assert!(Dtype::Bool as i32 == MLX_BOOL && Dtype::Complex64 as i32 == MLX_COMPLEX64);
    assert!(Dtype::Int8 as i32 == MLX_INT8 && Dtype::BFloat16 as i32 == MLX_BFLOAT16);
};
