//! The tree of a transform, and the constants of its nodes in the order of their use.

use std::ops::Range;

use super::node::{Broadcast, PerLane};
use super::twiddle::Roots;
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Vector};
use crate::cpu::{Isa, Real};
use crate::error::Result;
use crate::memory::{Aligned, block_size};
use crate::threads;

/// A level of the tree above the leaves. All its nodes are split into the same number of parts.
pub struct Level {
    /// Parts of a node: 2, 3, 4, 5 or 8.
    pub parts: usize,
    /// Leaves below a node.
    pub leaves: usize,
    /// Where the constants of the first node begin.
    first: usize,
}

/// A transform's levels, widest first, and all its constants.
pub struct Tables<T: Real> {
    /// Lanes of the vectors that the transform uses.
    pub lanes: usize,
    pub levels: Vec<Level>,
    /// Constants as (re, im): for the nodes of all levels, then for each leaf its node's constants
    /// and its turns.
    nodes: Aligned<[T; 2]>,
    /// Where the constants of the leaves begin.
    leaves: usize,
    /// Constants of the nodes in lanes, as alternating vectors of re and im: for each leaf, or only
    /// for a leaf `z^m - 1`.
    in_lanes: Aligned<T>,
    /// The number of turns of a leaf. 0 if each leaf has its own constants in lanes.
    turns: usize,
}

/// Constants of consecutive leaves.
pub struct LeafTwiddles<'a, V: Vector> {
    /// For each leaf its node's constants, then its turns.
    nodes: &'a [[V::Scalar; 2]],
    turns: usize,
    /// Constants of the nodes in lanes: for each leaf, or only for a leaf `z^m - 1`.
    vectors: &'a [V::Block],
}

impl<'a, V: Vector> LeafTwiddles<'a, V> {
    /// The constants of the leaf at index `leaf`: for its node, and for the nodes in its lanes.
    #[inline(always)]
    pub fn get(&self, leaf: usize) -> (Broadcast<'a, V::Scalar>, InLanes<'a, V>) {
        let (len, turns) = (V::LANES - 1, self.turns);
        let constants = &self.nodes[leaf * (len + turns)..][..len + turns];
        let (node, turns) = constants.split_at(len);
        let in_lanes = if turns.is_empty() {
            InLanes::Held(PerLane(&self.vectors[2 * leaf * len..][..2 * len]))
        } else {
            InLanes::Turned(Turned { turns, vectors: &self.vectors[..2 * len] })
        };
        (Broadcast(node), in_lanes)
    }
}

/// Constants of the nodes in the lanes of a leaf.
pub enum InLanes<'a, V: Vector> {
    Held(PerLane<'a, V::Block>),
    /// Made when they are needed.
    Turned(Turned<'a, V>),
}

/// A leaf `z^m - exp(i t)` has the constants of the leaf `z^m - 1` times roots of `exp(i t)`. These
/// roots are the same in all lanes and in all nodes of a butterfly. Separate vectors for each leaf
/// would be as long as the block. If they do not stay in a first-level cache, making and reading
/// them takes longer than these products.
#[derive(Clone, Copy)]
pub struct Turned<'a, V: Vector> {
    /// The roots, in the order of [`turn_of`].
    pub turns: &'a [[V::Scalar; 2]],
    /// The constants of the leaf `z^m - 1`: alternating vectors of re and im.
    pub vectors: &'a [V::Block],
}

/// The index of the root for the constant at `index`, in a node of `parts` parts. The first roots
/// are those of the first butterfly, of at most four parts. The others are those of the butterflies
/// below it.
#[inline(always)]
pub fn turn_of(parts: usize, index: usize) -> usize {
    let first = parts.min(4) - 1;
    if index < first { index } else { first + (index - first) % (parts / 4 - 1) }
}

/// If the constants in lanes of all leaves take at most this many bytes, each leaf has its own: in
/// float64, for blocks of up to 2048 points. The block and the filter are as large, so all three
/// fit into a first-level cache of 48 KiB. Half the time of the products is saved.
const HELD: usize = 16 << 10;
/// The same for vectors as long as a cache line: in float64, for blocks of up to 16384 points. A
/// second-level cache delivers these vectors faster than products make them.
const HELD_IN_LINES: usize = 128 << 10;

/// The number of leaves whose constants a thread makes at a time.
const LEAVES: usize = 256;

/// The number of constants, and their places.
struct Shape {
    lanes: usize,
    levels: Vec<Level>,
    leaf_count: usize,
    /// Constants of the levels.
    of_levels: usize,
    /// Constants of each leaf, except those in lanes.
    of_leaf: usize,
    turns: usize,
    in_lanes: usize,
}

