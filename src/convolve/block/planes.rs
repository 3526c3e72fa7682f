//! A block of real values as the two planes that a transform works on.

use std::ops::{Deref, DerefMut, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::finite::sanitise;
use super::source::Source;
use super::store::{Finish, Store};
use crate::convolve::wanted::planes_len;
use crate::cpu::{
    Extent, Fence, FloatEnvironment, Real, Subnormals, any_negative, extent, fenced, flush,
    magnitudes, multiply, scale, tilt,
};
use crate::error::Result;
use crate::fft::{Block, BlockMut, Product, Transform};
use crate::memory::{Reused, Workspace};
use crate::threads;

/// Values that are read or replaced at a time. They stay in a first-level cache until they are
/// examined.
const PIECE: usize = 2048;

/// A block of real values, the first half in one plane and the second half in the other, or the
/// transform of such a block. `V` holds the values: a thread's workspace, or memory of the block's
/// own.
pub struct Planes<V> {
    values: V,
    half: usize,
}

/// A block in its own memory.
pub type OwnPlanes<T> = Planes<Reused<T>>;

impl<T: Real> OwnPlanes<T> {
    /// A block of `block_len` unspecified values, in its own memory. `block_len` is even.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn unspecified(block_len: usize) -> Result<Self> {
        let values = Reused::unspecified(planes_len(block_len), "a block to transform")?;
        Ok(Self { values, half: block_len / 2 })
    }

    /// A block of `block_len` zeros.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn zeroed(block_len: usize) -> Result<Self> {
        let mut planes = Self::unspecified(block_len)?;
        planes.clear();
        Ok(planes)
    }
}

impl<'w, T: Real> Planes<&'w mut [T]> {
    /// A block of `block_len` unspecified values, in a thread's workspace. `block_len` is even.
    pub fn in_workspace(work: &mut Workspace<'w>, block_len: usize) -> Self {
        Self { values: work.cut(planes_len(block_len)), half: block_len / 2 }
    }
}

impl<V> Planes<V> {
    /// A block of `block_len` points in the memory `values`, which has [`planes_len`] values.
    pub fn over(values: V, block_len: usize) -> Self {
        Self { values, half: block_len / 2 }
    }
}

impl<'v, T: Real> Planes<&'v [T]> {
    /// Like [`Self::block`], for as long as the memory is borrowed.
    pub fn into_block(self) -> Block<'v, T> {
        [&self.values[..self.half], &self.values[self.values.len() - self.half..]]
    }
}

impl<T: Real, V: Deref<Target = [T]>> Planes<V> {
    /// The two planes: first and second half, or real and imaginary parts.
    pub fn block(&self) -> Block<'_, T> {
        [&self.values[..self.half], &self.values[self.values.len() - self.half..]]
    }

    /// Value `i` of the block.
    pub fn at(&self, i: usize) -> T {
        let [first, second] = self.block();
        if i < self.half { first[i] } else { second[i - self.half] }
    }

    /// The Euclidean norm of the first `count` values, which are scaled.
    pub fn norm(&self, count: usize) -> f64 {
        let (first, second) = self.runs(0, count);
        let squares = |plane: &[T]| plane.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>();
        (squares(first) + squares(second)).sqrt()
    }

    /// Values `start .. start + len`, in two runs. The second run may be empty.
    pub fn runs(&self, start: usize, len: usize) -> (&[T], &[T]) {
        let [first, second] = self.block();
        let [in_first, in_second] = self.ranges(start, len);
        (&first[in_first], &second[in_second])
    }

    /// The extent of the first `count` values.
    pub fn extent(&self, count: usize) -> Extent<T> {
        let (first, second) = self.runs(0, count);
        extent(first).and(extent(second))
    }

    /// Whether any of the first `count` values is below 0.
    pub fn any_negative(&self, count: usize) -> bool {
        let (first, second) = self.runs(0, count);
        any_negative(first) || any_negative(second)
    }

    /// Whether `is_such` holds for any of the first `count` values.
    pub fn any(&self, count: usize, is_such: impl Fn(T) -> bool) -> bool {
        let (first, second) = self.runs(0, count);
        let any = |plane: &[T]| plane.iter().fold(false, |any, &value| any | is_such(value));
        any(first) || any(second)
    }
}

impl<V: DerefMut<Target = [f64]>> Planes<V> {
    /// Replaces the first `count` values by their magnitudes.
    pub fn take_magnitudes(&mut self, count: usize) {
        let (first, second) = self.runs_mut(0, count);
        for plane in [first, second] {
            plane.iter_mut().for_each(|value| *value = value.abs());
        }
    }

