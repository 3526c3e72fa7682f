//! A slice as a few rows, read and written in columns of vectors.

#![allow(unsafe_code)]

use std::marker::PhantomData;

use crate::cpu::vector::{MAX_LANES, Real, Vector};

/// Rows of equal length. They are consecutive in memory, or every second row and so on, or some
/// columns of them.
///
/// Access takes one bounds check per column, where slices would take one per row of the column. And
/// threads may have columns of their own.
pub struct Rows<'a, T> {
    start: *mut T,
    rows: usize,
    /// Values from the start of a row to the start of the next row.
    stride: usize,
    /// Values of a row that the view may touch.
    len: usize,
    _slice: PhantomData<&'a mut [T]>,
}

// SAFETY: the view is a mutable borrow of the values in its rows and columns. Nobody else reaches
// them.
unsafe impl<T: Send> Send for Rows<'_, T> {}

impl<'a, T: Real> Rows<'a, T> {
    /// Cuts `values` into `rows` rows.
    ///
    /// # Panics
    /// If `rows` is 0 or more than [`MAX_LANES`], or if the rows are not equally long.
    #[inline(always)]
    pub fn new(values: &'a mut [T], rows: usize) -> Self {
        let len = values.len() / rows;
        assert!(rows <= MAX_LANES && len * rows == values.len());
        Self { start: values.as_mut_ptr(), rows, stride: len, len, _slice: PhantomData }
    }

    /// Values of a row.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The first `len` values of all rows, and the other values.
    ///
    /// # Panics
    /// If rows are shorter than `len`.
    pub fn split_at(self, len: usize) -> (Self, Self) {
        assert!(len <= self.len);
        let Self { start, rows, stride, .. } = self;
        // SAFETY: the address is in the first row, or where that row ends.
        let behind = unsafe { start.add(len) };
        let part = |start, len| Self { start, rows, stride, len, _slice: PhantomData };
        (part(start, len), part(behind, self.len - len))
    }

    /// The rows with even numbers, and the rows with odd numbers.
    ///
    /// # Panics
    /// If the number of rows is odd.
    #[inline(always)]
    pub fn even_and_odd(self) -> (Self, Self) {
        assert!(self.rows.is_multiple_of(2));
        let Self { start, rows, stride, len, .. } = self;
        // SAFETY: the second row starts there: `new` takes no zero rows, and the number of rows is
        // even. The halves share no row, so no value is reached by both.
        let second = unsafe { start.add(stride) };
        let part =
            |start| Self { start, rows: rows / 2, stride: 2 * stride, len, _slice: PhantomData };
        (part(start), part(second))
    }

    /// The number of whole vectors in a row.
    #[inline(always)]
    pub fn columns<V: Vector<Scalar = T>>(&self) -> usize {
        self.len / V::LANES
    }

    /// The vectors of a column, one for each of the `rows` rows. The index of a vector is the
    /// number of its row. Zeros follow. If `rows` is a constant for the caller, the vectors are in
    /// registers, not in an array in memory.
    ///
    /// # Panics
    /// If the column does not exist, or if the number of rows is not `rows`.
    #[inline(always)]
    pub fn load<V: Vector<Scalar = T>>(
        &self,
        simd: V::Simd,
        rows: usize,
        column: usize,
    ) -> [V; MAX_LANES] {
        assert!(column < self.columns::<V>() && rows == self.rows);
        let mut vectors = [V::splat(simd, T::default()); MAX_LANES];
        for (row, vector) in vectors.iter_mut().enumerate().take(rows) {
            // SAFETY: row < rows and (column + 1) * LANES <= len, so the vector is in the columns
            // that are borrowed for 'a.
            *vector = unsafe { V::load_at(simd, self.at::<V>(row, column)) };
        }
        vectors
    }

    /// Writes back the vectors of a column, in the form in which [`Self::load`] returns them.
    ///
    /// # Panics
    /// As for [`Self::load`].
    #[inline(always)]
    pub fn store<V: Vector<Scalar = T>>(
        &mut self,
        rows: usize,
        column: usize,
        vectors: &[V; MAX_LANES],
    ) {
        assert!(column < self.columns::<V>() && rows == self.rows);
        for (row, vector) in vectors.iter().enumerate().take(rows) {
            // SAFETY: as in `load`. The columns are borrowed mutably, and a block is an array of
            // scalars.
            vector.store(unsafe { &mut *self.at::<V>(row, column).cast() });
        }
    }