impl Shape {
    fn new<T: Real>(isa: Isa, half: usize) -> Self {
        let lanes = isa.run(LanesFor::<T> { half, _type: std::marker::PhantomData });
        let leaf_count = half / (lanes * lanes);
        let (mut levels, mut of_levels, mut nodes) = (Vec::new(), 0, 1);
        for parts in parts_of::<T>(leaf_count, lanes) {
            levels.push(Level { parts, leaves: leaf_count / nodes, first: of_levels });
            of_levels += nodes * (parts - 1);
            nodes *= parts;
        }
        let vectors = 2 * (lanes - 1) * lanes;
        let most = if lanes * size_of::<T>() == LINE { HELD_IN_LINES } else { HELD };
        let is_held = leaf_count.saturating_mul(vectors * size_of::<T>()) <= most;
        let turns = if is_held {
            0
        } else {
            (0..lanes - 1).map(|i| turn_of(lanes, i) + 1).max().unwrap_or(0)
        };
        let in_lanes = if is_held { leaf_count } else { 1 } * vectors;
        Self { lanes, levels, leaf_count, of_levels, of_leaf: lanes - 1 + turns, turns, in_lanes }
    }

    /// Constants of nodes and leaves, two numbers each.
    fn nodes(&self) -> usize {
        self.of_levels.saturating_add(self.leaf_count.saturating_mul(self.of_leaf))
    }
}

/// Bytes of tables for `half` complex values while the tables are made. `usize::MAX` if there
/// cannot be so many bytes.
pub fn bytes_to_make<T: Real>(isa: Isa, half: usize) -> usize {
    let shape = Shape::new::<T>(isa, half);
    let parts = [
        (shape.nodes(), size_of::<[T; 2]>()),
        (shape.in_lanes, size_of::<T>()),
        (shape.leaf_count, size_of::<u64>()),
        (Roots::count((half as u64).saturating_mul(4)), size_of::<[i64; 2]>()),
    ];
    parts.into_iter().fold(0, |sum: usize, (count, size)| {
        sum.saturating_add(block_size(count.saturating_mul(size)))
    })
}

