//! A thread of its own for calls that need much stack.

use std::sync::mpsc;

use crate::error::{Error, Result};
use crate::process::catch;
use crate::threads;

/// Runs `body` on a thread of its own: drivers and the compilers of shaders take more stack than the
/// caller may have.
///
/// # Errors
/// Those of `body`; `OutOfMemory` if no thread can be started.
pub fn on_own_stack<R: Send + 'static>(
    body: impl FnOnce() -> Result<R> + Send + 'static,
) -> Result<R> {
    const STACK: usize = 8 << 20;
    let (tell, told) = mpsc::channel();
    let tell = move || drop(tell.send(catch(body)));
    if !threads::start(STACK, tell) {
        return Err(Error::out_of_memory("a thread that speaks to the GPU", STACK));
    }
    told.recv().unwrap_or_else(|_| Err(Error::internal("a thread ended without its result")))
}
