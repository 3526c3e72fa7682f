//! A thread of its own for calls that need much stack.

use std::sync::mpsc;

use crate::error::{Error, Result};
use crate::process::{catch, without_cancellation};
use crate::threads;

/// Runs `body` on a thread of its own: drivers and the compilers of shaders take more stack than the
/// caller may have.
///
/// # Errors
/// Those of `body`; `OutOfMemory` if no thread can be started, or if little memory is left.
pub fn on_own_stack<R: Send + 'static>(
    body: impl FnOnce() -> Result<R> + Send + 'static,
) -> Result<R> {
    const STACK: usize = 8 << 20;
    const SPARE: usize = 64 << 20;
    let (tell, told) = mpsc::channel();
    let tell = move || drop(tell.send(catch(body)));
    // Drivers do not expect memory to be short, and some end the process. So there must be some.
    let spare = Vec::<u8>::new().try_reserve_exact(SPARE);
    if spare.is_err() || !threads::start(STACK, tell) {
        return Err(Error::out_of_memory("speaking to the GPU", SPARE));
    }
    without_cancellation(|| told.recv())
        .unwrap_or_else(|_| Err(Error::internal("a thread ended without its result")))
}
