//! The passes of a transform over memory, except for its [`leaves`](super::leaf): nodes, column by
//! column.

use std::ops::Range;

use super::node::{Broadcast, Registers};
use super::tables::{Level, Tables};
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

impl<T> Work<'_, T> {
    /// Whether nodes are split.
    pub fn is_forward(&self) -> bool {
        !matches!(self, Self::Inverse)
    }

    /// Whether nodes are merged.
    pub fn is_inverse(&self) -> bool {
        !matches!(self, Self::Forward)
    }

    /// The same work for a range of the block.
    #[inline(always)]
    pub fn of(&self, range: Range<usize>) -> Work<'_, T> {
        match self {
            Work::Forward => Work::Forward,
            Work::Inverse => Work::Inverse,
            Work::Convolve(re, im) => Work::Convolve(&re[range.clone()], &im[range]),
        }
    }
}

/// Splits or merges consecutive nodes of a level.
pub struct Pass<'a, T: Real, const IS_SPLIT: bool> {
    pub tables: &'a Tables<T>,
    pub level: &'a Level,
    /// The first node's number in the level.
    pub first: usize,
    pub re: &'a mut [T],
    pub im: &'a mut [T],
}

impl<T: Real, const IS_SPLIT: bool> Kernel for Pass<'_, T, IS_SPLIT> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES != self.tables.lanes {
            return self.run(simd.narrower());
        }
        let Self { tables, level, first, re, im } = self;
        let len = tables.len_of(level);
        let nodes = re.chunks_exact_mut(len).zip(im.chunks_exact_mut(len));
        for (node, (re, im)) in nodes.enumerate() {
            let (re, im) = (Rows::new(re, level.parts), Rows::new(im, level.parts));
            Columns::<T, IS_SPLIT> { tables, level, node: first + node, re, im }.run(simd);
        }
    }
}

/// Splits or merges some columns of a node.
pub struct Columns<'a, T: Real, const IS_SPLIT: bool> {
    pub tables: &'a Tables<T>,
    pub level: &'a Level,
    /// The node's number in the level.
    pub node: usize,
    pub re: Rows<'a, T>,
    pub im: Rows<'a, T>,
}

impl<T: Real, const IS_SPLIT: bool> Kernel for Columns<'_, T, IS_SPLIT> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if T::V::<S>::LANES != self.tables.lanes {
            return self.run(simd.narrower());
        }
        match self.level.parts {
            2 => self.of_parts::<T::V<S>, 2>(simd),
            3 => self.of_parts::<T::V<S>, 3>(simd),
            4 => self.of_parts::<T::V<S>, 4>(simd),
            5 => self.of_parts::<T::V<S>, 5>(simd),
            _ if !IS_SPLIT && T::V::<S>::HAS_FEW_REGISTERS => self.merge8_by_fours::<T::V<S>>(simd),
            _ => self.of_parts::<T::V<S>, 8>(simd),
        }
    }
}

