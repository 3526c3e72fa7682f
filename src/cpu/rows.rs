//! A slice as a few rows of vectors, read and written column by column.

#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::vector::{MAX_LANES, Vector};

/// `rows` rows of `columns` vectors each, one row behind another in memory.
///
/// The point is one bounds check per column, where slices would have one per row of it.
pub struct Rows<'a, V: Vector> {
    start: *mut V::Scalar,
    rows: usize,
    columns: usize,
    _slice: PhantomData<&'a mut [V::Scalar]>,
}

impl<'a, V: Vector> Rows<'a, V> {
    /// Cuts `values` into `rows` rows.
    ///
    /// # Panics
    /// If there are none or more than [`MAX_LANES`], or a row is not a whole number of vectors.
    #[inline(always)]
    pub fn new(values: &'a mut [V::Scalar], rows: usize) -> Self {
        let columns = values.len() / (rows * V::LANES);
        assert!(rows <= MAX_LANES && columns * rows * V::LANES == values.len());
        Self { start: values.as_mut_ptr(), rows, columns, _slice: PhantomData }
    }

    /// Vectors in a row.
    #[inline(always)]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The vectors of a column, the row's number being their index; behind them zeros.
    ///
    /// # Panics
    /// If there is no such column.
    #[inline(always)]
    pub fn load(&self, simd: V::Simd, column: usize) -> [V; MAX_LANES] {
        assert!(column < self.columns);
        let mut vectors = [V::splat(simd, V::Scalar::default()); MAX_LANES];
        for (row, vector) in vectors.iter_mut().enumerate().take(self.rows) {
            // SAFETY: row < rows and column < columns, so the vector lies in the slice, whose length is
            // rows * columns * LANES and which is borrowed for 'a.
            *vector = unsafe { V::load_at(simd, self.at(row, column)) };
        }
        vectors
    }

    /// Writes back what [`Self::load`] gave.
    ///
    /// # Panics
    /// If there is no such column.
    #[inline(always)]
    pub fn store(&mut self, column: usize, vectors: &[V; MAX_LANES]) {
        assert!(column < self.columns);
        for (row, vector) in vectors.iter().enumerate().take(self.rows) {
            // SAFETY: as in `load`; the slice is borrowed mutably, and a block is an array of scalars.
            vector.store(unsafe { &mut *self.at(row, column).cast() });
        }
    }

    /// # Safety
    /// There are such a row and such a column.
    #[inline(always)]
    unsafe fn at(&self, row: usize, column: usize) -> *mut V::Scalar {
        // SAFETY: inside the slice, by the caller's promise.
        unsafe { self.start.add((row * self.columns + column) * V::LANES) }
    }
}
