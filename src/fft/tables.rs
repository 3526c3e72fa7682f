//! The tree of a transform, and the constants of its nodes in the order in which they are read.

use super::node::{Broadcast, PerLane};
use super::passes::LeafTwiddles;
use super::twiddle::Roots;
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Vector};
use crate::cpu::{Isa, Real};
use crate::error::Result;
use crate::memory::Aligned;

/// A level of the tree above the leaves: all its nodes are split into as many parts.
pub struct Level {
    /// Parts of a node: 2, 3, 4, 5 or 8.
    pub parts: usize,
    /// Leaves below a node.
    pub leaves: usize,
    /// Where the constants of its first node begin.
    first: usize,
}

/// A transform's levels, widest first, and all its constants.
pub struct Tables<T: Real> {
    /// Lanes of the vectors that it runs on.
    pub lanes: usize,
    pub levels: Vec<Level>,
    /// Constants of the nodes of all levels, then those of the leaves: (re, im).
    nodes: Aligned<[T; 2]>,
    /// Where those of the leaves begin.
    leaves: usize,
    /// Constants of the nodes in lanes, leaf by leaf: vectors of re and im by turns.
    in_lanes: Aligned<T>,
}

impl<T: Real> Tables<T> {
    /// For `half` complex values.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(isa: Isa, half: usize) -> Result<Self> {
        let lanes = isa.run(LanesFor::<T> { half, _type: std::marker::PhantomData });
        let leaf_count = half / (lanes * lanes);
        let (mut levels, mut first, mut nodes) = (Vec::new(), 0, 1);
        for parts in parts_of(leaf_count) {
            levels.push(Level { parts, leaves: leaf_count / nodes, first });
            first += nodes * (parts - 1);
            nodes *= parts;
        }
        let leaf_constants = half / (lanes * lanes) * (lanes - 1);
        let mut tables = Self {
            lanes,
            levels,
            nodes: Aligned::zeroed(first + leaf_constants, "twiddles")?,
            leaves: first,
            in_lanes: Aligned::zeroed(2 * lanes * leaf_constants, "twiddles")?,
        };
        tables.fill(half)?;
        Ok(tables)
    }

    fn fill(&mut self, half: usize) -> Result<()> {
        // A node z^m - exp(2 pi i turn) is written as its turn in units of 1 / full.
        let full = 4 * half as u64;
        let roots = Roots::new(full)?;
        let round = |(re, im)| [T::from_f64(re), T::from_f64(im)];
        let mut turns = Aligned::<u64>::zeroed(half / self.lanes, "twiddles")?;
        turns[0] = full / 4;
        let mut count = 1;
        let last = (self.lanes > 1).then_some((self.lanes, self.leaves));
        let levels = self.levels.iter().map(|level| (level.parts, level.first));
        for (parts, first) in levels.chain(last) {
            // From the last node to the first, as children take the place of their elders.
            for node in (0..count).rev() {
                let constants = &mut self.nodes[first + node * (parts - 1)..][..parts - 1];
                let children = constants_of(turns[node], parts, full, |index, numerator| {
                    constants[index] = round(roots.get(numerator));
                });
                turns[node * parts..][..parts].copy_from_slice(&children[..parts]);
            }
            count *= parts;
        }
        let lanes = self.lanes;
        for (node, turn) in turns.iter().enumerate() {
            let (leaf, lane) = (node / lanes, node % lanes);
            let first = leaf * (lanes - 1);
            constants_of(*turn, lanes, full, |index, numerator| {
                let [re, im] = round(roots.get(numerator));
                self.in_lanes[2 * (first + index) * lanes + lane] = re;
                self.in_lanes[(2 * (first + index) + 1) * lanes + lane] = im;
            });
        }
        Ok(())
    }

    /// Bytes of all constants.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.nodes) + size_of_val(&*self.in_lanes)
    }

    /// The constants of a node.
    #[inline(always)]
    pub fn of_node(&self, level: &Level, node: usize) -> Broadcast<'_, T> {
        let len = level.parts - 1;
        Broadcast(&self.nodes[level.first + node * len..][..len])
    }

    /// The constants of a leaf.
    #[inline(always)]
    pub fn of_leaf<V: Vector<Scalar = T>>(&self, leaf: usize) -> LeafTwiddles<'_, V> {
        let len = V::LANES - 1;
        let (in_lanes, _) = V::blocks(&self.in_lanes);
        (
            Broadcast(&self.nodes[self.leaves + leaf * len..][..len]),
            PerLane(&in_lanes[2 * leaf * len..][..2 * len]),
        )
    }
}

/// The widest vectors whose square divides `half`.
struct LanesFor<T> {
    half: usize,
    _type: std::marker::PhantomData<T>,
}

impl<T: Real> Kernel for LanesFor<T> {
    type Output = usize;
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> usize {
        let lanes = T::V::<S>::LANES;
        if self.half.is_multiple_of(lanes * lanes) { lanes } else { self.run(simd.narrower()) }
    }
}

/// The parts that nodes are split into, level by level, down to `leaves` leaves: 3 or 5 first, then fours
/// and eights, which take the fewest passes over memory that the registers allow.
fn parts_of(leaves: usize) -> impl Iterator<Item = usize> {
    let twos = leaves.trailing_zeros() as usize;
    let odd = leaves >> twos;
    let (two, fours) = match twos {
        1 => (1, 0),
        _ => (0, (3 - twos % 3) % 3),
    };
    let eights = (twos - two - 2 * fours) / 3;
    let repeat = |parts, times| std::iter::repeat_n(parts, times);
    let odd = (odd > 1).then_some(odd);
    odd.into_iter().chain(repeat(2, two)).chain(repeat(4, fours)).chain(repeat(8, eights))
}

/// Gives `emit` the index and the turn of each constant of a node, as [`super::node::Twiddles`] orders them,
/// and returns the turns of its children. Turns are in units of `1 / full`.
#[inline]
fn constants_of(
    turn: u64,
    parts: usize,
    full: u64,
    mut emit: impl FnMut(usize, u64),
) -> [u64; MAX_LANES] {
    let butterflies: &[u64] = match parts {
        1 => &[],
        8 => &[4, 2],
        16 => &[4, 4],
        _ => &[parts as u64],
    };
    let mut nodes = [0; MAX_LANES];
    nodes[0] = turn;
    let (mut count, mut index) = (1, 0);
    for &parts in butterflies {
        let mut children = [0; MAX_LANES];
        for node in 0..count {
            for power in 1..parts {
                emit(index, power * divide(nodes[node], parts));
                index += 1;
            }
            for k in 0..parts {
                // A butterfly of four leaves the roots c, -c, ic, -ic.
                let root = if parts == 4 { [0, 2, 1, 3][k as usize] } else { k };
                children[node * parts as usize + k as usize] =
                    divide(nodes[node] + root * full, parts);
            }
        }
        nodes = children;
        count *= parts as usize;
    }
    nodes
}

/// `value / parts`, with a division by a constant in each case: this is most of what tables cost.
#[inline(always)]
fn divide(value: u64, parts: u64) -> u64 {
    match parts {
        2 => value / 2,
        3 => value / 3,
        4 => value / 4,
        _ => value / 5,
    }
}
