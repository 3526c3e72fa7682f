//! The leaves of a transform: the last levels of its tree.
//!
//! A leaf has `LANES * LANES` values, a square. Its node is split into `LANES` nodes, one in each
//! register. Then the square is transposed, so that each lane holds a node. The nodes are split
//! down to single values, each lane with its own constants. The transformed block stays transposed:
//! products do not depend on the order, and the merge transposes again.

use std::sync::atomic::{Ordering, compiler_fence};

use super::node::{Complex, Registers, Tail, Twiddles};
use super::passes::Work;
use super::tables::{InLanes, Tables, Turned, turn_of};
use crate::cpu::vector::{Kernel, Simd, Vector};
use crate::cpu::{Real, Rows};

/// Consecutive leaves.
pub struct Leaves<'a, T: Real> {
    pub tables: &'a Tables<T>,
    /// The number of the first leaf.
    pub first: usize,
    pub re: &'a mut [T],
    pub im: &'a mut [T],
    pub work: Work<'a, T>,
}

impl<T: Real> Kernel for Leaves<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES == self.tables.lanes {
            self.each::<T::V<S>>(simd);
        } else {
            self.run(simd.narrower());
        }
    }
}

impl<T: Real> Leaves<'_, T> {
    #[inline(always)]
    fn each<V: Vector<Scalar = T>>(self, simd: V::Simd) {
        let Self { tables, first, re, im, work } = self;
        let leaf_len = V::LANES * V::LANES;
        let twiddles = tables.of_leaves::<V>(first..first + re.len() / leaf_len);
        let leaves = re.chunks_exact_mut(leaf_len).zip(im.chunks_exact_mut(leaf_len));
        for (leaf, (re, im)) in leaves.enumerate() {
            let work = work.of(leaf * leaf_len..(leaf + 1) * leaf_len);
            match twiddles.get(leaf) {
                (node, InLanes::Held(in_lanes)) => {
                    Leaf::<V, _, _> { simd, re, im, node, in_lanes }.run(work);
                }
                (node, InLanes::Turned(in_lanes)) if V::TRANSPOSES_BY_FOURS => {
                    Leaf::<V, _, _> { simd, re, im, node, in_lanes }.run(work);
                }
                (node, InLanes::Turned(turned)) => {
                    let in_lanes = &Registers::of(simd, V::LANES - 1, turned);
                    Leaf::<V, _, _> { simd, re, im, node, in_lanes }.run(work);
                }
            }
        }
    }
}

/// Makes each constant when it is needed.
impl<V: Vector> Twiddles<V> for Turned<'_, V> {
    #[inline(always)]
    fn get(self, simd: V::Simd, index: usize) -> (V, V) {
        let [re, im] = self.turns[turn_of(V::LANES, index)];
        let (at_re, at_im) = (&self.vectors[2 * index], &self.vectors[2 * index + 1]);
        let turn = (V::splat(simd, re), V::splat(simd, im));
        let constant = Complex::<V>::load(simd, at_re, at_im).times(turn);
        (constant.re, constant.im)
    }
}

/// A leaf, the constants of its node, and those of the nodes in its lanes.
struct Leaf<'a, V: Vector, N, L> {
    simd: V::Simd,
    re: &'a mut [V::Scalar],
    im: &'a mut [V::Scalar],
    node: N,
    in_lanes: L,
}

