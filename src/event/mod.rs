//! Something that will have happened: a value that is being made, or a point in a line of work.
//!
//! An event is pending until it is settled, once: it is ready then, or failed. Waiting for it costs
//! nothing once it is settled, and otherwise parks the thread in the event's [`lot`]. A fence is an event
//! that stands for no value: it is settled when a stream comes to it.
//!
//! Settling happens under the lot's lock. So it never happens in the middle of a fork, and a child sees an
//! event ready only if it also has the values: nobody else would tell it, as the pages of a process are
//! copied one after another. An event that was pending in the parent stays so in the child, where nobody
//! settles it: there it is lost.

mod lot;

use std::sync::OnceLock;

#[cfg(all(loom, test))]
use loom::sync::atomic::{AtomicU8, Ordering};
#[cfg(not(all(loom, test)))]
use std::sync::atomic::{AtomicU8, Ordering};

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

#[cfg(test)]
mod tests;
