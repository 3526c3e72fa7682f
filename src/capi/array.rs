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

/// An array: elements of one dtype, in 0 to 64 dimensions. The values of an array never change. A
/// function that takes an `mlx_array *` may make the handle stand for another array.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_array {
    /// Belongs to the library. NULL in an empty handle.
    pub ctx: *mut c_void,
}

handle!(mlx_array, Array, "array", b"mlxc arr");

/// Returns an empty handle, {NULL}, for functions that make an array. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new() -> mlx_array {
    mlx_array::EMPTY
}

/// Frees `arr`. The memory of the values is released when nothing else reads it, queued work
/// included. Succeeds and does nothing if the handle is empty. Fails with
/// MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_free(arr: mlx_array) -> mlx_status {
    status(|| free(arr, "arr"))
}

/// Makes `*arr` the same array as `src`, without copying values. The old array of `*arr` is
/// released.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY. On failure, `*arr` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_set(arr: *mut mlx_array, src: mlx_array) -> mlx_status {
    status(|| Out::new(arr, "arr")?.set(borrow(src, "src")?.clone()))
}

/// Makes `*arr` a new array with a copy of `data`. The old array of `*arr` is released. The other
/// arguments are as in mlx_array_new_data.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, foreign handle, `dim` or a size out of range,
/// unknown dtype) or MLX_STATUS_OUT_OF_MEMORY. On failure, `*arr` is unchanged.
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

/// Returns an array of 0 dimensions with one bool element. Free it with mlx_array_free.
///
/// Returns an empty handle and sets mlx_last_error if memory runs out.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_bool(val: bool) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(Truth(u8::from(val)))?))
}

/// Like mlx_array_new_bool, with dtype MLX_INT32.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_int(val: c_int) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(val)?))
}

/// Like mlx_array_new_bool, with dtype MLX_FLOAT32.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_float32(val: f32) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(val)?))
}

/// The same as mlx_array_new_float32.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_float(val: f32) -> mlx_array {
    mlx_convolve_array_new_float32(val)
}

/// Like mlx_array_new_bool, with dtype MLX_FLOAT64.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_float64(val: f64) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(val)?))
}

/// The same as mlx_array_new_float64.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_double(val: f64) -> mlx_array {
    mlx_convolve_array_new_float64(val)
}

/// Like mlx_array_new_bool, with dtype MLX_COMPLEX64.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_array_new_complex(real_val: f32, imag_val: f32) -> mlx_array {
    value(mlx_array::EMPTY, || make(Array::scalar(Complex64 { re: real_val, im: imag_val })?))
}

/// Returns an array with a copy of `data`. Free it with mlx_array_free.
///
/// data   The elements, the last dimension fastest, at any alignment. May be NULL if the array has
///        no elements.
/// shape  `dim` sizes; none is negative. May be NULL if `dim` is 0: the array then has one element.
/// dim    The number of dimensions, 0 to 64.
///
/// Returns an empty handle and sets mlx_last_error if `data` or `shape` is NULL, if `dim` or a size
/// is out of range, if `dtype` is unknown, or if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_new_data(
    data: *const c_void,
    shape: *const c_int,
    dim: c_int,
    dtype: mlx_dtype,
) -> mlx_array {
    value(mlx_array::EMPTY, || make(copied(data, shape, dim, dtype)?))
}

/// Returns an array that reads `data` in place, without a copy. The same as
/// mlx_array_new_data_managed_payload with `data` as the payload.
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

/// Returns an array that reads `data` in place, without a copy. Free it with mlx_array_free.
///
/// data           As in mlx_array_new_data, but aligned for `dtype`. Nobody may write to the data
///                before `dtor` has been called.
/// shape, dim     As in mlx_array_new_data.
/// payload, dtor  The library calls dtor(payload) once, after the last read of the data. If `dtor`
///                is NULL, nothing is called.
///
/// When `dtor` runs: it may run a moment after the last result that reads the data is ready, and on
/// any thread. The library holds no lock at that time. Any call that frees, replaces or waits for
/// an array, mlx_convolve included, may call `dtor` before it returns. Therefore hold no lock
/// around such a call if `dtor` takes the same lock.
///
/// What `dtor` may do: it may call this library, but it must not wait for values that are not
/// ready, because it may run on the thread that computes them. It runs with cancellation off. It
/// must neither throw nor longjmp.
///
/// On failure, the function returns an empty handle, sets mlx_last_error, and does not call `dtor`.
/// It fails if `data` or `shape` is NULL, if a pointer is misaligned, if the elements reach beyond
/// the end of the address space, if `dim` or a size is out of range, if `dtype` is unknown, or if
/// memory runs out.
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

/// Returns the number of bytes of one element. Returns 0 and sets mlx_last_error if the handle is
/// empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_itemsize(arr: mlx_array) -> usize {
    value(0, || Ok(borrow(arr, "arr")?.dtype().size()))
}

