//! Panics: bugs of this library that become statuses, and are printed nowhere.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

thread_local! {
    /// How many [`quietly`] are running on this thread.
    static QUIET: Cell<u32> = const { Cell::new(0) };
}

/// Runs `body`; a panic in it is not reported on stderr: whoever catches it makes a status of it.
///
/// The first call puts a hook before the process's panic hook that says nothing inside `quietly`
/// and hands on everything else.
pub fn quietly<R>(body: impl FnOnce() -> R) -> R {
    // Not a `Once`: others need not wait until the hook is there, and a forked child could not.
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.load(Ordering::Relaxed) && !HOOKED.swap(true, Ordering::Relaxed) {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.get() == 0 {
                previous(info);
            }
        }));
    }

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

/// Runs `body`; a panic becomes [`Status::Internal`](crate::error::Status::Internal) with its message, and
/// is printed nowhere.
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
