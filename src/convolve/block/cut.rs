//! Cuts blocks into parts, whose products are exact, and joins sums of parts.

use std::ops::DerefMut;

use smallvec::SmallVec;

use super::planes::{Planes, norm_of};
use crate::convolve::wanted::{Cut, Parts};
use crate::cpu::{cut_part, join_parts, magnitudes};

/// Values that are cut or joined at a time. They stay in a first-level cache.
const PIECE: usize = 1024;

/// Cuts the values of the last of `blocks`, which are finite and have the norm `norm`, into parts,
/// one for each block. `finer` is the unit of the second part as a multiple of the first part's.
pub fn cut<V: DerefMut<Target = [f64]>>(
    parts: Parts,
    (norm, finer): (f64, f64),
    blocks: &mut [Planes<V>],
) -> Cut {
    let mut cut = Cut::default();
    let last = blocks.len() - 1;
    if last == 0 {
        cut.norms[0] = norm;
        return cut;
    }
    let unit = parts.unit(norm);
    for (i, to) in cut.units[..last].iter_mut().enumerate() {
        *to = if i == 0 { unit } else { unit * finer };
    }
    let mut sums = [[0.0; 2]; Parts::MOST];
    let add = |sums: &mut [f64; 2], part: &[f64]| {
        let [magnitudes, squares] = magnitudes(part);
        *sums = [sums[0] + magnitudes, sums[1] + squares];
    };
    for plane in 0..2 {
        let mut planes: SmallVec<[&mut [f64]; Parts::MOST]> = blocks
            .iter_mut()
            .map(|block| {
                let [first, second] = block.block_mut();
                if plane == 0 { first } else { second }
            })
            .collect();
        let (rest, leading) = planes.split_last_mut().expect("there is a last block");
        for (piece, rest) in rest.chunks_mut(PIECE).enumerate() {
            for (i, part) in leading.iter_mut().enumerate() {
                let part = &mut part[piece * PIECE..][..rest.len()];
                if unit > 0.0 {
                    cut_part(rest, cut.units[i], part);
                } else {
                    part.fill(0.0);
                }
                add(&mut sums[i], part);
            }
            add(&mut sums[last], rest);
        }
    }
    cut.norms = sums.map(norm_of);
    cut
}

/// Joins `len` sums from index `start` on of blocks that were cut by `x`, with a filter cut by `v`.
/// They replace the sums of the first block.
pub fn join<V: DerefMut<Target = [f64]>>(
    cuts: [Cut; 2],
    (start, len): (usize, usize),
    blocks: &mut [Planes<V>],
) {
    for mut joint in joints(cuts, (start, len), blocks) {
        joint.for_each_piece(|_, _| {});
    }
}

/// The sums of blocks that were cut by `x`, of a filter cut by `v`, to be joined.
pub struct Joint<'b> {
    /// The sums of the first block, which are replaced by the joined sums.
    first: &'b mut [f64],
    others: SmallVec<[&'b [f64]; Parts::MOST - 1]>,
    units: [f64; Parts::MOST - 1],
}

/// The two runs of the `len` sums from index `start` on of blocks that were cut by `x`, of a filter
/// cut by `v`.
pub fn joints<V: DerefMut<Target = [f64]>>(
    [x, v]: [Cut; 2],
    (start, len): (usize, usize),
    blocks: &mut [Planes<V>],
) -> [Joint<'_>; 2] {
    let units = v.units.map(|unit| x.units[0] * unit);
    let (first, others) = blocks.split_first_mut().expect("there is a first block");
    let others = &*others;
    let (head, tail) = first.runs_mut(start, len);
    let others = |run: usize| {
        let runs = others.iter().map(|other| {
            let (head, tail) = other.runs(start, len);
            [head, tail][run]
        });
        runs.collect()
    };
    [
        Joint { first: head, others: others(0), units },
        Joint { first: tail, others: others(1), units },
    ]
}

impl Joint<'_> {
    /// Joins the sums piece by piece, and calls `body` with the index and the joined sums of each
    /// piece.
    pub fn for_each_piece(&mut self, mut body: impl FnMut(usize, &mut [f64])) {
        let Self { first, others, units } = self;
        for (at, first) in (0..).step_by(PIECE).zip(first.chunks_mut(PIECE)) {
            let others: SmallVec<[&[f64]; Parts::MOST - 1]> =
                others.iter().map(|other| &other[at..][..first.len()]).collect();
            join_parts(first, &others, &units[..others.len()]);
            body(at, first);
        }
    }
}
