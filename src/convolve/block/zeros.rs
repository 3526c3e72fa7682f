//! Finds runs of zeros in blocks.

use std::ops::{Deref, Range};

use super::planes::Planes;
use crate::cpu::{Real, extent};

/// Values that are compared with 0 at a time.
const PIECE: usize = 64;

/// Calls `found` with every run of at least `span` zeros among the values `inside` of `blocks`.
/// `span` is not 0. Zeros stand where all of the blocks have zeros. Further zeros stand before the
/// first of these values, so a run may begin at `isize::MIN`, and behind the last one, so a run may
/// end at `isize::MAX`. At least one value is not 0.
///
/// ```text
/// from a value that is not 0 on, look at every span-th value:
///     if it is a zero, find both ends of its run, and go on behind the run
/// ```
///
/// A run of `span` zeros contains one of the values that are looked at. So a block without long
/// runs costs one look for each `span` values.
pub fn zero_runs<T: Real, V: Deref<Target = [T]>, const N: usize>(
    blocks: [&Planes<V>; N],
    inside: Range<usize>,
    span: usize,
    mut found: impl FnMut(Range<isize>),
) {
    let is_zero = |at: usize| blocks.iter().all(|block| block.at(at) == T::default());
    // Most blocks have no zero at their ends and at the values that are looked at.
    let Range { start, end } = inside;
    let first = if is_zero(start) { first_nonzero(blocks, start..end) } else { start };
    let end = if is_zero(end - 1) { last_nonzero(blocks, first..end) + 1 } else { end };
    found(isize::MIN..first as isize);
    let mut last = first;
    while last + span < end {
        let at = last + span;
        if is_zero(at) {
            let (start, stop) =
                (last_nonzero(blocks, last..at) + 1, first_nonzero(blocks, at..end));
            if stop - start >= span {
                found(start as isize..stop as isize);
            }
            last = stop;
        } else {
            last = at;
        }
    }
    found(end as isize..isize::MAX);
}

/// The first value of `range` that is not 0 in all blocks; the end of `range` if there is none.
fn first_nonzero<T: Real, V: Deref<Target = [T]>, const N: usize>(
    blocks: [&Planes<V>; N],
    range: Range<usize>,
) -> usize {
    blocks.into_iter().fold(range.end, |end, block| {
        let (first, second) = block.runs(range.start, end - range.start);
        let all = first.chunks(PIECE).chain(second.chunks(PIECE));
        let mut at = range.start;
        for piece in all {
            if extent(piece).largest != T::default() {
                let inside = piece.iter().position(|&value| value != T::default());
                return at + inside.unwrap_or(0);
            }
            at += piece.len();
        }
        end
    })
}

/// The last value of `range` that is not 0 in all blocks; the start of `range` if there is none.
fn last_nonzero<T: Real, V: Deref<Target = [T]>, const N: usize>(
    blocks: [&Planes<V>; N],
    range: Range<usize>,
) -> usize {
    blocks.into_iter().fold(range.start, |start, block| {
        let (first, second) = block.runs(start, range.end - start);
        let all = second.rchunks(PIECE).chain(first.rchunks(PIECE));
        let mut end = range.end;
        for piece in all {
            end -= piece.len();
            if extent(piece).largest != T::default() {
                let inside = piece.iter().rposition(|&value| value != T::default());
                return end + inside.unwrap_or(0);
            }
        }
        start
    })
}

#[cfg(test)]
mod tests {
    use super::super::planes::OwnPlanes;
    use super::*;

    /// The runs of at least `span` zeros of `values`, found one by one.
    fn want(values: &[bool], span: usize) -> Vec<Range<isize>> {
        let mut runs = Vec::new();
        let mut start = isize::MIN;
        for (at, _) in values.iter().enumerate().filter(|&(_, &is_zero)| !is_zero) {
            let at = at as isize;
            if at.saturating_sub(start) >= span as isize {
                runs.push(start..at);
            }
            start = at + 1;
        }
        runs.push(start..isize::MAX);
        runs
    }

    #[test]
    fn finds_every_run_of_every_length_at_every_place() {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> 33
        };
        for case in 0..3000 {
            let len = 2 * (1 + random() as usize % 400);
            let read = 1 + random() as usize % len;
            let before = random() as usize % read;
            let [mut x, mut y] = [(); 2].map(|()| OwnPlanes::<f32>::zeroed(len).unwrap());
            let mut values = [vec![0.0f32; read], vec![0.0; read]];
            // Runs of zeros, of random lengths.
            let most = 1 + random() % 100;
            for values in &mut values {
                let mut at = before + random() as usize % (read - before);
                while at < read {
                    values[at] = if random() % 2 == 0 { -1.5 } else { 1e-45 };
                    at += 1 + (random() % most) as usize;
                }
                values.iter_mut().filter(|x| **x == 0.0).for_each(|x| *x = -*x);
            }
            x.fill(0, &values[0], |value| value);
            y.fill(0, &values[1], |value| value);
            for span in [1, 2, 3, 7, 30, 64, 257, len] {
                let is_zero: Vec<bool> = values[0].iter().map(|&x| x == 0.0).collect();
                let mut runs = Vec::new();
                zero_runs([&x], before..read, span, |run| runs.push(run));
                let merged = |mut runs: Vec<Range<isize>>| {
                    runs.retain(|run| !run.is_empty());
                    runs
                };
                assert_eq!(merged(runs), merged(want(&is_zero, span)), "{case} {read} {span}");
                let both: Vec<bool> =
                    (0..read).map(|i| values[0][i] == 0.0 && values[1][i] == 0.0).collect();
                let mut runs = Vec::new();
                zero_runs([&x, &y], before..read, span, |run| runs.push(run));
                assert_eq!(merged(runs), merged(want(&both, span)), "{case} {read} {span}");
            }
        }
    }
}
