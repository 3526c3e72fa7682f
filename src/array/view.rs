//! A borrowed 1-D operand: some bytes, and where in them the elements lie.

use crate::dtype::Dtype;

/// Element `i` lies at index `offset + i * stride` of `bytes`, counted in elements of `dtype`.
///
/// `bytes` is aligned for `dtype`; every element from 0 to `len - 1` lies inside it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The storage that the elements lie in.
    pub bytes: &'a [u8],
    /// The type of the elements.
    pub dtype: Dtype,
    /// Index of element 0.
    pub offset: usize,
    /// Distance between neighbours, in elements; 0 repeats one element, negative runs backwards.
    pub stride: isize,
    /// Number of elements.
    pub len: usize,
}
