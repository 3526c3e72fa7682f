//! A short call, and how long it may be.

use std::ops::Range;

use crate::cpu::vector::Real;

/// The most values of the signal.
pub const MAX_SIGNAL_LEN: usize = 2048;
/// The most taps.
pub const MAX_TAPS: usize = 64;

/// Whether [`convolve_short`](super::convolve_short) takes inputs of these lengths.
#[inline]
pub fn is_short(signal_len: usize, taps: usize) -> bool {
    taps <= MAX_TAPS && signal_len <= MAX_SIGNAL_LEN
}

/// The arguments of [`convolve_short`](super::convolve_short).
pub struct Short<'a, T> {
    pub signal: &'a [T],
    pub filter: &'a [T],
    pub first: usize,
    pub out: &'a mut [T],
}

impl<T: Real> Short<'_, T> {
    /// The outputs that read no zeros beyond the signal's ends, with the indices of `full`.
    #[inline(always)]
    pub fn inner(&self) -> Range<usize> {
        let end = self.first + self.out.len();
        self.first.max(self.filter.len() - 1)..end.min(self.signal.len())
    }
}
