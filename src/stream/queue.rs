//! Streams: lines of work on a device, as a program holds them.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use smallvec::SmallVec;

use super::Device;
use crate::array::{Array, Output};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::lines::{self, Id, Progress, Task};
use crate::memory::reserve;
use crate::process::{PerThread, catch};

/// Work that takes less, in nanoseconds, is done on the caller's thread where nothing is queued before it: a worker
/// wakes some 20 000 after it is called while the cores are busy, and up to 200 000 where they idle.
const HAND_OVER: f64 = 300_000.0;

/// A line of work on a device. Clones are the same line.
#[derive(Clone, Debug)]
pub struct Stream(Arc<Identity>);

/// Shared by the handles of a stream, and by nothing else: when it goes, the stream is closed.
#[derive(Debug)]
struct Identity {
    device: Device,
    id: Id,
    progress: Arc<Progress>,
}

/// A thread's default stream on each device that it has asked for one.
static DEFAULTS: PerThread<Defaults> = PerThread::new();
type Defaults = RefCell<SmallVec<[Stream; 1]>>;

fn of_this_thread<R>(body: impl FnOnce(&Defaults) -> R) -> Result<R> {
    DEFAULTS.with(|| reserve::kept(Box::default), body)
}

impl Stream {
    /// A new line on `device`, with an index of its own.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn new(device: Device) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let device = device.require()?;
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self(Arc::new(Identity { device, id, progress: Arc::default() })))
    }

    /// The calling thread's default stream on `device`, made when first asked for.
    ///
    /// # Errors
    /// `DeviceUnavailable`; as [`Self::make_default`].
    pub fn default_on(device: Device) -> Result<Self> {
        let known = of_this_thread(|defaults| {
            defaults.borrow().iter().find(|stream| stream.device() == device).cloned()
        })?;
        if let Some(stream) = known {
            return Ok(stream);
        }
        let stream = Self::new(device)?;
        stream.clone().make_default()?;
        Ok(stream)
    }

    /// Makes this the calling thread's default on its device.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn make_default(self) -> Result<()> {
        // What came from the reserve must not outlive the call, as a new stream would.
        reserve::check()?;
        let before = of_this_thread(|defaults| {
            let mut defaults = defaults.borrow_mut();
            if let Some(place) = defaults.iter_mut().find(|stream| stream.device() == self.device())
            {
                return Ok(Some(std::mem::replace(place, self)));
            }
            // Grown apart: room that is of the reserve goes with the error.
            let mut grown = SmallVec::new();
            let room = reserve::kept(|| grown.try_reserve_exact(defaults.len() + 1))?;
            let error = |_| Error::out_of_memory("the thread's streams", size_of::<Self>());
            room.map_err(error)?;
            grown.append(&mut defaults);
            grown.push(self);
            *defaults = grown;
            Ok(None)
        })?;
        // What was the default is dropped out here: closing a stream may come to the program's code.
        before.map(drop)
    }

    /// Its device.
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// A number that no other stream has, until there have been 2^31.
    pub fn index(&self) -> i32 {
        (self.0.id % (1 << 31)) as i32
    }

    /// The array that `output` becomes when `work` has filled in its bytes, which happens after everything
    /// given to this stream before. Work that waits for nothing and takes less than [`HAND_OVER`]
    /// `nanoseconds` may be done at once.
    ///
    /// What `work` owns is dropped after the array is ready: it may be the program's memory.
    ///
    /// # Errors
    /// Those of `work` if it was done at once; else the array fails with them. `OutOfMemory` for queueing.
    pub fn fill<F>(&self, mut output: Output, nanoseconds: f64, work: F) -> Result<Array>
    where
        F: Fn(&mut [u8]) -> Result<()> + Send + 'static,
    {
        if nanoseconds < HAND_OVER && lines::is_idle(&self.0.progress) {
            work(output.bytes_mut())?;
            return Ok(output.finish());
        }
        let (array, mut pending) = output.promise(self.0.id);
        self.enqueue(Box::new(move || {
            let outcome = catch(|| work(pending.bytes_mut()));
            pending.settle(outcome.clone());
            outcome
        }))?;
        Ok(array)
    }

    /// Waits for everything given to this stream so far.
    ///
    /// # Errors
    /// The first failure since the last call, of what was not done at once. `OutOfMemory` for queueing.
    pub fn synchronize(&self) -> Result<()> {
        if !lines::is_idle(&self.0.progress) {
            let fence = Arc::new(Event::pending());
            let reached = fence.clone();
            self.enqueue(Box::new(move || {
                reached.settle(Ok(()));
                Ok(())
            }))?;
            lines::wait(self.0.id, &fence)?;
        }
        lines::take_failure(self.0.id).map_or(Ok(()), Err)
    }

    /// For tests of who does the work then.
    #[cfg(test)]
    pub fn keep_worker_away(&self) {
        lines::keep_worker_away(self.0.id, &self.0.progress);
    }

    fn enqueue(&self, task: Task) -> Result<()> {
        lines::enqueue(self.0.id, &self.0.progress, task)
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        lines::close(self.id);
    }
}

impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({}, {})", self.device(), self.index())
    }
}
