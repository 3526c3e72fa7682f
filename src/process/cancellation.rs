//! Requests that a thread end (`pthread_cancel`).
//!
//! A cancelled thread is unwound by force at a cancellation point such as `write`. This unwinding
//! must not reach Rust's frames, because it would then end the process. So cancellation is off
//! around all code that may reach a cancellation point: reading files, and the program's own
//! destructors and handlers. Computing, allocating and waiting have no cancellation point.

#![allow(unsafe_code)]

/// Calls `body`. A request to end the thread (`pthread_cancel`) stays pending until `body` returns.
#[cfg(all(unix, not(target_os = "android")))]
pub fn without_cancellation<R>(body: impl FnOnce() -> R) -> R {
    #[cfg(target_vendor = "apple")]
    const DISABLE: libc::c_int = 0;
    #[cfg(not(target_vendor = "apple"))]
    const DISABLE: libc::c_int = 1;

    unsafe extern "C" {
        fn pthread_setcancelstate(state: libc::c_int, old: *mut libc::c_int) -> libc::c_int;
    }
    /// Puts the state back, also where `body` panics.
    struct Restore(libc::c_int);
    impl Drop for Restore {
        fn drop(&mut self) {
            // SAFETY: the state is from the system.
            unsafe { pthread_setcancelstate(self.0, std::ptr::null_mut()) };
        }
    }
    let mut before = 0;
    // SAFETY: the state exists, and `before` has room for the previous state.
    let status = unsafe { pthread_setcancelstate(DISABLE, &mut before) };
    let _restore = (status == 0).then_some(Restore(before));
    body()
}

/// Calls `body`. On this system, threads cannot be cancelled.
#[cfg(any(not(unix), target_os = "android"))]
pub fn without_cancellation<R>(body: impl FnOnce() -> R) -> R {
    body()
}
