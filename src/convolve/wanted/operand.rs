//! An operand as the sums read it.

use super::boundary::Boundary;
use super::stage::InPlace;
use crate::array::View;

/// The signal or the filter of a convolution.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// The elements.
    pub view: View<'a>,
    /// Whether complex elements are replaced by their conjugates.
    pub is_conjugated: bool,
    /// The positions that are read, if some of them are beyond the ends. `None`: all elements.
    pub window: Option<&'a Window>,
}

/// Positions on a signal that continues beyond its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How the signal continues. Never `Zero`.
    pub boundary: Boundary,
    /// The first position. The signal's first element is at position 0.
    pub start: isize,
    /// The number of positions.
    pub len: usize,
}

impl Window {
    /// The positions of a signal's `len` elements in the window.
    pub fn inside(self, len: usize) -> InPlace {
        let start = self.start.min(0).unsigned_abs();
        let end = (len as isize).saturating_sub(self.start).max(0) as usize;
        InPlace { start, end: end.min(self.len) }
    }
}

impl Operand<'_> {
    /// The number of values that are read.
    #[inline]
    pub fn len(&self) -> usize {
        self.window.map_or(self.view.len, |window| window.len)
    }
}

impl<'a> From<View<'a>> for Operand<'a> {
    #[inline]
    fn from(view: View<'a>) -> Self {
        Self { view, is_conjugated: false, window: None }
    }
}
