//! An operand as the sums read it.

use super::boundary::{Boundary, Run};
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
    /// The runs of a signal of `len` elements that the positions read, one after another.
    pub fn runs(self, len: usize) -> impl Iterator<Item = Run> {
        let Self { boundary, start, len: positions } = self;
        let mut done = 0;
        std::iter::from_fn(move || {
            let left = positions - done;
            // A boundary of zeros has no window.
            let run = boundary.run(len, start + done as isize).filter(|_| left > 0)?;
            let run = Run { len: run.len.min(left), ..run };
            done += run.len;
            Some(run)
        })
    }

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