    /// Multiplies value `i` of the first `count` values by 2^((first + i slope) / 2^16), up to some
    /// roundings ([`tilt`]).
    pub fn tilt(&mut self, count: usize, (first, slope): (i64, i64), threads: usize) {
        let half = self.half;
        let (head, tail) = self.runs_mut(0, count);
        for (start, plane) in [(0, head), (half, tail)] {
            threads::for_each_piece(plane, PIECE, threads, |at, piece| {
                tilt(piece, first + (start + at) as i64 * slope, slope);
            });
        }
    }
}

impl<V: Deref<Target = [f64]>> Planes<V> {
    /// The Euclidean norm of the first `count` values, but for some roundings; more if their squares
    /// underflow.
    pub fn norm_bound(&self, count: usize) -> f64 {
        let (first, second) = self.runs(0, count);
        let [first, second] = [first, second].map(magnitudes);
        norm_of([first[0] + second[0], first[1] + second[1]])
    }
}

/// The Euclidean norm of values from the sum of their magnitudes and of their squares, or a larger
/// number if the squares underflow. 0 only if all values are 0.
pub fn norm_of([magnitudes, squares]: [f64; 2]) -> f64 {
    /// 2^-960. Squares that underflow change larger sums by less than a rounding.
    const LEAST: f64 = f64::from_bits((1023 - 960) << 52);
    if squares < LEAST { magnitudes } else { squares.sqrt() }
}

impl<V> Planes<V> {
    /// The positions of values `start .. start + len` in each plane.
    fn ranges(&self, start: usize, len: usize) -> [Range<usize>; 2] {
        let (half, end) = (self.half, start + len);
        [start.min(half)..end.min(half), start.max(half) - half..end.max(half) - half]
    }
}

impl<T: Real, V: DerefMut<Target = [T]>> Planes<V> {
    /// Reads `count` values of `source` from `origin` on, and fills the rest with zeros. Returns
    /// the extent of the values. Where subnormal numbers are flushed, zeros stand for them.
    pub fn read(
        &mut self,
        source: &Source<'_, T>,
        origin: isize,
        count: usize,
        threads: usize,
    ) -> Extent<T> {
        if threads == 1
            && FloatEnvironment::subnormals() == Subnormals::Keep
            && let Some(extent) = self.read_in_place(source, origin, count)
        {
            return extent;
        }
        let [extent] = read_all([self], count, threads, |at, [piece]| {
            source.read(origin + at as isize, piece);
        });
        extent
    }

    /// Like [`Self::read`], for a source that needs no conversion. Makes one pass over each plane.
    /// `read_all` makes three, in pieces that threads may share.
    fn read_in_place(
        &mut self,
        source: &Source<'_, T>,
        origin: isize,
        count: usize,
    ) -> Option<Extent<T>> {
        let half = self.half as isize;
        let [first, second] = self.block_mut();
        let inside = count.min(first.len());
        let (first, behind_first) = first.split_at_mut(inside);
        let (second, behind_second) = second.split_at_mut(count - inside);
        let extent = source.read_in_place(origin, first)?;
        let other = source.read_in_place(origin + half, second)?;
        behind_first.fill(T::default());
        behind_second.fill(T::default());
        Some(extent.and(other))
    }

    /// Replaces infinities and NaNs among the first `count` values by zeros. Returns the extent of
    /// the finite values.
    pub fn sanitise(&mut self, count: usize) -> Extent<T> {
        let (first, second) = self.runs_mut(0, count);
        let [first, second] = [first, second].map(|plane| {
            sanitise(plane);
            extent(plane)
        });
        first.and(second)
    }

    /// Multiplies the first `count` values by 2^exponent.
    pub fn scale(&mut self, count: usize, exponent: i32, threads: usize) {
        let (first, second) = self.runs_mut(0, count);
        for plane in [first, second] {
            threads::for_each_piece(plane, PIECE, threads, |_, piece| scale(piece, exponent));
        }
    }

    /// Multiplies the first `count` values by `factor`.
    pub fn multiply(&mut self, count: usize, factor: T, threads: usize) {
        let (first, second) = self.runs_mut(0, count);
        for plane in [first, second] {
            threads::for_each_piece(plane, PIECE, threads, |_, piece| multiply(piece, factor));
        }
    }

    /// Finishes and stores `out.len()` values from `start` on. The values in the block are
    /// unspecified afterwards.
    pub fn put<'o, S: Store<T>>(
        &mut self,
        start: usize,
        out: &'o mut [S::Element],
        store: S,
        finish: Finish,
        (threads, fence): (usize, &Fence<'o>),
    ) {
        let (first, second) = self.runs_mut(start, out.len());
        let (out_first, out_second) = out.split_at_mut(first.len());
        for (out, plane) in [(out_first, first), (out_second, second)] {
            if threads <= 1 {
                store.put(out, plane, finish, fence);
            } else {
                // Each thread needs its own fence.
                threads::for_each_two(out, plane, threads, |out, values| {
                    fenced(|fence| store.put(out, values, finish, fence));
                });
            }
        }
    }

