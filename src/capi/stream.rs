//! Streams

use std::ffi::{c_int, c_void};

use super::boundary::{status, value};
use super::device::mlx_device;
use super::error::mlx_status;
use super::handle::{Out, borrow, free, handle, make};
use super::pointer::Place;
use super::string::{mlx_string, printed};
use crate::stream::{Device, Stream, default_device};

/// A line of work on one device: what is given to one stream is done in order. A stream may be
/// used from any thread, and so may the arrays it makes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_stream {
    /// The library's; NULL in an empty handle.
    pub ctx: *mut c_void,
}

handle!(mlx_stream, Stream, "stream", b"mlxc stm");

/// An empty handle, {NULL}: a destination for functions that fill in a stream, not a stream to
/// compute on. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_stream_new() -> mlx_stream {
    mlx_stream::EMPTY
}

/// A new stream on `dev`. Free it with mlx_stream_free. An empty handle on failure:
/// MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle), MLX_STATUS_DEVICE_UNAVAILABLE,
/// MLX_STATUS_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_new_device(dev: mlx_device) -> mlx_stream {
    value(mlx_stream::EMPTY, || {
        make(Stream::new(*borrow(dev, "dev")?).map_err(|error| error.of("dev"))?)
    })
}

/// Makes `*stream` the stream that `src` is. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty
/// `src`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*stream` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_set(
    stream: *mut mlx_stream,
    src: mlx_stream,
) -> mlx_status {
    status(|| Out::new(stream, "stream")?.set(borrow(src, "src")?.clone()))
}

/// Frees the handle; work already given to the stream is still done. An empty handle is nothing to
/// free, and success. MLX_STATUS_INVALID_ARGUMENT for a foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_free(stream: mlx_stream) -> mlx_status {
    status(|| free(stream, "stream"))
}

/// Fills in a description such as "Stream(Device(cpu, 0), 1)". Fails with
/// MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY;
/// `*str` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_tostring(
    str: *mut mlx_string,
    stream: mlx_stream,
) -> mlx_status {
    status(|| Out::new(str, "str")?.set(printed(borrow(stream, "stream")?)?))
}

/// Whether both are the same stream. false, and a failure, where one handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_equal(lhs: mlx_stream, rhs: mlx_stream) -> bool {
    value(false, || Ok(borrow(lhs, "lhs")? == borrow(rhs, "rhs")?))
}

/// Fills in the device of `stream`. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `stream`,
/// foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*dev` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_stream_get_device(
    dev: *mut mlx_device,
    stream: mlx_stream,
) -> mlx_status {
    status(|| Out::new(dev, "dev")?.set(borrow(stream, "stream")?.device()))
}

/// Fills in the index of `stream`, which no other stream in the process has. Fails with
/// MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle); `*index` is untouched then.
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

/// Waits until all work given to `stream` so far is done, and returns the status of the first of it
/// that failed since the last mlx_synchronize on this stream. Failures that a
/// call itself returned do not count. MLX_STATUS_INVALID_ARGUMENT for an empty or foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_synchronize(stream: mlx_stream) -> mlx_status {
    status(|| borrow(stream, "stream")?.synchronize())
}

/// Fills in the calling thread's default stream on `dev`. Fails with MLX_STATUS_INVALID_ARGUMENT
/// (NULL, empty `dev`, foreign handle), MLX_STATUS_DEVICE_UNAVAILABLE or MLX_STATUS_OUT_OF_MEMORY
/// (also where the process has taken all keys for values of threads, PTHREAD_KEYS_MAX); `*stream` is
/// untouched then.
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

/// Makes `stream` the calling thread's default on the stream's device. Other threads keep theirs.
/// MLX_STATUS_INVALID_ARGUMENT for an empty or foreign handle, MLX_STATUS_OUT_OF_MEMORY as
/// mlx_get_default_stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_set_default_stream(stream: mlx_stream) -> mlx_status {
    status(|| borrow(stream, "stream")?.clone().make_default())
}

/// The calling thread's default stream on the process's default device: what MLX's Python takes
/// where no stream is named. Free it with mlx_stream_free. An empty handle on failure:
/// MLX_STATUS_OUT_OF_MEMORY, MLX_STATUS_DEVICE_UNAVAILABLE.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_default_stream_new() -> mlx_stream {
    value(mlx_stream::EMPTY, || make(Stream::default_on(default_device())?))
}

/// The calling thread's default stream on the CPU. Free it with mlx_stream_free. An empty handle on
/// failure: MLX_STATUS_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_default_cpu_stream_new() -> mlx_stream {
    value(mlx_stream::EMPTY, || make(Stream::default_on(Device::CPU)?))
}

/// The calling thread's default stream on the first GPU. Free it with mlx_stream_free. An empty
/// handle on failure: MLX_STATUS_DEVICE_UNAVAILABLE, MLX_STATUS_OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_default_gpu_stream_new() -> mlx_stream {
    value(mlx_stream::EMPTY, || make(Stream::default_on(Device::GPU)?))
}
