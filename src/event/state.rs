//! An event: its state, and who is told when that changes.

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

/// Pending, ready or failed.
pub struct Event {
    state: AtomicU8,
    /// Of the process that settles it.
    generation: u32,
    failure: OnceLock<Error>,
}

impl Event {
    /// One that somebody will settle.
    pub fn pending() -> Self {
        Self::new(PENDING)
    }

    /// One that has happened already.
    pub fn ready() -> Self {
        Self::new(READY)
    }

    fn new(state: u8) -> Self {
        Self { state: AtomicU8::new(state), generation: generation(), failure: OnceLock::new() }
    }

    /// Whether it has ended, or never will. Takes no memory.
    pub fn is_settled(&self) -> bool {
        self.state.load(Ordering::Acquire) != PENDING || self.generation != generation()
    }

    /// How it ended, if it has, or if it never will.
    pub fn outcome(&self) -> Option<Result<()>> {
        match self.state.load(Ordering::Acquire) {
            READY => Some(Ok(())),
            FAILED => Some(Err(self.failure.get().cloned().unwrap_or_else(Self::nobody))),
            _ if self.generation != generation() => Some(Err(Self::lost())),
            _ => None,
        }
    }

    /// Waits until it is settled.
    ///
    /// # Errors
    /// What it was settled with; `DeviceLost` where it was pending in a process that this one was
    /// forked from.
    pub fn wait(&self) -> Result<()> {
        if !self.is_settled() {
            lot::of(self).wait_until(|| self.is_settled());
        }
        // There is one now.
        self.outcome().unwrap_or_else(|| Err(Self::lost()))
    }

    /// Settles it: whatever was written before is seen by whoever finds it settled. To be called once; an
    /// event that is settled stays as it is.
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

    /// A failed event has its error, by `settle`.
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
