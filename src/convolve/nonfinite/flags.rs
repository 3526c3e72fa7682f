//! Flags: a bit for each kind of contribution to an output, and the value that the contributions
//! give.

use std::ops::{Deref, Range};

use crate::convolve::block::{Planes, zero_runs};
use crate::cpu::Real;

/// A contribution of +infinity.
pub const POSITIVE: u8 = 1;
/// A contribution of -infinity.
pub const NEGATIVE: u8 = 2;
/// A contribution of NaN.
pub const NAN: u8 = 4;
/// All finite contributions are zeros.
pub const ZERO: u8 = 8;

/// Flags of outputs, a byte each, in memory that is cleared only if a flag is set.
pub struct Flags<'w> {
    flags: &'w mut [u8],
    are_set: bool,
}

impl<'w> Flags<'w> {
    /// No flags, for as many outputs as `flags` has bytes.
    pub fn none(flags: &'w mut [u8]) -> Self {
        Self { flags, are_set: false }
    }

    /// Memory for flags that the caller sets now. The old values are unspecified.
    pub fn being_set(&mut self) -> &mut [u8] {
        self.are_set = true;
        self.flags
    }

    /// Adds `bits` to the flags of `outputs`, as far as there are such outputs.
    pub fn add(&mut self, outputs: Range<isize>, bits: u8) {
        let end = self.flags.len() as isize;
        let outputs = outputs.start.clamp(0, end) as usize..outputs.end.clamp(0, end) as usize;
        if outputs.is_empty() {
            return;
        }
        if !self.are_set {
            self.being_set().fill(0);
        }
        self.flags[outputs].iter_mut().for_each(|flags| *flags |= bits);
    }

    /// The flags, if any were set.
    pub fn set(&self) -> Option<&[u8]> {
        self.are_set.then_some(&*self.flags)
    }
}

/// Flags the outputs that read only zeros under the taps from `first` to `last`. `blocks` hold the
/// parts of the signal as their values `inside`. Output 0 is at index `skip` of the blocks.
pub fn mark_zeros<T: Real, V: Deref<Target = [T]>, const N: usize>(
    blocks: [&Planes<V>; N],
    inside: Range<usize>,
    [first, last]: [usize; 2],
    skip: usize,
    flags: &mut Flags<'_>,
) {
    zero_runs(blocks, inside, last - first + 1, |run| {
        let output =
            |at: isize, tap: usize| at.saturating_add(tap as isize).saturating_sub_unsigned(skip);
        flags.add(output(run.start, last)..output(run.end, first), ZERO);
    });
}

/// Overwrites each value that has a flag.
pub fn overwrite<T: Real>(values: &mut [T], flags: &[u8]) {
    /// Most outputs have no flag, so they are looked at together.
    const TOGETHER: usize = 64;
    for (values, flags) in values.chunks_mut(TOGETHER).zip(flags.chunks(TOGETHER)) {
        if flags.iter().fold(0, |any, flags| any | flags) == 0 {
            continue;
        }
        for (value, &flags) in values.iter_mut().zip(flags) {
            *value = match (flags & !ZERO, flags & ZERO) {
                (0, 0) => *value,
                (0, _) => T::default(),
                (POSITIVE, _) => T::from_f64(f64::INFINITY),
                (NEGATIVE, _) => T::from_f64(f64::NEG_INFINITY),
                _ => T::from_f64(f64::NAN),
            };
        }
    }
}
