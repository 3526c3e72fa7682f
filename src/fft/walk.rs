//! The order in which nodes are split and merged: depth-first down to parts that a first-level
//! cache holds, on several threads, and node by node where blocks are multiplied.
//!
//! ```text
//! for each level, widest first, until there are nodes enough:
//!     split its nodes in columns         by all threads
//! for each node below, of all blocks:
//!     split, multiply, merge             by a thread
//! for each of these levels, narrowest first:
//!     merge its nodes in columns         by all threads
//! ```
//!
//! A single thread begins with the second step. There, everything below a node is split, multiplied
//! and merged while it is in the cache that holds the node. A part that a first-level cache holds
//! is computed level by level, with all nodes of a level in one kernel.

use std::ops::Range;

use super::leaf::Leaves;
use super::passes::{Columns, Pass, Work};
use super::product::{Block, BlockMut, Multiply, Product, coordinates};
use super::tables::{Level, Tables};
use crate::cpu::vector::MAX_LANES;
use crate::cpu::{Isa, Real, Rows};
use crate::threads;

/// The number of nodes below the widest ones, at least, if the tree is high enough. Threads share
/// these nodes.
const NODES: usize = 8;
/// The number of pieces in which threads share the columns of a node that is split or merged.
const PIECES: usize = 8;
/// If a node has more bytes than this, it is split for all blocks before a node below it is
/// multiplied. The bytes are those of all blocks and of the filter by which they are multiplied.
/// Measured with 512 KiB of second-level cache; most processors have more.
const NODE_BYTES: usize = 256 << 10;
/// The most bytes of a part of a block that is computed level by level: about a first-level cache.
/// Level by level, the kernels are fewer and longer. Measured with 32 KiB of first-level cache.
const PART_BYTES: usize = 32 << 10;

/// What to do with blocks.
#[derive(Clone, Copy)]
pub enum Operation<'a, T> {
    /// Transform each block.
    Forward,
    /// Transform the blocks, multiply them by a transformed filter, which has the same number of
    /// blocks, and transform them back.
    Convolve(&'a [Block<'a, T>], Product),
}

/// Runs the operation, on up to `threads` threads. The bits do not depend on the number of threads.
pub fn run<T: Real>(
    isa: Isa,
    tables: &Tables<T>,
    blocks: &mut [BlockMut<T>],
    operation: Operation<T>,
    threads: usize,
) {
    let all = &tables.levels[..];
    if threads <= 1 || all.is_empty() {
        return Nodes { isa, tables, start: 0, blocks }.run(all, operation);
    }
    let mut nodes = 1;
    let depth = all.iter().take_while(|level| {
        let is_wide = nodes < NODES;
        nodes *= if is_wide { level.parts } else { 1 };
        is_wide
    });
    let (wide, levels) = all.split_at(depth.count());
    for level in wide {
        blocks
            .iter_mut()
            .for_each(|block| share_level::<T, true>(isa, tables, level, block, threads));
    }
    let count = blocks.len();
    let len = blocks[0][0].len() / nodes;
    threads::for_each_piece_of_all(blocks, len, threads, |start, pieces| {
        let blocks = &mut coordinates(pieces)[..count];
        Nodes { isa, tables, start, blocks }.run(levels, operation);
    });
    if let Operation::Convolve(_, product) = operation {
        for level in wide.iter().rev() {
            let results = blocks[..product.results(count)].iter_mut();
            results.for_each(|block| share_level::<T, false>(isa, tables, level, block, threads));
        }
    }
}

/// The same node of several blocks.
struct Nodes<'a, 'b, T: Real> {
    isa: Isa,
    tables: &'a Tables<T>,
    /// Where in the block the node begins.
    start: usize,
    blocks: &'a mut [BlockMut<'b, T>],
}

impl<T: Real> Nodes<'_, '_, T> {
    /// Runs the operation on the node, which is above `levels`.
    fn run(mut self, levels: &[Level], operation: Operation<T>) {
        let all = 0..self.blocks[0][0].len();
        match operation {
            Operation::Forward => {
                for block in 0..self.blocks.len() {
                    self.walk(block, levels, all.clone(), Work::Forward);
                }
            }
            Operation::Convolve(&[[re, im]], _) => {
                self.walk(0, levels, all, Work::Convolve(re, im));
            }
            Operation::Convolve(filter, product) => self.convolve(levels, all, filter, product),
        }
    }

