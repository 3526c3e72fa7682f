//! Statuses, messages, the error handler

use std::ffi::{c_char, c_void};

use super::failure;
use crate::error::Status;

/// What a call came to: one of the MLX_STATUS_ numbers. 0 is success. Numbers are never reused;
/// later versions may add some, so treat an unknown one as a failure.
pub type mlx_status = i32;

/// The call did what it says.
pub const MLX_STATUS_SUCCESS: mlx_status = 0;
/// An argument is NULL, an empty or foreign handle, out of range, or does not fit the others.
pub const MLX_STATUS_INVALID_ARGUMENT: mlx_status = 1;
/// The request has a meaning, but not on this device.
pub const MLX_STATUS_UNSUPPORTED: mlx_status = 2;
/// Memory ran out. What was to be filled in is untouched, but for the buffer of mlx_convolve_into.
pub const MLX_STATUS_OUT_OF_MEMORY: mlx_status = 3;
/// The device is not there.
pub const MLX_STATUS_DEVICE_UNAVAILABLE: mlx_status = 4;
/// The device went away, and with it work that was pending.
pub const MLX_STATUS_DEVICE_LOST: mlx_status = 5;
/// A bug of this library, caught before it could harm the caller. Please report the message.
pub const MLX_STATUS_INTERNAL: mlx_status = 6;

/// Called with the message of a failure and the pointer given to mlx_set_error_handler.
/// The message is valid during the call only.
pub type mlx_error_handler_func =
    Option<unsafe extern "C" fn(msg: *const c_char, data: *mut c_void)>;

/// The name of a status in words, such as "out of memory"; "unknown status" for other numbers.
///
/// Never NULL, never fails; the string lives as long as the process.
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

/// The message of the last failure on the calling thread, naming the argument and the sizes;
/// empty where none has failed. Successful calls leave it as it is.
///
/// Never NULL, never fails. Valid until the next failure on this thread, or its end. Messages are
/// for people: their wording may change in any version. At most 1023 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_last_error() -> *const c_char {
    failure::last_error()
}

/// Sets the function that is told of every failure in the process; NULL, as at the start, is none.
///
/// handler  Called last, on the thread that is about to get the status, with no lock held, so it
///          may call this library; failures inside it are not reported to it. It runs with
///          cancellation off, and must return: neither throw nor longjmp.
/// data     Passed to the handler.
/// dtor     Called once with data after its last use: when the handler has been replaced and no
///          thread is inside it any more; at once if handler is NULL. Not called at exit. May be
///          NULL. It runs with cancellation off. In a forked child it is not called for a handler
///          that another thread of the parent was inside.
///
/// Never fails. Any thread may call this, from within the handler too.
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
