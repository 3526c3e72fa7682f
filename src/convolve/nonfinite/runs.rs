//! Runs of outputs: all outputs that read a value get the same contribution from it.

use super::flags::{NEGATIVE, POSITIVE};
use crate::convolve::block::is_infinite;
use crate::cpu::Real;

/// Contiguous values of the signal.
#[derive(Clone, Copy)]
pub struct Piece<'a, T> {
    /// The index of the first value in the signal.
    pub at: usize,
    /// The values.
    pub values: &'a [T],
}

impl<'a, T> Piece<'a, T> {
    /// The part of `values` that is inside the signal. `values` begins at index `start` and may
    /// reach beyond the signal's ends.
    pub fn inside(start: isize, values: &'a [T], signal_len: usize) -> Self {
        let end = (start + values.len() as isize).clamp(0, signal_len as isize);
        let from = start.clamp(0, end);
        let skipped = (from - start).clamp(0, values.len() as isize) as usize;
        Self { at: from as usize, values: &values[skipped..][..(end - from) as usize] }
    }
}

/// Each +infinity of the signal contributes `bits` to all outputs that read it. Each -infinity
/// contributes the opposite.
pub fn mark_runs_of_both_signs<T: Real>(
    piece: Piece<'_, T>,
    filter_len: usize,
    start: usize,
    flags: &mut [u8],
    bits: u8,
) {
    let opposite = match bits {
        POSITIVE => NEGATIVE,
        NEGATIVE => POSITIVE,
        other => other,
    };
    let zero = T::default();
    mark_runs(piece, filter_len, start, flags, bits, |x| is_infinite(x) && x > zero);
    mark_runs(piece, filter_len, start, flags, opposite, |x| is_infinite(x) && x < zero);
}

/// Adds `bits` to the flags of every output that reads a chosen value.
pub fn mark_runs<T: Real>(
    Piece { at, values: x }: Piece<'_, T>,
    filter_len: usize,
    start: usize,
    flags: &mut [u8],
    bits: u8,
    chosen: impl Fn(T) -> bool,
) {
    let taps = filter_len as isize;
    // The index of the last chosen value. The loops have no branches, because chosen values are
    // unpredictable.
    let mut last = -taps;
    let (before, here) = x.split_at(start.saturating_sub(at).min(x.len()));
    for (i, &x) in before.iter().enumerate() {
        last = if chosen(x) { i as isize } else { last };
    }
    let after = at.saturating_sub(start).min(flags.len());
    for ((i, &x), flag) in here.iter().enumerate().zip(&mut flags[after..]) {
        let i = (before.len() + i) as isize;
        last = if chosen(x) { i } else { last };
        *flag |= if i - last < taps { bits } else { 0 };
    }
    let end = (at as isize + last + taps).max(0) as usize;
    or_range(flags, start, at + x.len(), end, bits);
}

/// ORs `bits` into the flags of outputs `from .. to`. `flags[0]` belongs to output `start`.
pub fn or_range(flags: &mut [u8], start: usize, from: usize, to: usize, bits: u8) {
    let end = start + flags.len();
    let (from, to) = (from.clamp(start, end), to.clamp(start, end));
    for flag in &mut flags[from - start..to.max(from) - start] {
        *flag |= bits;
    }
}
