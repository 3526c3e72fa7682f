//! Arrays

use std::ffi::{c_int, c_void};

use super::boundary::{status, value};
use super::dtype::{dtype_arg, mlx_dtype};
use super::error::mlx_status;
use super::handle::{Out, borrow, free, handle, make};
use super::pointer::{bytes, slice};
use super::stream::mlx_stream;
use super::string::{mlx_string, printed};
use crate::array::{Array, Layout, Output};
use crate::dtype::{Complex64, Truth};
use crate::error::{Error, Result};
use crate::memory::Managed;
use crate::threads;

/// Elements of one dtype, in any number of dimensions up to 64. The values never change; a handle
/// may be made to stand for another array, by the functions that take an `mlx_array *`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_array {
    /// The library's; NULL in an empty handle.
    pub ctx: *mut c_void,
}

handle!(mlx_array, Array, "array", b"mlxc arr");

/// An empty handle, {NULL}: a destination for any function that makes an array. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new() -> mlx_array {
    mlx_array::EMPTY
}

/// Frees `arr`. Its memory goes when nothing else reads it, pending work included. An empty handle
/// is nothing to free, and success. MLX_STATUS_INVALID_ARGUMENT for a foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_free(arr: mlx_array) -> mlx_status {
    status(|| free(arr, "arr"))
}

/// Makes `*arr` the array that `src` is, without copying values. What `*arr` held is released.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY; `*arr` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_set(arr: *mut mlx_array, src: mlx_array) -> mlx_status {
    status(|| Out::new(arr, "arr")?.set(borrow(src, "src")?.clone()))
}

/// Makes `*arr` an array with a copy of `data`, as mlx_array_new_data does. What `*arr` held is
/// released. On failure, which is as there, `*arr` is untouched.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_set_data(
    arr: *mut mlx_array,
    data: *const c_void,
    shape: *const c_int,
    dim: c_int,
    dtype: mlx_dtype,
) -> mlx_status {
    status(|| {
        let out = Out::new(arr, "arr")?;
        out.set(copied(data, shape, dim, dtype)?)
    })
}

/// An array of no dimensions that holds one bool. Free it with mlx_array_free. An empty handle on
/// failure: MLX_STATUS_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_bool(val: bool) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(Truth(u8::from(val)))?))
}

/// As mlx_array_new_bool, of dtype MLX_INT32.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_int(val: c_int) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(val)?))
}

/// As mlx_array_new_bool, of dtype MLX_FLOAT32.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_float32(val: f32) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(val)?))
}

/// As mlx_array_new_float32.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_float(val: f32) -> mlx_array {
    mlx_convolve_array_new_float32(val)
}

/// As mlx_array_new_bool, of dtype MLX_FLOAT64.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_float64(val: f64) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(val)?))
}

/// As mlx_array_new_float64.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_double(val: f64) -> mlx_array {
    mlx_convolve_array_new_float64(val)
}

/// As mlx_array_new_bool, of dtype MLX_COMPLEX64.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_complex(real_val: f32, imag_val: f32) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(Complex64 { re: real_val, im: imag_val })?))
}

/// An array with a copy of `data`.
///
/// data   The elements, the last dimension fastest; any alignment. May be NULL where there are
///        none.
/// shape  `dim` sizes, none negative. May be NULL where `dim` is 0: an array of one element.
/// dim    The number of dimensions, 0 to 64.
///
/// Free it with mlx_array_free. An empty handle on failure: MLX_STATUS_INVALID_ARGUMENT (NULL,
/// `dim` or a size out of range, unknown dtype), MLX_STATUS_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_new_data(
    data: *const c_void,
    shape: *const c_int,
    dim: c_int,
    dtype: mlx_dtype,
) -> mlx_array {
    value(mlx_array::EMPTY, || make(copied(data, shape, dim, dtype)?))
}

/// An array that reads `data` where it lies, without a copy. As mlx_array_new_data_managed_payload
/// with `data` for the payload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_new_data_managed(
    data: *mut c_void,
    shape: *const c_int,
    dim: c_int,
    dtype: mlx_dtype,
    dtor: Option<unsafe extern "C" fn(*mut c_void)>,
) -> mlx_array {
    mlx_convolve_array_new_data_managed_payload(data, shape, dim, dtype, data, dtor)
}

