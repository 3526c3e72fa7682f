//! An open device: its errors, its submissions, and waiting for them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::adapters;
use super::own_stack::on_own_stack;
use super::owned::Owned;
use super::pipelines::{Kernel, Pipeline, Pipelines, compiled};
use crate::error::{Error, Result, Status};
use crate::memory;
use crate::process::{Once, without_cancellation};

/// An open device. Clones are the same device.
#[derive(Clone)]
pub struct Gpu(Arc<Opened>);

struct Opened {
    index: i32,
    objects: Owned<Objects>,
    limits: wgpu::Limits,
    /// Why the device was lost.
    loss: Arc<OnceLock<String>>,
    /// The number of submissions so far, modulo 2^32. Held while work is submitted.
    submissions: Mutex<u32>,
    /// Freed buffers, the oldest first.
    freed: Mutex<Vec<Owned<wgpu::Buffer>>>,
}

struct Objects {
    device: wgpu::Device,
    queue: wgpu::Queue,
    /// The number of submissions that the device has done, modulo 2^32.
    counter: wgpu::Buffer,
    /// The counter, bound to the kernel that advances it.
    advancing: Once<wgpu::BindGroup>,
    pipelines: Pipelines,
    /// Why kernels have failed their trial, or that they have not.
    tried: [Once<Option<String>>; Kernel::ALL.len()],
}

/// Work that was handed to the device.
pub struct Submission {
    index: wgpu::SubmissionIndex,
    /// The counter's value once the device has done it.
    pub number: u32,
}

/// The devices that are open, at most one for each index.
static OPEN: Mutex<Vec<Gpu>> = Mutex::new(Vec::new());

