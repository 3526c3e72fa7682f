//! Signals that a program may send to threads.
//!
//! The library's threads handle no signals: the program's handlers run on the program's threads.

#![allow(unsafe_code)]

/// Calls `start`, which starts threads. They inherit a mask that blocks all signals that may be
/// blocked.
///
/// Faults stay open, because they belong to the thread itself. SIGPROF stays open too, because it
/// measures where time is spent.
#[cfg(unix)]
pub fn without_signals<R>(start: impl FnOnce() -> R) -> R {
    use std::mem::MaybeUninit;

    const OPEN: [libc::c_int; 8] = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGSYS,
        libc::SIGABRT,
        libc::SIGPROF,
    ];

    /// Puts the mask back, also where `start` panics.
    struct RestoreMask(libc::sigset_t);
    impl Drop for RestoreMask {
        fn drop(&mut self) {
            // SAFETY: the set was filled in by the system.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
        }
    }

    let mut blocked = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: `sigfillset` initialises `blocked`. `pthread_sigmask` initialises `before` if it
    // succeeds; only then is `before` read.
    let _restore = unsafe {
        libc::sigfillset(blocked.as_mut_ptr());
        for signal in OPEN {
            libc::sigdelset(blocked.as_mut_ptr(), signal);
        }
        let set = blocked.as_ptr();
        match libc::pthread_sigmask(libc::SIG_BLOCK, set, before.as_mut_ptr()) {
            0 => Some(RestoreMask(before.assume_init())),
            _ => None,
        }
    };
    start()
}

/// Calls `start`. This system has no signals.
#[cfg(not(unix))]
pub fn without_signals<R>(start: impl FnOnce() -> R) -> R {
    start()
}
