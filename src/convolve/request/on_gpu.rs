//! Convolutions that the GPU core computes. The CPU core computes all others, for streams of GPUs too.

use std::fmt::{self, Display};

use super::convolution::Convolution;
use crate::array::{Array, Room, RowPairs};
use crate::convolve::plan::are_direct_sums_forced;
use crate::convolve::wanted::{Accuracy, Geometry, Reading, Run, Subnormals, Task, Window};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::{self, Buffer, Gpu, Lens, Numbers, Spans};

/// A convolution for the GPU core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnGpu {
    lens: Lens,
    dtype: Dtype,
    flush: bool,
    /// The points of a block, and its outputs.
    blocks: Option<[usize; 2]>,
    reading: Reading,
}

/// Why the CPU core computes a convolution for a GPU's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOnGpu {
    /// There are too many taps for direct sums, and transforms do not serve. The most taps.
    Taps(usize),
    /// The GPU core sums up to so many taps if each output has an error bound of its own.
    TapsOfChains(usize),
    /// The signal repeats too often beyond its ends.
    Repeats,
}

/// The most taps that are summed directly on a GPU. Beyond, the CPU core's transforms are sooner done
/// on most machines. The numbers follow from the rates of multiply-adds that GPUs and processors
/// state: a product of 64-bit integers takes ten of a GPU's operations, and 32 of bools take one.
fn most_taps(dtype: Dtype) -> usize {
    match dtype {
        Dtype::Int64 | Dtype::UInt64 => 512,
        Dtype::Bool => 1 << 16,
        _ => 4096,
    }
}

/// The most taps if each output has an error bound of its own: a product goes through 128 roundings in
/// its chunk, and one for each chunk, 256 in all.
fn most_taps_of_chains(dtype: Dtype) -> usize {
    if dtype == Dtype::Complex64 { 8192 } else { 16384 }
}

/// The most runs of a signal that is continued beyond its ends. Each is at least one dispatch.
const MOST_RUNS: usize = 64;

impl OnGpu {
    /// The convolution for the GPU core, of `a_len` elements of `a`.
    pub fn of(convolution: &Convolution, a_len: usize) -> std::result::Result<Self, NotOnGpu> {
        let Task { geometry, dtype, accuracy, subnormals } = convolution.task();
        let Geometry { signal_len, filter_len, first, outputs } = geometry;
        let reading = *convolution.reading();
        let lens = Lens { signal: signal_len, filter: filter_len, first, outputs };
        let flush = subnormals == Subnormals::Flush;
        let is_real = matches!(dtype, Dtype::Float32 | Dtype::Float16 | Dtype::BFloat16);
        let may_transform = is_real
            && accuracy == Accuracy::Normwise
            && !flush
            && outputs > 0
            && !are_direct_sums_forced();
        let blocks = if may_transform { gpu::faster_transforms(lens) } else { None };
        let most = match (dtype, reading.window()) {
            // They are counted.
            (Dtype::Bool, Some(_)) => most_taps(Dtype::UInt32),
            _ => most_taps(dtype),
        };
        if accuracy == Accuracy::Componentwise && !dtype.is_exact() {
            let most = most_taps_of_chains(dtype);
            if filter_len > most {
                return Err(NotOnGpu::TapsOfChains(most));
            }
        } else if filter_len > most && blocks.is_none() {
            return Err(NotOnGpu::Taps(most));
        }
        let runs = |window: Window| window.runs(a_len).nth(MOST_RUNS);
        if reading.window().and_then(runs).is_some() {
            return Err(NotOnGpu::Repeats);
        }
        Ok(Self { lens, dtype, flush, blocks, reading })
    }

    /// Whether operand `i` has to be made plain, although its dtype serves: if it is continued beyond its
    /// ends, or if its elements are so far apart that a binding reaches few of them.
    fn has_to_be_plain(&self, gpu: &Gpu, i: usize, pairs: &RowPairs) -> bool {
        let &Self { lens, dtype, blocks, ref reading, .. } = self;
        let is_signal = self.is_signal(i);
        let read = match (is_signal, blocks) {
            (false, _) => lens.filter,
            (true, Some([points, _])) => lens.signal.min(lens.filter + 2 * points),
            (true, None) => lens.signal.min(lens.filter + 1024),
        };
        let bytes = pairs.strides()[i].unsigned_abs() * dtype.size();
        is_signal && reading.window().is_some() || read.saturating_mul(bytes) > gpu.reach() / 2
    }

    /// Whether operand `i` is the signal.
    fn is_signal(&self, i: usize) -> bool {
        (i == 1) == self.reading.is_swapped()
    }

