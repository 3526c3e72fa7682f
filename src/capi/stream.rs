//! Streams

use std::ffi::{c_int, c_void};

use super::boundary::{status, value};
use super::device::mlx_device;
use super::error::mlx_status;
use super::handle::{Out, borrow, free, handle, make};
use super::pointer::Place;
use super::string::{mlx_string, printed};
use crate::stream::{Device, Stream, default_device};

/// A queue of work on one device. A stream runs its queued work in order. Any thread may use a
/// stream, and any thread may use the arrays that the stream computes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_stream {
    /// Belongs to the library. NULL in an empty handle.
    pub ctx: *mut c_void,
}

handle!(mlx_stream, Stream, "stream", b"mlxc stm");

/// Returns an empty handle, {NULL}, for functions that write a stream. An empty handle cannot
/// compute. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_stream_new() -> mlx_stream {
    mlx_stream::EMPTY
}

/// Returns a new stream on `dev`. Free it with mlx_stream_free.
///
/// Returns an empty handle and sets mlx_last_error if `dev` is empty or foreign, if the device is
/// not available, or if memory runs out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_new_device(dev: mlx_device) -> mlx_stream {
    value(mlx_stream::EMPTY, || {
        make(Stream::new(*borrow(dev, "dev")?).map_err(|error| error.of("dev"))?)
    })
}

/// Makes `*stream` the same stream as `src`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY. On failure, `*stream` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_set(
    stream: *mut mlx_stream,
    src: mlx_stream,
) -> mlx_status {
    status(|| Out::new(stream, "stream")?.set(borrow(src, "src")?.clone()))
}

/// Frees the handle. Work that is already queued on the stream still runs. Succeeds and does
/// nothing if the handle is empty. Fails with MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_free(stream: mlx_stream) -> mlx_status {
    status(|| free(stream, "stream"))
}

/// Writes a description such as "Stream(Device(cpu, 0), 1)" to `*str`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY. On failure, `*str` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_tostring(
    str: *mut mlx_string,
    stream: mlx_stream,
) -> mlx_status {
    status(|| Out::new(str, "str")?.set(printed(borrow(stream, "stream")?)?))
}

/// Returns whether both handles are the same stream. Returns false and sets mlx_last_error if a
/// handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_equal(lhs: mlx_stream, rhs: mlx_stream) -> bool {
    value(false, || Ok(borrow(lhs, "lhs")? == borrow(rhs, "rhs")?))
}

/// Writes the device of `stream` to `*dev`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY. On failure, `*dev` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_get_device(
    dev: *mut mlx_device,
    stream: mlx_stream,
) -> mlx_status {
    status(|| Out::new(dev, "dev")?.set(borrow(stream, "stream")?.device()))
}

/// Writes the index of `stream` to `*index`. No other stream in the process has the same index.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*index` is
/// unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_get_index(
    index: *mut c_int,
    stream: mlx_stream,
) -> mlx_status {
    status(|| {
        let index = Place::new(index, "index")?;
        index.write(borrow(stream, "stream")?.index());
        Ok(())
    })
}

/// Blocks until all work that is queued on `stream` so far is done. The waiting thread may itself
/// run queued work that has not started.
///
/// Returns the status of the first queued work that failed since the last mlx_synchronize on this
/// stream. A failure that a call itself returned does not count. Fails with
/// MLX_STATUS_INVALID_ARGUMENT if the handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_synchronize(stream: mlx_stream) -> mlx_status {
    status(|| borrow(stream, "stream")?.synchronize())
}

/// Writes the calling thread's default stream on `dev` to `*stream`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `dev`, foreign handle),
/// MLX_STATUS_DEVICE_UNAVAILABLE or MLX_STATUS_OUT_OF_MEMORY. On failure, `*stream` is unchanged.
/// MLX_STATUS_OUT_OF_MEMORY may also mean that the process has used up its keys for thread-specific
/// values (PTHREAD_KEYS_MAX).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_default_stream(
    stream: *mut mlx_stream,
    dev: mlx_device,
) -> mlx_status {
    status(|| {
        let out = Out::new(stream, "stream")?;
        out.set(Stream::default_on(*borrow(dev, "dev")?).map_err(|error| error.of("dev"))?)
    })
}

/// Makes `stream` the calling thread's default stream on the device of `stream`. Other threads keep
/// their default streams.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle) or MLX_STATUS_OUT_OF_MEMORY.
/// MLX_STATUS_OUT_OF_MEMORY has the same two meanings as in mlx_get_default_stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_set_default_stream(stream: mlx_stream) -> mlx_status {
    status(|| borrow(stream, "stream")?.clone().make_default())
}

/// Returns the calling thread's default stream on the default device of the process. MLX's Python
/// uses this stream if the caller names none. Free the handle with mlx_stream_free.
///
/// Returns an empty handle and sets mlx_last_error if the device is not available, or if memory or
/// keys run out (as in mlx_get_default_stream).
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_default_stream_new() -> mlx_stream {
    value(mlx_stream::EMPTY, || make(Stream::default_on(default_device())?))
}

/// Returns the calling thread's default stream on the CPU. Free the handle with mlx_stream_free.
///
/// Returns an empty handle and sets mlx_last_error if memory or keys run out (as in
/// mlx_get_default_stream).
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_default_cpu_stream_new() -> mlx_stream {
    value(mlx_stream::EMPTY, || make(Stream::default_on(Device::CPU)?))
}

/// Returns the calling thread's default stream on the first GPU. Free the handle with
/// mlx_stream_free.
///
/// Returns an empty handle and sets mlx_last_error if there is no GPU, or if memory or keys run out
/// (as in mlx_get_default_stream).
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_default_gpu_stream_new() -> mlx_stream {
    value(mlx_stream::EMPTY, || make(Stream::default_on(Device::GPU)?))
}
