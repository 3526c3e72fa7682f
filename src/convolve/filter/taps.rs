//! A filter's taps, and whose memory they lie in.

use std::ops::Deref;

use crate::convolve::block::{Source, Value};
use crate::error::Result;
use crate::memory::{Aligned, Workspace};

/// The taps of a filter.
pub enum Taps<'t, T: Value> {
    /// In memory that the operand or the call lends.
    Lent(&'t [T]),
    /// In memory of their own.
    Owned(Aligned<T>),
}

impl<T: Value> Deref for Taps<'_, T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        match self {
            Self::Lent(taps) => taps,
            Self::Owned(taps) => taps,
        }
    }
}

/// Memory for the taps of an operand that lives during `'a`, which they outlive until `'t`.
pub trait Memory<'a, 't> {
    /// The taps where they lie, if they need no conversion and may stay there.
    fn in_place<T: Value>(&self, source: &Source<'a, T>) -> Option<&'t [T]>;

    /// `len` taps that `fill` writes.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn filled<T: Value>(&mut self, len: usize, fill: impl FnOnce(&mut [T])) -> Result<Taps<'t, T>>;

    /// The taps of `source`, where they lie or converted.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn taps<T: Value>(&mut self, source: &Source<'a, T>) -> Result<Taps<'t, T>> {
        match self.in_place(source) {
            Some(taps) => Ok(Taps::Lent(taps)),
            None => self.filled(source.len(), |taps| source.read(0, taps)),
        }
    }
}

/// Of one call: the operand's own memory, or workspace.
pub struct OfTheCall<'t>(pub Workspace<'t>);

impl<'t> Memory<'t, 't> for OfTheCall<'t> {
    fn in_place<T: Value>(&self, source: &Source<'t, T>) -> Option<&'t [T]> {
        source.in_place(0, source.len())
    }

    fn filled<T: Value>(&mut self, len: usize, fill: impl FnOnce(&mut [T])) -> Result<Taps<'t, T>> {
        let taps = self.0.cut(len);
        fill(taps);
        Ok(Taps::Lent(taps))
    }
}

/// Of the filter, which outlives the operand.
pub struct OfTheFilter;

impl<'a> Memory<'a, 'static> for OfTheFilter {
    fn in_place<T: Value>(&self, _: &Source<'a, T>) -> Option<&'static [T]> {
        None
    }

    fn filled<T: Value>(
        &mut self,
        len: usize,
        fill: impl FnOnce(&mut [T]),
    ) -> Result<Taps<'static, T>> {
        let mut taps = Aligned::zeroed(len, "the filter")?;
        fill(&mut taps);
        Ok(Taps::Owned(taps))
    }
}