    /// Submits the convolution of the rows of `a` and `v` to `room`.
    ///
    /// # Errors
    /// The failure of an operand; `OutOfMemory`, `DeviceLost`.
    pub fn submit(
        &self,
        gpu: &Gpu,
        arrays: [&Array; 2],
        pairs: &RowPairs,
        room: &Room,
    ) -> Result<()> {
        let &Self { lens, dtype, flush, blocks, ref reading } = self;
        if lens.outputs == 0 || pairs.count() == 0 {
            return Ok(());
        }
        // Bools are read where they are. If an operand has to be plain, both become 0 or 1, and an output
        // counts the products that are 1.
        let to_be_plain = [0, 1].map(|i| self.has_to_be_plain(gpu, i, pairs));
        let summed = match dtype {
            Dtype::Bool if to_be_plain.contains(&true) => Dtype::UInt32,
            _ => dtype,
        };
        let operand = |i: usize, pairs: &RowPairs| {
            let serves = summed.size() >= 4 || summed == Dtype::Bool;
            let is_plain = to_be_plain[i] || arrays[i].dtype() != summed || !serves;
            self.operand(gpu, arrays[i], i, pairs, (summed, is_plain))
        };
        let (a, pairs) = operand(0, pairs)?;
        let (v, pairs) = operand(1, &pairs)?;
        let (elements, count) = (room.on_gpu()?, pairs.count() * lens.outputs);
        let plain = match dtype.size() {
            1 | 2 => Some(gpu.plain(summed, count, "outputs before they are packed")?),
            _ => None,
        };
        let [signal, filter] = reading.ordered([&a, &v]);
        let buffers = [&signal.buffer, &filter.buffer, plain.as_ref().unwrap_or(elements)];
        let inside = pairs.out_stride();
        let strides = [signal.stride, filter.stride, inside as isize];
        // The outputs of rows that begin one after another lie between each other.
        let place = |(row, [a_row, v_row]): (usize, [isize; 2])| {
            let places = [a.at.wrapping_add_signed(a_row), v.at.wrapping_add_signed(v_row)];
            let [signal, filter] = reading.ordered(places);
            [signal, filter, row / inside * inside * lens.outputs + row % inside]
        };
        let are_conjugated = reading.ordered([false, reading.is_conjugated()]);
        let numbers = Numbers { dtype: summed, flush, are_conjugated };
        let rows = spans(strides, pairs.starts().enumerate().map(place));
        match blocks {
            Some(_) => gpu.transforms(buffers, lens, rows)?,
            None => gpu.direct(numbers, buffers, lens, rows)?,
        }
        match &plain {
            None => Ok(()),
            Some(numbers) => gpu.pack(dtype, numbers, elements, count),
        }
    }

    /// Operand `i` as numbers of `to`, in the order in which the sums read them, and the pairs of its
    /// rows. They are its own elements, or plain.
    fn operand(
        &self,
        gpu: &Gpu,
        array: &Array,
        i: usize,
        pairs: &RowPairs,
        (to, is_plain): (Dtype, bool),
    ) -> Result<(Numbered, RowPairs)> {
        let &Self { lens, ref reading, .. } = self;
        let (buffer, at) = array.on_gpu(gpu, ["a", "v"][i])?;
        let (strides, v_len) = (pairs.strides(), pairs.lens[1]);
        let at = at.wrapping_add_signed(reading.starts(v_len, strides)[i]);
        let stride = reading.directed(strides)[i];
        if !is_plain {
            return Ok((Numbered { buffer, at, stride }, pairs.clone()));
        }
        let is_signal = self.is_signal(i);
        let len = if is_signal { lens.signal } else { lens.filter };
        let rows = pairs.rows_of(i);
        let plain = gpu.plain(to, rows.count() * len, "an operand as plain numbers")?;
        let convert = |done: usize, run: Run| {
            let strides = [stride * run.stride, 0, 1];
            let at = at.wrapping_add_signed(stride * run.index as isize);
            let place = |(row, start): (usize, [isize; 2])| {
                [at.wrapping_add_signed(start[i]), 0, row * len + done]
            };
            let rows = spans(strides, rows.starts().enumerate().map(place));
            gpu.convert([array.dtype(), to], [&buffer, &plain], run.len, rows)
        };
        match reading.window().filter(|_| is_signal) {
            None => convert(0, Run { index: 0, stride: 1, len })?,
            Some(window) => {
                window.runs(pairs.lens[0]).try_fold(0, |done, run| {
                    convert(done, run)?;
                    Ok(done + run.len)
                })?;
            }
        }
        Ok((Numbered { buffer: plain, at: 0, stride: 1 }, pairs.with_plain(i, len)))
    }
}

/// The numbers of an operand on a GPU.
struct Numbered {
    buffer: Buffer,
    /// The first number that the sums of the first row read.
    at: usize,
    /// The distance to the next.
    stride: isize,
}

/// Groups of rows that are equally far apart, of elements that are `strides` apart. `places` are those
/// of their first elements.
fn spans(
    strides: [isize; 3],
    places: impl Iterator<Item = [usize; 3]>,
) -> impl Iterator<Item = Spans> {
    let mut places = places.peekable();
    std::iter::from_fn(move || {
        let mut rows = Spans::one(places.next()?, strides);
        while places.next_if(|&place| rows.extend(place)).is_some() {}
        Some(rows)
    })
}

impl Display for OnGpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some([points, outputs]) = self.blocks {
            let outputs = outputs.min(self.lens.outputs);
            writeln!(f, "method: fft, overlap-save on the GPU")?;
            return write!(f, "block: {points} points, {outputs} outputs");
        }
        f.write_str("method: direct sums on the GPU")
    }
}

impl Display for NotOnGpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("core: the CPU's, because ")?;
        match self {
            Self::Taps(most) => {
                write!(f, "the GPU core sums at most {most} taps of this dtype directly")?;
                f.write_str(", and transforms do not serve")
            }
            Self::TapsOfChains(most) => {
                write!(
                    f,
                    "with an error bound of each output, the GPU core sums at most {most} taps"
                )
            }
            Self::Repeats => {
                f.write_str("beyond its ends, the signal repeats too often for the GPU core")
            }
        }
    }
}
