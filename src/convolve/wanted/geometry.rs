//! Lengths and offsets of one convolution. The longer operand is the signal.

use std::ops::Range;

use super::mode::{Mode, output_len};
use crate::error::{Error, Result};

/// `full[n] = sum over k of filter[k] * signal[n - k]`. The outputs are
/// `full[first .. first + outputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Length of the signal, the longer operand (N).
    pub signal_len: usize,
    /// Length of the filter, the shorter operand (K).
    pub filter_len: usize,
    /// Index in `full` of the first output.
    pub first: usize,
    /// The number of outputs.
    pub outputs: usize,
}

impl Geometry {
    /// # Errors
    /// `InvalidArgument` if a length is 0 or the sum of the lengths exceeds `isize::MAX`.
    #[inline(always)]
    pub fn new(a_len: usize, v_len: usize, mode: Mode) -> Result<Self> {
        let outputs = output_len(a_len, v_len, mode)
            // Indices are also used as `isize`.
            .filter(|_| a_len.checked_add(v_len).is_some_and(|sum| sum <= isize::MAX as usize))
            .ok_or_else(|| impossible_lengths(a_len, v_len))?;
        let filter_len = a_len.min(v_len);
        Ok(Self {
            signal_len: a_len.max(v_len),
            filter_len,
            first: mode.first(filter_len),
            outputs,
        })
    }

    /// The number of outputs that read before the signal's first value, and the number that read
    /// behind its last value.
    #[inline(always)]
    pub fn beyond(self) -> [usize; 2] {
        self.outside(0, self.signal_len)
    }

    /// The taps that any of `outputs` of `full` multiplies with a value of the signal.
    pub fn taps_under(self, outputs: Range<usize>) -> Range<usize> {
        (outputs.start + 1).saturating_sub(self.signal_len)..self.filter_len.min(outputs.end)
    }

    /// The number of outputs that read before value `start` of the signal, and the number that read
    /// value `end` or values behind it.
    #[inline(always)]
    pub fn outside(self, start: usize, end: usize) -> [usize; 2] {
        let before = (start + self.filter_len - 1).saturating_sub(self.first);
        let behind = (self.first + self.outputs).saturating_sub(end);
        [before.min(self.outputs), behind.min(self.outputs)]
    }
}

/// The error of a length that is 0, or of lengths whose sum exceeds `isize::MAX`.
#[cold]
pub fn impossible_lengths(a_len: usize, v_len: usize) -> Error {
    Error::invalid(format!(
        "{a_len} and {v_len}; neither may be 0, and they may add up to {} at most",
        isize::MAX
    ))
    .of("lengths")
}
