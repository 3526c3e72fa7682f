//! How rows are cut into pieces that bindings reach.

use std::ops::Range;

use bytemuck::{Pod, Zeroable, bytes_of, cast_slice};

use crate::error::{Error, Result};
use crate::gpu::adapters::IMMEDIATES;
use crate::gpu::device::Gpu;
use crate::gpu::dispatch::{Dispatch, Part};
use crate::gpu::pipelines::Kernel;
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// Multiply-adds of a submission. A slow device does 100 in a nanosecond, so it takes some 40 ms; the
/// system stops work that takes seconds.
const AT_ONCE: u64 = 1 << 32;
/// The number of parameters that a kernel may have of its own.
pub const OWN: usize = (IMMEDIATES as usize - size_of::<Common>()) / 4;

/// A kernel that makes outputs of rows, a tile of them in a workgroup.
#[derive(Clone, Copy)]
pub struct Job {
    /// The kernel.
    pub kernel: Kernel,
    /// The outputs of a workgroup.
    pub tile: usize,
    /// The parts of an output that workgroups of their own make: 2 for real and imaginary parts.
    pub parts: usize,
    /// Multiply-adds of float32 that take as long as a tile.
    pub tile_cost: u64,
    /// The bytes of an element of the signal, of the filter and of the outputs.
    pub sizes: [usize; 3],
    /// The kernel's own parameters, which follow those of [`Common`].
    pub own: [u32; OWN],
}

/// Where rows are, for a shader: relative to a binding, modulo 2^32.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Place {
    at: u32,
    step: u32,
    stride: u32,
}

/// The parameters that the shaders have in common, with their names.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Common {
    n: u32,
    k: u32,
    first: u32,
    outputs: u32,
    tiles: u32,
    group: u32,
    groups: u32,
    wide: u32,
    a: Place,
    v: Place,
    y: Place,
}

/// What bounds a binding and a dispatch. Tests take smaller ones.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Bytes that a binding reaches: whole words.
    pub bytes: usize,
    /// Bytes to a multiple of which bindings begin.
    pub alignment: usize,
    /// Workgroups of a dispatch in each dimension.
    pub groups: u32,
    /// Multiply-adds of a submission.
    pub at_once: u64,
}

impl Bounds {
    /// Bytes that a binding surely reaches, wherever they begin.
    pub fn reach(self) -> usize {
        self.bytes.saturating_sub(self.alignment)
    }

    /// Those of a device.
    pub fn of(gpu: &Gpu) -> Self {
        let limits = gpu.limits();
        // Indices of elements are 32-bit numbers.
        let bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        Self {
            // A binding has whole words.
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX).min(u32::MAX as usize) / 4 * 4,
            alignment: (limits.min_storage_buffer_offset_alignment as usize).max(256),
            groups: limits.max_compute_workgroups_per_dimension,
            at_once: AT_ONCE,
        }
    }
}

/// How rows and outputs are cut so that bindings reach what a piece reads and writes.
pub struct Pieces {
    lens: Lens,
    rows: Spans,
    /// Rows of a piece.
    at_a_time: usize,
    /// Outputs of a row in a piece.
    outputs: usize,
}

impl Pieces {
    /// The pieces of rows.
    ///
    /// # Errors
    /// `Unsupported` if a binding does not reach the filter and the values of an output.
    pub fn new(bounds: Bounds, job: Job, lens: Lens, rows: Spans) -> Result<Self> {
        // The elements of each operand that a binding surely reaches.
        let reach = job.sizes.map(|size| bounds.reach() / size);
        // The rows that a window reaches, of `len` elements each.
        let fits = |i: usize, span: Span, len: usize| {
            let [_, row] = span.reach(1, 0, len);
            match (reach[i].checked_sub(row), span.step.unsigned_abs()) {
                (None, _) => 0,
                (Some(_), 0) => usize::MAX,
                (Some(rest), step) => rest / step + 1,
            }
        };
        let all = [
            fits(0, rows.signal, lens.signal),
            fits(1, rows.filter, lens.filter),
            fits(2, rows.out, lens.outputs),
        ];
        // Workgroups are counted in 32 bits, some for each row.
        let tiles = lens.outputs.div_ceil(job.tile) * job.parts;
        let counted = (u32::MAX as usize / 2 / tiles.max(1)).max(1);
        let at_a_time = all.into_iter().fold(counted, usize::min).min(rows.count);
        if at_a_time > 0 {
            return Ok(Self { lens, rows, at_a_time, outputs: lens.outputs });
        }
        // Rows in pieces: the values under a piece fit a window.
        let elements = |i: usize, span: Span| match reach[i] {
            0 => 0,
            reach => (reach - 1) / span.stride.unsigned_abs().max(1) + 1,
        };
        let by_signal = elements(0, rows.signal).saturating_sub(lens.filter - 1);
        let most = by_signal.min(elements(2, rows.out)).min(lens.outputs);
        if most == 0 || lens.filter > elements(1, rows.filter) {
            let (k, reach) = (lens.filter, bounds.bytes / job.sizes[1]);
            let message = format!("v: the GPU reaches {reach} values at once, not {k} taps");
            return Err(Error::unsupported(message));
        }
        let whole_tiles = |outputs: usize| match outputs / job.tile {
            0 => outputs,
            tiles => tiles * job.tile,
        };
        // Half as many outputs leave room for more rows, which may lie between one another.
        let few = whole_tiles((most / 2).max(1));
        let all = [
            fits(0, rows.signal, few + lens.filter - 1),
            fits(1, rows.filter, lens.filter),
            fits(2, rows.out, few),
        ];
        let at_a_time = all.into_iter().fold(counted, usize::min).min(rows.count);
        Ok(match at_a_time {
            0 | 1 => Self { lens, rows, at_a_time: 1, outputs: whole_tiles(most) },
            _ => Self { lens, rows, at_a_time, outputs: few },
        })
    }

