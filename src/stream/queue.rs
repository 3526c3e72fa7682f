//! Streams as a program holds them: queues of work on a device.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use smallvec::SmallVec;

use super::{Device, DeviceType};
use crate::array::{Array, Output, Room};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::gpu::Gpu;
use crate::lines::{self, Id, LineTask, Progress};
use crate::memory::reserve;
use crate::process::{PerThread, catch};

/// Work below this number of nanoseconds runs on the caller's thread if nothing is queued before
/// it. A sleeping worker wakes some 20 000 ns after it is called while the cores are busy, and up
/// to 200 000 ns while they are idle.
const HAND_OVER: f64 = 300_000.0;

/// A queue of work on a device. Clones are the same stream.
#[derive(Clone, Debug)]
pub struct Stream(Arc<Identity>);

/// The part that the handles of a stream share. Only they own it, so the stream is closed when it
/// is dropped.
#[derive(Debug)]
struct Identity {
    device: Device,
    /// The open GPU, if the device is one.
    gpu: Option<Gpu>,
    id: Id,
    progress: Arc<Progress>,
}

/// A thread's default streams: one for each device for which the thread has asked.
static DEFAULTS: PerThread<Defaults> = PerThread::new();
type Defaults = RefCell<SmallVec<[Stream; 1]>>;

fn of_this_thread<R>(body: impl FnOnce(&Defaults) -> R) -> Result<R> {
    DEFAULTS.with(|| reserve::kept(Box::default), body)
}

impl Stream {
    /// A new stream on `device`, with its own index.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn new(device: Device) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let device = device.require()?;
        let gpu = match device.kind {
            DeviceType::Cpu => None,
            DeviceType::Gpu => Some(Gpu::open(device.index)?),
        };
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self(Arc::new(Identity { device, gpu, id, progress: Arc::default() })))
    }

    /// The calling thread's default stream on `device`. It is made at the first request, and anew
    /// after the device was lost.
    ///
    /// # Errors
    /// `DeviceUnavailable`; as for [`Self::make_default`].
    pub fn default_on(device: Device) -> Result<Self> {
        let known = of_this_thread(|defaults| {
            defaults.borrow().iter().find(|stream| stream.serves(device)).cloned()
        })?;
        if let Some(stream) = known {
            return Ok(stream);
        }
        let stream = Self::new(device)?;
        stream.clone().make_default()?;
        Ok(stream)
    }

    /// Makes this stream the calling thread's default on its device.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn make_default(self) -> Result<()> {
        // A new stream outlives the call, so it must hold no memory from the reserve.
        reserve::check()?;
        let before = of_this_thread(|defaults| {
            let mut defaults = defaults.borrow_mut();
            if let Some(place) = defaults.iter_mut().find(|stream| stream.device() == self.device())
            {
                return Ok(Some(std::mem::replace(place, self)));
            }
            // The larger list is made first: if its memory is from the reserve, the error frees it.
            let mut grown = SmallVec::new();
            let room = reserve::kept(|| grown.try_reserve_exact(defaults.len() + 1))?;
            let error = |_| Error::out_of_memory("the thread's streams", size_of::<Self>());
            room.map_err(error)?;
            grown.append(&mut defaults);
            grown.push(self);
            *defaults = grown;
            Ok(None)
        })?;
        // The old default is dropped here, outside `with`: closing a stream may call the program's
        // code.
        before.map(drop)
    }

    /// The device of the stream.
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// The open GPU of the stream, if its device is one.
    pub fn gpu(&self) -> Option<&Gpu> {
        self.0.gpu.as_ref()
    }

    /// Whether the stream is on `device`, which was not lost.
    fn serves(&self, device: Device) -> bool {
        self.device() == device && self.gpu().is_none_or(|gpu| gpu.check().is_ok())
    }

    /// A number that no other stream has, up to 2^31 streams.
    pub fn index(&self) -> i32 {
        (self.0.id % (1 << 31)) as i32
    }

    /// An array whose bytes `work` computes, in the room of `output`, after everything that was
    /// queued on this stream before. `nanoseconds` is an estimate of the time. Work that waits for
    /// nothing and takes less than [`HAND_OVER`] may run at once.
    ///
    /// Everything that `work` owns is dropped after the array is ready. It may be the program's
    /// memory.
    ///
    /// # Errors
    /// If `work` ran at once, its errors; otherwise the array fails with them. `OutOfMemory` if
    /// queueing fails.
    pub fn fill<F>(&self, mut output: Output, nanoseconds: f64, work: F) -> Result<Array>
    where
        F: Fn(&mut Room) -> Result<()> + Send + 'static,
    {
        if nanoseconds < HAND_OVER && lines::is_idle(&self.0.progress) {
            work(output.room_mut())?;
            return Ok(output.finish());
        }
        let (array, pending) = output.promise(self.0.id);
        self.enqueue(Box::new(move || pending.settle_with(|room| catch(|| work(room)))))?;
        Ok(array)
    }

    /// Waits for everything that is queued on this stream so far.
    ///
    /// # Errors
    /// The first failure of queued work since the last call. `OutOfMemory` if queueing fails;
    /// `DeviceLost`.
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
        match (lines::take_failure(self.0.id), self.gpu()) {
            (Some(failure), _) => Err(failure),
            (None, Some(gpu)) => gpu.finish(),
            (None, None) => Ok(()),
        }
    }

    /// For tests of the thread that runs the work instead.
    #[cfg(test)]
    pub fn keep_worker_away(&self) {
        lines::keep_worker_away(self.0.id, &self.0.progress);
    }

    fn enqueue(&self, task: LineTask) -> Result<()> {
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