    /// Convolves the part `range` of the node. The part is a node above `levels`.
    fn convolve(
        &mut self,
        levels: &[Level],
        range: Range<usize>,
        filter: &[Block<T>],
        product: Product,
    ) {
        let count = self.blocks.len();
        let results = product.results(count);
        let values = 2 * range.len() * 2 * count;
        if let [level, below @ ..] = levels
            && values * size_of::<T>() > NODE_BYTES
        {
            for block in 0..count {
                self.level::<true>(block, level, range.clone());
            }
            let len = range.len() / level.parts;
            for start in range.clone().step_by(len) {
                self.convolve(below, start..start + len, filter, product);
            }
            for block in 0..results {
                self.level::<false>(block, level, range.clone());
            }
            return;
        }
        for block in 0..count {
            self.walk(block, levels, range.clone(), Work::Forward);
        }
        let in_block = self.start + range.start..self.start + range.end;
        let x = self.blocks.iter_mut();
        let x = x.map(|[re, im]| [&mut re[range.clone()], &mut im[range.clone()]]);
        let f = filter.iter().map(|[re, im]| [&re[in_block.clone()], &im[in_block.clone()]]);
        let (x, f) = (&mut coordinates(x)[..count], &coordinates(f)[..count]);
        self.isa.run(Multiply { lanes: self.tables.lanes, x, f, product });
        for block in 0..results {
            self.walk(block, levels, range.clone(), Work::Inverse);
        }
    }

    /// Works on a part of the node in a block. The part is one or several nodes above `levels`. The
    /// order is depth-first, so that everything below a node is split, multiplied and merged while
    /// it is in the cache that holds the node. In the first-level cache, the order is level by
    /// level.
    fn walk(&mut self, block: usize, levels: &[Level], range: Range<usize>, work: Work<T>) {
        let Some((level, below)) = levels.split_first() else {
            return self.leaves(block, range, work);
        };
        if work.is_forward() {
            self.level::<true>(block, level, range.clone());
        }
        if 2 * range.len() * size_of::<T>() <= PART_BYTES {
            self.walk(block, below, range.clone(), work);
        } else {
            // This part is one node, because only a part within PART_BYTES has several nodes.
            let len = range.len() / level.parts;
            for start in range.clone().step_by(len) {
                self.walk(block, below, start..start + len, work);
            }
        }
        if work.is_inverse() {
            self.level::<false>(block, level, range);
        }
    }

    fn leaves(&mut self, block: usize, range: Range<usize>, work: Work<T>) {
        let [re, im] = &mut self.blocks[block];
        let (re, im) = (&mut re[range.clone()], &mut im[range.clone()]);
        let in_block = self.start + range.start..self.start + range.end;
        let first = in_block.start / (self.tables.lanes * self.tables.lanes);
        let work = work.of(in_block);
        self.isa.run(Leaves { tables: self.tables, first, re, im, work });
    }

    /// Splits or merges a part of the node in a block. The part consists of nodes of `level`.
    fn level<const IS_SPLIT: bool>(&mut self, block: usize, level: &Level, range: Range<usize>) {
        let [re, im] = &mut self.blocks[block];
        let first = (self.start + range.start) / self.tables.len_of(level);
        let (re, im) = (&mut re[range.clone()], &mut im[range]);
        self.isa.run(Pass::<T, IS_SPLIT> { tables: self.tables, level, first, re, im });
    }
}

/// Splits or merges all nodes of a level, on up to `threads` threads.
fn share_level<T: Real, const IS_SPLIT: bool>(
    isa: Isa,
    tables: &Tables<T>,
    level: &Level,
    [re, im]: &mut BlockMut<T>,
    threads: usize,
) {
    let len = tables.len_of(level);
    let most = (len / level.parts).div_ceil(PIECES).next_multiple_of(MAX_LANES);
    // A level that threads share has fewer than NODES nodes.
    let mut columns: [_; NODES * PIECES] = std::array::from_fn(|_| None);
    let mut free = columns.iter_mut();
    for (node, (re, im)) in re.chunks_exact_mut(len).zip(im.chunks_exact_mut(len)).enumerate() {
        let (mut re, mut im) = (Rows::new(re, level.parts), Rows::new(im, level.parts));
        while re.len() > 0 {
            let at = most.min(re.len());
            let ((first_re, rest_re), (first_im, rest_im)) = (re.split_at(at), im.split_at(at));
            (re, im) = (rest_re, rest_im);
            let piece = free.next().expect("fewer nodes than NODES, each in PIECES at most");
            *piece =
                Some(Columns::<T, IS_SPLIT> { tables, level, node, re: first_re, im: first_im });
        }
    }
    threads::for_each(&mut columns, threads, |columns| {
        if let Some(columns) = columns.take() {
            isa.run(columns);
        }
    });
}
