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

use std::ops::Range;

use super::node::{Broadcast, Complex, PerLane, Registers, Twiddles};
use super::tables::{InLanes, Level, Tables, Turned, turn_of};
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Vector};
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

impl<T> Work<'_, T> {
    /// Whether nodes are split.
    pub fn is_forward(&self) -> bool {
        !matches!(self, Self::Inverse)
    }

    /// Whether nodes are merged.
    pub fn is_inverse(&self) -> bool {
        !matches!(self, Self::Forward)
    }

    /// Of a range of the block alone.
    #[inline(always)]
    pub fn of(&self, range: Range<usize>) -> Work<'_, T> {
        match self {
            Work::Forward => Work::Forward,
            Work::Inverse => Work::Inverse,
            Work::Convolve(re, im) => Work::Convolve(&re[range.clone()], &im[range]),
        }
    }
}

/// Does it, for a whole block or a node of it.
pub struct Walk<'a, T: Real> {
    pub tables: &'a Tables<T>,
    /// Those below the node.
    pub levels: &'a [Level],
    /// Where in the block the node begins.
    pub start: usize,
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
        let Self { tables, levels, start, re, im, work } = self;
        let leaf_len = V::LANES * V::LANES;
        let first = start / leaf_len;
        for at in 0..re.len() / leaf_len {
            // In the block.
            let leaf = first + at;
            if work.is_forward() {
                for level in levels.iter().filter(|level| leaf % level.leaves == 0) {
                    let twiddles = tables.of_node(level, leaf / level.leaves);
                    let range = at * leaf_len..(at + level.leaves) * leaf_len;
                    let (re, im) = (&mut re[range.clone()], &mut im[range]);
                    split::<V>(simd, as_rows(re, im, level.parts), level.parts, twiddles);
                }
            }
            let range = at * leaf_len..(at + 1) * leaf_len;
            let constants = tables.of_leaf::<V>(leaf);
            let leaf_work = Leaf {
                work: work.of(range.clone()),
                re: &mut re[range.clone()],
                im: &mut im[range],
                node: constants.node,
            };
            match constants.in_lanes {
                InLanes::Held(vectors) => {
                    leaf_work.run::<V>(simd, PerLane(&vectors[..2 * (V::LANES - 1)]));
                }
                InLanes::Turned(turned) => leaf_work.run::<V>(simd, &in_lanes::<V>(simd, turned)),
            }
            if work.is_inverse() {
                let end = at + 1;
                let levels = levels.iter().rev();
                for level in levels.filter(|level| (leaf + 1) % level.leaves == 0) {
                    let twiddles = tables.of_node(level, leaf / level.leaves);
                    let range = (end - level.leaves) * leaf_len..end * leaf_len;
                    let (re, im) = (&mut re[range.clone()], &mut im[range]);
                    merge::<V>(simd, as_rows(re, im, level.parts), level.parts, twiddles);
                }
            }
        }
    }
}

/// Splits or merges some columns of a node.
pub struct Columns<'a, T: Real> {
    pub tables: &'a Tables<T>,
    pub level: &'a Level,
    /// Its number in the level.
    pub node: usize,
    pub re: Rows<'a, T>,
    pub im: Rows<'a, T>,
    pub is_split: bool,
}

impl<T: Real> Kernel for Columns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES != self.tables.lanes {
            return self.run(simd.narrower());
        }
        let Self { tables, level, node, re, im, is_split } = self;
        let (twiddles, parts) = (tables.of_node(level, node), level.parts);
        if is_split {
            split::<T::V<S>>(simd, [re, im], parts, twiddles);
        } else {
            merge::<T::V<S>>(simd, [re, im], parts, twiddles);
        }
    }
}

/// The parts of a node as rows.
#[inline(always)]
fn as_rows<'a, T: Real>(re: &'a mut [T], im: &'a mut [T], parts: usize) -> [Rows<'a, T>; 2] {
    [Rows::new(re, parts), Rows::new(im, parts)]
}

/// Splits one node.
#[inline(always)]
fn split<V: Vector>(
    simd: V::Simd,
    rows: [Rows<V::Scalar>; 2],
    parts: usize,
    twiddles: Broadcast<V::Scalar>,
) {
    match parts {
        2 => split_into::<V, 2>(simd, rows, twiddles),
        3 => split_into::<V, 3>(simd, rows, twiddles),
        4 => split_into::<V, 4>(simd, rows, twiddles),
        5 => split_into::<V, 5>(simd, rows, twiddles),
        _ => split_into::<V, 8>(simd, rows, twiddles),
    }
}

