//! Signals that a program may send to threads.
//!
//! The library's threads take no signals: a program's handlers run on threads of the program.

#![allow(unsafe_code)]

/// Calls `start`, which starts threads: they inherit a mask that blocks what may be blocked.
///
/// Faults stay as they are, which are the thread's own, and so does SIGPROF, which counts where time goes.
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
    struct Restore(libc::sigset_t);
    impl Drop for Restore {
        fn drop(&mut self) {
            // SAFETY: a set that the system filled in.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
        }
    }

    let mut blocked = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: `sigfillset` makes a set of `blocked`, and `pthread_sigmask` of `before` where it succeeds, which
    // it does for any set and this way of changing the mask.
    let _restore = unsafe {
        libc::sigfillset(blocked.as_mut_ptr());
        for signal in OPEN {
            libc::sigdelset(blocked.as_mut_ptr(), signal);
        }
        let set = blocked.as_ptr();
        match libc::pthread_sigmask(libc::SIG_BLOCK, set, before.as_mut_ptr()) {
            0 => Some(Restore(before.assume_init())),
            _ => None,
        }
    };
    start()
}

/// Calls `start`: there are no signals.
#[cfg(not(unix))]
pub fn without_signals<R>(start: impl FnOnce() -> R) -> R {
    start()
}