/// An array that reads `data` where it lies, without a copy.
///
/// data           As in mlx_array_new_data, but aligned for `dtype`. Nobody may write to it before
///                `dtor` has been called.
/// shape, dim     As in mlx_array_new_data.
/// payload, dtor  dtor(payload) is called once, after the last reader is done, which may be a moment
///                after the last result that it was read for is there: on any thread, with
///                no lock of the library's held. Any call that frees, replaces or waits for an
///                array, mlx_convolve included, may call it before it returns: hold no lock that
///                `dtor` takes around such a call. It may call this library, but must not wait for
///                values that are not there yet: it may be running on the thread that makes them. It
///                runs with cancellation off, and must neither throw nor longjmp. NULL: never called.
///
/// Free it with mlx_array_free. An empty handle on failure, and `dtor` is not called then:
/// MLX_STATUS_INVALID_ARGUMENT (NULL, misaligned, elements beyond the end of the address space,
/// `dim` or a size out of range, unknown dtype), MLX_STATUS_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_new_data_managed_payload(
    data: *mut c_void,
    shape: *const c_int,
    dim: c_int,
    dtype: mlx_dtype,
    payload: *mut c_void,
    dtor: Option<unsafe extern "C" fn(*mut c_void)>,
) -> mlx_array {
    value(mlx_array::EMPTY, || {
        let dtype = dtype_arg(dtype)?;
        let layout = Layout::contiguous(shape_arg(shape, dim)?, dtype)?;
        let elements = bytes(data, layout.size() * dtype.size(), dtype.alignment(), "data")?;
        let managed = Managed::new(elements, payload);
        let array = make(Array::managed(layout, dtype, managed.clone()))?;
        managed.call_at_end(dtor);
        Ok(array)
    })
}

/// The bytes of one element. 0, and a failure, for an empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_itemsize(arr: mlx_array) -> usize {
    value(0, || Ok(borrow(arr, "arr")?.dtype().size()))
}

/// The number of elements. 0, and a failure, for an empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_size(arr: mlx_array) -> usize {
    value(0, || Ok(borrow(arr, "arr")?.size()))
}

/// The bytes of all elements: mlx_array_size times mlx_array_itemsize. 0, and a failure, for an
/// empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_nbytes(arr: mlx_array) -> usize {
    value(0, || {
        let arr = borrow(arr, "arr")?;
        Ok(arr.size() * arr.dtype().size())
    })
}

/// The number of dimensions. 0, and a failure, for an empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_ndim(arr: mlx_array) -> usize {
    value(0, || Ok(borrow(arr, "arr")?.shape().len()))
}

/// The mlx_array_ndim(arr) sizes. They live until `arr` is freed or set anew. NULL, and a failure,
/// for an empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_shape(arr: mlx_array) -> *const c_int {
    value(std::ptr::null(), || Ok(borrow(arr, "arr")?.shape().as_ptr()))
}

/// The mlx_array_ndim(arr) strides: the distance between neighbours along each dimension, in
/// elements; 0 and negative ones occur. They live until `arr` is freed or set anew. NULL, and a
/// failure, for an empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_strides(arr: mlx_array) -> *const i64 {
    value(std::ptr::null(), || Ok(borrow(arr, "arr")?.strides().as_ptr()))
}

/// The size of dimension `dim`; a negative `dim` counts from the last, -1. 0, and a failure, for an
/// empty or foreign handle or a dimension that is not there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_dim(arr: mlx_array, dim: c_int) -> c_int {
    value(0, || {
        let shape = borrow(arr, "arr")?.shape();
        let from_end = if dim < 0 { shape.len() as i64 } else { 0 };
        let index = usize::try_from(i64::from(dim) + from_end).ok();
        index.and_then(|index| shape.get(index)).copied().ok_or_else(|| {
            Error::invalid(format!("dim: {dim} in an array of {} dimensions", shape.len()))
        })
    })
}