impl<T: Real, const IS_SPLIT: bool> Columns<'_, T, IS_SPLIT> {
    #[inline(always)]
    fn of_parts<V: Vector<Scalar = T>, const PARTS: usize>(self, simd: V::Simd) {
        let Self { tables, level, node, mut re, mut im } = self;
        let twiddles = Broadcast(&tables.of_node(level, node).0[..PARTS - 1]);
        for column in 0..re.columns::<V>() {
            let mut x = Registers::<V> {
                re: re.load(simd, PARTS, column),
                im: im.load(simd, PARTS, column),
            };
            if IS_SPLIT {
                x.split(simd, PARTS, twiddles);
            } else {
                x.merge(simd, PARTS, twiddles);
            }
            re.store(PARTS, column, &x.re);
            im.store(PARTS, column, &x.im);
        }
    }

    /// Merges eight parts in two steps, because sixteen registers hold only four parts. The even
    /// parts wait in memory while the odd parts are merged. Works on several columns at a time: for
    /// a single column, the compiler would keep all parts in registers and spill more than waits in
    /// memory here.
    #[inline(always)]
    fn merge8_by_fours<V: Vector<Scalar = T>>(self, simd: V::Simd) {
        const AT_A_TIME: usize = 8;
        let Self { tables, level, node, re, im } = self;
        let constants = &tables.of_node(level, node).0[..7];
        let (of_fours, of_pairs) = (Broadcast(&constants[..3]), &constants[3..]);
        let count = re.columns::<V>();
        let ((mut even_re, mut odd_re), (mut even_im, mut odd_im)) =
            (re.even_and_odd(), im.even_and_odd());
        for first in (0..count).step_by(AT_A_TIME) {
            let columns = first..count.min(first + AT_A_TIME);
            for column in columns.clone() {
                let mut odd = Registers::<V>::zero(simd);
                for child in 0..4 {
                    let mut pair = Registers::<V>::zero(simd);
                    pair.re[0] = even_re.get(simd, child, column);
                    pair.im[0] = even_im.get(simd, child, column);
                    pair.re[1] = odd_re.get(simd, child, column);
                    pair.im[1] = odd_im.get(simd, child, column);
                    pair.merge(simd, 2, Broadcast(&of_pairs[child..=child]));
                    even_re.set(child, column, pair.re[0]);
                    even_im.set(child, column, pair.im[0]);
                    (odd.re[child], odd.im[child]) = (pair.re[1], pair.im[1]);
                }
                odd.merge(simd, 4, of_fours);
                odd_re.store(4, column, &odd.re);
                odd_im.store(4, column, &odd.im);
            }
            for column in columns {
                let mut even = Registers::<V> {
                    re: even_re.load(simd, 4, column),
                    im: even_im.load(simd, 4, column),
                };
                even.merge(simd, 4, of_fours);
                even_re.store(4, column, &even.re);
                even_im.store(4, column, &even.im);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Isa;
    use crate::cpu::each_isa::each_isa;
    use crate::cpu::vector::MAX_LANES;

    /// Merges columns of eight parts in one step, and again in two steps.
    struct Merge<'a, T: Real> {
        tables: &'a Tables<T>,
        at_once: [&'a mut [T]; 2],
        by_fours: [&'a mut [T]; 2],
    }

    impl<T: Real> Kernel for Merge<'_, T> {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            if T::V::<S>::LANES != self.tables.lanes {
                return self.run(simd.narrower());
            }
            let Self { tables, at_once, by_fours } = self;
            let columns = |[re, im]: [_; 2]| Columns::<T, false> {
                tables,
                level: &tables.levels[0],
                node: 0,
                re: Rows::new(re, 8),
                im: Rows::new(im, 8),
            };
            columns(at_once).of_parts::<T::V<S>, 8>(simd);
            columns(by_fours).merge8_by_fours::<T::V<S>>(simd);
        }
    }

    fn check<T: Real>(isa: Isa) {
        let lanes = Tables::<T>::new(isa, MAX_LANES * MAX_LANES, 1).unwrap().lanes;
        let tables = Tables::<T>::new(isa, 8 * lanes * lanes, 1).unwrap();
        assert_eq!((tables.lanes, tables.levels[0].parts), (lanes, 8), "{}", isa.name());
        for columns in [1, 3, 7, 8, 9, 15, 16, 17] {
            let len = 8 * columns * lanes;
            let values = |seed: usize| {
                let value = |i| T::from_f64(((i * i + seed) % 1009) as f64 / 64.0 - 8.0);
                (0..len).map(value).collect::<Vec<T>>()
            };
            let (mut re, mut im) = (values(1), values(500));
            let (mut same_re, mut same_im) = (re.clone(), im.clone());
            isa.run(Merge {
                tables: &tables,
                at_once: [&mut re, &mut im],
                by_fours: [&mut same_re, &mut same_im],
            });
            assert!(re != values(1), "{}: nothing was merged", isa.name());
            assert!(re == same_re && im == same_im, "{} {columns}", isa.name());
        }
    }

    #[test]
    fn eight_parts_are_merged_in_two_steps_as_in_one() {
        for isa in each_isa() {
            check::<f32>(isa);
            check::<f64>(isa);
        }
    }
}
