//! Values that arrays share, ready or pending.

use std::sync::Arc;

use super::room::Room;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::gpu::{self, Gpu};
use crate::lines;
use crate::memory::{Buffer, Storage, reserve};
use crate::process::Once;

/// The bytes behind one or more arrays, and the event that says when they are ready. Bytes on a GPU
/// are ready for other work there when the work that computes them was submitted. They live where
/// they were made. The other side has a copy from the first time on that it reads them.
pub(super) struct Promise {
    event: Event,
    /// The line whose task settles the event, if a task does.
    line: Option<lines::Id>,
    on_host: Once<Storage>,
    on_gpu: Once<gpu::Buffer>,
}

impl Promise {
    /// Bytes of the host that are ready.
    pub fn kept(storage: Storage) -> Arc<Self> {
        Self::ready(storage.into(), Once::new())
    }

    /// Bytes in a room that are ready there.
    pub fn kept_in(room: Room) -> Arc<Self> {
        match room {
            Room::Host(buffer) => Self::kept(Storage::Owned(buffer)),
            Room::Gpu(buffer) => Self::ready(Once::new(), buffer.into()),
        }
    }

    fn ready(on_host: Once<Storage>, on_gpu: Once<gpu::Buffer>) -> Arc<Self> {
        Arc::new(Self { event: Event::ready(), line: None, on_host, on_gpu })
    }

    /// Pending bytes. A task of `line` fills in `room` through the [`Pending`] part and settles it.
    pub fn open(room: Room, line: lines::Id) -> (Arc<Self>, Pending) {
        let (event, on_host, on_gpu) = (Event::pending(), Once::new(), Once::new());
        let promise = Arc::new(Self { event, line: Some(line), on_host, on_gpu });
        (promise.clone(), Pending { promise, room: Some(room) })
    }

    fn store(&self, room: Room) {
        match room {
            Room::Host(buffer) => drop(self.on_host.get(|| Storage::Owned(buffer))),
            Room::Gpu(buffer) => drop(self.on_gpu.get(|| buffer)),
        }
    }

    /// Whether the bytes are ready or have failed; `None` while they are pending.
    pub fn outcome(&self) -> Option<Result<()>> {
        self.event.outcome()
    }

    /// Whether the bytes are in the host's memory, or have failed.
    pub fn is_at_hand(&self) -> bool {
        match self.event.outcome() {
            None => false,
            Some(Ok(())) => self.on_host.made().is_some(),
            Some(Err(_)) => true,
        }
    }

    /// Waits until the bytes are ready where they are computed.
    fn settled(&self) -> Result<()> {
        self.line.map_or_else(|| self.event.wait(), |line| lines::wait(line, &self.event))
    }

    /// Waits until the bytes are computed.
    ///
    /// # Errors
    /// The failure of the work that computes the bytes.
    pub fn wait(&self) -> Result<()> {
        self.settled()?;
        match (self.on_host.made(), self.on_gpu.made()) {
            (None, Some(buffer)) => buffer.gpu().finish(),
            _ => Ok(()),
        }
    }

    /// Waits for the bytes and returns them. Bytes on a GPU are copied at the first time.
    ///
    /// # Errors
    /// As for [`Self::wait`]; `OutOfMemory` for the copy.
    pub fn bytes(&self) -> Result<&[u8]> {
        self.settled()?;
        let storage = self.on_host.get_or_try(|| {
            let buffer = self.on_gpu.made();
            let buffer = buffer.ok_or_else(|| Error::internal("an event without its values"))?;
            let mut copy = Buffer::new(buffer.len(), "values of the GPU")?;
            buffer.download(&mut copy)?;
            Ok(Storage::Owned(copy))
        });
        storage.map(Storage::bytes)
    }

    /// The bytes on `gpu`. Bytes of the host are copied, without waiting for the device. The first
    /// device on which there is a copy keeps it.
    ///
    /// # Errors
    /// The failure of the work that computes the bytes; `OutOfMemory`, `DeviceLost`.
    pub fn on_gpu(&self, gpu: &Gpu) -> Result<gpu::Buffer> {
        self.settled()?;
        let upload = || gpu.uploaded(self.bytes()?, "a copy on the GPU");
        match self.on_gpu.made() {
            Some(buffer) if buffer.is_on(gpu) => Ok(buffer.clone()),
            Some(_) => upload(),
            None => self.on_gpu.get_or_try(upload).cloned(),
        }
    }

    /// The number of bytes that [`Self::on_gpu`] would copy.
    pub fn bytes_to_copy(&self, gpu: &Gpu) -> usize {
        let is_there = self.on_gpu.made().is_some_and(|buffer| buffer.is_on(gpu));
        let storage = if is_there { None } else { self.on_host.made() };
        storage.map_or(0, |storage| storage.bytes().len())
    }
}

/// The writing side of a promise, which [`Self::settle`] keeps. If it is dropped unsettled, the
/// promise is broken. This happens if queueing fails, and to the queued work of a parent in a
/// forked child.
pub struct Pending {
    promise: Arc<Promise>,
    room: Option<Room>,
}

impl Pending {
    /// Lets `work` fill in the room, and keeps the promise.
    pub fn settle_with(mut self, work: impl FnOnce(&mut Room) -> Result<()>) -> Result<()> {
        let mut room = self.room.take();
        let outcome = match &mut room {
            Some(room) => work(room),
            None => Err(Error::internal("a promise without its room")),
        };
        if let (Some(room), Ok(())) = (room, &outcome) {
            self.promise.store(room);
        }
        // The array may live long, so its error must not be in memory from the reserve.
        self.promise.event.settle(outcome.clone().map_err(reserve::lasting));
        outcome
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.promise.event.outcome().is_none() {
            self.promise.event.settle(Err(Error::lost("the work was dropped before it was done")));
        }
    }
}
