//! Locks for which a fork waits.
//!
//! A thread that forks first takes all of these locks, so that the data behind them is consistent.
//! After the fork, both processes release them. Neither a fork nor the rest of the library can
//! deadlock, as long as a thread that holds a lock
//!
//! - takes no second lock,
//! - calls no code of the program,
//! - waits only for a condition that belongs to the lock,
//! - neither allocates nor frees memory. The program's allocator may have its own locks, and fork
//!   handlers that take them before this library's handlers run. So a critical section gets
//!   everything it needs before it takes the lock, and returns the rest. [`watch`](super::watch)
//!   detects memory operations in debug builds.
//!
//! The system's mutexes and condition variables need no memory on Linux. On Apple's systems, the
//! first use of each one does, but there the allocator's own fork handlers run after all others.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::watch::Watch;

/// A mutex for a static. Forks happen only while nobody holds it.
pub struct Lock<T: 'static> {
    mutex: Mutex<T>,
    is_registered: AtomicBool,
    /// The guard of a thread that is forking.
    forking: UnsafeCell<Option<MutexGuard<'static, T>>>,
}

// SAFETY: the mutex shares values of `T`, which may be sent. Only the thread that forks reaches
// `forking`, while it holds the mutex. In the child, this thread is the only thread, and it is still
// the one that took the guard.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T: Send> Lock<T> {
    /// A lock that nobody holds.
    pub const fn new(value: T) -> Self {
        Self {
            mutex: Mutex::new(value),
            is_registered: AtomicBool::new(false),
            forking: UnsafeCell::new(None),
        }
    }

    /// Waits for the lock. A panic of an earlier holder does not matter: see [`super::catch`].
    #[track_caller]
    pub fn lock(&'static self) -> Guard<T> {
        if !self.is_registered.load(Ordering::Acquire) {
            forks::register(self, &self.is_registered);
        }
        Guard { mutex: self.acquire(), watch: Watch::begin() }
    }

    fn acquire(&'static self) -> MutexGuard<'static, T> {
        self.mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds a [`Lock`] until the guard is dropped.
// The order of the fields matters: the mutex is unlocked before the watch reports.
pub struct Guard<T: 'static> {
    mutex: MutexGuard<'static, T>,
    watch: Watch,
}

impl<T> Guard<T> {
    /// Releases the lock, waits until `changed` is notified, and takes the lock again.
    pub fn wait(self, changed: &Condvar) -> Self {
        let Self { mutex, watch } = self;
        let wait = || changed.wait(mutex).unwrap_or_else(PoisonError::into_inner);
        Self { mutex: waiting(wait), watch }
    }

    /// Like [`Self::wait`], for at most `patience`. Also returns whether this time is over.
    pub fn wait_timeout(self, changed: &Condvar, patience: Duration) -> (Self, bool) {
        let Self { mutex, watch } = self;
        let wait = || changed.wait_timeout(mutex, patience).unwrap_or_else(PoisonError::into_inner);
        let (mutex, timeout) = waiting(wait);
        (Self { mutex, watch }, timeout.timed_out())
    }
}

/// Waits. On Apple's systems, waiting is a cancellation point.
fn waiting<R>(wait: impl FnOnce() -> R) -> R {
    if cfg!(target_vendor = "apple") { super::without_cancellation(wait) } else { wait() }
}

impl<T> Deref for Guard<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.mutex
    }
}

impl<T> DerefMut for Guard<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.mutex
    }
}

