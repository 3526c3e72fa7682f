//! The transforms over memory: which node is split or merged when.
//!
//! ```text
//! for each leaf, from left to right:
//!     split the nodes that begin here, widest first
//!     split the leaf, multiply it, merge it                    in registers
//!     merge the nodes that end here, narrowest first
//! ```
//! is the depth-first walk over the tree: a subtree is split, multiplied and merged while it is in the cache
//! that holds it.
//!
//! A leaf is the square of the vector's length, `LANES * LANES` values. Its node is split into `LANES` nodes, one
//! a register; the square is transposed, so that a lane holds a node; and the nodes are split down to
//! single values, each lane with constants of its own. The transformed block stays transposed: products
//! do not mind, and the merge undoes it.

use super::node::{Broadcast, PerLane, Registers};
use super::tables::Tables;
use crate::cpu::vector::{Kernel, Simd, Vector};
use crate::cpu::{Real, Rows};

/// What to do with a block.
#[derive(Clone, Copy)]
pub enum Work<'a, T> {
    /// Split.
    Forward,
    /// Merge.
    Inverse,
    /// Split, multiply by a transformed filter, merge.
    Convolve(&'a [T], &'a [T]),
}

/// Does it.
pub struct Walk<'a, T: Real> {
    /// Complex values in the block.
    pub half: usize,
    pub tables: &'a Tables<T>,
    pub re: &'a mut [T],
    pub im: &'a mut [T],
    pub work: Work<'a, T>,
}

impl<T: Real> Kernel for Walk<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES == self.tables.lanes {
            self.walk::<T::V<S>>(simd);
        } else {
            self.run(simd.narrower());
        }
    }
}

impl<T: Real> Walk<'_, T> {
    #[inline(always)]
    fn walk<V: Vector<Scalar = T>>(self, simd: V::Simd) {
        let Self { half, tables, re, im, work } = self;
        let leaf_len = V::LANES * V::LANES;
        assert!(re.len() == half && im.len() == half);
        let (forward, inverse) = match work {
            Work::Forward => (true, false),
            Work::Inverse => (false, true),
            Work::Convolve(..) => (true, true),
        };
        for leaf in 0..half / leaf_len {
            if forward {
                for level in tables.levels.iter().filter(|level| leaf % level.leaves == 0) {
                    let node = leaf / level.leaves;
                    let range = leaf * leaf_len..(leaf + level.leaves) * leaf_len;
                    let twiddles = tables.of_node(level, node);
                    split::<V>(simd, &mut re[range.clone()], &mut im[range], level.parts, twiddles);
                }
            }
            let range = leaf * leaf_len..(leaf + 1) * leaf_len;
            let (re_leaf, im_leaf) = (&mut re[range.clone()], &mut im[range.clone()]);
            let twiddles = tables.of_leaf::<V>(leaf);
            match work {
                Work::Forward => leaf_forward::<V>(simd, re_leaf, im_leaf, twiddles),
                Work::Inverse => leaf_inverse::<V>(simd, re_leaf, im_leaf, twiddles),
                Work::Convolve(filter_re, filter_im) => {
                    let filter = (&filter_re[range.clone()], &filter_im[range]);
                    leaf_convolve::<V>(simd, re_leaf, im_leaf, filter, twiddles);
                }
            }
            if inverse {
                let end = leaf + 1;
                for level in tables.levels.iter().rev().filter(|level| end % level.leaves == 0) {
                    let node = leaf / level.leaves;
                    let range = (end - level.leaves) * leaf_len..end * leaf_len;
                    let twiddles = tables.of_node(level, node);
                    merge::<V>(simd, &mut re[range.clone()], &mut im[range], level.parts, twiddles);
                }
            }
        }
    }
}

/// Splits one node.
#[inline(always)]
fn split<V: Vector>(
    simd: V::Simd,
    re: &mut [V::Scalar],
    im: &mut [V::Scalar],
    parts: usize,
    twiddles: Broadcast<V::Scalar>,
) {
    match parts {
        2 => split_into::<V, 2>(simd, re, im, twiddles),
        3 => split_into::<V, 3>(simd, re, im, twiddles),
        4 => split_into::<V, 4>(simd, re, im, twiddles),
        5 => split_into::<V, 5>(simd, re, im, twiddles),
        _ => split_into::<V, 8>(simd, re, im, twiddles),
    }
}

#[inline(always)]
fn split_into<V: Vector, const PARTS: usize>(
    simd: V::Simd,
    re: &mut [V::Scalar],
    im: &mut [V::Scalar],
    twiddles: Broadcast<V::Scalar>,
) {
    let twiddles = Broadcast(&twiddles.0[..PARTS - 1]);
    let (mut re, mut im) = (Rows::<V>::new(re, PARTS), Rows::<V>::new(im, PARTS));
    for column in 0..re.columns() {
        let mut x = Registers { re: re.load(simd, column), im: im.load(simd, column) };
        x.split(simd, PARTS, twiddles);
        re.store(column, &x.re);
        im.store(column, &x.im);
    }
}