    /// Like [`Self::at`].
    pub fn at_mut(&mut self, i: usize) -> &mut T {
        let half = self.half;
        let [first, second] = self.block_mut();
        if i < half { &mut first[i] } else { &mut second[i - half] }
    }

    /// Like [`Self::block`].
    pub fn block_mut(&mut self) -> BlockMut<'_, T> {
        let behind_gap = self.values.len() - 2 * self.half;
        let (first, rest) = self.values.split_at_mut(self.half);
        [first, &mut rest[behind_gap..]]
    }

    /// Like [`Self::runs`].
    pub fn runs_mut(&mut self, start: usize, len: usize) -> (&mut [T], &mut [T]) {
        let [in_first, in_second] = self.ranges(start, len);
        let [first, second] = self.block_mut();
        (&mut first[in_first], &mut second[in_second])
    }

    /// Fills the block with zeros.
    pub fn clear(&mut self) {
        self.values.fill(T::default());
    }

    /// Writes `map(values)` from index `start` on.
    pub fn fill<S: Copy>(&mut self, start: usize, values: &[S], map: impl Fn(S) -> T) {
        let (first, second) = self.runs_mut(start, values.len());
        let (head, tail) = values.split_at(first.len());
        for (out, values) in [(first, head), (second, tail)] {
            for (out, &value) in out.iter_mut().zip(values) {
                *out = map(value);
            }
        }
    }

    /// Transforms the block in place, on up to `threads` threads.
    pub fn forward(&mut self, transform: &Transform<T>, threads: usize) {
        transform.forward(&mut [self.block_mut()], threads);
    }

    /// Transforms the block, which holds the `count` taps of a filter and zeros behind them, on up to
    /// `threads` threads. The taps are multiplied by the factor that the inverse transform leaves
    /// out.
    pub fn forward_filter(&mut self, count: usize, transform: &Transform<T>, threads: usize) {
        let factor = T::from_f64(2.0 / transform.block() as f64);
        // Subnormal numbers count as zeros in the transform. So they may count as zeros before.
        FloatEnvironment::run_with(Subnormals::Flush, || {
            self.multiply(count, factor, threads);
            self.forward(transform, threads);
        });
    }

    /// Convolves this block with a transformed filter. The result is half the block's length times
    /// too large.
    pub fn convolve<F>(&mut self, transform: &Transform<T>, filter: &Planes<F>, threads: usize)
    where
        F: Deref<Target = [T]>,
    {
        transform.convolve(&mut [self.block_mut()], &[filter.block()], Product::Sum, threads);
    }
}

/// Fills blocks with values that `read` supplies. `read` gets an index and a piece of each block,
/// and writes the values from this index on. Each block gets `count` values, and zeros behind them.
/// Returns the extent of each block's values. Where subnormal numbers are flushed, zeros stand for
/// them.
pub fn read_all<T: Real, V: DerefMut<Target = [T]>, const N: usize>(
    blocks: [&mut Planes<V>; N],
    count: usize,
    threads: usize,
    read: impl Fn(usize, [&mut [T]; N]) + Sync,
) -> [Extent<T>; N] {
    let half = blocks[0].half;
    let flushes = FloatEnvironment::subnormals() == Subnormals::Flush;
    let mut planes: [[&mut [T]; N]; 2] =
        std::array::from_fn(|_| std::array::from_fn(|_| Default::default()));
    for (i, block) in blocks.into_iter().enumerate() {
        [planes[0][i], planes[1][i]] = block.block_mut();
    }
    // Magnitudes have the same order as their bits, and the bits of infinities and NaNs are larger
    // than all others. Magnitudes are compared as float64, which holds every float32, and without
    // the sign, because a NaN may have one.
    let found = [const { (AtomicU64::new(0), AtomicBool::new(false)) }; N];
    for (start, planes) in [0, half].into_iter().zip(planes) {
        threads::for_each_piece_of_all(&mut [planes], PIECE, threads, |at, pieces| {
            for mut pieces in pieces {
                let start = start + at;
                let len = count.saturating_sub(start).min(pieces[0].len());
                let inside = pieces.each_mut().map(|piece| {
                    piece[len..].fill(T::default());
                    &mut piece[..len]
                });
                read(start, inside);
                for ((largest, has_sign), piece) in found.iter().zip(&mut pieces) {
                    if flushes {
                        flush(piece);
                    }
                    let extent = extent(&piece[..len]);
                    let bits = extent.largest.to_f64().abs().to_bits();
                    if bits > largest.load(Ordering::Relaxed) {
                        largest.fetch_max(bits, Ordering::Relaxed);
                    }
                    if extent.has_sign {
                        has_sign.store(true, Ordering::Relaxed);
                    }
                }
            }
        });
    }
    found.map(|(largest, has_sign)| Extent {
        largest: T::from_f64(f64::from_bits(largest.into_inner())),
        has_sign: has_sign.into_inner(),
    })
}
