//! Requests that a thread end.
//!
//! A thread that is cancelled is unwound by force, from a cancellation point such as `write`. That unwinding must not
//! meet Rust's frames, which would end the process. So cancellation is off around everything that may come to a
//! cancellation point: reading files, and the program's own destructors and handlers. Computing, allocating and
//! waiting have none.

#![allow(unsafe_code)]

/// Calls `body`, in which a request to end (`pthread_cancel`) stays pending.
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
            // SAFETY: a state that the system told.
            unsafe { pthread_setcancelstate(self.0, std::ptr::null_mut()) };
        }
    }
    let mut before = 0;
    // SAFETY: a state that there is, and a place for the one before.
    let status = unsafe { pthread_setcancelstate(DISABLE, &mut before) };
    let _restore = (status == 0).then_some(Restore(before));
    body()
}

/// Calls `body`: threads cannot be asked to end.
#[cfg(any(not(unix), target_os = "android"))]
pub fn without_cancellation<R>(body: impl FnOnce() -> R) -> R {
    body()
}
