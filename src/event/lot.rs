//! The places where threads wait for events. All events share a few places; an event's address
//! selects its place.
//!
//! So an event is only a few bytes and has no lock of its own, and a fork has only a few locks to
//! hold.

#[cfg(all(loom, test))]
use loom::sync::Condvar;
#[cfg(all(loom, test))]
use model::Lock;
#[cfg(not(all(loom, test)))]
use std::sync::Condvar;

#[cfg(not(all(loom, test)))]
use crate::process::Lock;

/// Few enough for a fork to hold them all. Many enough that a thread rarely wakes for another
/// event.
#[cfg(not(all(loom, test)))]
const LOTS: usize = 16;

/// A place where threads wait: the lock and the condition variable of all events that share it.
pub struct Lot {
    lock: Lock<()>,
    changed: Condvar,
}

/// The lot of an event. Only the event's address matters.
#[cfg(not(all(loom, test)))]
pub fn of<T>(event: &T) -> &'static Lot {
    static ALL: [Lot; LOTS] =
        [const { Lot { lock: Lock::new(()), changed: Condvar::new() } }; LOTS];
    // The multiplication makes all bits of the address count.
    let hash = std::ptr::from_ref(event).addr().wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize);
    &ALL[hash >> (usize::BITS - LOTS.ilog2())]
}

/// The only lot of a model.
#[cfg(all(loom, test))]
pub fn of<T>(_: &T) -> &'static Lot {
    loom::lazy_static! {
        static ref ONE: Lot = Lot { lock: Lock::new(()), changed: Condvar::new() };
    }
    &ONE
}

impl Lot {
    /// Waits until `is_there` returns true. `is_there` must not allocate or free memory, because
    /// forks wait for the lock.
    pub fn wait_until(&'static self, is_there: impl Fn() -> bool) {
        let mut guard = self.lock.lock();
        while !is_there() {
            guard = guard.wait(&self.changed);
        }
    }

    /// Makes a change for which other threads may wait. `change` must not allocate or free memory.
    pub fn change(&'static self, change: impl FnOnce()) {
        let guard = self.lock.lock();
        change();
        drop(guard);
        self.changed.notify_all();
    }
}

/// Loom's mutex with the interface of [`crate::process::Lock`] that this module uses.
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
