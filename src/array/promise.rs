//! Values that arrays share, there or still being made.

use std::sync::{Arc, OnceLock};

use super::{Array, Layout};
use crate::dtype::Dtype;
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

    fn open(line: lines::Id) -> Arc<Self> {
        let storage = OnceLock::new();
        Arc::new(Self { event: Event::pending(), line: Some(line), storage })
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

/// Values being made: storage that is still writable.
pub struct Output {
    layout: Layout,
    dtype: Dtype,
    buffer: Buffer,
}

impl Output {
    /// Room for `len` elements.
    ///
    /// # Errors
    /// `InvalidArgument` if a shape cannot hold `len`; `OutOfMemory`.
    pub fn new(len: usize, dtype: Dtype) -> Result<Self> {
        let dim = i32::try_from(len).map_err(|_| {
            let limit = i32::MAX;
            Error::invalid(format!(
                "out: {len} elements exceed {limit}; mlx_convolve_into has no such limit"
            ))
        })?;
        Self::shaped(&[dim], dtype)
    }

    /// Room for the elements of `shape`, side by side.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape that cannot be; `OutOfMemory`.
    pub fn shaped(shape: &[i32], dtype: Dtype) -> Result<Self> {
        let layout = Layout::contiguous(shape, dtype)?;
        let buffer = Buffer::new(layout.size() * dtype.size(), "the result")?;
        Ok(Self { layout, dtype, buffer })
    }

    /// The smallest there is, for tests of whatever fills outputs in.
    #[cfg(test)]
    pub fn one_byte() -> Self {
        Self::new(1, Dtype::UInt8).unwrap()
    }

    /// The bytes to fill in; what they hold before is unspecified.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    /// The values, from now on unchangeable.
    pub fn finish(self) -> Array {
        let promise = Promise::kept(Storage::Owned(self.buffer));
        Array::new(self.layout, self.dtype, promise)
    }

    /// An array whose values are there once the other part has been kept, which a task of `line` does.
    pub fn promise(self, line: lines::Id) -> (Array, Pending) {
        let promise = Promise::open(line);
        let pending = Pending { promise: promise.clone(), buffer: Some(self.buffer) };
        (Array::new(self.layout, self.dtype, promise), pending)
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
