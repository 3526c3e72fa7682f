//! Convolutions that the GPU core computes. The CPU core computes all others, for streams of GPUs too.

use std::fmt::{self, Display};

use super::convolution::Convolution;
use crate::array::{Array, Room};
use crate::convolve::wanted::{Accuracy, Geometry, Reading, Subnormals, Task};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::{Gpu, Lens, Spans};

/// The most taps that are summed directly. Beyond, the CPU core's FFT is faster on most machines, the
/// copies to and from the GPU included.
const MOST_TAPS: usize = 4096;
/// The most taps if each output has an error bound of its own: the GPU core does not join chains.
const MOST_TAPS_OF_A_CHAIN: usize = 256;

/// A convolution for the GPU core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnGpu {
    lens: Lens,
    /// The elements of a row of `v`.
    v_len: usize,
    reading: Reading,
}

/// Why the CPU core computes a convolution for a GPU's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOnGpu {
    /// The GPU core has no such dtype, or does not convert an operand to it.
    Dtype,
    /// It has no boundary but zeros.
    Boundary,
    /// It has no such treatment of subnormal numbers.
    Subnormals,
    /// It sums up to so many taps.
    Taps(usize),
}

/// Where the rows of an array are, in elements: how far elements are apart, and the first elements of
/// rows, beyond the array's own.
#[derive(Clone, Copy)]
pub struct Rows<I> {
    /// The distances between elements in a row of `a`, of `v` and of the outputs.
    pub strides: [isize; 3],
    /// The first elements of rows of `a`, of `v` and of the outputs.
    pub places: I,
}

impl OnGpu {
    /// The convolution for the GPU core, of operands of `dtypes`. A row of `v` has `v_len` elements.
    pub fn of(
        convolution: &Convolution,
        dtypes: [Dtype; 2],
        v_len: usize,
    ) -> std::result::Result<Self, NotOnGpu> {
        let Task { geometry, dtype, accuracy, subnormals } = convolution.task();
        let Geometry { signal_len, filter_len, first, outputs } = geometry;
        let most_taps = match accuracy {
            Accuracy::Normwise => MOST_TAPS,
            Accuracy::Componentwise => MOST_TAPS_OF_A_CHAIN,
        };
        if [dtype, dtypes[0], dtypes[1]] != [Dtype::Float32; 3] {
            return Err(NotOnGpu::Dtype);
        }
        let reading = *convolution.reading();
        if reading.has_window() {
            return Err(NotOnGpu::Boundary);
        }
        if subnormals == Subnormals::Flush {
            return Err(NotOnGpu::Subnormals);
        }
        if filter_len > most_taps {
            return Err(NotOnGpu::Taps(most_taps));
        }
        let lens = Lens { signal: signal_len, filter: filter_len, first, outputs };
        Ok(Self { lens, v_len, reading })
    }

    /// Submits the convolution of `rows` of `a` and `v` to `room`.
    ///
    /// # Errors
    /// The failure of an operand; `OutOfMemory`, `DeviceLost`.
    pub fn submit(
        &self,
        gpu: &Gpu,
        [a, v]: [&Array; 2],
        rows: Rows<impl Iterator<Item = [isize; 3]>>,
        room: &Room,
    ) -> Result<()> {
        let &Self { lens, v_len, ref reading } = self;
        if lens.outputs == 0 {
            return Ok(());
        }
        let (a, a_at) = a.on_gpu(gpu, "a")?;
        let (v, v_at) = v.on_gpu(gpu, "v")?;
        let [signal, filter] = reading.ordered([&a, &v]);
        let buffers = [signal, filter, room.on_gpu()?];
        let Rows { strides: [a_stride, v_stride, stride], places } = rows;
        let [a_start, v_start] = reading.starts(v_len, [a_stride, v_stride]);
        let [signal_stride, filter_stride] =
            reading.ordered(reading.directed([a_stride, v_stride]));
        let strides = [signal_stride, filter_stride, stride];
        let place = |[a_row, v_row, row]: [isize; 3]| {
            let a_at = a_at.wrapping_add_signed(a_row + a_start);
            let v_at = v_at.wrapping_add_signed(v_row + v_start);
            let [signal, filter] = reading.ordered([a_at, v_at]);
            [signal, filter, row as usize]
        };
        let mut places = places.map(place).peekable();
        let rows = std::iter::from_fn(|| {
            let mut rows = Spans::one(places.next()?, strides);
            while places.next_if(|&place| rows.extend(place)).is_some() {}
            Some(rows)
        });
        gpu.direct(buffers, lens, rows)
    }
}

impl Display for OnGpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("method: direct sums on the GPU, 16 outputs an invocation")
    }
}

impl Display for NotOnGpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("core: the CPU's, because the GPU core ")?;
        match self {
            Self::Dtype => f.write_str("computes float32 only"),
            Self::Boundary => f.write_str("has no boundary but zeros"),
            Self::Subnormals => f.write_str("has no MLX_SUBNORMALS_FLUSH"),
            Self::Taps(most) => write!(f, "sums at most {most} taps"),
        }
    }
}