/// The dtype. 0, and a failure, for an empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_dtype(arr: mlx_array) -> mlx_dtype {
    value(0, || Ok(borrow(arr, "arr")?.dtype() as mlx_dtype))
}

/// Waits until the values of `arr` are there. Fails with MLX_STATUS_INVALID_ARGUMENT (empty or
/// foreign handle), or the status with which computing them failed, MLX_STATUS_DEVICE_LOST if they were
/// pending in a process that this one was forked from.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_eval(arr: mlx_array) -> mlx_status {
    status(|| borrow(arr, "arr")?.wait())
}

/// Fills in the values and the dtype, as "array([1, 2, 3], dtype=int32)", once they are there. A
/// dimension longer than 6 is shortened to its first and last 3. At most 1000 elements are printed
/// then; each dimension that is cut off there ends in "...".
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `arr`, foreign handle),
/// MLX_STATUS_OUT_OF_MEMORY, or the status with which computing the values failed; `*str` is
/// untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_tostring(
    str: *mut mlx_string,
    arr: mlx_array,
) -> mlx_status {
    status(|| {
        let out = Out::new(str, "str")?;
        let arr = borrow(arr, "arr")?;
        arr.wait()?;
        // Printing computes, too: it widens values and rounds them.
        out.set(threads::in_environment(|| printed(arr))?)
    })
}

/// Makes `*res` a view of `a` with another shape and strides. Where `a` is contiguous nothing is
/// copied; otherwise its elements are copied first, the last dimension fastest, and the view is of
/// the copy.
///
/// shape, shape_num      The sizes, none negative, and their number.
/// strides, strides_num  The strides in elements, 0 and negative ones too, and as many of them.
/// offset                Where the first element of the view lies: its index in `a`, last dimension
///                       fastest.
/// s                     The stream that copies, where a copy is needed, as mlx_convolve computes.
///
/// `*res` may be the same handle as `a`; what it held before is released.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, `shape_num` above 64 or
/// not `strides_num`, an element of the view outside `a`), MLX_STATUS_OUT_OF_MEMORY, or the status
/// with which computing `a` failed; `*res` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_as_strided(
    res: *mut mlx_array,
    a: mlx_array,
    shape: *const c_int,
    shape_num: usize,
    strides: *const i64,
    strides_num: usize,
    offset: usize,
    s: mlx_stream,
) -> mlx_status {
    status(|| {
        let res = Out::new(res, "res")?;
        let a = borrow(a, "a")?;
        let stream = borrow(s, "s")?;
        Layout::check_ndim(shape_num, "shape_num")?;
        Layout::check_ndim(strides_num, "strides_num")?;
        let shape = slice(shape, shape_num, "shape")?;
        let strides = slice(strides, strides_num, "strides")?;
        // All that may be wrong is found before anything is queued.
        a.not_failed("a")?;
        let layout = Layout::strided(shape, strides, offset, a.size(), a.dtype())?;
        let source = if a.is_contiguous() {
            a.clone()
        } else {
            let output = Output::shaped(a.shape(), a.dtype())?;
            let (a, nanoseconds) = (a.clone(), a.copying_nanoseconds());
            stream.fill(output, nanoseconds, move |out| a.copy_to(out, "a"))?
        };
        res.set(source.viewed(layout))
    })
}

unsafe fn shape_arg<'a>(shape: *const c_int, dim: c_int) -> Result<&'a [c_int]> {
    let len =
        usize::try_from(dim).map_err(|_| Error::invalid(format!("dim: {dim} is negative")))?;
    Layout::check_ndim(len, "dim")?;
    slice(shape, len, "shape")
}

unsafe fn copied(
    data: *const c_void,
    shape: *const c_int,
    dim: c_int,
    dtype: mlx_dtype,
) -> Result<Array> {
    let dtype = dtype_arg(dtype)?;
    let layout = Layout::contiguous(shape_arg(shape, dim)?, dtype)?;
    let elements = bytes(data, layout.size() * dtype.size(), 1, "data")?;
    Array::copied(layout, dtype, elements)
}
