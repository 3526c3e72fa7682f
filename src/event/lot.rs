//! Where threads wait for events: a few places for all of them, told apart by address.
//!
//! An event therefore is a few bytes, without a lock of its own, and a fork has a few locks to hold.

#[cfg(all(loom, test))]
use loom::sync::{Condvar, Mutex as Lock};
#[cfg(not(all(loom, test)))]
use std::sync::Condvar;

use super::Event;
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

/// The lot of an event.
#[cfg(not(all(loom, test)))]
pub fn of(event: &Event) -> &'static Lot {
    static ALL: [Lot; LOTS] =
        [const { Lot { lock: Lock::new(()), changed: Condvar::new() } }; LOTS];
    // Multiplied, so that all bits of the address decide.
    let hash = std::ptr::from_ref(event).addr().wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize);
    &ALL[hash >> (usize::BITS - LOTS.ilog2())]
}

/// The one lot of a model.
#[cfg(all(loom, test))]
pub fn of(_: &Event) -> &'static Lot {
    loom::lazy_static! {
        static ref ONE: Lot = Lot { lock: Lock::new(()), changed: Condvar::new() };
    }
    &ONE
}

impl Lot {
    /// Waits until `outcome` is there.
    pub fn wait_for<T>(&'static self, outcome: impl Fn() -> Option<T>) -> T {
        let mut guard = self.lock();
        loop {
            if let Some(outcome) = outcome() {
                return outcome;
            }
            guard = self.changed.wait(guard).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Makes a change that somebody may wait for.
    pub fn change(&'static self, change: impl FnOnce()) {
        let guard = self.lock();
        change();
        drop(guard);
        self.changed.notify_all();
    }

    #[cfg(not(all(loom, test)))]
    fn lock(&'static self) -> std::sync::MutexGuard<'static, ()> {
        self.lock.lock()
    }

    #[cfg(all(loom, test))]
    fn lock(&'static self) -> loom::sync::MutexGuard<'static, ()> {
        self.lock.lock().unwrap()
    }
}
