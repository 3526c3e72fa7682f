//! The positions of an array's elements: shape, strides and offset, all in elements.

use smallvec::{SmallVec, smallvec};

use crate::dtype::Dtype;
use crate::error::{Error, Result};

/// The largest number of dimensions. It bounds the recursion over dimensions.
const MAX_NDIM: usize = 64;

/// Up to this many dimensions need no allocation of their own.
const FEW: usize = 2;

/// A checked shape with strides and an offset: the size in bytes fits `isize`.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    shape: SmallVec<[i32; FEW]>,
    strides: SmallVec<[i64; FEW]>,
    offset: usize,
    size: usize,
}

impl Layout {
    /// Refuses more dimensions than an array may have. `name` is the name of the argument.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check_ndim(ndim: usize, name: &str) -> Result<()> {
        if ndim > MAX_NDIM {
            let message = format!("{name}: {ndim} dimensions, above the limit of {MAX_NDIM}");
            return Err(Error::invalid(message));
        }
        Ok(())
    }

    /// Contiguous elements, the last dimension fastest.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative size, too many dimensions, or more bytes than `isize`
    /// holds.
    pub fn contiguous(shape: &[i32], dtype: Dtype) -> Result<Self> {
        let size = checked_size(shape, dtype)?;
        let mut strides = smallvec![0; shape.len()];
        // Saturating, because a stride beside a size of 0 may overflow; such a stride reaches no
        // element.
        let mut step = 1_i64;
        for (stride, &len) in strides.iter_mut().zip(shape).rev() {
            *stride = step;
            step = step.saturating_mul(i64::from(len));
        }
        Ok(Self { shape: shape.into(), strides, offset: 0, size })
    }

    /// A strided window over `reach` elements, the first at `offset`.
    ///
    /// # Errors
    /// `InvalidArgument` if shape and strides differ in number, as for [`Self::contiguous`], or if an
    /// element lies outside `0..reach`.
    pub fn strided(
        shape: &[i32],
        strides: &[i64],
        offset: usize,
        reach: usize,
        dtype: Dtype,
    ) -> Result<Self> {
        if shape.len() != strides.len() {
            let (sizes, steps) = (shape.len(), strides.len());
            let message = format!("shape_num, strides_num: {sizes} and {steps} are not equal");
            return Err(Error::invalid(message));
        }
        let size = checked_size(shape, dtype)?;
        if size == 0 {
            // There is no element. The offset is set to 0, because an offset outside the storage must
            // not become a pointer.
            return Ok(Self { shape: shape.into(), strides: strides.into(), offset: 0, size });
        }
        // 64 terms of 31 by 63 bits stay far below 127 bits.
        let (mut first, mut last) = (offset as i128, offset as i128);
        for (&len, &stride) in shape.iter().zip(strides) {
            let span = i128::from(len - 1) * i128::from(stride);
            first += span.min(0);
            last += span.max(0);
        }
        if first < 0 || last >= reach as i128 {
            return Err(Error::invalid(format!(
                "strides, offset: the view reads elements {first} to {last} of an array of {reach}"
            )));
        }
        Ok(Self { shape: shape.into(), strides: strides.into(), offset, size })
    }

    /// The same elements, `by` elements further on in the storage.
    pub fn shifted(mut self, by: usize) -> Self {
        if self.size != 0 {
            self.offset += by;
        }
        self
    }

    /// The sizes of the dimensions.
    pub fn shape(&self) -> &[i32] {
        &self.shape
    }

    /// The distances between neighbours along the dimensions.
    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// The index of the first element in the storage.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the elements are contiguous, the last dimension fastest.
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1_i64;
        self.size == 0
            || self.shape.iter().zip(&self.strides).rev().all(|(&len, &stride)| {
                let fits = len == 1 || stride == step;
                step *= i64::from(len);
                fits
            })
    }

    /// Calls `visit` with the index of every element in the storage, the last dimension fastest.
    pub fn for_each_index(&self, mut visit: impl FnMut(usize)) {
        if self.size != 0 {
            self.walk(0, self.offset as isize, &mut visit);
        }
    }

    fn walk(&self, dim: usize, start: isize, visit: &mut impl FnMut(usize)) {
        if dim == self.shape.len() {
            return visit(start as usize);
        }
        // Every index is within the storage, so it does not overflow. Only the step past the last
        // index may overflow.
        let mut index = start;
        for _ in 0..self.shape[dim] {
            self.walk(dim + 1, index, visit);
            index = index.wrapping_add(self.strides[dim] as isize);
        }
    }
}