impl<T: Real> Tables<T> {
    /// Tables for `half` complex values, made by up to `threads` threads.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(isa: Isa, half: usize, threads: usize) -> Result<Self> {
        let shape = Shape::new::<T>(isa, half);
        let mut tables = Self {
            nodes: Aligned::zeroed(shape.nodes(), "twiddles")?,
            in_lanes: Aligned::zeroed(shape.in_lanes, "twiddles")?,
            lanes: shape.lanes,
            levels: shape.levels,
            leaves: shape.of_levels,
            turns: shape.turns,
        };
        tables.fill(half, threads)?;
        Ok(tables)
    }

    fn fill(&mut self, half: usize, threads: usize) -> Result<()> {
        // A node z^m - exp(2 pi i turn) is represented by its turn, in units of 1 / full.
        let full = 4 * half as u64;
        let roots = Roots::new(full)?;
        let round = |(re, im)| [T::from_f64(re), T::from_f64(im)];
        let lanes = self.lanes;
        let mut turns_of = Aligned::<u64>::zeroed(half / (lanes * lanes), "twiddles")?;
        turns_of[0] = full / 4;
        let mut count = 1;
        for &Level { parts, first, .. } in &self.levels {
            // From the last node to the first, because children overwrite the turns of nodes behind
            // their own.
            for node in (0..count).rev() {
                let constants = &mut self.nodes[first + node * (parts - 1)..][..parts - 1];
                let children = constants_of(turns_of[node], parts, full, |index, numerator| {
                    constants[index] = round(roots.get(numerator));
                });
                turns_of[node * parts..][..parts].copy_from_slice(&children[..parts]);
            }
            count *= parts;
        }
        let leaf_constants = lanes - 1 + self.turns;
        let of_leaves = &mut self.nodes[self.leaves..];
        // Leaves of one lane have no constants.
        let piece = (leaf_constants * LEAVES).max(1);
        threads::for_each_piece(of_leaves, piece, threads, |at, piece| {
            let leaves =
                piece.chunks_exact_mut(leaf_constants).zip(&turns_of[at / leaf_constants..]);
            for (constants, &turn) in leaves {
                let (of_node, of_turns) = constants.split_at_mut(lanes - 1);
                let nodes = constants_of(turn, lanes, full, |index, numerator| {
                    of_node[index] = round(roots.get(numerator));
                });
                if of_turns.is_empty() {
                    continue;
                }
                // The constants in the first lane, of the first node of each butterfly. For the
                // leaf `z^m - 1` these constants are 1.
                constants_of(nodes[0], lanes, full, |index, numerator| {
                    if let Some(turn) = of_turns.get_mut(index) {
                        *turn = round(roots.get(numerator));
                    }
                });
            }
        });
        let vectors = 2 * (lanes - 1) * lanes;
        let origin = [0];
        let turns_held = if self.turns > 0 { &origin } else { &turns_of[..] };
        for (leaf, &turn) in turns_held.iter().enumerate() {
            let in_lanes = &mut self.in_lanes[leaf * vectors..][..vectors];
            let nodes = constants_of(turn, lanes, full, |_, _| {});
            for (lane, &turn) in nodes[..lanes].iter().enumerate() {
                constants_of(turn, lanes, full, |index, numerator| {
                    let [re, im] = round(roots.get(numerator));
                    in_lanes[2 * index * lanes + lane] = re;
                    in_lanes[(2 * index + 1) * lanes + lane] = im;
                });
            }
        }
        Ok(())
    }

    /// Bytes of all constants.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.nodes) + size_of_val(&*self.in_lanes)
    }

    /// Values of a node of the level, in each plane.
    pub fn len_of(&self, level: &Level) -> usize {
        level.leaves * self.lanes * self.lanes
    }

    /// The constants of a node.
    #[inline(always)]
    pub fn of_node(&self, level: &Level, node: usize) -> Broadcast<'_, T> {
        let len = level.parts - 1;
        Broadcast(&self.nodes[level.first + node * len..][..len])
    }

    /// The constants of leaves.
    #[inline(always)]
    pub fn of_leaves<V: Vector<Scalar = T>>(&self, leaves: Range<usize>) -> LeafTwiddles<'_, V> {
        let (nodes, lanes) = (V::LANES - 1 + self.turns, 2 * (V::LANES - 1));
        let (vectors, _) = V::blocks(&self.in_lanes);
        let held =
            if self.turns == 0 { lanes * leaves.start..lanes * leaves.end } else { 0..lanes };
        LeafTwiddles {
            nodes: &self.nodes[self.leaves..][nodes * leaves.start..nodes * leaves.end],
            turns: self.turns,
            vectors: &vectors[held],
        }
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

/// If the distance between a node's rows is a multiple of this many bytes, all rows share one set
/// of a first-level cache.
const ALIASING: usize = 4 << 10;
/// Bytes of a cache line.
const LINE: usize = 64;

/// The parts of the nodes, level by level, down to `leaves` leaves of `lanes * lanes` values. 3 or
/// 5 comes first. Then come fours and eights, which take the fewest passes over memory that the
/// registers allow. But a vector shorter than a cache line needs its line again for the next
/// column. If eight rows share one set of the cache, the line is evicted before that. So nodes with
/// long rows have four parts.
fn parts_of<T>(leaves: usize, lanes: usize) -> impl Iterator<Item = usize> {
    let twos = leaves.trailing_zeros() as usize;
    let odd = leaves >> twos;
    let leaf = lanes * lanes * size_of::<T>();
    let most = match lanes * size_of::<T>() {
        LINE => twos / 3,
        _ => (0..twos / 3).take_while(|&narrower| leaf << (3 * narrower) < ALIASING).count(),
    };
    let is_even = |eights: usize| (twos - 3 * eights).is_multiple_of(2);
    let eights = if is_even(most) { most } else { most.saturating_sub(1) };
    let (two, fours) = ((twos - 3 * eights) % 2, (twos - 3 * eights) / 2);
    let repeat = |parts, times| std::iter::repeat_n(parts, times);
    let odd = (odd > 1).then_some(odd);
    odd.into_iter().chain(repeat(2, two)).chain(repeat(4, fours)).chain(repeat(8, eights))
}

/// Calls `emit` with the index and the turn of each constant of a node, in the order of
/// [`super::node::Twiddles`]. Returns the turns of the node's children. Turns are in units of
/// `1 / full`.
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
                // A butterfly of four parts leaves the roots c, -c, ic, -ic.
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

/// `value / parts`. Each case divides by a constant, because divisions are most of the cost of
/// tables.
#[inline(always)]
fn divide(value: u64, parts: u64) -> u64 {
    match parts {
        2 => value / 2,
        3 => value / 3,
        4 => value / 4,
        _ => value / 5,
    }
}
