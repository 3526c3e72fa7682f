//! One element: mlx_array_item_

use super::array::mlx_array;
use super::boundary::status;
use super::error::mlx_status;
use super::handle::borrow;
use super::pointer::Place;
use crate::dtype::{Complex64 as mlx_complex64_t, Element, Truth};
use half::{bf16, f16};

/// Waits for the value of `arr`, an array of one element of dtype MLX_BOOL, and writes it to
/// `*res`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, another dtype, a size
/// other than 1), or the status of the work that failed to compute the value. On failure, `*res` is
/// unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_bool(
    res: *mut bool,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: Truth| x.0 != 0)
}

/// Like mlx_array_item_bool, for dtype MLX_UINT8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_uint8(res: *mut u8, arr: mlx_array) -> mlx_status {
    item(res, arr, |x: u8| x)
}

/// Like mlx_array_item_bool, for dtype MLX_UINT16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_uint16(
    res: *mut u16,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: u16| x)
}

/// Like mlx_array_item_bool, for dtype MLX_UINT32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_uint32(
    res: *mut u32,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: u32| x)
}

/// Like mlx_array_item_bool, for dtype MLX_UINT64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_uint64(
    res: *mut u64,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: u64| x)
}

/// Like mlx_array_item_bool, for dtype MLX_INT8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_int8(res: *mut i8, arr: mlx_array) -> mlx_status {
    item(res, arr, |x: i8| x)
}

/// Like mlx_array_item_bool, for dtype MLX_INT16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_int16(
    res: *mut i16,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: i16| x)
}

/// Like mlx_array_item_bool, for dtype MLX_INT32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_int32(
    res: *mut i32,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: i32| x)
}

/// Like mlx_array_item_bool, for dtype MLX_INT64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_int64(
    res: *mut i64,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: i64| x)
}

/// Like mlx_array_item_bool, for dtype MLX_FLOAT16. Writes the bits of the value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_float16(
    res: *mut u16,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, f16::to_bits)
}

/// Like mlx_array_item_bool, for dtype MLX_FLOAT32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_float32(
    res: *mut f32,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: f32| x)
}

/// Like mlx_array_item_bool, for dtype MLX_FLOAT64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_float64(
    res: *mut f64,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: f64| x)
}

/// Like mlx_array_item_bool, for dtype MLX_BFLOAT16. Writes the bits of the value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_bfloat16(
    res: *mut u16,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, bf16::to_bits)
}

/// Like mlx_array_item_bool, for dtype MLX_COMPLEX64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_item_complex64(
    res: *mut mlx_complex64_t,
    arr: mlx_array,
) -> mlx_status {
    item(res, arr, |x: mlx_complex64_t| x)
}

unsafe fn item<T: Element, C>(res: *mut C, arr: mlx_array, to_c: fn(T) -> C) -> mlx_status {
    status(|| {
        let res = Place::new(res, "res")?;
        let arr = borrow(arr, "arr")?;
        res.write(to_c(arr.item::<T>()?));
        Ok(())
    })
}