impl<V: Vector, N: Twiddles<V>, L: Twiddles<V>> Leaf<'_, V, N, L> {
    #[inline(always)]
    fn run(self, work: Work<V::Scalar>) {
        if V::TRANSPOSES_BY_FOURS {
            self.by_fours(work);
        } else {
            self.in_registers(work);
        }
    }

    /// Keeps the whole leaf in registers.
    #[inline(always)]
    fn in_registers(self, work: Work<V::Scalar>) {
        let Self { simd, re, im, node, in_lanes } = self;
        let (mut re, mut im) = (Rows::new(re, V::LANES), Rows::new(im, V::LANES));
        let mut x =
            Registers::<V> { re: re.load(simd, V::LANES, 0), im: im.load(simd, V::LANES, 0) };
        if work.is_forward() {
            x.split(simd, V::LANES, node);
            V::transpose(&mut x.re);
            V::transpose(&mut x.im);
            x.split(simd, V::LANES, in_lanes);
        }
        if let Work::Convolve(filter_re, filter_im) = work {
            let (filter_re, filter_im) =
                (&V::blocks(filter_re).0[..V::LANES], &V::blocks(filter_im).0[..V::LANES]);
            for j in 0..V::LANES {
                x.multiply(j, (V::load(simd, &filter_re[j]), V::load(simd, &filter_im[j])));
            }
        }
        if work.is_inverse() {
            x.merge(simd, V::LANES, in_lanes);
            V::transpose(&mut x.re);
            V::transpose(&mut x.im);
            x.merge(simd, V::LANES, node);
        }
        re.store(V::LANES, 0, &x.re);
        im.store(V::LANES, 0, &x.im);
    }

    /// Works on four rows at a time. The real and the imaginary part have 16 rows each, together as
    /// many as there are registers. With all rows in registers, none is left for a product, and the
    /// compiler moved 282 vectors of a leaf to the stack and back. Here, in seven passes, only rows
    /// are loaded and stored. The middle pass splits, multiplies and merges. The operations are
    /// those of [`Self::in_registers`], so the bits are the same.
    #[inline(always)]
    fn by_fours(mut self, work: Work<V::Scalar>) {
        let Self { simd, node, in_lanes, .. } = self;
        let first_in_lanes = &Registers::of(simd, 3, in_lanes);
        if work.is_forward() {
            for k in 0..4 {
                let mut x = self.apart(k);
                x.split(simd, 4, node);
                self.set_apart(k, &x);
            }
            for k in 0..4 {
                let mut x = self.together(k);
                x.split(simd, 4, Tail(3 + 3 * k, node));
                V::transpose_together(&mut x.re);
                V::transpose_together(&mut x.im);
                self.set_together(k, &x);
            }
            for k in 0..4 {
                let mut x = self.apart(k);
                V::transpose_apart(&mut x.re);
                V::transpose_apart(&mut x.im);
                x.split(simd, 4, first_in_lanes);
                self.set_apart(k, &x);
            }
        }
        for k in 0..4 {
            let in_lanes = Tail(3 + 3 * k, in_lanes);
            let mut x = self.together(k);
            if work.is_forward() {
                x.split(simd, 4, in_lanes);
            }
            if let Work::Convolve(re, im) = work {
                let (re, im) = (&V::blocks(re).0[4 * k..][..4], &V::blocks(im).0[4 * k..][..4]);
                for j in 0..4 {
                    x.multiply(j, (V::load(simd, &re[j]), V::load(simd, &im[j])));
                }
            }
            if work.is_inverse() {
                x.merge(simd, 4, in_lanes);
            }
            self.set_together(k, &x);
        }
        if work.is_inverse() {
            for k in 0..4 {
                let mut x = self.apart(k);
                x.merge(simd, 4, first_in_lanes);
                V::transpose_apart(&mut x.re);
                V::transpose_apart(&mut x.im);
                self.set_apart(k, &x);
            }
            for k in 0..4 {
                let mut x = self.together(k);
                V::transpose_together(&mut x.re);
                V::transpose_together(&mut x.im);
                x.merge(simd, 4, Tail(3 + 3 * k, node));
                self.set_together(k, &x);
            }
            for k in 0..4 {
                let mut x = self.apart(k);
                x.merge(simd, 4, node);
                self.set_apart(k, &x);
            }
        }
    }

    /// Loads rows `k`, `k + 4`, `k + 8` and `k + 12`.
    #[inline(always)]
    fn apart(&mut self, k: usize) -> Registers<V> {
        let (re, im) = (Rows::new(self.re, 4), Rows::new(self.im, 4));
        Registers { re: re.load(self.simd, 4, k), im: im.load(self.simd, 4, k) }
    }

    /// Stores the rows of [`Self::apart`].
    #[inline(always)]
    fn set_apart(&mut self, k: usize, x: &Registers<V>) {
        Rows::new(self.re, 4).store(4, k, &x.re);
        Rows::new(self.im, 4).store(4, k, &x.im);
        stay_in_memory();
    }

    /// Loads rows `4 k` to `4 k + 3`.
    #[inline(always)]
    fn together(&mut self, k: usize) -> Registers<V> {
        let four = 4 * k * V::LANES..4 * (k + 1) * V::LANES;
        let (re, im) = (Rows::new(&mut self.re[four.clone()], 4), Rows::new(&mut self.im[four], 4));
        Registers { re: re.load(self.simd, 4, 0), im: im.load(self.simd, 4, 0) }
    }

    /// Stores the rows of [`Self::together`].
    #[inline(always)]
    fn set_together(&mut self, k: usize, x: &Registers<V>) {
        let four = 4 * k * V::LANES..4 * (k + 1) * V::LANES;
        Rows::new(&mut self.re[four.clone()], 4).store(4, 0, &x.re);
        Rows::new(&mut self.im[four], 4).store(4, 0, &x.im);
        stay_in_memory();
    }
}

