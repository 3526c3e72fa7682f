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
    /// `InvalidArgument` for impossible lengths, and for a range that is not inside the outputs
    /// that the mode keeps.
    pub fn new(a_len: usize, v_len: usize, options: &Options) -> Result<Self> {
        let kept = Self::kept(a_len, v_len, options)?;
        let &Options { first, count, .. } = options;
        let rest = kept.count.checked_sub(first).ok_or_else(|| {
            Error::invalid(format!(
                "first: {first} exceeds the {} outputs of a_len {a_len} and v_len {v_len}",
                kept.count
            ))
        })?;
        let count = count.unwrap_or(rest);
        if count > rest {
            return Err(Error::invalid(format!(
                "count: {count} exceeds {rest}: first is {first} of the {} outputs of a_len {a_len} and v_len {v_len}",
                kept.count
            )));
        }
        let is_within = |read: usize| read <= isize::MAX as usize;
        if options.boundary != Boundary::Zero && !count.checked_add(v_len).is_some_and(is_within) {
            let message = format!(
                "a_len, v_len: {a_len} and {v_len}; with a boundary, v_len and the {count} outputs may add up to {} at most",
                isize::MAX
            );
            return Err(Error::invalid(message));
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
                    "a_len, v_len: {a_len} and {v_len}; with a boundary, mode valid needs a v that is not longer than a"
                ))
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