    /// These pieces, with at most `rows` rows in each.
    pub fn of_rows(self, rows: usize) -> Self {
        Self { at_a_time: self.at_a_time.min(rows), ..self }
    }

    /// The pieces: lengths, and where the rows are.
    pub fn all(&self) -> impl Iterator<Item = (Lens, Spans)> {
        let &Self { lens, rows, at_a_time, outputs } = self;
        (0..rows.count).step_by(at_a_time.max(1)).flat_map(move |row| {
            (0..lens.outputs).step_by(outputs.max(1)).map(move |at| {
                let count = at_a_time.min(rows.count - row);
                let piece = Lens {
                    first: lens.first + at,
                    outputs: outputs.min(lens.outputs - at),
                    ..lens
                };
                let out = rows.out.after(row);
                let spans = Spans {
                    count,
                    signal: rows.signal.after(row),
                    filter: rows.filter.after(row),
                    out: Span { at: out.at.wrapping_add_signed(out.stride * at as isize), ..out },
                };
                (piece, spans)
            })
        })
    }
}

/// A piece: parameters, and what its bindings reach, as first element and number of elements.
#[derive(Clone, Copy)]
pub struct Piece {
    job: Job,
    params: Common,
    windows: [[usize; 2]; 3],
}

impl Piece {
    /// The piece of these lengths and rows.
    pub fn new(bounds: Bounds, job: Job, lens: Lens, rows: Spans) -> Self {
        let Lens { signal, filter, first, outputs } = lens;
        // The values of the signal that the outputs read.
        let begin = (first + 1).saturating_sub(filter).min(signal - 1);
        let end = (first + outputs).min(signal).max(begin + 1);
        // The row begins there for the shader, so that its indices stay small.
        let at = rows.signal.at.wrapping_add_signed(rows.signal.stride * begin as isize);
        let (read, n, first) = (Span { at, ..rows.signal }, end - begin, first - begin);
        let window = |i: usize, span: Span, len: usize| {
            let [first, len] = span.reach(rows.count, 0, len);
            let alignment = bounds.alignment / job.sizes[i];
            let from = first / alignment * alignment;
            [from, first + len - from]
        };
        let windows =
            [window(0, read, n), window(1, rows.filter, filter), window(2, rows.out, outputs)];
        let place = |Span { at, step, stride }: Span, [from, _]: [usize; 2]| Place {
            at: (at as u32).wrapping_sub(from as u32),
            step: step as u32,
            stride: stride as u32,
        };
        let tiles = (outputs.div_ceil(job.tile) * job.parts) as u32;
        let params = Common {
            n: n as u32,
            k: filter as u32,
            first: first as u32,
            outputs: outputs as u32,
            tiles,
            group: 0,
            groups: tiles * rows.count as u32,
            wide: 0,
            a: place(read, windows[0]),
            v: place(rows.filter, windows[1]),
            y: place(rows.out, windows[2]),
        };
        Self { job, params, windows }
    }

    /// The number of tiles of all rows.
    pub fn all_tiles(&self) -> u32 {
        self.params.groups
    }

    /// The kernel of its job.
    pub fn kernel(&self) -> Kernel {
        self.job.kernel
    }

    /// How long a tile takes, in multiply-adds.
    pub fn tile_cost(&self) -> u64 {
        self.job.tile_cost
    }

    /// The multiply-adds of direct sums of a tile.
    pub fn sums(&self) -> u64 {
        self.job.tile as u64 * u64::from(self.params.k)
    }

    /// This piece, with another parameter of the kernel's own.
    pub fn with(mut self, own: usize, value: u32) -> Self {
        self.job.own[own] = value;
        self
    }

    /// A run of a kernel that has `each` workgroups for each of some tiles, `widest` of them in x at most.
    /// Its parts are those of the signal, the filter and the outputs.
    pub fn run(&self, kernel: Kernel, tiles: Range<u32>, each: u32, widest: u32) -> Dispatch {
        let count = each * tiles.len() as u32;
        let wide = count.min(widest);
        let params = Common { group: tiles.start, groups: tiles.end, wide, ..self.params };
        let params = [bytes_of(&params), cast_slice(&self.job.own)];
        let parts = [0, 1, 2].map(|buffer| self.part(buffer));
        Dispatch::new(kernel, &params, parts, [wide, count.div_ceil(wide)])
    }

    /// What a binding reaches: whole words.
    fn part(&self, buffer: usize) -> Part {
        let size = self.job.sizes[buffer];
        let [from, len] = self.windows[buffer].map(|elements| elements * size);
        Part { buffer, from, len: len.next_multiple_of(4) }
    }
}