/// A [`Lock`] of any type, as a fork sees it.
trait Held: Sync {
    /// Called before the fork.
    fn hold(&'static self);
    /// Called after the fork, in both processes.
    fn release(&'static self);
}

impl<T: Send> Held for Lock<T> {
    fn hold(&'static self) {
        let guard = self.acquire();
        // SAFETY: this thread holds the mutex, so it alone may reach the cell.
        unsafe { *self.forking.get() = Some(guard) };
    }

    fn release(&'static self) {
        // SAFETY: this thread has held the mutex since `hold`, and holds it until the guard is dropped
        // here. The guard is taken out of the cell first, so the next fork may use the cell.
        drop(unsafe { (*self.forking.get()).take() });
    }
}

#[cfg(unix)]
mod forks {
    use super::*;
    use crate::process::generation;

    /// Room for every `Lock` of the library, and more. There are few, because they are statics.
    const MOST: usize = 64;

    /// The locks for which forks wait. The registry itself is held while a fork happens.
    struct Registry {
        locks: [Option<&'static dyn Held>; MOST],
        count: usize,
    }

    static REGISTRY: Lock<Registry> = Lock::new(Registry { locks: [None; MOST], count: 0 });

    // Done at load: if a thread did it at the first use of a lock, another thread might fork meanwhile.
    crate::process::at_load!({
        // SAFETY: the functions stay in place, because the library is never unloaded. If memory runs
        // out so early, forks are as dangerous as without the handlers.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
    });

    /// Makes forks wait for `lock` from now on. Registers a lock only once.
    ///
    /// # Panics
    /// If there are more locks than [`MOST`].
    pub fn register(lock: &'static dyn Held, is_registered: &AtomicBool) {
        let mut registry = REGISTRY.acquire();
        if is_registered.load(Ordering::Relaxed) {
            return;
        }
        let count = registry.count;
        registry.locks[count] = Some(lock);
        registry.count += 1;
        is_registered.store(true, Ordering::Release);
    }

    unsafe extern "C" fn before() {
        REGISTRY.hold();
        for_each(|lock| lock.hold());
    }

    unsafe extern "C" fn in_parent() {
        for_each(|lock| lock.release());
        REGISTRY.release();
    }

    unsafe extern "C" fn in_child() {
        generation::next();
        for_each(|lock| lock.release());
        REGISTRY.release();
    }

    /// Visits every registered lock. The calling thread holds the registry.
    fn for_each(visit: impl Fn(&'static dyn Held)) {
        // SAFETY: between `hold` and `release`, this thread holds the registry through the guard in
        // the cell.
        let registry = unsafe { (*REGISTRY.forking.get()).as_ref() };
        registry.into_iter().flat_map(|registry| registry.locks).flatten().for_each(visit);
    }
}

#[cfg(not(unix))]
mod forks {
    use super::*;

    /// This system has no forks.
    pub fn register(_: &'static dyn Held, is_registered: &AtomicBool) {
        is_registered.store(true, Ordering::Relaxed);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::process::{generation, quietly};

    #[test]
    fn a_child_finds_every_lock_free_whoever_held_it() {
        static ONE: Lock<u32> = Lock::new(1);
        static OTHER: Lock<String> = Lock::new(String::new());
        static IS_HELD: AtomicBool = AtomicBool::new(false);
        let holder = std::thread::spawn(move || {
            drop(OTHER.lock());
            let mut guard = ONE.lock();
            IS_HELD.store(true, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(50));
            *guard = 2;
        });
        while !IS_HELD.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let before = generation();
        // SAFETY: the child takes two locks. Its other calls are safe after a fork.
        let status = unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::alarm(10);
                // The fork has waited, so the data behind the lock is consistent.
                let good =
                    *ONE.lock() == 2 && OTHER.lock().is_empty() && generation() == before + 1;
                libc::_exit(i32::from(!good));
            }
            let mut status = -1;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            status
        };
        assert_eq!(status, 0, "the child hung, or found something else");
        assert_eq!((*ONE.lock(), generation()), (2, before));
        holder.join().unwrap();
    }

    #[cfg(all(debug_assertions, not(target_vendor = "apple")))]
    #[test]
    fn memory_under_a_lock_is_noticed() {
        static LOCK: Lock<Option<Box<u32>>> = Lock::new(None);
        let fails = |section: fn()| std::thread::spawn(move || quietly(section)).join().is_err();
        let take = || {
            let mut guard = LOCK.lock();
            *guard = Some(Box::new(1));
        };
        assert!(fails(take), "taken");
        assert!(fails(|| *LOCK.lock() = None), "given back");
        assert!(!fails(|| {
            let new = Some(Box::new(2));
            let old = std::mem::replace(&mut *LOCK.lock(), new);
            drop(old);
        }));
        assert_eq!(LOCK.lock().as_deref(), Some(&2));
    }

    #[test]
    fn a_panic_does_not_close_a_lock() {
        static LOCK: Lock<u32> = Lock::new(5);
        let panicked = std::thread::spawn(|| {
            let _guard = LOCK.lock();
            quietly(|| panic!("while holding it"));
        });
        assert!(panicked.join().is_err());
        assert_eq!(*LOCK.lock(), 5);
    }
}
