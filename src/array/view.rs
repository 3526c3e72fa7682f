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
