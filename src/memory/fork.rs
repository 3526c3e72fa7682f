//! `fork` beside threads: the child never inherits the cache's lock held by a thread that it lacks.
//!
//! Whoever forks takes the lock first, so that the cache is whole, and lets go of it on both sides.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cache::{Cache, lock_registered};

/// The guard between [`before`] and [`after`].
struct Held(UnsafeCell<Option<MutexGuard<'static, Cache>>>);

// SAFETY: only the forking thread, and only while it holds the cache's lock, reaches the cell; the child's
// one thread is that thread. So a guard is also dropped by the thread that took it.
unsafe impl Sync for Held {}

static HELD: Held = Held(UnsafeCell::new(None));

/// Has forks from now on wait for the cache's lock. To be called before it is taken.
pub(super) fn survive() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if REGISTERED.load(Ordering::Relaxed) || REGISTERED.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: functions that stay where they are: the library is never unloaded. Where memory for
    // registering is lacking, a fork is as dangerous as without.
    unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
}

unsafe extern "C" fn before() {
    let guard = lock_registered();
    // SAFETY: this thread has just taken the lock.
    unsafe { *HELD.0.get() = Some(guard) };
}

unsafe extern "C" fn after() {
    // SAFETY: this thread has held the lock since `before`, until the guard is dropped here. The guard
    // leaves the cell first: then the next fork may use it.
    drop(unsafe { (*HELD.0.get()).take() });
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_child_can_use_the_cache_whoever_held_its_lock() {
        let (held, is_held) = mpsc::channel();
        let holder = std::thread::spawn(move || {
            super::survive();
            let _guard = super::lock_registered();
            held.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(50));
        });
        is_held.recv().unwrap();
        // SAFETY: the child calls nothing but the cache and functions that are safe after a fork.
        let status = unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::alarm(10);
                super::super::cached();
                libc::_exit(0);
            }
            let mut status = -1;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            status
        };
        assert_eq!(status, 0, "the child hung");
        holder.join().unwrap();
    }
}
