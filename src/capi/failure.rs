//! A failure on its way to the program: the message for this thread's `mlx_last_error`, and the
//! call of the process's error handler.

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_char, c_void};
use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;
use crate::memory::reserve;
use crate::process::{Lock, without_cancellation};

/// Bytes of a message, including the final zero. The size is fixed, so that reporting a lack of
/// memory needs no memory.
const MESSAGE: usize = 1024;

struct ThreadState {
    message: UnsafeCell<[u8; MESSAGE]>,
    in_handler: Cell<bool>,
}

thread_local! {
    // Const and without a destructor, so it exists from the first to the last moment of every thread.
    static STATE: ThreadState = const {
        ThreadState { message: UnsafeCell::new([0; MESSAGE]), in_handler: Cell::new(false) }
    };
}

/// This thread's last message.
pub fn last_error() -> *const c_char {
    STATE.with(|state| state.message.get().cast_const().cast())
}

/// Stores the message of `error` for this thread, and calls the handler.
#[cold]
pub fn report(error: Error, call: reserve::Call) {
    let message = to_buffer(&error);
    // Dropped before the handler runs, which may take long: few calls at a time may hold pieces of
    // the reserve.
    drop(error);
    drop(call);
    remember(&message);
    let already_inside = STATE.with(|state| state.in_handler.replace(true));
    if !already_inside {
        // The clone keeps the handler's data alive while the handler runs, even if another thread
        // replaces the handler meanwhile. The lock is released before the call, because a handler
        // may set another handler.
        let handler =
            HANDLER_IS_SET.load(Ordering::Acquire).then(|| HANDLER.lock().clone()).flatten();
        if let Some(handler) = handler {
            handler.call(&message);
            // If the handler was replaced meanwhile, this is the last use of its data.
            drop(handler);
            // Calls that failed inside the handler or its destructor left their own messages.
            remember(&message);
        }
        STATE.with(|state| state.in_handler.set(false));
    }
}

/// The message with a final zero. A message that is too long is cut between two characters. Takes
/// no memory.
fn to_buffer(error: &Error) -> [u8; MESSAGE] {
    struct Buffer {
        bytes: [u8; MESSAGE],
        len: usize,
    }
    impl fmt::Write for Buffer {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let mut len = text.len().min(MESSAGE - 1 - self.len);
            while !text.is_char_boundary(len) {
                len -= 1;
            }
            self.bytes[self.len..][..len].copy_from_slice(&text.as_bytes()[..len]);
            self.len += len;
            // After a cut, nothing more is written.
            if len == text.len() { Ok(()) } else { Err(fmt::Error) }
        }
    }
    let mut buffer = Buffer { bytes: [0; MESSAGE], len: 0 };
    let _ = write!(buffer, "{error}");
    buffer.bytes
}

fn remember(message: &[u8; MESSAGE]) {
    // SAFETY: only this thread reaches its state, and no reference into the cell exists. C may hold
    // a pointer, but the header says that this failure ends the validity of that pointer.
    STATE.with(|state| unsafe { state.message.get().write(*message) });
}

static HANDLER: Lock<Option<Arc<Handler>>> = Lock::new(None);
static HANDLER_IS_SET: AtomicBool = AtomicBool::new(false);

/// The type of the error handler that a program sets.
type Function = unsafe extern "C" fn(*const c_char, *mut c_void);

struct Handler {
    function: Function,
    data: Data,
}

/// The pointer that belongs to a handler. Dropping it calls `dtor`.
struct Data {
    pointer: *mut c_void,
    dtor: Option<unsafe extern "C" fn(*mut c_void)>,
}

// SAFETY: the pointer is only passed back to C, on any thread, as the header says.
unsafe impl Send for Data {}
// SAFETY: as above.
unsafe impl Sync for Data {}

impl Handler {
    fn call(&self, message: &[u8; MESSAGE]) {
        // SAFETY: the caller of `set_handler` guarantees that the function may be called with this
        // pointer. The message ends with a zero.
        without_cancellation(|| unsafe {
            (self.function)(message.as_ptr().cast(), self.data.pointer)
        });
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if let Some(dtor) = self.dtor {
            // SAFETY: the caller of `set_handler` guarantees that `dtor` may be called, and this is
            // the only call.
            without_cancellation(|| unsafe { dtor(self.pointer) });
        }
    }
}

/// Replaces the process's error handler.
///
/// # Safety
/// `handler` and `dtor` may be called with `data` on any thread.
pub unsafe fn set_handler(
    handler: Option<Function>,
    data: *mut c_void,
    dtor: Option<unsafe extern "C" fn(*mut c_void)>,
) {
    let data = Data { pointer: data, dtor };
    let new = handler.map(|function| Arc::new(Handler { function, data }));
    let old = {
        let mut current = HANDLER.lock();
        HANDLER_IS_SET.store(new.is_some(), Ordering::Release);
        std::mem::replace(&mut *current, new)
    };
    // Dropped without the lock, because this may be the last use of its data, which calls `dtor`.
    drop(old);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::boundary::status;
    use crate::memory::reserve;
    use std::ffi::CStr;
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    fn last() -> String {
        // SAFETY: `last_error` points to this thread's message, which ends with a zero.
        unsafe { CStr::from_ptr(last_error()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        assert_eq!(status(|| Err(Error::invalid("é".repeat(1000)))), 1);
        assert_eq!(last(), "é".repeat(511));
    }

    #[test]
    fn the_handler_may_fail_itself_and_its_data_goes_once() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        static DTORS: AtomicUsize = AtomicUsize::new(0);
        unsafe extern "C" fn handler(message: *const c_char, data: *mut c_void) {
            // SAFETY: the message ends with a zero.
            let message = unsafe { CStr::from_ptr(message) }.to_str().unwrap();
            // Other tests in this process also fail on purpose.
            if message == "the outer" && data.addr() == 42 {
                CALLS.fetch_add(1, Ordering::Relaxed);
                assert_eq!(status(|| Err(Error::invalid("the inner"))), 1);
                // SAFETY: no function is passed. The data outlives this call.
                unsafe { set_handler(None, std::ptr::null_mut(), None) };
                assert_eq!(DTORS.load(Ordering::Relaxed), 0);
            }
        }
        unsafe extern "C" fn dtor(_: *mut c_void) {
            assert_eq!(status(|| Err(Error::invalid("the dtor"))), 1);
            DTORS.fetch_add(1, Ordering::Relaxed);
        }
        // Whoever holds this may set another handler.
        let _runs_out = reserve::RUNS_OUT.lock();
        // SAFETY: both may be called on any thread.
        unsafe { set_handler(Some(handler), std::ptr::without_provenance_mut(42), Some(dtor)) };
        assert_eq!(status(|| Err(Error::invalid("the outer"))), 1);
        assert_eq!(CALLS.load(Ordering::Relaxed), 1);
        // A test on another thread may be inside the handler still, and keep its data alive.
        let start = Instant::now();
        while DTORS.load(Ordering::Relaxed) == 0 && start.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
        }
        assert_eq!(DTORS.load(Ordering::Relaxed), 1);
        assert_eq!(last(), "the outer");
    }
}
