//! Transforms made for convolution: real blocks, products in scrambled order, no reordering.
//!
//! A block of `2h` real values `x` is read as `h` complex ones, `x[n] + i x[n + h]`: the polynomial
//! `x` modulo `z^h - i`. Products of such residues are products modulo `z^(2h) + 1`, so convolutions
//! of real blocks come out in natural order, wrapping round with the sign changed, from complex
//! transforms of half the length and without pairing conjugates. (D. J. Bernstein, "Multidigit
//! multiplication for mathematicians", 2001, calls it the right-angle convolution.)
//!
//! The transform splits `z^(2m) - c^2` into `z^m - c` and `z^m + c` down to `z - c` (or into 3, 4, 5, 8 or 16
//! factors at a time), so the twiddle is one constant per node, and children follow one another:
//! depth-first, each in its own cache level. The order of the transformed values depends on the
//! instruction set; they are good for products only.

mod cache;
mod node;
mod passes;
mod shared;
mod tables;
mod twiddle;

pub use cache::clear_tables;

use std::sync::Arc;

use crate::cpu::vector::{Kernel, Simd, Vector};
use crate::cpu::{Isa, Real, isa};
use crate::error::{Error, Result};
use node::Complex;
use passes::Work;
use tables::Tables;

/// The transform of blocks of one length.
pub struct Transform<T: Real> {
    half: usize,
    isa: Isa,
    tables: Arc<Tables<T>>,
}

impl<T: Real> Transform<T> {
    /// The shortest supported block of at least `at_least` real values, if there is one: 2, 6 or 10 times a
    /// power of two.
    pub fn block_for(at_least: usize) -> Option<usize> {
        let times = |factor: usize| {
            at_least.div_ceil(factor).checked_next_power_of_two()?.checked_mul(factor)
        };
        [2, 6, 10].into_iter().filter_map(times).min()
    }

    /// For blocks of `block` real values. Tables of those used lately are kept.
    ///
    /// # Errors
    /// `OutOfMemory`; `Internal` if `block` is not one that [`Self::block_for`] returns.
    pub fn new(block: usize) -> Result<Self> {
        Self::new_on(isa(), block)
    }

    fn new_on(isa: Isa, block: usize) -> Result<Self> {
        if Self::block_for(block) != Some(block) {
            return Err(Error::internal(format!("no transform of {block} points")));
        }
        let half = block / 2;
        Ok(Self { half, isa, tables: cache::tables(isa, half)? })
    }

    /// Real values in a block; each of the two planes has half of them.
    pub fn block(&self) -> usize {
        2 * self.half
    }

    /// Transforms the block whose first half is in `re`, whose second half is in `im`, on up to `threads` threads: the
    /// caller's, and what helps it, which the bits do not depend on.
    ///
    /// # Panics
    /// Here and below, if a plane has not `block() / 2` values.
    pub fn forward(&self, re: &mut [T], im: &mut [T], threads: usize) {
        self.walk(re, im, Work::Forward, threads);
    }

    /// Undoes [`Self::forward`] but for a factor `block() / 2`.
    pub fn inverse(&self, re: &mut [T], im: &mut [T], threads: usize) {
        self.walk(re, im, Work::Inverse, threads);
    }

    /// [`Self::forward`], the product with `filter`, [`Self::inverse`] in one, depth-first.
    pub fn convolve(
        &self,
        re: &mut [T],
        im: &mut [T],
        (filter_re, filter_im): (&[T], &[T]),
        threads: usize,
    ) {
        self.walk(re, im, Work::Convolve(filter_re, filter_im), threads);
    }

    fn walk(&self, re: &mut [T], im: &mut [T], work: Work<T>, threads: usize) {
        assert!(re.len() == self.half && im.len() == self.half);
        shared::walk(self.isa, &self.tables, re, im, work, threads);
    }

    /// `sum += x * filter`, point by point, on transformed blocks: planes as (re, im).
    pub fn multiply_add(&self, sum: (&mut [T], &mut [T]), x: (&[T], &[T]), filter: (&[T], &[T])) {
        self.isa.run(MultiplyAdd { transform: self, sum, x, filter });
    }