/// Returns the number of elements. Returns 0 and sets mlx_last_error if the handle is empty or
/// foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_size(arr: mlx_array) -> usize {
    value(0, || Ok(borrow(arr, "arr")?.size()))
}

/// Returns the number of bytes of all elements: mlx_array_size times mlx_array_itemsize. Returns 0
/// and sets mlx_last_error if the handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_nbytes(arr: mlx_array) -> usize {
    value(0, || {
        let arr = borrow(arr, "arr")?;
        Ok(arr.size() * arr.dtype().size())
    })
}

/// Returns the number of dimensions. Returns 0 and sets mlx_last_error if the handle is empty or
/// foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_ndim(arr: mlx_array) -> usize {
    value(0, || Ok(borrow(arr, "arr")?.shape().len()))
}

/// Returns the mlx_array_ndim(arr) sizes of the dimensions. The pointer is valid until `arr` is
/// freed or set. Returns NULL and sets mlx_last_error if the handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_shape(arr: mlx_array) -> *const c_int {
    value(std::ptr::null(), || Ok(borrow(arr, "arr")?.shape().as_ptr()))
}

/// Returns the mlx_array_ndim(arr) strides. A stride is the distance between neighbours along a
/// dimension, in elements; it may be 0 or negative. The pointer is valid until `arr` is freed or
/// set. Returns NULL and sets mlx_last_error if the handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_strides(arr: mlx_array) -> *const i64 {
    value(std::ptr::null(), || Ok(borrow(arr, "arr")?.strides().as_ptr()))
}

/// Returns the size of dimension `dim`. A negative `dim` counts from the end: -1 is the last
/// dimension. Returns 0 and sets mlx_last_error if the handle is empty or foreign, or if the
/// dimension does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_dim(arr: mlx_array, dim: c_int) -> c_int {
    value(0, || {
        let shape = borrow(arr, "arr")?.shape();
        let from_end = if dim < 0 { shape.len() as i64 } else { 0 };
        let index = usize::try_from(i64::from(dim) + from_end).ok();
        index
            .and_then(|index| shape.get(index))
            .copied()
            .ok_or_else(|| Error::invalid(format!("dim: {dim}, but ndim is {}", shape.len())))
    })
}

/// Returns the dtype. Returns 0 and sets mlx_last_error if the handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_dtype(arr: mlx_array) -> mlx_dtype {
    value(0, || Ok(borrow(arr, "arr")?.dtype() as mlx_dtype))
}

/// Blocks until the values of `arr` are ready. The waiting thread may itself run queued work that
/// has not started.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle), or with the status of the work
/// that failed to compute the values. In a forked child, this status is MLX_STATUS_DEVICE_LOST for
/// values that were pending in the parent at the fork.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_eval(arr: mlx_array) -> mlx_status {
    status(|| borrow(arr, "arr")?.wait())
}

/// Waits for the values and writes them with the dtype to `*str`, as in "array([1, 2, 3],
/// dtype=int32)". Of a dimension longer than 6, the text has only the first 3 and the last 3 parts.
/// After 1000 elements the text stops: each dimension that it cuts off there ends in "...".
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `arr`, foreign handle),
/// MLX_STATUS_OUT_OF_MEMORY, or the status of the work that failed to compute the values. On
/// failure, `*str` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_array_tostring(
    str: *mut mlx_string,
    arr: mlx_array,
) -> mlx_status {
    status(|| {
        let out = Out::new(str, "str")?;
        let arr = borrow(arr, "arr")?;
        arr.wait()?;
        // Printing also computes: it widens and rounds values.
        out.set(threads::in_environment(|| printed(arr))?)
    })
}

/// Makes `*res` a view of `a` with another shape and other strides. If `a` is contiguous, nothing
/// is copied. Otherwise the elements of `a` are first copied, the last dimension fastest, and the
/// view is a view of the copy.
///
/// shape, shape_num      The sizes and their number. No size is negative.
/// strides, strides_num  The strides in elements, and their number, which equals `shape_num`. A
///                       stride may be 0 or negative.
/// offset                The index in `a` of the view's first element, with the last dimension
///                       fastest.
/// s                     The stream. If a copy is needed, the stream makes it as queued work, as for
///                       mlx_convolve.
///
/// `*res` may be the same handle as `a`. The old array of `*res` is released.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle, `shape_num` above 64 or
/// different from `strides_num`, an element of the view outside `a`), MLX_STATUS_OUT_OF_MEMORY, or
/// the status of the work that failed to compute `a`. On failure, `*res` is unchanged.
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
        // Every check comes before anything is queued.
        a.not_failed("a")?;
        let layout = Layout::strided(shape, strides, offset, a.size(), a.dtype())?;
        let source = if a.is_contiguous() {
            a.clone()
        } else {
            let output = Output::shaped(a.shape(), a.dtype())?;
            let (a, nanoseconds) = (a.clone(), a.copying_nanoseconds());
            stream.fill(output, nanoseconds, move |room| a.copy_to(room.bytes_mut()?, "a"))?
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
