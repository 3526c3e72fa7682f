//! Looks for values in the windows of the signal that outputs read.

use super::reading::PIECE;
use crate::cpu::Real;

/// A search for values for which `is_such` holds, in windows that move forward over the signal.
/// Each value is looked at once. `R` reads values of each part of the signal, from an index on.
pub struct Windows<'r, R, F> {
    signal_len: usize,
    read: &'r R,
    is_such: F,
    /// The last such value that was found.
    found: Option<usize>,
    /// No value behind `found` and before this one is such a value.
    seen: usize,
}

impl<'r, R, F> Windows<'r, R, F> {
    /// A search in a signal of `signal_len` values.
    pub fn new(signal_len: usize, read: &'r R, is_such: F) -> Self {
        Self { signal_len, read, is_such, found: None, seen: 0 }
    }

    /// Whether there is such a value in the window from `start` to before `end`, as far as it is
    /// inside the signal. Both ends are no earlier than those of the windows before.
    pub fn any<T: Real, const PARTS: usize>(&mut self, start: usize, end: usize) -> bool
    where
        R: Fn(isize, [&mut [T]; PARTS]),
        F: Fn([T; PARTS]) -> bool,
    {
        if self.found.is_some_and(|at| at >= start) {
            return true;
        }
        let end = end.min(self.signal_len);
        let mut at = start.max(self.seen);
        while at < end {
            let mut values = [[T::default(); PIECE]; PARTS];
            let len = PIECE.min(end - at);
            (self.read)(at as isize, values.each_mut().map(|part| &mut part[..len]));
            let is_such = |i: &usize| (self.is_such)(values.each_ref().map(|part| part[*i]));
            if let Some(i) = (0..len).rev().find(is_such) {
                (self.found, self.seen) = (Some(at + i), at + len);
                return true;
            }
            at += len;
        }
        self.seen = self.seen.max(end);
        false
    }
}
