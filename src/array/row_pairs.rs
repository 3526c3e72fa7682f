//! Rows of two arrays along an axis. The other dimensions broadcast, as NumPy's do.

use smallvec::{SmallVec, smallvec};

use super::Array;
use crate::error::{Error, Result};

/// Up to this many dimensions need no allocation of their own.
const FEW: usize = 4;

/// The rows of two arrays along an axis of their result, in pairs.
#[derive(Clone)]
pub struct RowPairs {
    dims: SmallVec<[Dim; FEW]>,
    axis: usize,
    /// The lengths of the rows of each array.
    pub lens: [usize; 2],
}

/// A dimension of the result.
#[derive(Clone, Copy)]
struct Dim {
    /// The size. Unused along the axis.
    len: i32,
    /// The distances between neighbours in each array. 0 where the array repeats.
    strides: [isize; 2],
}

impl RowPairs {
    /// The pairs of rows of `a` and `v`. `axis` is an axis of the result, negative from the end. A
    /// 1-D array lies along the axis. Otherwise the shorter shape is filled up with ones in front.
    ///
    /// # Errors
    /// `InvalidArgument` if an array has no dimension, lacks the axis or is empty along it, or if
    /// the shapes do not broadcast.
    pub fn new(a: &Array, v: &Array, axis: i32) -> Result<Self> {
        let arrays = [("a", a), ("v", v)];
        for (name, array) in arrays {
            if array.shape().is_empty() {
                return Err(Error::invalid(format!("{name}: has no dimension")));
            }
        }
        let ndim = a.shape().len().max(v.shape().len());
        let from_front = if axis < 0 { i64::from(axis) + ndim as i64 } else { axis.into() };
        let axis =
            usize::try_from(from_front).ok().filter(|&axis| axis < ndim).ok_or_else(|| {
                Error::invalid(format!("{axis} given, for a result of {ndim} dimensions"))
                    .of("axis")
            })?;
        let mut pairs =
            Self { dims: smallvec![Dim { len: 1, strides: [0; 2] }; ndim], axis, lens: [0; 2] };
        for (i, (name, array)) in arrays.into_iter().enumerate() {
            pairs.place(i, name, array)?;
        }
        for (at, dim) in pairs.dims.iter_mut().enumerate().filter(|&(at, _)| at != axis) {
            dim.len = broadcast([a, v].map(|array| size_at(array, at, ndim)))
                .ok_or_else(|| do_not_broadcast(a, v))?;
        }
        Ok(pairs)
    }

    /// Sets the strides and the length of array `i`.
    fn place(&mut self, i: usize, name: &str, array: &Array) -> Result<()> {
        let (shape, strides) = (array.shape(), array.strides());
        let (ndim, axis) = (self.dims.len(), self.axis);
        let (own, len) = match shape {
            &[len] => (0, len),
            _ => {
                let own = (axis + shape.len()).checked_sub(ndim).ok_or_else(|| {
                    Error::invalid(format!(
                        "dimension {axis} of {ndim} is none of {name}'s {} dimensions",
                        shape.len()
                    ))
                    .of("axis")
                })?;
                (own, shape[own])
            }
        };
        if len == 0 {
            return Err(Error::invalid(format!("{name}: has no elements along the axis")));
        }
        self.lens[i] = len as usize;
        for (at, (&len, &stride)) in shape.iter().zip(strides).enumerate() {
            let place = if at == own { axis } else { at + ndim - shape.len() };
            // A dimension of one repeats where the other array's is longer. Every other stride was
            // checked against the storage's size, unless there is no element.
            self.dims[place].strides[i] = if len == 1 { 0 } else { stride as isize };
        }
        Ok(())
    }

    /// The rows of array `i`, each once: the pairs in which the other dimensions do not repeat it.
    pub fn rows_of(&self, i: usize) -> Self {
        let mut rows = self.clone();
        rows.dims.iter_mut().filter(|dim| dim.strides[i] == 0).for_each(|dim| dim.len = 1);
        rows
    }

    /// The same pairs for a copy of array `i` in which the rows of [`Self::rows_of`] lie one after
    /// another, `len` elements each.
    pub fn with_plain(&self, i: usize, len: usize) -> Self {
        let mut pairs = self.clone();
        let mut step = len as isize;
        let axis = self.axis;
        let others = pairs.dims.iter_mut().enumerate().rev().filter(|&(at, _)| at != axis);
        for (_, dim) in others {
            if dim.strides[i] != 0 {
                dim.strides[i] = step;
                step *= dim.len as isize;
            }
        }
        pairs.dims[self.axis].strides[i] = 1;
        pairs
    }

    /// The shape of the result, with `len` elements along the axis.
    pub fn shape(&self, len: i32) -> SmallVec<[i32; FEW]> {
        let len_at = |(at, dim): (usize, &Dim)| if at == self.axis { len } else { dim.len };
        self.dims.iter().enumerate().map(len_at).collect()
    }

    /// The number of pairs.
    pub fn count(&self) -> usize {
        let others = self.dims.iter().enumerate().filter(|&(at, _)| at != self.axis);
        others.fold(1, |count: usize, (_, dim)| count.saturating_mul(dim.len as usize))
    }

    /// The distances between neighbours in a row of each array.
    pub fn strides(&self) -> [isize; 2] {
        self.dims[self.axis].strides
    }

    /// Whether all rows of each array are the same row.
    pub fn repeat(&self) -> [bool; 2] {
        let others = || self.dims.iter().enumerate().filter(|&(at, _)| at != self.axis);
        [0, 1].map(|i| others().all(|(_, dim)| dim.strides[i] == 0))
    }

    /// The distance between neighbours in a row of the result, whose elements are contiguous.
    pub fn out_stride(&self) -> usize {
        let behind = &self.dims[self.axis + 1..];
        behind.iter().fold(1, |stride: usize, dim| stride.saturating_mul(dim.len as usize))
    }

