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

    /// `sum += x * filter` for each pair (x, filter) in turn, point by point, on transformed blocks: planes as (re, im). All
    /// products of a point are added before the next point's, so that sums pass memory once.
    pub fn multiply_add<'a>(
        &self,
        sum: (&mut [T], &mut [T]),
        pairs: impl Iterator<Item = [Block<'a, T>; 2]> + Clone,
    ) {
        self.isa.run(MultiplyAdd { transform: self, sum, pairs });
    }

    /// `x, y = x * f - y * g, x * g + y * f`, point by point, on transformed blocks: the product of the blocks
    /// `x + i y` and `f + i g`, whose parts were transformed apart.
    pub fn multiply_complex(&self, [x, y]: [(&mut [T], &mut [T]); 2], [f, g]: [(&[T], &[T]); 2]) {
        self.isa.run(MultiplyComplex { transform: self, x, y, f, g });
    }
}

/// A transformed block: (re, im).
type Block<'a, T> = (&'a [T], &'a [T]);

/// Points whose products are added before those of the next ones: their sums stay in a first-level cache.
const POINTS: usize = 512;

struct MultiplyAdd<'a, T: Real, P> {
    transform: &'a Transform<T>,
    sum: (&'a mut [T], &'a mut [T]),
    pairs: P,
}

impl<'b, T: Real + 'b, P> Kernel for MultiplyAdd<'_, T, P>
where
    P: Iterator<Item = [Block<'b, T>; 2]> + Clone,
{
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES != self.transform.tables.lanes {
            return self.run(simd.narrower());
        }
        let half = self.transform.half;
        assert!(self.sum.0.len() == half && self.sum.1.len() == half);
        for start in (0..half).step_by(POINTS) {
            let points = start..half.min(start + POINTS);
            let re = blocks_mut::<T, S>(&mut self.sum.0[points.clone()]);
            let im = blocks_mut::<T, S>(&mut self.sum.1[points.clone()]);
            for [x, filter] in self.pairs.clone() {
                let of = |plane: &'b [T]| blocks::<T, S>(&plane[points.clone()]);
                let (x_re, x_im, filter_re, filter_im) =
                    (of(x.0), of(x.1), of(filter.0), of(filter.1));
                let len = re.len();
                assert!([im.len(), x_re.len(), x_im.len()] == [len; 3]);
                assert!([filter_re.len(), filter_im.len()] == [len; 2]);
                for k in 0..len {
                    let factor = Complex::<T::V<S>>::load(simd, &filter_re[k], &filter_im[k]);
                    let x = Complex::<T::V<S>>::load(simd, &x_re[k], &x_im[k]);
                    let product = x.times((factor.re, factor.im));
                    let sum = Complex::<T::V<S>>::load(simd, &re[k], &im[k]).add(product);
                    sum.store(&mut re[k], &mut im[k]);
                }
            }
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
type VectorBlock<T, S> = <<T as Real>::V<S> as Vector>::Block;

#[inline(always)]
fn blocks<T: Real, S: Simd>(values: &[T]) -> &[VectorBlock<T, S>] {
    T::V::<S>::blocks(values).0
}

#[inline(always)]
fn blocks_mut<T: Real, S: Simd>(values: &mut [T]) -> &mut [VectorBlock<T, S>] {
    T::V::<S>::blocks_mut(values).0
}

#[cfg(test)]
mod tests;
