//! An event: its state, and waking the threads that wait for it.

use std::sync::OnceLock;

#[cfg(all(loom, test))]
use loom::sync::atomic::{AtomicU8, Ordering};
#[cfg(not(all(loom, test)))]
use std::sync::atomic::{AtomicU8, Ordering};

use super::lot;
use crate::error::{Error, Result};
use crate::process::generation;

const PENDING: u8 = 0;
const READY: u8 = 1;
const FAILED: u8 = 2;

/// An event that is pending, ready or failed.
pub struct Event {
    state: AtomicU8,
    /// The generation of the process that settles the event.
    generation: u32,
    failure: OnceLock<Error>,
}

impl Event {
    /// An event that will be settled.
    pub fn pending() -> Self {
        Self::new(PENDING)
    }

    /// An event that is ready from the start.
    pub fn ready() -> Self {
        Self::new(READY)
    }

    fn new(state: u8) -> Self {
        Self { state: AtomicU8::new(state), generation: generation(), failure: OnceLock::new() }
    }

    /// Whether the event is settled or lost. Takes no memory.
    pub fn is_settled(&self) -> bool {
        self.state.load(Ordering::Acquire) != PENDING || self.generation != generation()
    }

    /// How the event was settled, or that it is lost; `None` while it is pending.
    pub fn outcome(&self) -> Option<Result<()>> {
        match self.state.load(Ordering::Acquire) {
            READY => Some(Ok(())),
            FAILED => Some(Err(self.failure.get().cloned().unwrap_or_else(Self::nobody))),
            _ if self.generation != generation() => Some(Err(Self::lost())),
            _ => None,
        }
    }

    /// Waits until the event is settled.
    ///
    /// # Errors
    /// The error with which it was settled; `DeviceLost` if it was pending in the parent when this
    /// process was forked.
    pub fn wait(&self) -> Result<()> {
        if !self.is_settled() {
            lot::of(self).wait_until(|| self.is_settled());
        }
        // The outcome exists now.
        self.outcome().unwrap_or_else(|| Err(Self::lost()))
    }

    /// Settles the event. A thread that finds it settled sees everything that was written before.
    /// Call this once; a second call changes nothing.
    pub fn settle(&self, outcome: Result<()>) {
        let state = match outcome {
            Ok(()) => READY,
            Err(error) => {
                let _ = self.failure.set(error);
                FAILED
            }
        };
        lot::of(self).change(|| {
            if self.state.load(Ordering::Relaxed) == PENDING {
                self.state.store(state, Ordering::Release);
            }
        });
    }

    fn lost() -> Error {
        Error::lost("the work was pending in the process that this one was forked from")
    }

    /// Not reached: `settle` stores the error of a failed event.
    fn nobody() -> Error {
        Error::internal("a failure without an error")
    }
}

#[cfg(all(not(loom), test))]
mod tests {
    use super::*;

    #[test]
    fn what_was_pending_is_lost_to_a_child() {
        let of_the_parent =
            |state| Event { generation: generation().wrapping_sub(1), ..Event::new(state) };
        let lost = of_the_parent(PENDING).wait().unwrap_err();
        assert_eq!(lost.status, crate::error::Status::DeviceLost);
        assert_eq!(of_the_parent(READY).wait(), Ok(()));
    }
}
