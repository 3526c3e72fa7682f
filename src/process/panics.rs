//! Panics: bugs of this library that become statuses, and are printed nowhere.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::OnceLock;
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
#[inline]
pub fn quietly<R>(body: impl FnOnce() -> R) -> R {
    // Not a `Once`: others need not wait until the hook is there, and a forked child could not.
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
    /// Beside the new hook, which so takes no memory: it stays for ever, and memory may have run out.
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

/// Runs `body`; a panic becomes [`Status::Internal`](crate::error::Status::Internal) with its message, and
/// is printed nowhere.
///
/// What `body` was changing when it panicked goes with it: nothing that outlives the call may be
/// left half changed.
#[inline]
pub fn catch<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // Apart from the result, which goes through memory: with room for an error in it, that would take a short call as
    // long as its checks.
    let mut failure = None;
    let outcome = quietly(|| catch_unwind(AssertUnwindSafe(|| kept(body(), &mut failure))));
    match outcome {
        Ok(Some(value)) => Ok(value),
        // `kept` left it there.
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
