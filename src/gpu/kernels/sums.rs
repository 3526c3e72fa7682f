//! The sums of a convolution.

use super::direct;
use super::pieces::{Bounds, Job, submissions};
use crate::error::Result;
use crate::gpu::buffer::Buffer;
use crate::gpu::device::Gpu;
use crate::gpu::{Lens, Spans};
use crate::process::without_cancellation;

impl Gpu {
    /// Submits the direct sums of rows of float32: of signals, with filters, to outputs, in this order
    /// in `buffers`. `rows` are groups of rows that are equally far apart.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`; `Unsupported` if a binding reaches no filter with one tile of
    /// outputs; `DeviceUnavailable` if the device does not compute as the CPU does.
    pub fn direct(
        &self,
        buffers: [&Buffer; 3],
        lens: Lens,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        self.make(Bounds::of(self), direct::job(lens.filter), buffers, lens, rows)
    }

    /// Submits the work of a job on rows.
    ///
    /// # Errors
    /// As for [`Self::direct`].
    pub fn make(
        &self,
        bounds: Bounds,
        job: Job,
        buffers: [&Buffer; 3],
        lens: Lens,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        without_cancellation(|| {
            self.tried(job.kernel)?;
            submissions(bounds, job, lens, rows, |work| self.dispatch(&buffers, work))
        })
    }
}
