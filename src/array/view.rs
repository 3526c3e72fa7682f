//! A borrowed 1-D operand: bytes, and the positions of the elements in them.

use crate::dtype::Dtype;

/// Element `i` is at index `offset + i * stride` of `bytes`, in elements of `dtype`.
///
/// `bytes` is aligned for `dtype`, and every element from 0 to `len - 1` is inside it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The storage of the elements.
    pub bytes: &'a [u8],
    /// The type of the elements.
    pub dtype: Dtype,
    /// The index of element 0.
    pub offset: usize,
    /// The distance between neighbours, in elements. 0 repeats one element; a negative stride runs
    /// backwards.
    pub stride: isize,
    /// The number of elements.
    pub len: usize,
}

impl<'a> View<'a> {
    /// Elements `start .. start + len`, which are elements of this view.
    #[inline]
    pub fn part(self, start: usize, len: usize) -> Self {
        Self { offset: self.offset_of(start), len, ..self }.normalised()
    }

    /// The elements from the last one to the first one.
    pub fn reversed(self) -> Self {
        let last = self.offset_of(self.len.saturating_sub(1));
        Self { offset: last, stride: self.stride.wrapping_neg(), ..self }.normalised()
    }

    /// The index of element `i` in the storage. `i` is below the length, or 0.
    #[inline]
    fn offset_of(self, i: usize) -> usize {
        // Every element is inside the storage, so only a stride that reaches no element may wrap.
        self.offset.wrapping_add_signed((i as isize).wrapping_mul(self.stride))
    }

    /// One element has no neighbour, so its stride may be anything; with 1, it can be read in place.
    #[inline]
    fn normalised(self) -> Self {
        Self { stride: if self.len == 1 { 1 } else { self.stride }, ..self }
    }
}

/// Borrowed operands, one for each row: bytes, and the positions of the elements in them.
///
/// Element `j` of row `i` is at index `offset + i * step + j * stride` of `bytes`, in elements of
/// `dtype`. `bytes` is aligned for `dtype`, and every element of every row is inside it.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The storage of the elements.
    pub bytes: &'a [u8],
    /// The type of the elements.
    pub dtype: Dtype,
    /// The index of element 0 of row 0.
    pub offset: usize,
    /// The distance between neighbours in a row, in elements. It may be negative or 0.
    pub stride: isize,
    /// The distance between rows, in elements. It may be negative. With 0, all rows are the same.
    pub step: isize,
    /// The number of elements of a row.
    pub len: usize,
}

impl<'a> Rows<'a> {
    /// Row `i`.
    pub fn row(&self, i: usize) -> View<'a> {
        self.row_at((i as isize).wrapping_mul(self.step))
    }

    /// The row whose first element is `distance` elements from that of row 0.
    pub fn row_at(&self, distance: isize) -> View<'a> {
        let &Self { bytes, dtype, offset, stride, len, .. } = self;
        let offset = offset.wrapping_add_signed(distance);
        View { bytes, dtype, offset, stride, len }.normalised()
    }
}
