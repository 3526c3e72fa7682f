//! Cuts blocks into parts, whose products are exact, and joins sums of parts.

use std::ops::DerefMut;

use smallvec::SmallVec;

use super::planes::Planes;
use crate::convolve::wanted::{Cut, Parts};
use crate::cpu::{cut_part, join_parts};

/// Cuts the values of the last of `blocks`, which are finite, into parts, one for each block.
/// `finer` is the unit of the second part as a multiple of the first part's.
pub fn cut<V: DerefMut<Target = [f64]>>(parts: Parts, finer: f64, blocks: &mut [Planes<V>]) -> Cut {
    let mut cut = Cut::default();
    let last = blocks.len() - 1;
    let (leading, rest) = blocks.split_at_mut(last);
    let [rest] = rest else { unreachable!("there is a last block") };
    let block_len = parts.block_len;
    let mut unit = if last > 0 { parts.unit(rest.norm_in_vectors(block_len)) } else { 0.0 };
    for (i, part) in leading.iter_mut().enumerate() {
        cut.units[i] = unit;
        if unit > 0.0 {
            for (rest, part) in rest.block_mut().into_iter().zip(part.block_mut()) {
                cut_part(rest, unit, part);
            }
        } else {
            part.clear();
        }
        cut.norms[i] = part.norm_in_vectors(block_len);
        unit *= finer;
    }
    cut.norms[last] = rest.norm_in_vectors(block_len);
    cut
}

/// Joins `len` sums from index `start` on of blocks that were cut by `x`, with a filter cut by `v`.
/// They replace the sums of the first block.
pub fn join<V: DerefMut<Target = [f64]>>(
    [x, v]: [Cut; 2],
    (start, len): (usize, usize),
    blocks: &mut [Planes<V>],
) {
    let Some((first, others)) = blocks.split_first_mut() else { return };
    let units = v.units.map(|unit| x.units[0] * unit);
    let (head, tail) = first.runs_mut(start, len);
    for (run, first) in [head, tail].into_iter().enumerate() {
        let others: SmallVec<[&[f64]; Parts::MOST - 1]> = others
            .iter()
            .map(|other| {
                let (head, tail) = other.runs(start, len);
                [head, tail][run]
            })
            .collect();
        join_parts(first, &others, &units[..others.len()]);
    }
}
