//! Products of transformed blocks, point by point.

use std::ops::Deref;

use super::node::Complex;
use crate::cpu::Real;
use crate::cpu::vector::{Kernel, Simd, Vector};

/// The most coordinates of a value.
pub const MAX_COORDINATES: usize = 16;

/// How to multiply two values, whose coordinates are the blocks `x[i]` and `f[i]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// `x[0] f[0] + x[1] f[1] + ...`, which replaces `x[0]`.
    Sum,
    /// `x[0] + i x[1]` times `f[0] + i f[1]`.
    Complex,
    /// `x[0] + x[1] t + x[2] t^2 + ...` times the same of `f`. Powers of `t` without a coordinate
    /// are dropped.
    Powers,
    /// Like `Powers`, for values whose coordinates are parts of a number, each far smaller than the
    /// one before. The last coordinate also gets all powers of `t` behind its own, so no product of
    /// two parts is dropped.
    Parts,
}

impl Product {
    /// How many of `coordinates` coordinates the product has.
    pub fn results(self, coordinates: usize) -> usize {
        match self {
            Self::Sum => 1,
            Self::Complex | Self::Powers | Self::Parts => coordinates,
        }
    }
}

/// The two planes of a block, or of one node.
pub type BlockMut<'a, T> = [&'a mut [T]; 2];
/// Like [`BlockMut`], but read-only.
pub type Block<'a, T> = [&'a [T]; 2];

/// The blocks in an array, followed by empty blocks. An array needs no allocation, which might
/// fail.
///
/// # Panics
/// If there are more than [`MAX_COORDINATES`] blocks.
pub fn coordinates<B: Default>(mut blocks: impl Iterator<Item = B>) -> [B; MAX_COORDINATES] {
    let all = std::array::from_fn(|_| blocks.next().unwrap_or_default());
    assert!(blocks.next().is_none());
    all
}

/// Multiplies nodes of equal length in place. Each node is a coordinate.
pub struct Multiply<'a, 'b, T: Real> {
    pub lanes: usize,
    pub x: &'a mut [BlockMut<'b, T>],
    pub f: &'a [Block<'b, T>],
    pub product: Product,
}

impl<T: Real> Kernel for Multiply<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        /// Vectors of one coordinate at a time. Their real and imaginary parts make eight sums,
        /// which keep the adders busy.
        const WIDE: usize = 4;
        if T::V::<S>::LANES != self.lanes {
            return self.run(simd.narrower());
        }
        let Self { x, f, product, .. } = self;
        let vectors = x[0][0].len() / T::V::<S>::LANES;
        let wide = vectors - vectors % WIDE;
        for at in (0..wide).step_by(WIDE) {
            multiply::<T::V<S>, WIDE>(simd, x, f, product, at);
        }
        for at in wide..vectors {
            multiply::<T::V<S>, 1>(simd, x, f, product, at);
        }
    }
}

/// Multiplies `WIDE` vectors, from index `at` on.
#[inline(always)]
fn multiply<V: Vector, const WIDE: usize>(
    simd: V::Simd,
    x: &mut [BlockMut<V::Scalar>],
    f: &[Block<V::Scalar>],
    product: Product,
    at: usize,
) {
    let count = x.len();
    assert!(count == f.len());
    match product {
        Product::Sum => {
            let mut sum = Accumulator::<V, WIDE>::zero(simd);
            for i in 0..count {
                sum.add(simd, &x[i], &f[i], at);
            }
            sum.store(&mut x[0], at);
        }
        Product::Powers | Product::Parts => {
            // From the highest power down, because each power needs the lower coordinates.
            for power in (0..count).rev() {
                let takes_all_behind = product == Product::Parts && power + 1 == count;
                let mut sum = Accumulator::<V, WIDE>::zero(simd);
                for (i, x) in x[..=power].iter().enumerate() {
                    let first = power - i;
                    let end = if takes_all_behind { count } else { first + 1 };
                    for f in &f[first..end] {
                        sum.add(simd, x, f, at);
                    }
                }
                sum.store(&mut x[power], at);
            }
        }
        Product::Complex => {
            let (mut re, mut im) =
                (Accumulator::<V, WIDE>::zero(simd), Accumulator::<V, WIDE>::zero(simd));
            re.add(simd, &x[0], &f[0], at);
            re.subtract(simd, &x[1], &f[1], at);
            im.add(simd, &x[0], &f[1], at);
            im.add(simd, &x[1], &f[0], at);
            re.store(&mut x[0], at);
            im.store(&mut x[1], at);
        }
    }
}

/// Sums of products of a few vectors.
struct Accumulator<V, const WIDE: usize>([Complex<V>; WIDE]);

impl<V: Vector, const WIDE: usize> Accumulator<V, WIDE> {
    #[inline(always)]
    fn zero(simd: V::Simd) -> Self {
        let zero = V::splat(simd, V::Scalar::default());
        Self([Complex { re: zero, im: zero }; WIDE])
    }

    /// Adds `x * f`.
    #[inline(always)]
    fn add(&mut self, simd: V::Simd, x: &BlockMut<V::Scalar>, f: &Block<V::Scalar>, at: usize) {
        let (x, f) = (load::<V, WIDE>(simd, x, at), load::<V, WIDE>(simd, f, at));
        for i in 0..WIDE {
            self.0[i] = self.0[i].add_product(x[i], f[i]);
        }
    }

    /// Subtracts `x * f`.
    #[inline(always)]
    fn subtract(
        &mut self,
        simd: V::Simd,
        x: &BlockMut<V::Scalar>,
        f: &Block<V::Scalar>,
        at: usize,
    ) {
        let (x, f) = (load::<V, WIDE>(simd, x, at), load::<V, WIDE>(simd, f, at));
        for i in 0..WIDE {
            self.0[i] = self.0[i].sub_product(x[i], f[i]);
        }
    }

    #[inline(always)]
    fn store(self, [re, im]: &mut BlockMut<V::Scalar>, at: usize) {
        let re = &mut V::blocks_mut(re).0[at..][..WIDE];
        let im = &mut V::blocks_mut(im).0[at..][..WIDE];
        for i in 0..WIDE {
            self.0[i].store(&mut re[i], &mut im[i]);
        }
    }
}

#[inline(always)]
fn load<V: Vector, const WIDE: usize>(
    simd: V::Simd,
    [re, im]: &[impl Deref<Target = [V::Scalar]>; 2],
    at: usize,
) -> [Complex<V>; WIDE] {
    let re = &V::blocks(re).0[at..][..WIDE];
    let im = &V::blocks(im).0[at..][..WIDE];
    let mut vectors = [Complex::load(simd, &re[0], &im[0]); WIDE];
    for i in 1..WIDE {
        vectors[i] = Complex::load(simd, &re[i], &im[i]);
    }
    vectors
}
