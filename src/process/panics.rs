//! Panics: bugs in this library. They become statuses and are never printed.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

thread_local! {
    /// The number of [`quietly`] calls that are running on this thread.
    static QUIET: Cell<u32> = const { Cell::new(0) };
}

/// Runs `body`. A panic in `body` is not reported on stderr, because the caller turns it into a
/// status.
///
/// The first call puts a hook in front of the process's panic hook. It is silent inside `quietly`,
/// and passes everything else on.
#[inline]
pub fn quietly<R>(body: impl FnOnce() -> R) -> R {
    // Not a `Once`: other threads need not wait until the hook is set, and a forked child could not.
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.load(Ordering::Relaxed) && !HOOKED.swap(true, Ordering::Relaxed) {
        hook();
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

#[cold]
fn hook() {
    type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send>;
    /// A static, so that the new hook needs no memory: the hook stays for ever, and memory may have run
    /// out.
    static PREVIOUS: OnceLock<Hook> = OnceLock::new();
    if PREVIOUS.set(panic::take_hook()).is_ok() {
        panic::set_hook(Box::new(|info| {
            if QUIET.get() == 0
                && let Some(previous) = PREVIOUS.get()
            {
                previous(info);
            }
        }));
    }
}

/// Runs `body`. A panic becomes [`Status::Internal`](crate::error::Status::Internal) with the
/// panic's message, and is never printed.
///
/// `body` may have been changing data when it panicked. So `body` must not leave data half changed
/// that outlives the call.
#[inline]
pub fn catch<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // The error is separate from the result. The result goes through memory, and with room for an
    // error in it, this would cost a short call as much time as its checks.
    let mut failure = None;
    let outcome = quietly(|| catch_unwind(AssertUnwindSafe(|| kept(body(), &mut failure))));
    match outcome {
        Ok(Some(value)) => Ok(value),
        // `kept` has stored the error.
        Ok(None) => Err(failure.unwrap_or_else(|| Error::internal("a failure without an error"))),
        Err(panic) => Err(panicked(&*panic)),
    }
}

#[inline(always)]
fn kept<T>(result: Result<T>, failure: &mut Option<Error>) -> Option<T> {
    #[cold]
    fn keep(error: Error, failure: &mut Option<Error>) {
        *failure = Some(error);
    }
    result.map_err(|error| keep(error, failure)).ok()
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Error {
    Error::internal(describe(panic))
}

fn describe(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("internal error: {text}")
}
