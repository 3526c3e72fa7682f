//! A short call, and how long it may be.

use std::ops::Range;

use crate::cpu::vector::Real;

/// Values of the signal, at most.
pub const MAX_SIGNAL_LEN: usize = 2048;
/// Taps, at most.
pub const MAX_TAPS: usize = 64;

/// Whether [`convolve_short`](super::convolve_short) takes inputs of these lengths.
#[inline]
pub fn is_short(signal_len: usize, taps: usize) -> bool {
    taps <= MAX_TAPS && signal_len <= MAX_SIGNAL_LEN
}

/// What [`convolve_short`](super::convolve_short) is given.
pub struct Short<'a, T> {
    pub signal: &'a [T],
    pub filter: &'a [T],
    pub first: usize,
    pub out: &'a mut [T],
}

impl<T: Real> Short<'_, T> {
    /// The outputs, counted as those of `full`, that read no zeros beyond the signal's ends.
    #[inline(always)]
    pub fn inner(&self) -> Range<usize> {
        let end = self.first + self.out.len();
        self.first.max(self.filter.len() - 1)..end.min(self.signal.len())
    }
}