    /// For each pair, in the order of the result: the distances of the rows' first elements from
    /// those of the arrays.
    pub fn starts(&self) -> Starts<'_> {
        let index = smallvec![0; self.dims.len()];
        Starts { pairs: self, index, next: [0; 2], left: self.count() }
    }
}

/// An iterator over the places of the rows of both arrays.
pub struct Starts<'p> {
    pairs: &'p RowPairs,
    /// The index of the next pair in the result, with 0 along the axis.
    index: SmallVec<[i32; FEW]>,
    next: [isize; 2],
    left: usize,
}

impl Iterator for Starts<'_> {
    type Item = [isize; 2];

    fn next(&mut self) -> Option<[isize; 2]> {
        self.left = self.left.checked_sub(1)?;
        let starts = self.next;
        let RowPairs { dims, axis, .. } = self.pairs;
        for (at, dim) in dims.iter().enumerate().rev().filter(|(at, _)| at != axis) {
            self.index[at] += 1;
            let is_inside = self.index[at] < dim.len;
            let steps = if is_inside { 1 } else { 1 - dim.len as isize };
            for (next, stride) in self.next.iter_mut().zip(dim.strides) {
                *next += steps * stride;
            }
            if is_inside {
                break;
            }
            self.index[at] = 0;
        }
        Some(starts)
    }
}

/// The size of dimension `at` of `ndim`, beside the axis. A 1-D array lies along the axis.
fn size_at(array: &Array, at: usize, ndim: usize) -> i32 {
    let shape = array.shape();
    match (at + shape.len()).checked_sub(ndim) {
        Some(own) if shape.len() > 1 => shape[own],
        _ => 1,
    }
}

fn broadcast([a, v]: [i32; 2]) -> Option<i32> {
    match (a, v) {
        _ if a == v => Some(a),
        (1, other) | (other, 1) => Some(other),
        _ => None,
    }
}

fn do_not_broadcast(a: &Array, v: &Array) -> Error {
    let (a, v) = (a.shape(), v.shape());
    Error::invalid(format!("a, v: the shapes {a:?} and {v:?} do not broadcast beside the axis"))
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::*;
    use crate::dtype::Dtype;

    fn array(shape: &[i32]) -> Array {
        let layout = Layout::contiguous(shape, Dtype::UInt8).unwrap();
        let bytes = vec![0; layout.size()];
        Array::copied(layout, Dtype::UInt8, &bytes).unwrap()
    }

    fn pairs(a: &[i32], v: &[i32], axis: i32) -> Result<RowPairs> {
        RowPairs::new(&array(a), &array(v), axis)
    }

    #[test]
    fn shapes_broadcast_beside_the_axis() {
        for (a, v, axis, lens, shape) in [
            (&[5][..], &[3][..], -1, [5, 3], &[9][..]),
            (&[5], &[3], 0, [5, 3], &[9]),
            (&[2, 5], &[3], -1, [5, 3], &[2, 9]),
            (&[2, 5], &[3], 0, [2, 3], &[9, 5]),
            (&[3], &[2, 5], 0, [3, 2], &[9, 5]),
            (&[4, 1, 5], &[7, 3], 2, [5, 3], &[4, 7, 9]),
            (&[4, 1, 5], &[7, 5], 1, [1, 7], &[4, 9, 5]),
            (&[4, 2, 5], &[1, 3, 1], 1, [2, 3], &[4, 9, 5]),
            (&[0, 5], &[1, 3], 1, [5, 3], &[0, 9]),
        ] {
            let pairs = pairs(a, v, axis).unwrap();
            assert_eq!((pairs.lens, &*pairs.shape(9)), (lens, shape), "{a:?} {v:?} {axis}");
        }
    }

    #[test]
    fn impossible_shapes_are_refused() {
        for (a, v, axis, name) in [
            (&[][..], &[3][..], -1, "a: "),
            (&[3], &[], -1, "v: "),
            (&[3], &[3], 1, "axis: "),
            (&[3], &[3], -2, "axis: "),
            (&[3], &[3], i32::MIN, "axis: "),
            (&[3], &[3], i32::MAX, "axis: "),
            (&[2, 3, 4], &[3, 4], 0, "axis: "),
            (&[3, 4], &[2, 3, 4], -3, "axis: "),
            (&[2, 5], &[3, 5], 1, "a, v: "),
            (&[0, 5], &[3, 5], 1, "a, v: "),
            (&[2, 0], &[2, 3], 1, "a: "),
            (&[2, 3], &[0], 1, "v: "),
        ] {
            let error = pairs(a, v, axis).err().expect("a refusal").to_string();
            assert!(error.starts_with(name), "{a:?} {v:?} {axis}: {error}");
        }
    }

    #[test]
    fn pairs_are_visited_in_the_order_of_the_result() {
        let visited = |a: &[i32], v: &[i32], axis| {
            let pairs = pairs(a, v, axis).unwrap();
            (pairs.strides(), pairs.out_stride(), pairs.starts().collect::<Vec<_>>())
        };
        let want = vec![[0, 0], [5, 0], [0, 3], [5, 3]];
        assert_eq!(visited(&[2, 5], &[2, 1, 3], -1), ([1, 1], 1, want));
        let want = vec![[0, 0], [1, 0], [2, 0], [6, 0], [7, 0], [8, 0]];
        assert_eq!(visited(&[2, 2, 3], &[4], 1), ([3, 1], 3, want));
        assert_eq!(visited(&[5], &[3], 0), ([1, 1], 1, vec![[0, 0]]));
        assert_eq!(visited(&[0, 5], &[3], 1), ([1, 1], 1, vec![]));
    }
}
