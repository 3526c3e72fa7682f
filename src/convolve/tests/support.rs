//! Operands, random numbers, and the methods to try.

use bytemuck::Pod;

use crate::array::View;
use crate::convolve::Mode;
use crate::convolve::plan::Plan;
use crate::convolve::request::executor::Executor;
use crate::convolve::wanted::{Geometry, Method, Operand, Subnormals, Tiling};
use crate::dtype::{Dtype, Element};
use crate::fft::Transform;
use crate::memory::RowMut;

pub const MODES: [Mode; 3] = [Mode::Full, Mode::Valid, Mode::Same];

/// A small random generator (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in -1 .. 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

pub fn view<T: Element>(data: &[T]) -> View<'_> {
    View {
        bytes: bytemuck::cast_slice(data),
        dtype: T::DTYPE,
        offset: 0,
        stride: 1,
        len: data.len(),
    }
}

/// Direct, overlap-save in short and in longer blocks, and the single transform.
pub fn methods(geometry: Geometry) -> Vec<Method> {
    let block = |n| Transform::<f64>::block_for(n).unwrap();
    let sliding = |block| Method::Transforms { tiling: Tiling::OverlapSave, block_len: block };
    // Shorter blocks cannot keep a bound of a fifth of an epsilon for each level, because the last
    // rounding alone may be half an epsilon.
    let short = block((geometry.filter_len + 1).max(64));
    let single = block(Tiling::Single.points(geometry, geometry.outputs).max(64));
    vec![
        Method::Direct,
        sliding(short),
        sliding(block(short + 1)),
        sliding(block(4 * geometry.filter_len + 100)),
        Method::Transforms { tiling: Tiling::Single, block_len: single },
    ]
}

/// Convolves by a given method and number of threads, even if there are infinities. The shorter
/// operand is `v`.
pub fn by<T: Element, O: Pod>(
    a: &[T],
    v: &[T],
    dtype: Dtype,
    mode: Mode,
    method: Method,
    threads: usize,
) -> Vec<O> {
    planned(a, v, dtype, mode, |plan| {
        (plan.method, plan.threads, plan.direct_if_infinite) = (method, threads, false);
    })
}

/// Convolves with a plan that `change` changes. The shorter operand is `v`.
pub fn planned<T: Element, O: Pod>(
    a: &[T],
    v: &[T],
    dtype: Dtype,
    mode: Mode,
    change: impl FnOnce(&mut Plan),
) -> Vec<O> {
    let geometry = Geometry::new(a.len(), v.len(), mode).unwrap();
    let mut plan = Plan::new(geometry, dtype);
    change(&mut plan);
    let mut out = vec![O::zeroed(); geometry.outputs];
    convolve(&plan, view(a), view(v), bytemuck::cast_slice_mut(&mut out));
    out
}

/// Convolves a signal with a filter that is not longer.
pub fn convolve(plan: &Plan, signal: View<'_>, filter: View<'_>, out: &mut [u8]) {
    let (operands, out) = ([signal, filter].map(Operand::from), row(out, plan.dtype));
    Executor::Cpu.convolve(plan, operands, Subnormals::Keep, out).unwrap();
}

pub fn row(out: &mut [u8], dtype: Dtype) -> RowMut<'_> {
    RowMut::contiguous(out, dtype.size())
}

/// The pairs of indices into `a` and `v` whose products output `n` of `full` sums.
pub fn pairs(n: usize, a_len: usize, v_len: usize) -> impl Iterator<Item = (usize, usize)> {
    (n.saturating_sub(a_len - 1)..=n.min(v_len - 1)).map(move |k| (n - k, k))
}

/// Lengths around every border: vectors, the direct step, and blocks of 2^a, 3 2^a and 5 2^a
/// points.
pub const LENGTHS: [(usize, usize); 18] = [
    (1, 1),
    (2, 1),
    (2, 2),
    (3, 2),
    (17, 16),
    (64, 8),
    (65, 65),
    (100, 3),
    (255, 31),
    (256, 256),
    (543, 512),
    (700, 700),
    (1000, 77),
    (1025, 512),
    (4095, 2),
    (4097, 33),
    (8200, 129),
    (9000, 4500),
];