/// A panic of an earlier holder does not matter: what the locks hold is valid at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gpu {
    /// Opens a device, or returns it if it is open. A lost device is opened anew.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn open(index: i32) -> Result<Self> {
        without_cancellation(|| Self::open_or_find(index))
    }

    fn open_or_find(index: i32) -> Result<Self> {
        // In a forked child this fails, so the lock below is this process's own.
        let adapter = adapters::adapter(index)?;
        let mut open = lock(&OPEN);
        if let Some(gpu) = open.iter().find(|gpu| gpu.0.index == index)
            && gpu.check().is_ok()
        {
            return Ok(gpu.clone());
        }
        let gpu = on_own_stack(move || Self::new(index, adapter))?;
        open.retain(|gpu| gpu.0.index != index);
        open.push(gpu.clone());
        Ok(gpu)
    }

    fn new(index: i32, adapter: &wgpu::Adapter) -> Result<Self> {
        let request = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("mlx-convolve"),
            required_features: wgpu::Features::IMMEDIATES,
            required_limits: adapter.limits(),
            experimental_features: wgpu::ExperimentalFeatures::disabled(),
            memory_hints: wgpu::MemoryHints::Performance,
            trace: wgpu::Trace::Off,
        });
        let (device, queue) = pollster::block_on(request).map_err(|error| {
            let name = adapter.get_info().name;
            Error::unavailable(format!("{name} cannot be opened: {error}"))
        })?;
        // Without handlers, wgpu panics. Errors are looked for by `Self::scoped`. One that no scope
        // catches belongs to a bug, after which the device's values cannot be trusted.
        let loss = Arc::new(OnceLock::new());
        let (by_error, by_loss) = (loss.clone(), loss.clone());
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            let _ = by_error.set(error.to_string());
        }));
        device.set_device_lost_callback(move |reason, message| {
            let _ = by_loss.set(format!("{reason:?} {message}"));
        });
        let counter = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("counter"),
            size: 4,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let limits = device.limits();
        let (advancing, pipelines) = (Once::new(), Pipelines::new());
        let tried = [const { Once::new() }; Kernel::ALL.len()];
        let objects = Owned::new(Objects { device, queue, counter, advancing, pipelines, tried });
        let (submissions, freed) = (Mutex::new(0), Mutex::new(Vec::new()));
        Ok(Self(Arc::new(Opened { index, objects, limits, loss, submissions, freed })))
    }

    /// For tests: opens a device that others do not find.
    #[cfg(test)]
    pub fn opened_apart(index: i32) -> Result<Self> {
        Self::new(index, adapters::adapter(index)?)
    }

    /// Whether both are the same open device.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The limits of the device.
    pub fn limits(&self) -> &wgpu::Limits {
        &self.0.limits
    }

    /// Succeeds if the device can still be used.
    ///
    /// # Errors
    /// `DeviceLost`.
    pub fn check(&self) -> Result<()> {
        self.0.objects.get()?;
        match self.0.loss.get() {
            None => Ok(()),
            Some(why) => Err(Error::lost(format!("the GPU was lost: {why}"))),
        }
    }

    /// Marks the device as lost. Returns the error.
    fn lose(&self, why: String) -> Error {
        let _ = self.0.loss.set(why);
        self.check().err().unwrap_or_else(|| Error::lost("the GPU was lost"))
    }

    /// Runs `body`, and returns the first error that the device reports meanwhile. `bytes` and `what`
    /// name the memory that may be short.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`; `Internal` if wgpu finds that a call was wrong.
    pub fn scoped<R>(
        &self,
        (what, bytes): (&'static str, usize),
        body: impl FnOnce(&wgpu::Device, &wgpu::Queue) -> R,
    ) -> Result<R> {
        self.check()?;
        let Objects { device, queue, .. } = self.0.objects.get()?;
        let filters = [
            wgpu::ErrorFilter::Validation,
            wgpu::ErrorFilter::Internal,
            wgpu::ErrorFilter::OutOfMemory,
        ];
        let scopes = filters.map(|filter| device.push_error_scope(filter));
        let result = body(device, queue);
        // The innermost scope is popped first, so the most telling error comes last.
        let mut error = None;
        for scope in scopes.into_iter().rev() {
            error = error.or(pollster::block_on(scope.pop()));
        }
        if error.is_some() {
            // Whoever uses a lost device is refused. It tells of its loss when it is polled.
            let _ = device.poll(wgpu::PollType::Poll);
        }
        self.check()?;
        match error {
            None => Ok(result),
            Some(wgpu::Error::OutOfMemory { .. }) => Err(Error::out_of_memory(what, bytes)),
            Some(error) => Err(Error::internal(format!("the GPU refused a call: {error}"))),
        }
    }

    /// A kernel, compiled.
    ///
    /// # Errors
    /// As for [`Self::scoped`].
    pub fn pipeline(&self, kernel: Kernel) -> Result<&Pipeline> {
        self.0.objects.get()?.pipelines.get(kernel, || {
            let gpu = self.clone();
            on_own_stack(move || {
                gpu.scoped(("a compiled kernel", 0), |device, _| compiled(kernel, device))
            })
        })
    }

    /// Succeeds if a kernel has passed a trial: at its first use, `is_right` tries it.
    ///
    /// # Errors
    /// Those of `is_right`. If this is `DeviceUnavailable`, the kernel is not tried again.
    pub fn trusted(&self, kernel: Kernel, is_right: impl FnOnce() -> Result<()>) -> Result<()> {
        let tried = &self.0.objects.get()?.tried[kernel as usize];
        let failure = tried.get_or_try(|| match is_right() {
            Ok(()) => Ok(None),
            Err(error) if error.status == Status::DeviceUnavailable => Ok(Some(error.to_string())),
            Err(error) => Err(error),
        })?;
        match failure {
            None => Ok(()),
            Some(why) => Err(Error::unavailable(why.clone())),
        }
    }

    /// The number of the device.
    pub fn index(&self) -> i32 {
        self.0.index
    }

    /// Submits the commands that `encode` writes, and advances the counter after them. Then come the
    /// commands of `after`, which may copy the counter.
    ///
    /// # Errors
    /// As for [`Self::scoped`].
    pub fn submit(
        &self,
        encode: impl FnOnce(&mut wgpu::CommandEncoder),
        after: impl FnOnce(&mut wgpu::CommandEncoder, &wgpu::Buffer),
    ) -> Result<Submission> {
        let advance = self.pipeline(Kernel::Advance)?;
        let Objects { counter, advancing, .. } = self.0.objects.get()?;
        let advancing = advancing.get_or_try(|| {
            self.scoped(("commands", 0), |device, _| bound(device, advance, &[(counter, 0, 4)]))
        })?;
        let mut submissions = lock(&self.0.submissions);
        let index = self.scoped(("commands", 0), |device, queue| {
            let mut encoder = device.create_command_encoder(&Default::default());
            encode(&mut encoder);
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                pass.set_pipeline(&advance.pipeline);
                pass.set_bind_group(0, advancing, &[]);
                pass.dispatch_workgroups(1, 1, 1);
            }
            after(&mut encoder, counter);
            queue.submit([encoder.finish()])
        })?;
        *submissions = submissions.wrapping_add(1);
        Ok(Submission { index, number: *submissions })
    }

    /// Waits until the device has done `submission`, as far as it says.
    ///
    /// # Errors
    /// `DeviceLost`.
    pub fn wait(&self, submission: &Submission) -> Result<()> {
        let device = &self.0.objects.get()?.device;
        // With a timeout, wgpu panics where threads share a device.
        let polled = device.poll(wgpu::PollType::Wait {
            submission_index: Some(submission.index.clone()),
            timeout: None,
        });
        match polled {
            Ok(_) => self.check(),
            Err(error) => Err(self.lose(error.to_string())),
        }
    }

    /// Succeeds if the device has done all submissions up to `submission`, after which its counter was
    /// `counted`.
    ///
    /// # Errors
    /// `DeviceLost`: something stopped the work, and the device did not tell.
    pub fn verify(&self, submission: &Submission, counted: u32) -> Result<()> {
        match submission.number.wrapping_sub(counted) {
            0 => Ok(()),
            missing => Err(self.lose(format!("{missing} pieces of work were not done"))),
        }
    }

    /// For tests: one more submission is expected than there are, as if the device had dropped one.
    #[cfg(test)]
    pub fn expect_one_more(&self) {
        let mut submissions = lock(&self.0.submissions);
        *submissions = submissions.wrapping_add(1);
    }

    /// For tests: destroys the device under all who use it.
    #[cfg(test)]
    pub fn destroy(&self) {
        self.0.objects.get().unwrap().device.destroy();
    }

    /// A freed buffer of exactly `size` bytes.
    pub fn reused(&self, size: u64) -> Option<wgpu::Buffer> {
        let mut freed = lock(&self.0.freed);
        let at = freed.iter().rposition(|buffer| size_of_buffer(buffer) as u64 == size)?;
        freed.remove(at).into_inner()
    }

    /// Keeps a freed buffer for reuse, as far as the cache's limit allows.
    pub fn keep(&self, buffer: Owned<wgpu::Buffer>) {
        if !buffer.is_ours() || self.check().is_err() {
            return without_cancellation(|| drop(buffer));
        }
        lock(&self.0.freed).push(buffer);
        self.trim(memory::cache_room());
    }

    /// The bytes of freed buffers.
    fn freed_bytes(&self) -> usize {
        match self.0.objects.is_ours() {
            true => lock(&self.0.freed).iter().map(size_of_buffer).sum(),
            false => 0,
        }
    }

    /// Frees the oldest freed buffers until at most `limit` bytes are left.
    pub fn trim(&self, limit: usize) {
        if !self.0.objects.is_ours() {
            return;
        }
        let mut surplus = Vec::new();
        let mut freed = lock(&self.0.freed);
        let mut bytes: usize = freed.iter().map(size_of_buffer).sum();
        while bytes > limit && !freed.is_empty() {
            let buffer = freed.remove(0);
            bytes -= size_of_buffer(&buffer);
            surplus.push(buffer);
        }
        drop(freed);
        without_cancellation(|| drop(surplus));
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gpu({})", self.0.index)
    }
}

