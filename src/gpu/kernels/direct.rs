//! Direct sums.

use bytemuck::{Pod, Zeroable};

use super::trial::Trial;
use crate::error::{Error, Result};
use crate::gpu::adapters::name;
use crate::gpu::buffer::Buffer;
use crate::gpu::device::Gpu;
use crate::gpu::dispatch::{Dispatch, Part};
use crate::gpu::pipelines::Kernel;
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};
use crate::process::without_cancellation;

/// The outputs of a workgroup.
const TILE: usize = 1024;
/// Multiply-adds of a submission. A slow device does 100 in a nanosecond, so it takes some 40 ms; the
/// system stops work that takes seconds.
const AT_ONCE: u64 = 1 << 32;
/// Runs of the kernel in a submission.
const DISPATCHES: usize = 256;
/// Bytes of an element.
const SIZE: usize = 4;

/// Where rows are, for the shader: relative to a binding, modulo 2^32.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Place {
    at: u32,
    step: u32,
    stride: u32,
}

/// The parameters of the shader, with its names.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
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
    most: u32,
}

/// What bounds a binding and a dispatch. Tests take smaller ones.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Elements that a binding reaches.
    pub elements: usize,
    /// Elements to a multiple of which bindings begin.
    pub alignment: usize,
    /// Workgroups of a dispatch in each dimension.
    pub groups: u32,
    /// Multiply-adds of a submission.
    pub at_once: u64,
}

impl Bounds {
    fn of(gpu: &Gpu) -> Self {
        let limits = gpu.limits();
        // Indices of elements are 32-bit numbers.
        let bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        Self {
            elements: usize::try_from(bytes).unwrap_or(usize::MAX).min(1 << 33) / SIZE,
            alignment: (limits.min_storage_buffer_offset_alignment as usize).max(256) / SIZE,
            groups: limits.max_compute_workgroups_per_dimension,
            at_once: AT_ONCE,
        }
    }
}

impl Gpu {
    /// Submits the direct sums of rows of float32: of signals, with filters, to outputs, in this order
    /// in `buffers`. `rows` are groups of rows that are equally far apart.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`; `Unsupported` if a binding reaches no filter with one tile of
    /// outputs.
    pub fn direct(
        &self,
        buffers: [&Buffer; 3],
        lens: Lens,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        without_cancellation(|| self.direct_within(Bounds::of(self), buffers, lens, rows))
    }

    /// The same within other bounds.
    pub fn direct_within(
        &self,
        bounds: Bounds,
        buffers: [&Buffer; 3],
        lens: Lens,
        rows: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        self.trusted(Kernel::Direct, || self.try_direct())?;
        submissions(bounds, lens, rows, |work| self.dispatch(&buffers, work))
    }

    /// Compares outputs of the kernel with sums of the host.
    fn try_direct(&self) -> Result<()> {
        let trial = Trial::new();
        let Trial { signal, taps } = &trial;
        let what = "a trial of the GPU";
        let [a, v] = [signal, taps].map(|x| self.uploaded(bytemuck::cast_slice(x), what));
        let (a, v, y) = (a?, v?, self.buffer(trial.outputs() * SIZE, what)?);
        let (signal, filter, outputs) = (signal.len(), taps.len(), trial.outputs());
        let lens = Lens { signal, filter, first: 0, outputs };
        let rows = Spans::one([0; 3], [1; 3]);
        submissions(Bounds::of(self), lens, [rows], |work| self.dispatch(&[&a, &v, &y], work))?;
        let mut outputs = vec![0f32; trial.outputs()];
        y.download(bytemuck::cast_slice_mut(&mut outputs))?;
        match trial.first_wrong(&outputs) {
            None => Ok(()),
            Some((n, want)) => Err(Error::unavailable(format!(
                "{} does not sum as the CPU does, so it is not used: output {n} of a trial is {}, not {want}",
                name(self.index()).unwrap_or_default(),
                outputs[n]
            ))),
        }
    }
}

/// Gives the runs of the kernel to `submit`, as many at once as a submission takes. Their buffers are
/// the signal, the filter and the outputs.
///
/// # Errors
/// `Unsupported`, as above; those of `submit`.
pub fn submissions(
    bounds: Bounds,
    lens: Lens,
    rows: impl IntoIterator<Item = Spans>,
    mut submit: impl FnMut(&[Dispatch]) -> Result<()>,
) -> Result<()> {
    let mut work = Vec::new();
    let mut sums = 0;
    for rows in rows {
        for (lens, rows) in Pieces::new(bounds, lens, rows)?.all() {
            let piece = Piece::new(bounds, lens, rows);
            let tile = (TILE * lens.filter) as u64;
            let most = (bounds.at_once / tile).clamp(1, u64::from(u32::MAX)) as u32;
            let mut group = 0;
            while group < piece.params.groups {
                let room = ((bounds.at_once.saturating_sub(sums)) / tile) as u32;
                let count = most.min(room.max(1)).min(piece.params.groups - group);
                work.push(piece.dispatch(group, count, count.min(bounds.groups)));
                sums += tile * u64::from(count);
                group += count;
                if sums >= bounds.at_once || work.len() == DISPATCHES {
                    submit(&work)?;
                    work.clear();
                    sums = 0;
                }
            }
        }
    }
    match work.is_empty() {
        true => Ok(()),
        false => submit(&work),
    }
}

