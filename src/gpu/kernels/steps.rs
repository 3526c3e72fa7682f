//! Convolutions of rows on a device, by steps: operands are made plain, sums computed, and outputs of
//! one or two bytes packed.

use smallvec::SmallVec;

use super::jobs::{submissions, temporary_bytes};
use super::plain::convert::{plain_size, to_elements, to_plain};
use super::sums::bits;
use super::sums::direct::{self, Floats};
use super::sums::words::{self, Width};
use super::transforms::choice;
use super::work::pieces::{Bounds, Job};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::buffer::Buffer;
use crate::gpu::device::Gpu;
use crate::gpu::rows::Numbers;
use crate::gpu::{Lens, Spans};
use crate::process::without_cancellation;

impl Gpu {
    /// Submits the direct sums of rows of plain numbers: of signals, with filters, to outputs, in this
    /// order in `buffers`. `rows` are groups of rows that are equally far apart.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`; `Unsupported` if a binding does not reach the filter and the
    /// values of an output; `DeviceUnavailable` if the device does not compute as the CPU does.
    pub fn direct(
        &self,
        numbers: Numbers,
        buffers: [&Buffer; 3],
        lens: Lens,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        let Numbers { dtype, flush, are_conjugated } = numbers;
        let job = match dtype {
            Dtype::Bool => bits::job(lens.filter),
            Dtype::Int64 | Dtype::UInt64 => words::job(Width::Bits64, lens.filter),
            dtype if dtype.is_exact() => words::job(Width::Bits32, lens.filter),
            _ => {
                let are_complex = dtype == Dtype::Complex64;
                direct::job(lens.filter, Floats { are_complex, flush, are_conjugated })
            }
        };
        self.make(Bounds::of(self), job, buffers, lens, rows)
    }

    /// Submits the conversion of rows of `len` elements of a dtype to plain numbers of another, to which
    /// it promotes. Elements are where the signal's are, numbers where the outputs are. A plain number
    /// takes 4 bytes, or 8 if its dtype does.
    ///
    /// # Errors
    /// As for [`Self::direct`].
    pub fn convert(
        &self,
        [from, to]: [Dtype; 2],
        [elements, numbers]: [&Buffer; 2],
        len: usize,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        let lens = Lens { signal: len, filter: 1, first: 0, outputs: len };
        let buffers = [elements, elements, numbers];
        self.make(Bounds::of(self), to_plain(from, to), buffers, lens, rows)
    }

    /// The bytes that a binding surely reaches.
    pub fn reach(&self) -> usize {
        Bounds::of(self).reach()
    }

    /// Room for so many plain numbers, and for as many beyond as elements lie in one word.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`.
    pub fn plain(&self, dtype: Dtype, count: usize, what: &'static str) -> Result<Buffer> {
        self.buffer(count.next_multiple_of(4) * plain_size(dtype), what)
    }

    /// Submits the packing of `count` plain numbers into elements of a dtype of one or two bytes.
    ///
    /// # Errors
    /// As for [`Self::direct`].
    pub fn pack(
        &self,
        dtype: Dtype,
        numbers: &Buffer,
        elements: &Buffer,
        count: usize,
    ) -> Result<()> {
        let words = (count * dtype.size()).div_ceil(4);
        let lens = Lens { signal: words, filter: 1, first: 0, outputs: words };
        let (buffers, rows) = ([numbers, numbers, elements], [Spans::one([0; 3], [1; 3])]);
        self.make(Bounds::of(self), to_elements(dtype), buffers, lens, rows)
    }

    /// Submits the convolution of rows of float32 by transforms of blocks. They must be possible: see
    /// [`faster_transforms`](choice::faster_transforms).
    ///
    /// # Errors
    /// As for [`Self::direct`].
    pub fn transforms(
        &self,
        buffers: [&Buffer; 3],
        lens: Lens,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        self.make(Bounds::of(self), choice::job(lens)?, buffers, lens, rows)
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
            self.submit_job(bounds, job, buffers, lens, rows)
        })
    }

    /// Submits the work of a job on rows, whether or not its kernel was tried.
    ///
    /// # Errors
    /// As for [`Self::direct`].
    pub fn submit_job(
        &self,
        bounds: Bounds,
        job: Job,
        buffers: [&Buffer; 3],
        lens: Lens,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        let [a, v, y] = buffers;
        let mut temporaries = SmallVec::<[Buffer; 2]>::new();
        for bytes in temporary_bytes(job) {
            temporaries.push(self.buffer(bytes, "workspace on the GPU")?);
        }
        let mut all: SmallVec<[&Buffer; 5]> = SmallVec::from_slice(&[a, v, y]);
        all.extend(&temporaries);
        submissions(bounds, job, lens, rows, |work| self.dispatch(&all, work))
    }
}