fn size_of_buffer(buffer: &Owned<wgpu::Buffer>) -> usize {
    buffer.get().map_or(0, |buffer| buffer.size() as usize)
}

/// Binds parts of buffers, each from a byte on, so many bytes, to a kernel.
pub fn bound(
    device: &wgpu::Device,
    pipeline: &Pipeline,
    parts: &[(&wgpu::Buffer, u64, u64)],
) -> wgpu::BindGroup {
    let entry = |(binding, &(buffer, offset, size)): (u32, &(_, u64, u64))| wgpu::BindGroupEntry {
        binding,
        resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer,
            offset,
            size: size.try_into().ok(),
        }),
    };
    let entries: Vec<_> = (0..).zip(parts).map(entry).collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.group,
        entries: &entries,
    })
}

/// The devices that this process has opened. None in a forked child of a process that looked for
/// devices.
fn opened() -> Vec<Gpu> {
    match adapters::was_looked_for_here() {
        true => lock(&OPEN).clone(),
        false => Vec::new(),
    }
}

/// The number of bytes of freed buffers that are kept.
pub fn cached() -> usize {
    opened().iter().map(Gpu::freed_bytes).sum()
}

/// Frees these buffers until at most `limit` bytes are left.
pub fn clear_cache(limit: usize) {
    opened().iter().fold(limit, |left, gpu| {
        gpu.trim(left);
        left.saturating_sub(gpu.freed_bytes())
    });
}
