//! One block that several threads work on.
//!
//! The widest nodes are split and merged in columns, which do not meet; below them, each node is a block of its own.

use super::passes::{Columns, Walk, Work};
use super::tables::{Level, MAX_PARTS, Tables};
use crate::cpu::vector::{Kernel, MAX_LANES};
use crate::cpu::{Isa, Real, Rows};
use crate::threads;

/// Nodes below the widest ones, at least, where the tree is so high: threads share them.
const NODES: usize = 8;
/// Columns of a node that is split or merged are shared in as many pieces.
const PIECES: usize = 8;

/// [`Walk`] over a whole block by up to `threads` threads, with the same bits.
pub fn walk<T: Real>(
    isa: Isa,
    tables: &Tables<T>,
    re: &mut [T],
    im: &mut [T],
    work: Work<T>,
    threads: usize,
) {
    let all = &tables.levels[..];
    if threads <= 1 || all.is_empty() {
        return isa.run(Walk { tables, levels: all, start: 0, re, im, work });
    }
    let mut nodes = 1;
    let depth = all.iter().take_while(|level| {
        let is_wide = nodes < NODES;
        nodes *= if is_wide { level.parts } else { 1 };
        is_wide
    });
    let (wide, levels) = all.split_at(depth.count());
    if work.is_forward() {
        wide.iter().for_each(|level| share_level(isa, tables, level, re, im, true, threads));
    }
    let len = re.len() / nodes;
    let mut walks: [_; NODES * MAX_PARTS] = std::array::from_fn(|_| None);
    let halves = re.chunks_exact_mut(len).zip(im.chunks_exact_mut(len));
    for (node, (walk, (re, im))) in walks.iter_mut().zip(halves).enumerate() {
        let start = node * len;
        *walk = Some(Walk { tables, levels, start, re, im, work: work.of(start..start + len) });
    }
    run_each(isa, &mut walks[..nodes], threads);
    if work.is_inverse() {
        wide.iter().rev().for_each(|level| share_level(isa, tables, level, re, im, false, threads));
    }
}

/// Splits or merges all nodes of a level.
fn share_level<T: Real>(
    isa: Isa,
    tables: &Tables<T>,
    level: &Level,
    re: &mut [T],
    im: &mut [T],
    is_split: bool,
    threads: usize,
) {
    let len = level.leaves * tables.lanes * tables.lanes;
    let most = (len / level.parts).div_ceil(PIECES).next_multiple_of(MAX_LANES);
    let mut columns: [_; NODES * PIECES] = std::array::from_fn(|_| None);
    let mut free = columns.iter_mut();
    for (node, (re, im)) in re.chunks_exact_mut(len).zip(im.chunks_exact_mut(len)).enumerate() {
        let (mut re, mut im) = (Rows::new(re, level.parts), Rows::new(im, level.parts));
        while re.len() > 0 {
            let at = most.min(re.len());
            let ((first_re, rest_re), (first_im, rest_im)) = (re.split_at(at), im.split_at(at));
            (re, im) = (rest_re, rest_im);
            let piece = free.next().expect("fewer nodes than NODES, each in PIECES at most");
            *piece = Some(Columns { tables, level, node, re: first_re, im: first_im, is_split });
        }
    }
    run_each(isa, &mut columns, threads);
}

/// Runs each kernel there is, on up to `threads` threads.
fn run_each<K: Kernel + Send>(isa: Isa, kernels: &mut [Option<K>], threads: usize) {
    threads::for_each(kernels, threads, |kernel| {
        if let Some(kernel) = kernel.take() {
            isa.run(kernel);
        }
    });
}
