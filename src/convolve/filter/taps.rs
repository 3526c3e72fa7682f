//! A filter's taps, and the memory that holds them.

use std::ops::Deref;

use crate::convolve::block::{Source, Value};
use crate::error::Result;
use crate::memory::{Aligned, Workspace};

/// The taps of a filter.
pub enum Taps<'t, T: Value> {
    /// Taps in memory of the operand or of the call's workspace.
    Lent(&'t [T]),
    /// Taps in their own memory. Boxed, because most filters are moved and borrow their taps.
    Owned(Box<Aligned<T>>),
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

/// Memory for taps that live for `'t`, made from an operand that lives for `'a`.
pub trait Memory<'a, 't> {
    /// The taps in place, if they need no conversion and may be borrowed for `'t`.
    fn in_place<T: Value>(&self, source: &Source<'a, T>) -> Option<&'t [T]>;

    /// `PARTS` times `len` taps, written by `fill`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn filled<T: Value, const PARTS: usize>(
        &mut self,
        len: usize,
        fill: impl FnOnce([&mut [T]; PARTS]),
    ) -> Result<[Taps<'t, T>; PARTS]>;

    /// The taps of `source`, in place or converted.
    ///
    /// # Errors
    /// `OutOfMemory`.
    fn taps<T: Value>(&mut self, source: &Source<'a, T>) -> Result<Taps<'t, T>> {
        match self.in_place(source) {
            Some(taps) => Ok(Taps::Lent(taps)),
            None => {
                let [taps] = self.filled(source.len(), |[taps]| source.read(0, taps))?;
                Ok(taps)
            }
        }
    }
}

/// Memory for one call: the operand's own memory, or workspace.
pub struct LentMemory<'t>(pub Workspace<'t>);

impl<'t> Memory<'t, 't> for LentMemory<'t> {
    fn in_place<T: Value>(&self, source: &Source<'t, T>) -> Option<&'t [T]> {
        source.in_place(0, source.len())
    }

    fn filled<T: Value, const PARTS: usize>(
        &mut self,
        len: usize,
        fill: impl FnOnce([&mut [T]; PARTS]),
    ) -> Result<[Taps<'t, T>; PARTS]> {
        let mut parts = [(); PARTS].map(|()| self.0.cut(len));
        fill(parts.each_mut().map(|part| &mut **part));
        Ok(parts.map(|part| Taps::Lent(part)))
    }
}

/// The filter's own memory, which outlives the operand.
pub struct OwnMemory;

impl<'a> Memory<'a, 'static> for OwnMemory {
    fn in_place<T: Value>(&self, _: &Source<'a, T>) -> Option<&'static [T]> {
        None
    }

    fn filled<T: Value, const PARTS: usize>(
        &mut self,
        len: usize,
        fill: impl FnOnce([&mut [T]; PARTS]),
    ) -> Result<[Taps<'static, T>; PARTS]> {
        let mut parts = [const { None }; PARTS];
        for part in &mut parts {
            *part = Some(Box::new(Aligned::zeroed(len, "the filter")?));
        }
        let mut parts = parts.map(|part| part.expect("made above"));
        fill(parts.each_mut().map(|part| &mut ***part));
        Ok(parts.map(Taps::Owned))
    }
}
