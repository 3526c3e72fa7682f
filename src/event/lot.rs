//! Where threads wait for events: a few places for all of them, told apart by address.
//!
//! An event therefore is a few bytes, without a lock of its own, and a fork has a few locks to hold.

#[cfg(all(loom, test))]
use loom::sync::Condvar;
#[cfg(all(loom, test))]
use model::Lock;
#[cfg(not(all(loom, test)))]
use std::sync::Condvar;

#[cfg(not(all(loom, test)))]
use crate::process::Lock;

/// Few enough to be held by every fork, and enough that threads rarely wake for another event.
#[cfg(not(all(loom, test)))]
const LOTS: usize = 16;

/// Threads that wait, and whoever they wait for.
pub struct Lot {
    lock: Lock<()>,
    changed: Condvar,
}

/// The lot of an event. Only the address matters.
#[cfg(not(all(loom, test)))]
pub fn of<T>(event: &T) -> &'static Lot {
    static ALL: [Lot; LOTS] =
        [const { Lot { lock: Lock::new(()), changed: Condvar::new() } }; LOTS];
    // Multiplied, so that all bits of the address decide.
    let hash = std::ptr::from_ref(event).addr().wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize);
    &ALL[hash >> (usize::BITS - LOTS.ilog2())]
}

/// The one lot of a model.
#[cfg(all(loom, test))]
pub fn of<T>(_: &T) -> &'static Lot {
    loom::lazy_static! {
        static ref ONE: Lot = Lot { lock: Lock::new(()), changed: Condvar::new() };
    }
    &ONE
}

impl Lot {
    /// Waits until `is_there` says so, which must take no memory: the lock is one that forks wait for.
    pub fn wait_until(&'static self, is_there: impl Fn() -> bool) {
        let mut guard = self.lock.lock();
        while !is_there() {
            guard = guard.wait(&self.changed);
        }
    }

    /// Makes a change that somebody may wait for, and that must take no memory.
    pub fn change(&'static self, change: impl FnOnce()) {
        let guard = self.lock.lock();
        change();
        drop(guard);
        self.changed.notify_all();
    }
}

/// Loom's mutex, as this module uses a [`crate::process::Lock`].
#[cfg(all(loom, test))]
mod model {
    use loom::sync::{Condvar, Mutex, MutexGuard};

    pub struct Lock<T>(Mutex<T>);
    pub struct Guard<'a, T>(MutexGuard<'a, T>);

    impl<T> Lock<T> {
        pub fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        pub fn lock(&self) -> Guard<'_, T> {
            Guard(self.0.lock().unwrap())
        }
    }

    impl<T> Guard<'_, T> {
        pub fn wait(self, changed: &Condvar) -> Self {
            Self(changed.wait(self.0).unwrap())
        }
    }
}
