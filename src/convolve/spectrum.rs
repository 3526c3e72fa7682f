//! A block of real values as the two planes that a transform works on.

use std::sync::{Mutex, PoisonError};

use super::scale::Scale;
use super::source::Source;
use super::store::Store;
use crate::cpu::{Real, largest};
use crate::error::Result;
use crate::fft::Transform;
use crate::memory::Aligned;
use crate::threads;

/// Values read or replaced at a time: they stay in a first-level cache until they are looked at.
const PIECE: usize = 2048;

/// A block of real values, its first half in one plane and its second half in another, or what a
/// transform made of them.
pub struct Planes<T: Real> {
    values: Aligned<T>,
    half: usize,
}

impl<T: Real> Planes<T> {
    /// Values between the planes: planes a power of two apart would share the sets of a cache.
    pub const GAP: usize = 64;

    /// A block of `block` zeros; `block` is even.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn zeroed(block: usize) -> Result<Self> {
        Ok(Self {
            values: Aligned::zeroed(block + Self::GAP, "a block to transform")?,
            half: block / 2,
        })
    }

    /// A block of `block` values, which is even, that are not specified.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn unspecified(block: usize) -> Result<Self> {
        let values = Aligned::unspecified(block + Self::GAP, "a block to transform")?;
        Ok(Self { values, half: block / 2 })
    }

    /// Reads `values` values of `source` from `origin` on, times `factor`, and has zeros behind them. Returns the largest
    /// magnitude that was read: not finite if one is not.
    pub fn read(
        &mut self,
        source: &Source<'_, T>,
        origin: isize,
        values: usize,
        factor: T,
        threads: usize,
    ) -> T {
        let half = self.half;
        let (first, second) = self.split_mut();
        let mut magnitude = T::default();
        for (start, plane) in [(0, first), (half, second)] {
            let found = Mutex::new(T::default());
            threads::for_each_piece(plane, PIECE, threads, |at, piece| {
                let start = start + at;
                let (inside, behind) =
                    piece.split_at_mut(values.saturating_sub(start).min(piece.len()));
                source.read(origin + start as isize, inside);
                behind.fill(T::default());
                let largest = largest(inside);
                if factor != T::ONE {
                    inside.iter_mut().for_each(|value| *value = *value * factor);
                }
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                *found = larger(*found, largest);
            });
            magnitude =
                larger(magnitude, found.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        magnitude
    }

    /// Replaces each of the first `values` values.
    pub fn map(&mut self, values: usize, threads: usize, map: impl Fn(T) -> T + Sync) {
        let (first, second) = self.runs_mut(0, values);
        for plane in [first, second] {
            threads::for_each_piece(plane, PIECE, threads, |_, piece| {
                piece.iter_mut().for_each(|value| *value = map(*value));
            });
        }
    }

    /// Stores `out.len()` values from `start` on, times `scale`. What is left of them is not specified.
    pub fn put<S: Store<T>>(
        &mut self,
        start: usize,
        out: &mut [S::Element],
        store: S,
        scale: Scale<T>,
        threads: usize,
    ) {
        let (first, second) = self.runs_mut(start, out.len());
        let (out_first, out_second) = out.split_at_mut(first.len());
        for (out, plane) in [(out_first, first), (out_second, second)] {
            threads::for_each_two(out, plane, threads, |out, values| store.put(out, values, scale));
        }
    }

    /// First and second half, or real and imaginary parts.
    pub fn split(&self) -> (&[T], &[T]) {
        (&self.values[..self.half], &self.values[self.half + Self::GAP..])
    }

    /// As [`Self::split`].
    pub fn split_mut(&mut self) -> (&mut [T], &mut [T]) {
        let (first, rest) = self.values.split_at_mut(self.half);
        (first, &mut rest[Self::GAP..])
    }

    /// Value `i` of the block.
    pub fn at(&self, i: usize) -> T {
        if i < self.half { self.values[i] } else { self.values[i + Self::GAP] }
    }

    /// Values `start .. start + len` in at most two runs, the second of which may be empty.
    pub fn runs_mut(&mut self, start: usize, len: usize) -> (&mut [T], &mut [T]) {
        let half = self.half;
        let (first, second) = self.split_mut();
        let (from, to) = (start.min(half), (start + len).min(half));
        (&mut first[from..to], &mut second[start.max(half) - half..(start + len).max(half) - half])
    }

    /// All zeros again.
    pub fn clear(&mut self) {
        self.values.fill(T::default());
    }

    /// Zeros from index `start` on.
    pub fn clear_from(&mut self, start: usize) {
        let (first, second) = self.runs_mut(start, 2 * self.half - start);
        first.fill(T::default());
        second.fill(T::default());
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

    /// Transforms it in place, on up to `threads` threads.
    pub fn forward(&mut self, transform: &Transform<T>, threads: usize) {
        let (re, im) = self.split_mut();
        transform.forward(re, im, threads);
    }

    /// Undoes [`Self::forward`] but for a factor of half the block.
    pub fn inverse(&mut self, transform: &Transform<T>, threads: usize) {
        let (re, im) = self.split_mut();
        transform.inverse(re, im, threads);
    }

    /// Convolves this block with a transformed filter.
    pub fn convolve(&mut self, transform: &Transform<T>, filter: &Self, threads: usize) {
        let (re, im) = self.split_mut();
        transform.convolve(re, im, filter.split(), threads);
    }

    /// `x + i y`, times `f + i g`, of which all four are transformed.
    pub fn multiply_complex(
        transform: &Transform<T>,
        x: &mut Self,
        y: &mut Self,
        [f, g]: [&Self; 2],
    ) {
        transform.multiply_complex([x.split_mut(), y.split_mut()], [f.split(), g.split()]);
    }

    /// Adds the products of pairs of transformed blocks to this one.
    pub fn add_products<'a>(
        &mut self,
        transform: &Transform<T>,
        pairs: impl Iterator<Item = (&'a Self, &'a Self)> + Clone,
    ) {
        let pairs = pairs.map(|(x, filter)| [x.split(), filter.split()]);
        transform.multiply_add(self.split_mut(), pairs);
    }
}

/// The larger magnitude; one that is not finite, if one is not.
pub fn larger<T: Real>(a: T, b: T) -> T {
    if a.is_finite() && (!b.is_finite() || b > a) { b } else { a }
}