    /// `x, y = x * f - y * g, x * g + y * f`, point by point, on transformed blocks: the product of the blocks
    /// `x + i y` and `f + i g`, whose parts were transformed apart.
    pub fn multiply_complex(&self, [x, y]: [(&mut [T], &mut [T]); 2], [f, g]: [(&[T], &[T]); 2]) {
        self.isa.run(MultiplyComplex { transform: self, x, y, f, g });
    }
}

struct MultiplyAdd<'a, T: Real> {
    transform: &'a Transform<T>,
    sum: (&'a mut [T], &'a mut [T]),
    x: (&'a [T], &'a [T]),
    filter: (&'a [T], &'a [T]),
}

impl<T: Real> Kernel for MultiplyAdd<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES != self.transform.tables.lanes {
            return self.run(simd.narrower());
        }
        let (re, im) = (blocks_mut::<T, S>(self.sum.0), blocks_mut::<T, S>(self.sum.1));
        let x = (blocks::<T, S>(self.x.0), blocks::<T, S>(self.x.1));
        let filter = (blocks::<T, S>(self.filter.0), blocks::<T, S>(self.filter.1));
        let len = self.transform.half / T::V::<S>::LANES;
        assert!([re.len(), im.len(), x.0.len(), x.1.len()] == [len; 4]);
        assert!([filter.0.len(), filter.1.len()] == [len; 2]);
        for k in 0..len {
            let factor = Complex::<T::V<S>>::load(simd, &filter.0[k], &filter.1[k]);
            let x = Complex::<T::V<S>>::load(simd, &x.0[k], &x.1[k]).times((factor.re, factor.im));
            let sum = Complex::<T::V<S>>::load(simd, &re[k], &im[k]).add(x);
            sum.store(&mut re[k], &mut im[k]);
        }
    }
}

struct MultiplyComplex<'a, T: Real> {
    transform: &'a Transform<T>,
    x: (&'a mut [T], &'a mut [T]),
    y: (&'a mut [T], &'a mut [T]),
    f: (&'a [T], &'a [T]),
    g: (&'a [T], &'a [T]),
}

impl<T: Real> Kernel for MultiplyComplex<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES != self.transform.tables.lanes {
            return self.run(simd.narrower());
        }
        let (x_re, x_im) = (blocks_mut::<T, S>(self.x.0), blocks_mut::<T, S>(self.x.1));
        let (y_re, y_im) = (blocks_mut::<T, S>(self.y.0), blocks_mut::<T, S>(self.y.1));
        let (f_re, f_im) = (blocks::<T, S>(self.f.0), blocks::<T, S>(self.f.1));
        let (g_re, g_im) = (blocks::<T, S>(self.g.0), blocks::<T, S>(self.g.1));
        let len = self.transform.half / T::V::<S>::LANES;
        assert!([x_re.len(), x_im.len(), y_re.len(), y_im.len()] == [len; 4]);
        assert!([f_re.len(), f_im.len(), g_re.len(), g_im.len()] == [len; 4]);
        for k in 0..len {
            let x = Complex::<T::V<S>>::load(simd, &x_re[k], &x_im[k]);
            let y = Complex::<T::V<S>>::load(simd, &y_re[k], &y_im[k]);
            let f = Complex::<T::V<S>>::load(simd, &f_re[k], &f_im[k]);
            let g = Complex::<T::V<S>>::load(simd, &g_re[k], &g_im[k]);
            let (f, g) = ((f.re, f.im), (g.re, g.im));
            x.times(f).sub(y.times(g)).store(&mut x_re[k], &mut x_im[k]);
            x.times(g).add(y.times(f)).store(&mut y_re[k], &mut y_im[k]);
        }
    }
}

/// The memory of one vector of `T`.
type Block<T, S> = <<T as Real>::V<S> as Vector>::Block;

#[inline(always)]
fn blocks<T: Real, S: Simd>(values: &[T]) -> &[Block<T, S>] {
    T::V::<S>::blocks(values).0
}

#[inline(always)]
fn blocks_mut<T: Real, S: Simd>(values: &mut [T]) -> &mut [Block<T, S>] {
    T::V::<S>::blocks_mut(values).0
}

#[cfg(test)]
mod tests;
