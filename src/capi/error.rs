//! Statuses, messages, the error handler

use std::ffi::{c_char, c_void};

use super::failure;
use crate::error::Status;

/// The outcome of a call: one of the MLX_STATUS_ numbers. 0 means success. A number is never
/// reused. Later versions may add numbers, so treat an unknown number as a failure.
pub type mlx_status = i32;

/// The call succeeded.
pub const MLX_STATUS_SUCCESS: mlx_status = 0;
/// An argument is NULL, an empty or foreign handle, out of range, or does not fit the others.
pub const MLX_STATUS_INVALID_ARGUMENT: mlx_status = 1;
/// The request is valid, but this device cannot do it.
pub const MLX_STATUS_UNSUPPORTED: mlx_status = 2;
/// Memory ran out. All outputs are unchanged, except the buffers of mlx_convolve_into,
/// mlx_convolve_into_with and mlx_convolve_rows.
pub const MLX_STATUS_OUT_OF_MEMORY: mlx_status = 3;
/// The device is not present.
pub const MLX_STATUS_DEVICE_UNAVAILABLE: mlx_status = 4;
/// The device was lost, or the work was pending in the parent of this forked child.
pub const MLX_STATUS_DEVICE_LOST: mlx_status = 5;
/// A bug in this library, caught before it could harm the caller. Please report the message.
pub const MLX_STATUS_INTERNAL: mlx_status = 6;

/// An error handler. `msg` is the message of a failure; it is valid only during the call. `data` is
/// the pointer that was passed to mlx_set_error_handler.
pub type mlx_error_handler_func =
    Option<unsafe extern "C" fn(msg: *const c_char, data: *mut c_void)>;

/// Returns the name of a status in words, such as "out of memory". Returns "unknown status" for an
/// unknown number.
///
/// Never fails and never returns NULL. The string lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_status_string(status: mlx_status) -> *const c_char {
    let text = match status {
        MLX_STATUS_SUCCESS => c"success",
        MLX_STATUS_INVALID_ARGUMENT => c"invalid argument",
        MLX_STATUS_UNSUPPORTED => c"unsupported",
        MLX_STATUS_OUT_OF_MEMORY => c"out of memory",
        MLX_STATUS_DEVICE_UNAVAILABLE => c"device unavailable",
        MLX_STATUS_DEVICE_LOST => c"device lost",
        MLX_STATUS_INTERNAL => c"internal error",
        _ => c"unknown status",
    };
    text.as_ptr()
}

/// Returns the message of the last failure on the calling thread. The message names the argument
/// and the sizes. It is empty if nothing has failed on this thread. A successful call does not
/// change it.
///
/// Never fails and never returns NULL. The string is valid until the next failure on this thread,
/// or until the thread ends. It has at most 1023 bytes. Messages are for people: any version may
/// change their wording.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_last_error() -> *const c_char {
    failure::last_error()
}

/// Sets the error handler of the process, which is called at every failure in the process. NULL
/// sets no handler, as at the start.
///
/// handler  Called as the last step of the failing call, on the thread that receives the status.
///          The library holds no lock at that time, so the handler may call the library. A failure
///          inside the handler is not reported to the handler. The handler runs with cancellation
///          off. It must return: it must neither throw nor longjmp.
/// data     Passed to the handler and to `dtor`.
/// dtor     Called once with `data`, after the last use of `data`: when the handler has been
///          replaced and no thread is inside it any more, or at once if `handler` is NULL. Runs with
///          cancellation off. Not called at exit. In a forked child, `dtor` is not called if another
///          thread of the parent was running the handler at the fork. May be NULL.
///
/// Never fails. Any thread may call this function, also from inside the handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_set_error_handler(
    handler: mlx_error_handler_func,
    data: *mut c_void,
    dtor: Option<unsafe extern "C" fn(*mut c_void)>,
) {
    failure::set_handler(handler, data, dtor);
}

const _: () = {
    assert!(Status::InvalidArgument as i32 == MLX_STATUS_INVALID_ARGUMENT);
    assert!(Status::Unsupported as i32 == MLX_STATUS_UNSUPPORTED);
    assert!(Status::OutOfMemory as i32 == MLX_STATUS_OUT_OF_MEMORY);
    assert!(Status::DeviceUnavailable as i32 == MLX_STATUS_DEVICE_UNAVAILABLE);
    assert!(Status::DeviceLost as i32 == MLX_STATUS_DEVICE_LOST);
    assert!(Status::Internal as i32 == MLX_STATUS_INTERNAL);
};
