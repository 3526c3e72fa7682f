//! A block of real values as the two planes that a transform works on.

use crate::cpu::Real;
use crate::error::Result;
use crate::fft::Transform;
use crate::memory::Aligned;

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

    /// Transforms it in place.
    pub fn forward(&mut self, transform: &Transform<T>) {
        let (re, im) = self.split_mut();
        transform.forward(re, im);
    }

    /// Undoes [`Self::forward`] but for a factor of half the block.
    pub fn inverse(&mut self, transform: &Transform<T>) {
        let (re, im) = self.split_mut();
        transform.inverse(re, im);
    }

    /// Convolves this block with a transformed filter.
    pub fn convolve(&mut self, transform: &Transform<T>, filter: &Self) {
        let (re, im) = self.split_mut();
        let (filter_re, filter_im) = filter.split();
        transform.convolve(re, im, filter_re, filter_im);
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

    /// Adds the product of two transformed blocks to this one.
    pub fn add_product(&mut self, transform: &Transform<T>, x: &Self, filter: &Self) {
        transform.multiply_add(self.split_mut(), x.split(), filter.split());
    }
}