/// How rows and outputs are cut so that bindings reach what a piece reads and writes.
struct Pieces {
    lens: Lens,
    rows: Spans,
    /// Rows of a piece.
    at_a_time: usize,
    /// Outputs of a row in a piece.
    outputs: usize,
}

impl Pieces {
    fn new(bounds: Bounds, lens: Lens, rows: Spans) -> Result<Self> {
        let reach = bounds.elements.saturating_sub(bounds.alignment);
        // The rows that a window reaches, of `len` elements each.
        let fits = |span: Span, len: usize| {
            let [_, row] = span.reach(1, 0, len);
            match (reach.checked_sub(row), span.step.unsigned_abs()) {
                (None, _) => 0,
                (Some(_), 0) => usize::MAX,
                (Some(rest), step) => rest / step + 1,
            }
        };
        let all = [
            fits(rows.signal, lens.signal),
            fits(rows.filter, lens.filter),
            fits(rows.out, lens.outputs),
        ];
        // Workgroups are counted in 32 bits, some for each row.
        let tiles = lens.outputs.div_ceil(TILE);
        let counted = (u32::MAX as usize / 2 / tiles.max(1)).max(1);
        let at_a_time = all.into_iter().fold(counted, usize::min).min(rows.count);
        if at_a_time > 0 {
            return Ok(Self { lens, rows, at_a_time, outputs: lens.outputs });
        }
        // A row at a time, in pieces: the values under a piece fit a window.
        let elements = |span: Span| reach / span.stride.unsigned_abs().max(1);
        let outputs = elements(rows.signal).saturating_sub(lens.filter).min(elements(rows.out));
        let outputs = outputs / TILE * TILE;
        if outputs == 0 || lens.filter > elements(rows.filter) {
            let (k, reach) = (lens.filter, bounds.elements);
            let message = format!("v: the GPU reaches {reach} values at once, not {k} taps");
            return Err(Error::unsupported(message));
        }
        Ok(Self { lens, rows, at_a_time: 1, outputs: outputs.min(lens.outputs) })
    }

    /// The pieces: lengths, and where the rows are.
    fn all(&self) -> impl Iterator<Item = (Lens, Spans)> {
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
struct Piece {
    params: Params,
    windows: [[usize; 2]; 3],
}

impl Piece {
    fn new(bounds: Bounds, lens: Lens, rows: Spans) -> Self {
        let Lens { signal, filter, first, outputs } = lens;
        // The values of the signal that the outputs read.
        let begin = (first + 1).saturating_sub(filter).min(signal - 1);
        let end = (first + outputs).min(signal).max(begin + 1);
        let window = |span: Span, begin: usize, end: usize| {
            let [first, len] = span.reach(rows.count, begin, end);
            let from = first / bounds.alignment * bounds.alignment;
            [from, first + len - from]
        };
        let windows = [
            window(rows.signal, begin, end),
            window(rows.filter, 0, filter),
            window(rows.out, 0, outputs),
        ];
        let place = |Span { at, step, stride }: Span, [from, _]: [usize; 2]| Place {
            at: (at as u32).wrapping_sub(from as u32),
            step: step as u32,
            stride: stride as u32,
        };
        let tiles = outputs.div_ceil(TILE) as u32;
        let params = Params {
            n: end as u32,
            k: filter as u32,
            first: first as u32,
            outputs: outputs as u32,
            tiles,
            group: 0,
            groups: tiles * rows.count as u32,
            wide: 0,
            a: place(rows.signal, windows[0]),
            v: place(rows.filter, windows[1]),
            y: place(rows.out, windows[2]),
            // Products of numbers with these biased exponents are below 2^(sum - 252).
            most: 379 - filter.next_power_of_two().ilog2(),
        };
        Self { params, windows }
    }

    /// `count` workgroups from `group` on, `wide` of them in x.
    fn dispatch(&self, group: u32, count: u32, wide: u32) -> Dispatch {
        let params = Params { group, groups: group + count, wide, ..self.params };
        let part = |buffer: usize| {
            let [from, len] = self.windows[buffer].map(|elements| elements * SIZE);
            Part { buffer, from, len }
        };
        let groups = [wide, count.div_ceil(wide)];
        Dispatch::new(Kernel::Direct, &params, [0, 1, 2].map(part), groups)
    }
}
