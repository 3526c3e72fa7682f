//! The outputs that a call wants: those that the mode keeps, and the range of them.

use super::boundary::Boundary;
use super::geometry::impossible_lengths;
use super::mode::{Mode, output_len};
use super::options::{Operation, Options};
use crate::error::{Error, Result};

/// Outputs `y[first .. first + count]`, where j of `y[j]` runs from 0 to a_len + v_len - 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outputs {
    /// The j of the first output.
    pub first: usize,
    /// The number of outputs. It may be 0.
    pub count: usize,
}

impl Outputs {
    /// The outputs of `a_len` with `v_len` elements.
    ///
    /// # Errors
    /// `InvalidArgument` for impossible `lengths`, and for a `first` or a `count` beyond the outputs
    /// that the mode keeps. The message names the argument so.
    pub fn new(a_len: usize, v_len: usize, options: &Options) -> Result<Self> {
        let kept = Self::kept(a_len, v_len, options)?;
        let &Options { first, count, .. } = options;
        let rest = kept.count.checked_sub(first).ok_or_else(|| {
            let kept = kept.count;
            Error::invalid(format!(
                "{first} exceeds the {kept} outputs of {a_len} with {v_len} elements"
            ))
            .of("first")
        })?;
        let count = count.unwrap_or(rest);
        if count > rest {
            let kept = kept.count;
            return Err(Error::invalid(format!(
                "{count} exceeds {rest}, the outputs from {first} on of the {kept} outputs of {a_len} with {v_len} elements"
            ))
            .of("count"));
        }
        let is_within = |read: usize| read <= isize::MAX as usize;
        if options.boundary != Boundary::Zero && !count.checked_add(v_len).is_some_and(is_within) {
            let message = format!(
                "{a_len} and {v_len}; with a boundary, the latter and the {count} outputs may add up to {} at most",
                isize::MAX
            );
            return Err(Error::invalid(message).of("lengths"));
        }
        Ok(Self { first: kept.first + first, count })
    }

    /// The outputs that the mode keeps.
    fn kept(a_len: usize, v_len: usize, options: &Options) -> Result<Self> {
        let &Options { mode, boundary, operation, .. } = options;
        let impossible = || impossible_lengths(a_len, v_len);
        let sum = a_len.checked_add(v_len).filter(|&sum| sum <= isize::MAX as usize);
        let full = sum.filter(|_| a_len > 0 && v_len > 0).ok_or_else(impossible)? - 1;
        if boundary == Boundary::Zero {
            let taps = a_len.min(v_len);
            let is_mirrored = operation == Operation::Correlate && v_len > a_len;
            let first = match mode {
                Mode::Same if is_mirrored => taps / 2,
                mode => mode.first(taps),
            };
            return Ok(Self {
                first,
                count: output_len(a_len, v_len, mode).ok_or_else(impossible)?,
            });
        }
        let count = match mode {
            Mode::Full => full,
            Mode::Same => a_len,
            Mode::Valid => (a_len + 1).checked_sub(v_len).filter(|&count| count > 0).ok_or_else(|| {
                Error::invalid(format!(
                    "{a_len} and {v_len}; with a boundary, mode valid needs a v that is not longer than a"
                ))
                .of("lengths")
            })?,
        };
        Ok(Self { first: mode.first(v_len), count })
    }
}

/// The number of outputs. It is 0 if the options ask for an empty range.
///
/// # Errors
/// As for [`Outputs::new`].
pub fn wanted_len(a_len: usize, v_len: usize, options: &Options) -> Result<usize> {
    Outputs::new(a_len, v_len, options).map(|outputs| outputs.count)
}