    /// The vector at a row and a column.
    ///
    /// # Panics
    /// If the row or the column does not exist.
    #[inline(always)]
    pub fn get<V: Vector<Scalar = T>>(&self, simd: V::Simd, row: usize, column: usize) -> V {
        assert!(row < self.rows && column < self.columns::<V>());
        // SAFETY: the row and the column exist, so the vector is in the values that are borrowed
        // for 'a.
        unsafe { V::load_at(simd, self.at::<V>(row, column)) }
    }

    /// Writes the vector at a row and a column.
    ///
    /// # Panics
    /// As for [`Self::get`].
    #[inline(always)]
    pub fn set<V: Vector<Scalar = T>>(&mut self, row: usize, column: usize, vector: V) {
        assert!(row < self.rows && column < self.columns::<V>());
        // SAFETY: as in `get`. The values are borrowed mutably, and a block is an array of scalars.
        vector.store(unsafe { &mut *self.at::<V>(row, column).cast() });
    }

    /// # Safety
    /// The row and the column exist.
    #[inline(always)]
    unsafe fn at<V: Vector<Scalar = T>>(&self, row: usize, column: usize) -> *mut T {
        // SAFETY: the address is inside the slice, by the caller's promise.
        unsafe { self.start.add(row * self.stride + column * V::LANES) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::cpu::vector::{Kernel, Simd};

    /// Adds ten times the row's number to every value of the row, first for even rows, then for odd
    /// rows.
    struct AddRow<'a>(Rows<'a, f32>);
    impl Kernel for AddRow<'_> {
        type Output = ();
        fn run<S: Simd>(self, simd: S) {
            let (even, odd) = self.0.even_and_odd();
            for (first, mut rows) in [(0, even), (1, odd)] {
                for column in 0..rows.columns::<S::F32>() {
                    for row in 0..3 {
                        let number = S::F32::splat(simd, (10 * (2 * row + first)) as f32);
                        let vector = rows.get::<S::F32>(simd, row, column);
                        rows.set(row, column, vector.add(number));
                    }
                }
            }
        }
    }

    #[test]
    fn even_and_odd_rows_make_up_the_whole() {
        const LEN: usize = 2 * MAX_LANES;
        for isa in each_isa() {
            let mut values: Vec<f32> = (0..6 * LEN).map(|i| i as f32).collect();
            isa.run(AddRow(Rows::new(&mut values, 6)));
            for (i, &value) in values.iter().enumerate() {
                assert_eq!(value, (i + 10 * (i / LEN)) as f32, "{} {i}", isa.name());
            }
        }
    }

    /// Adds the column's index to every value of the column.
    struct AddColumn<'a>(Rows<'a, f32>);
    impl Kernel for AddColumn<'_> {
        type Output = ();
        fn run<S: Simd>(mut self, simd: S) {
            for column in 0..self.0.columns::<S::F32>() {
                let mut vectors = self.0.load::<S::F32>(simd, 5, column);
                for vector in &mut vectors {
                    *vector = vector.add(S::F32::splat(simd, column as f32));
                }
                self.0.store(5, column, &vectors);
            }
        }
    }

    #[test]
    fn columns_of_their_own_make_up_the_whole() {
        const LEN: usize = 3 * MAX_LANES;
        for isa in each_isa() {
            let mut values: Vec<f32> = (0..5 * LEN).map(|i| i as f32).collect();
            let (first, second) = Rows::new(&mut values, 5).split_at(MAX_LANES);
            assert_eq!((first.len(), second.len()), (MAX_LANES, 2 * MAX_LANES));
            isa.run(AddColumn(second));
            isa.run(AddColumn(first));
            let lanes = isa.vector_bytes() / size_of::<f32>();
            for (i, &value) in values.iter().enumerate() {
                let at = i % LEN;
                let column = if at < MAX_LANES { at } else { at - MAX_LANES } / lanes;
                assert_eq!(value, (i + column) as f32, "{} {i}", isa.name());
            }
        }
    }
}
