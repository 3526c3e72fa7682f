//! Values that arrays share, ready or pending.

use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::event::Event;
use crate::lines;
use crate::memory::{Buffer, Place, Storage, reserve};

/// The bytes behind one or more arrays, and the event that says when they are ready.
pub(super) struct Promise {
    event: Event,
    /// The line whose task settles the event, if a task does.
    line: Option<lines::Id>,
    /// Where the bytes are, or will be.
    place: Place,
    storage: OnceLock<Storage>,
}

impl Promise {
    /// Bytes that are ready.
    pub fn kept(storage: Storage) -> Arc<Self> {
        let place = storage.place();
        Arc::new(Self { event: Event::ready(), line: None, place, storage: storage.into() })
    }

    /// Pending bytes. A task of `line` fills in `buffer` through the [`Pending`] part and settles
    /// it.
    pub fn open(buffer: Buffer, line: lines::Id) -> (Arc<Self>, Pending) {
        let storage = OnceLock::new();
        let (event, place) = (Event::pending(), Place::Host);
        let promise = Arc::new(Self { event, line: Some(line), place, storage });
        (promise.clone(), Pending { promise, buffer: Some(buffer) })
    }

    /// Where the bytes are, or will be.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether the bytes are ready or have failed; `None` while they are pending.
    pub fn outcome(&self) -> Option<Result<()>> {
        self.event.outcome()
    }

    /// Waits until the bytes are ready.
    ///
    /// # Errors
    /// The failure of the work that computes the bytes.
    pub fn wait(&self) -> Result<()> {
        self.line.map_or_else(|| self.event.wait(), |line| lines::wait(line, &self.event))
    }

    /// Waits for the bytes and returns them.
    ///
    /// # Errors
    /// As for [`Self::wait`].
    pub fn bytes(&self) -> Result<&[u8]> {
        self.wait()?;
        let storage = self.storage.get();
        storage.map(Storage::bytes).ok_or_else(|| Error::internal("an event without its values"))
    }
}

/// The writing side of a promise, which [`Self::settle`] keeps. If it is dropped unsettled, the
/// promise is broken. This happens if queueing fails, and to the queued work of a parent in a
/// forked child.
pub struct Pending {
    promise: Arc<Promise>,
    buffer: Option<Buffer>,
}

impl Pending {
    /// The bytes to fill in. Their old values are unspecified.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.buffer.as_deref_mut().unwrap_or_default()
    }

    /// Marks the values as ready, or as failed for ever.
    pub fn settle(mut self, outcome: Result<()>) {
        if let (Some(buffer), Ok(())) = (self.buffer.take(), &outcome) {
            let _ = self.promise.storage.set(Storage::Owned(buffer));
        }
        // The array may live long, so its error must not be in memory from the reserve.
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
