//! All elements: mlx_array_data_

use super::array::mlx_array;
use super::boundary::value;
use super::handle::borrow;
use crate::dtype::Complex64 as mlx_complex64_t;

/// Waits for the values of `arr` and returns a pointer to the first element. mlx_array_strides
/// tells where the other elements are. The function does not check the dtype: the bytes are those
/// of the array's own dtype.
///
/// The pointer is valid until `arr`, and every other array that shares its values, has been freed or
/// set. If the array has no elements, the pointer is not NULL, but nothing may be read through it.
/// Returns NULL and sets mlx_last_error if the handle is empty or foreign, or if computing the values
/// failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_bool(arr: mlx_array) -> *const bool {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_UINT8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_uint8(arr: mlx_array) -> *const u8 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_UINT16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_uint16(arr: mlx_array) -> *const u16 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_UINT32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_uint32(arr: mlx_array) -> *const u32 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_UINT64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_uint64(arr: mlx_array) -> *const u64 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_INT8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_int8(arr: mlx_array) -> *const i8 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_INT16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_int16(arr: mlx_array) -> *const i16 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_INT32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_int32(arr: mlx_array) -> *const i32 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_INT64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_int64(arr: mlx_array) -> *const i64 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_FLOAT16. Points to the bits of the values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_float16(arr: mlx_array) -> *const u16 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_FLOAT32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_float32(arr: mlx_array) -> *const f32 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_FLOAT64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_float64(arr: mlx_array) -> *const f64 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_BFLOAT16. Points to the bits of the values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_bfloat16(arr: mlx_array) -> *const u16 {
    data(arr)
}

/// Like mlx_array_data_bool, for dtype MLX_COMPLEX64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_data_complex64(
    arr: mlx_array,
) -> *const mlx_complex64_t {
    data(arr)
}

unsafe fn data<T>(arr: mlx_array) -> *const T {
    value(std::ptr::null(), || Ok(borrow(arr, "arr")?.ready_bytes()?.as_ptr().cast()))
}