#[inline(always)]
fn split_into<V: Vector, const PARTS: usize>(
    simd: V::Simd,
    [mut re, mut im]: [Rows<V::Scalar>; 2],
    twiddles: Broadcast<V::Scalar>,
) {
    let twiddles = Broadcast(&twiddles.0[..PARTS - 1]);
    for column in 0..re.columns::<V>() {
        let mut x =
            Registers::<V> { re: re.load(simd, PARTS, column), im: im.load(simd, PARTS, column) };
        x.split(simd, PARTS, twiddles);
        re.store(PARTS, column, &x.re);
        im.store(PARTS, column, &x.im);
    }
}

/// Merges one node.
#[inline(always)]
fn merge<V: Vector>(
    simd: V::Simd,
    rows: [Rows<V::Scalar>; 2],
    parts: usize,
    twiddles: Broadcast<V::Scalar>,
) {
    match parts {
        2 => merge_from::<V, 2>(simd, rows, twiddles),
        3 => merge_from::<V, 3>(simd, rows, twiddles),
        4 => merge_from::<V, 4>(simd, rows, twiddles),
        5 => merge_from::<V, 5>(simd, rows, twiddles),
        _ => merge_from::<V, 8>(simd, rows, twiddles),
    }
}

#[inline(always)]
fn merge_from<V: Vector, const PARTS: usize>(
    simd: V::Simd,
    [mut re, mut im]: [Rows<V::Scalar>; 2],
    twiddles: Broadcast<V::Scalar>,
) {
    let twiddles = Broadcast(&twiddles.0[..PARTS - 1]);
    for column in 0..re.columns::<V>() {
        let mut x =
            Registers::<V> { re: re.load(simd, PARTS, column), im: im.load(simd, PARTS, column) };
        x.merge(simd, PARTS, twiddles);
        re.store(PARTS, column, &x.re);
        im.store(PARTS, column, &x.im);
    }
}

/// The constants of the nodes in a leaf's lanes.
#[inline(always)]
fn in_lanes<V: Vector>(simd: V::Simd, turned: Turned<V>) -> Registers<V> {
    let zero = V::splat(simd, V::Scalar::default());
    let mut constants = Registers { re: [zero; MAX_LANES], im: [zero; MAX_LANES] };
    for index in 0..V::LANES - 1 {
        let [re, im] = turned.turns[turn_of(V::LANES, index)];
        let (at_re, at_im) = (&turned.vectors[2 * index], &turned.vectors[2 * index + 1]);
        let turn = (V::splat(simd, re), V::splat(simd, im));
        let constant = Complex::<V>::load(simd, at_re, at_im).times(turn);
        (constants.re[index], constants.im[index]) = (constant.re, constant.im);
    }
    constants
}

/// A leaf, which is worked on in registers.
struct Leaf<'a, T> {
    work: Work<'a, T>,
    re: &'a mut [T],
    im: &'a mut [T],
    /// Constants of its node.
    node: Broadcast<'a, T>,
}

impl<T: Real> Leaf<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self, simd: V::Simd, in_lanes: impl Twiddles<V>) {
        let Self { work, re, im, node } = self;
        let (mut re, mut im) = (Rows::new(re, V::LANES), Rows::new(im, V::LANES));
        let mut x = Registers { re: re.load(simd, V::LANES, 0), im: im.load(simd, V::LANES, 0) };
        match work {
            Work::Forward => x.split_leaf(simd, node, in_lanes),
            Work::Inverse => x.merge_leaf(simd, node, in_lanes),
            Work::Convolve(filter_re, filter_im) => {
                x.split_leaf(simd, node, in_lanes);
                let (filter_re, filter_im) =
                    (&V::blocks(filter_re).0[..V::LANES], &V::blocks(filter_im).0[..V::LANES]);
                for j in 0..V::LANES {
                    x.multiply(j, (V::load(simd, &filter_re[j]), V::load(simd, &filter_im[j])));
                }
                x.merge_leaf(simd, node, in_lanes);
            }
        }
        re.store(V::LANES, 0, &x.re);
        im.store(V::LANES, 0, &x.im);
    }
}

impl<V: Vector> Registers<V> {
    #[inline(always)]
    fn split_leaf(&mut self, simd: V::Simd, node: impl Twiddles<V>, in_lanes: impl Twiddles<V>) {
        self.split(simd, V::LANES, node);
        V::transpose(&mut self.re);
        V::transpose(&mut self.im);
        self.split(simd, V::LANES, in_lanes);
    }

    #[inline(always)]
    fn merge_leaf(&mut self, simd: V::Simd, node: impl Twiddles<V>, in_lanes: impl Twiddles<V>) {
        self.merge(simd, V::LANES, in_lanes);
        V::transpose(&mut self.re);
        V::transpose(&mut self.im);
        self.merge(simd, V::LANES, node);
    }
}
