//! The one error type: a status for programs and a message for people.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// What went wrong, as a number that C sees. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// An argument is NULL, empty, out of range, foreign or of the wrong size.
    InvalidArgument = 1,
    /// The request is meaningful but not available, as a dtype on a device.
    Unsupported = 2,
    /// An allocation failed; nothing was changed.
    OutOfMemory = 3,
    /// The device is not there.
    DeviceUnavailable = 4,
    /// The device or its pending work went away.
    DeviceLost = 5,
    /// A bug of this library, caught.
    Internal = 6,
}

/// A [`Status`] and a message that names the argument and the sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// For programs.
    pub status: Status,
    /// For people.
    pub message: String,
}

/// What fallible code in this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// [`Status::InvalidArgument`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { status: Status::InvalidArgument, message: message.into() }
    }

    /// [`Status::OutOfMemory`]: `what` could not get `bytes` bytes.
    pub fn out_of_memory(what: &str, bytes: usize) -> Self {
        Self {
            status: Status::OutOfMemory,
            message: format!("out of memory: {bytes} bytes for {what}"),
        }
    }

    /// [`Status::DeviceUnavailable`].
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { status: Status::DeviceUnavailable, message: message.into() }
    }

    /// The same failure, its message naming the argument that brought it.
    pub fn of(mut self, name: &str) -> Self {
        self.message.insert_str(0, ": ");
        self.message.insert_str(0, name);
        self
    }

    /// [`Status::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self { status: Status::Internal, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

thread_local! {
    /// How many [`quietly`] are running on this thread.
    static QUIET: Cell<u32> = const { Cell::new(0) };
}

/// Runs `body`; a panic in it is not reported on stderr: whoever catches it makes a status of it.
///
/// The first call puts a hook before the process's panic hook that says nothing inside `quietly`
/// and hands on everything else.
pub fn quietly<R>(body: impl FnOnce() -> R) -> R {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.get() == 0 {
                previous(info);
            }
        }));
    });

    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            QUIET.set(QUIET.get() - 1);
        }
    }
    QUIET.set(QUIET.get() + 1);
    let _leave = Leave;
    body()
}

/// Runs `body`; a panic becomes [`Status::Internal`] with its message, and is printed nowhere.
///
/// What `body` was changing when it panicked goes with it: nothing that outlives the call may be
/// left half changed.
pub fn catch<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    quietly(|| catch_unwind(AssertUnwindSafe(body)))
        .unwrap_or_else(|panic| Err(Error::internal(describe(&*panic))))
}

fn describe(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("internal error: {text}")
}