/// Forces the next use to load the stored values. The compiler knows these values, so without the
/// fence it would keep the whole leaf in registers again, and spill. For the compiler, the fence
/// accesses all memory that others may see. It makes no instruction.
#[inline(always)]
fn stay_in_memory() {
    compiler_fence(Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    /// Does the same work on equal leaves, in registers and by fours.
    struct Both<'a, T: Real> {
        tables: &'a Tables<T>,
        in_registers: [&'a mut [T]; 2],
        by_fours: [&'a mut [T]; 2],
        work: Work<'a, T>,
    }

    impl<T: Real> Kernel for Both<'_, T> {
        /// Whether leaves can be worked on by fours.
        type Output = bool;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> bool {
            if T::V::<S>::LANES != self.tables.lanes || !T::V::<S>::TRANSPOSES_BY_FOURS {
                return false;
            }
            self.of_vectors::<T::V<S>>(simd);
            true
        }
    }

    impl<T: Real> Both<'_, T> {
        #[inline(always)]
        fn of_vectors<V: Vector<Scalar = T>>(self, simd: V::Simd) {
            let Self { tables, in_registers: [re, im], by_fours: [same_re, same_im], work } = self;
            let len = V::LANES * V::LANES;
            let twiddles = tables.of_leaves::<V>(0..re.len() / len);
            for leaf in 0..re.len() / len {
                let here = leaf * len..(leaf + 1) * len;
                let work = work.of(here.clone());
                let (re, im) = (&mut re[here.clone()], &mut im[here.clone()]);
                let (same_re, same_im) = (&mut same_re[here.clone()], &mut same_im[here]);
                match twiddles.get(leaf) {
                    (node, InLanes::Held(in_lanes)) => {
                        Leaf::<V, _, _> { simd, re, im, node, in_lanes }.in_registers(work);
                        let (re, im) = (same_re, same_im);
                        Leaf::<V, _, _> { simd, re, im, node, in_lanes }.by_fours(work);
                    }
                    (node, InLanes::Turned(turned)) => {
                        let in_lanes = &Registers::of(simd, V::LANES - 1, turned);
                        Leaf::<V, _, _> { simd, re, im, node, in_lanes }.in_registers(work);
                        let (re, im, in_lanes) = (same_re, same_im, turned);
                        Leaf::<V, _, _> { simd, re, im, node, in_lanes }.by_fours(work);
                    }
                }
            }
        }
    }

    #[test]
    fn leaves_by_fours_have_the_bits_of_leaves_in_registers() {
        fn values(len: usize, seed: usize) -> BeforeGuardPage<f32> {
            let mut values = BeforeGuardPage::new(len);
            for (i, value) in values.iter_mut().enumerate() {
                *value = ((i * i + seed) % 1009) as f32 / 37.0 - 13.0;
            }
            values
        }
        for isa in each_isa() {
            // Some with constants for each leaf, some with turned constants.
            for leaves in [1, 2, 256] {
                let half = leaves * 256;
                let tables = Tables::<f32>::new(isa, half, 1).unwrap();
                let filter = [values(half, 3), values(half, 700)];
                for work in [Work::Forward, Work::Inverse, Work::Convolve(&filter[0], &filter[1])] {
                    let [mut re, mut im, mut same_re, mut same_im] =
                        [1, 500, 1, 500].map(|seed| values(half, seed));
                    let are_both = isa.run(Both {
                        tables: &tables,
                        in_registers: [&mut re, &mut im],
                        by_fours: [&mut same_re, &mut same_im],
                        work,
                    });
                    assert_eq!(are_both, isa.vector_bytes() == 64, "{}", isa.name());
                    assert_eq!(are_both, *re != *values(half, 1), "{}", isa.name());
                    let bits = |values: &[f32]| -> Vec<u32> {
                        values.iter().map(|value| value.to_bits()).collect()
                    };
                    assert!(bits(&re) == bits(&same_re), "{} {leaves}", isa.name());
                    assert!(bits(&im) == bits(&same_im), "{} {leaves}", isa.name());
                }
            }
        }
    }
}