fn checked_size(shape: &[i32], dtype: Dtype) -> Result<usize> {
    Layout::check_ndim(shape.len(), "shape")?;
    if let Some((dim, len)) = shape.iter().enumerate().find(|&(_, &len)| len < 0) {
        return Err(Error::invalid(format!("shape[{dim}]: {len} is negative")));
    }
    if shape.contains(&0) {
        return Ok(0);
    }
    let size = shape.iter().try_fold(1_usize, |size, &len| size.checked_mul(len as usize));
    let bytes = size.and_then(|size| size.checked_mul(dtype.size()));
    match (size, bytes) {
        (Some(size), Some(bytes)) if bytes <= isize::MAX as usize => Ok(size),
        _ => Err(Error::invalid(format!("shape: {shape:?} of {} exceeds memory", dtype.name()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(shape: &[i32], strides: &[i64], offset: usize, reach: usize) -> Result<Layout> {
        Layout::strided(shape, strides, offset, reach, Dtype::Float32)
    }

    #[test]
    fn contiguous_layouts_are_row_major_and_checked() {
        let layout = Layout::contiguous(&[2, 3, 4], Dtype::Float32).unwrap();
        assert_eq!((layout.strides(), layout.size()), (&[12, 4, 1][..], 24));
        assert!(layout.is_contiguous());
        assert_eq!(Layout::contiguous(&[], Dtype::Bool).unwrap().size(), 1);
        assert_eq!(Layout::contiguous(&[i32::MAX, 0, i32::MAX], Dtype::Bool).unwrap().size(), 0);
        assert!(Layout::contiguous(&[-1], Dtype::Bool).is_err());
        assert!(Layout::contiguous(&[0, -1], Dtype::Bool).is_err());
        assert!(Layout::contiguous(&[i32::MAX; 3], Dtype::Bool).is_err());
        assert!(Layout::contiguous(&[1; 65], Dtype::Bool).is_err());
        assert!(Layout::contiguous(&[1; 64], Dtype::Bool).is_ok());
    }

    #[test]
    fn strided_layouts_stay_inside() {
        assert!(strided(&[3], &[2], 0, 5).is_ok());
        assert!(strided(&[3], &[2], 1, 5).is_err());
        assert!(strided(&[3], &[-2], 4, 5).is_ok());
        assert!(strided(&[3], &[-2], 3, 5).is_err());
        assert!(strided(&[i32::MAX], &[0], 4, 5).is_ok());
        assert!(strided(&[1], &[i64::MAX], 4, 5).is_ok());
        assert!(strided(&[1], &[0], 5, 5).is_err());
        assert!(strided(&[1], &[0], usize::MAX, 5).is_err());
        assert!(strided(&[2, 2], &[i64::MAX, i64::MAX], 0, 5).is_err());
        assert!(strided(&[i32::MAX, 2], &[i64::MIN, i64::MAX], usize::MAX, 5).is_err());
        assert!(strided(&[], &[], 0, 0).is_err());
        assert!(strided(&[2], &[1, 1], 0, 5).is_err());
        assert_eq!(strided(&[0], &[7], usize::MAX, 5).unwrap().offset(), 0);
    }

    #[test]
    fn elements_are_visited_in_row_major_order() {
        let mut seen = Vec::new();
        strided(&[2, 3], &[-1, 2], 1, 6).unwrap().for_each_index(|index| seen.push(index));
        assert_eq!(seen, [1, 3, 5, 0, 2, 4]);
    }

    #[test]
    fn dimensions_of_one_do_not_break_contiguity() {
        assert!(strided(&[2, 1, 2], &[2, 99, 1], 0, 4).unwrap().is_contiguous());
        assert!(!strided(&[2, 2], &[1, 2], 0, 4).unwrap().is_contiguous());
    }
}
