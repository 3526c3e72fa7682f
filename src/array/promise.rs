//! Values that arrays share, there or still being made.

use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::event::Event;
use crate::lines;
use crate::memory::{Buffer, Storage, reserve};

/// The bytes behind one or more arrays, and the event of their being there.
pub(super) struct Promise {
    event: Event,
    /// Whose task settles the event, where one does.
    line: Option<lines::Id>,
    storage: OnceLock<Storage>,
}

impl Promise {
    /// Bytes that are there.
    pub fn kept(storage: Storage) -> Arc<Self> {
        Arc::new(Self { event: Event::ready(), line: None, storage: storage.into() })
    }

    /// Bytes being made: a task of `line` fills in `buffer` by the other part, and settles it.
    pub fn open(buffer: Buffer, line: lines::Id) -> (Arc<Self>, Pending) {
        let storage = OnceLock::new();
        let promise = Arc::new(Self { event: Event::pending(), line: Some(line), storage });
        (promise.clone(), Pending { promise, buffer: Some(buffer) })
    }

    /// Whether the bytes are there; `None` while they are being made.
    pub fn outcome(&self) -> Option<Result<()>> {
        self.event.outcome()
    }

    /// Waits until the bytes are there.
    ///
    /// # Errors
    /// What making them failed with.
    pub fn wait(&self) -> Result<()> {
        self.line.map_or_else(|| self.event.wait(), |line| lines::wait(line, &self.event))
    }

    /// Waits for the bytes.
    ///
    /// # Errors
    /// What making them failed with.
    pub fn bytes(&self) -> Result<&[u8]> {
        self.wait()?;
        let storage = self.storage.get();
        storage.map(Storage::bytes).ok_or_else(|| Error::internal("an event without its values"))
    }
}

/// The promise of an array's values: to be kept by [`Self::settle`]. Dropped before, which happens where queueing
/// fails and to what was queued when a process was forked, it is broken.
pub struct Pending {
    promise: Arc<Promise>,
    buffer: Option<Buffer>,
}

impl Pending {
    /// The bytes to fill in; what they hold before is unspecified.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.buffer.as_deref_mut().unwrap_or_default()
    }

    /// The values are there, or will never be.
    pub fn settle(mut self, outcome: Result<()>) {
        if let (Some(buffer), Ok(())) = (self.buffer.take(), &outcome) {
            let _ = self.promise.storage.set(Storage::Owned(buffer));
        }
        // The array may be kept for long.
        self.promise.event.settle(outcome.map_err(reserve::lasting));
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.promise.event.outcome().is_none() {
            self.promise.event.settle(Err(Error::lost("the work was dropped before it was done")));
        }
    }
}