/// Merges one node.
#[inline(always)]
fn merge<V: Vector>(
    simd: V::Simd,
    re: &mut [V::Scalar],
    im: &mut [V::Scalar],
    parts: usize,
    twiddles: Broadcast<V::Scalar>,
) {
    match parts {
        2 => merge_from::<V, 2>(simd, re, im, twiddles),
        3 => merge_from::<V, 3>(simd, re, im, twiddles),
        4 => merge_from::<V, 4>(simd, re, im, twiddles),
        5 => merge_from::<V, 5>(simd, re, im, twiddles),
        _ => merge_from::<V, 8>(simd, re, im, twiddles),
    }
}

#[inline(always)]
fn merge_from<V: Vector, const PARTS: usize>(
    simd: V::Simd,
    re: &mut [V::Scalar],
    im: &mut [V::Scalar],
    twiddles: Broadcast<V::Scalar>,
) {
    let twiddles = Broadcast(&twiddles.0[..PARTS - 1]);
    let (mut re, mut im) = (Rows::<V>::new(re, PARTS), Rows::<V>::new(im, PARTS));
    for column in 0..re.columns() {
        let mut x = Registers { re: re.load(simd, column), im: im.load(simd, column) };
        x.merge(simd, PARTS, twiddles);
        re.store(column, &x.re);
        im.store(column, &x.im);
    }
}

/// The constants of a leaf: of its node, then of the nodes that lanes hold.
pub type LeafTwiddles<'a, V> =
    (Broadcast<'a, <V as Vector>::Scalar>, PerLane<'a, <V as Vector>::Block>);

#[inline(always)]
fn split_leaf<V: Vector>(simd: V::Simd, x: &mut Registers<V>, twiddles: LeafTwiddles<V>) {
    x.split(simd, V::LANES, twiddles.0);
    V::transpose(&mut x.re);
    V::transpose(&mut x.im);
    x.split(simd, V::LANES, twiddles.1);
}

#[inline(always)]
fn merge_leaf<V: Vector>(simd: V::Simd, x: &mut Registers<V>, twiddles: LeafTwiddles<V>) {
    x.merge(simd, V::LANES, twiddles.1);
    V::transpose(&mut x.re);
    V::transpose(&mut x.im);
    x.merge(simd, V::LANES, twiddles.0);
}

#[inline(always)]
fn leaf_forward<V: Vector>(
    simd: V::Simd,
    re: &mut [V::Scalar],
    im: &mut [V::Scalar],
    twiddles: LeafTwiddles<V>,
) {
    let (mut re, mut im) = (Rows::<V>::new(re, V::LANES), Rows::<V>::new(im, V::LANES));
    let mut x = Registers { re: re.load(simd, 0), im: im.load(simd, 0) };
    split_leaf(simd, &mut x, twiddles);
    re.store(0, &x.re);
    im.store(0, &x.im);
}

#[inline(always)]
fn leaf_inverse<V: Vector>(
    simd: V::Simd,
    re: &mut [V::Scalar],
    im: &mut [V::Scalar],
    twiddles: LeafTwiddles<V>,
) {
    let (mut re, mut im) = (Rows::<V>::new(re, V::LANES), Rows::<V>::new(im, V::LANES));
    let mut x = Registers { re: re.load(simd, 0), im: im.load(simd, 0) };
    merge_leaf(simd, &mut x, twiddles);
    re.store(0, &x.re);
    im.store(0, &x.im);
}

#[inline(always)]
fn leaf_convolve<V: Vector>(
    simd: V::Simd,
    re: &mut [V::Scalar],
    im: &mut [V::Scalar],
    filter: (&[V::Scalar], &[V::Scalar]),
    twiddles: LeafTwiddles<V>,
) {
    let (mut re, mut im) = (Rows::<V>::new(re, V::LANES), Rows::<V>::new(im, V::LANES));
    let (filter_re, filter_im) =
        (&V::blocks(filter.0).0[..V::LANES], &V::blocks(filter.1).0[..V::LANES]);
    let mut x = Registers { re: re.load(simd, 0), im: im.load(simd, 0) };
    split_leaf(simd, &mut x, twiddles);
    for j in 0..V::LANES {
        let filter = (V::load(simd, &filter_re[j]), V::load(simd, &filter_im[j]));
        x.multiply(j, filter);
    }
    merge_leaf(simd, &mut x, twiddles);
    re.store(0, &x.re);
    im.store(0, &x.im);
}
