//! Rows of outputs in memory that may hold other bytes between them.
//!
//! Another thread may write the bytes between the outputs at any time. So no `&mut [u8]` ever spans
//! them: they are neither read nor written. Only a row whose outputs follow one another becomes a
//! slice.

#![allow(unsafe_code)]

use std::marker::PhantomData;

use bytemuck::{AnyBitPattern, NoUninit};

/// Where elements lie: element `j` of row `i` is `i * step + j * stride` elements from the first
/// element of the first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The number of elements of a row.
    pub len: usize,
    /// The distance between neighbours in a row, in elements.
    pub stride: isize,
    /// The number of rows.
    pub count: usize,
    /// The distance between rows, in elements.
    pub step: isize,
}

impl Grid {
    /// The lowest and the highest index of an element. `None` if there is no element, or if an
    /// index exceeds `isize`.
    pub fn reach(self) -> Option<[isize; 2]> {
        let Self { len, stride, count, step } = self;
        let along = |len: usize, stride: isize| {
            // 64 by 64 bits fit 128 bits.
            Some(
                i128::from(u64::try_from(len.checked_sub(1)?).ok()?)
                    * i128::try_from(stride).ok()?,
            )
        };
        let (row, column) = (along(len, stride)?, along(count, step)?);
        // But two such products may add up to more.
        let low = row.min(0).checked_add(column.min(0))?;
        let high = row.max(0).checked_add(column.max(0))?;
        Some([low.try_into().ok()?, high.try_into().ok()?])
    }

    /// Whether no two elements are the same.
    ///
    /// With s and t for the magnitudes of `stride` and `step`, element `j` of row `i` is at
    /// `i t + j s`, apart from signs. Two elements meet if `di t = dj s` for distances that are not
    /// both 0. The smallest such distances are `di = s / g` rows and `dj = t / g` neighbours, with
    /// g for the greatest common divisor of s and t. If there are not so many rows or neighbours,
    /// no elements meet.
    pub fn is_distinct(self) -> bool {
        let (len, count) = (self.len, self.count);
        let (s, t) = (self.stride.unsigned_abs(), self.step.unsigned_abs());
        match (len, count) {
            (0, _) | (_, 0) | (1, 1) => true,
            (_, 1) => s > 0,
            (1, _) => t > 0,
            _ => {
                s > 0 && t > 0 && {
                    let g = greatest_common_divisor(s, t);
                    len <= t / g || count <= s / g
                }
            }
        }
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Rows of outputs, which only the owner of this value may read or write.
pub struct RowsMut<'o> {
    start: *mut u8,
    size: usize,
    grid: Grid,
    _outputs: PhantomData<&'o mut [u8]>,
}

// SAFETY: the rows are plain bytes that only the owner of this value reaches.
unsafe impl Send for RowsMut<'_> {}

impl<'o> RowsMut<'o> {
    /// Rows of elements of `size` bytes. `start` points at the first element of the first row.
    ///
    /// # Safety
    /// If there are elements, then during `'o`:
    /// - They lie inside one allocation, are initialised (memory from outside Rust counts as
    ///   initialised), and may be read and written.
    /// - Nobody else reads or writes them. Others may read and write the bytes between them.
    /// - No two are the same ([`Grid::is_distinct`]), and the distance from the lowest to the
    ///   highest ([`Grid::reach`]), in bytes, fits `isize`.
    pub unsafe fn new(start: *mut u8, size: usize, grid: Grid) -> Self {
        Self { start, size, grid, _outputs: PhantomData }
    }

    /// Rows inside `bytes`, the first element at index `offset`. `None` if an element lies outside,
    /// or if two elements are the same.
    pub fn within(bytes: &'o mut [u8], size: usize, offset: usize, grid: Grid) -> Option<Self> {
        if grid.len == 0 || grid.count == 0 {
            return Some(Self { start: bytes.as_mut_ptr(), size, grid, _outputs: PhantomData });
        }
        let [low, high] = grid.reach()?;
        let first = isize::try_from(offset).ok()?;
        let last = usize::try_from(first.checked_add(high)?).ok()?;
        let is_inside = first.checked_add(low)? >= 0 && last < bytes.len().checked_div(size)?;
        // SAFETY: `offset <= last < bytes.len() / size`, so the first element is inside the bytes and
        // its byte offset does not wrap. All elements are inside the bytes, which are borrowed for
        // 'o, and they are distinct.
        (is_inside && grid.is_distinct())
            .then(|| unsafe { Self::new(bytes.as_mut_ptr().add(offset * size), size, grid) })
    }

    /// Where the elements lie.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The same rows, for a shorter time.
    pub fn again(&mut self) -> RowsMut<'_> {
        RowsMut { start: self.start, size: self.size, grid: self.grid, _outputs: PhantomData }
    }

    /// The rows, one after another.
    pub fn into_rows(self) -> impl Iterator<Item = RowMut<'o>> + Send {
        (0..self.grid.count).map(move |i| self.row(i))
    }

    /// Row `i`. Each row is asked for once.
    fn row(&self, i: usize) -> RowMut<'o> {
        let &Self { start, size, grid: Grid { len, stride, step, .. }, .. } = self;
        let start = match len {
            0 => start,
            // SAFETY: the row's first element is inside the allocation, as `new` was promised. So
            // no product exceeds `isize`.
            _ => unsafe { start.offset(i as isize * step * size as isize) },
        };
        RowMut { start, size, len, stride, _outputs: PhantomData }
    }
}

/// One row of outputs, which only the owner of this value may read or write.
pub struct RowMut<'o> {
    start: *mut u8,
    size: usize,
    len: usize,
    stride: isize,
    _outputs: PhantomData<&'o mut [u8]>,
}

// SAFETY: the row is plain bytes that only the owner of this value reaches.
unsafe impl Send for RowMut<'_> {}

impl<'o> RowMut<'o> {
    /// The row of all of `bytes`, elements of `size` bytes that follow one another.
    #[inline]
    pub fn contiguous(bytes: &'o mut [u8], size: usize) -> Self {
        let len = bytes.len() / size;
        Self { start: bytes.as_mut_ptr(), size, len, stride: 1, _outputs: PhantomData }
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Bytes of an element.
    #[inline]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The bytes of the row, if its elements follow one another.
    #[inline]
    pub fn contiguous_bytes(&mut self) -> Option<&mut [u8]> {
        if self.len == 0 {
            return Some(&mut []);
        }
        // SAFETY: the elements follow one another, so the slice has no other bytes. They are
        // initialised, and reached only through this value, as the row's maker promised.
        (self.stride == 1 || self.len == 1)
            .then(|| unsafe { std::slice::from_raw_parts_mut(self.start, self.len * self.size) })
    }

    /// The elements as `T`s.
    ///
    /// # Panics
    /// If a `T` has another size, or the row is not aligned for `T`.
    #[inline]
    pub fn values<T: AnyBitPattern + NoUninit>(self) -> Row<'o, T> {
        let Self { start, size, len, stride, .. } = self;
        if len == 0 {
            return Row::Contiguous(&mut []);
        }
        let start = start.cast::<T>();
        assert!(size == size_of::<T>() && start.is_aligned());
        if stride == 1 || len == 1 {
            // SAFETY: the elements follow one another, so the slice has no other bytes. They are
            // initialised, aligned, of any bits (`T: AnyBitPattern`), and reached only through
            // this value during 'o, as the row's maker promised.
            return Row::Contiguous(unsafe { std::slice::from_raw_parts_mut(start, len) });
        }
        Row::Strided(Strided { start, len, stride, _outputs: PhantomData })
    }
}

/// A row of `T`s.
pub enum Row<'o, T> {
    /// The elements follow one another.
    Contiguous(&'o mut [T]),
    /// Other bytes lie between the elements, or the elements run backwards.
    Strided(Strided<'o, T>),
}

/// Elements of which only the owner of this value may read or write, apart from one another.
pub struct Strided<'o, T> {
    start: *mut T,
    len: usize,
    stride: isize,
    _outputs: PhantomData<&'o mut [T]>,
}

// SAFETY: only the owner of this value reaches the elements, and they may be sent.
unsafe impl<T: Send> Send for Strided<'_, T> {}

impl<T: Copy> Strided<'_, T> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Cuts off the first `len` elements.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn cut(&mut self, len: usize) -> Self {
        assert!(len <= self.len);
        let cut = Self { len, ..*self };
        self.len -= len;
        if self.len > 0 {
            // SAFETY: an element is left, and the new start points at it.
            self.start = unsafe { self.start.offset(len as isize * self.stride) };
        }
        cut
    }

    /// Writes the elements.
    ///
    /// # Panics
    /// If there are not as many values.
    pub fn write(self, values: &[T]) {
        assert!(values.len() == self.len);
        for (i, &value) in values.iter().enumerate() {
            // SAFETY: element `i` is inside the allocation and aligned. Only this value reaches it.
            unsafe { self.start.offset(i as isize * self.stride).write(value) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of all elements, if all of them are different.
    fn distinct(grid: Grid) -> Option<Vec<isize>> {
        let rows = (0..grid.count as isize).map(|i| i * grid.step);
        let mut places: Vec<isize> = rows
            .flat_map(|row| (0..grid.len as isize).map(move |j| row + j * grid.stride))
            .collect();
        let all = places.len();
        places.sort_unstable();
        places.dedup();
        (places.len() == all).then_some(places)
    }

    fn grids() -> impl Iterator<Item = Grid> {
        (0..5).flat_map(|len| {
            (0..5).flat_map(move |count| {
                (-7..8).flat_map(move |stride| {
                    (-13..14).map(move |step| Grid { len, stride, count, step })
                })
            })
        })
    }

    #[test]
    fn elements_are_distinct_where_no_two_have_one_place() {
        let mut found = [0; 2];
        for grid in grids() {
            let places = distinct(grid);
            assert_eq!(grid.is_distinct(), places.is_some(), "{grid:?}");
            found[usize::from(places.is_some())] += 1;
        }
        assert!(found[0] > 1000 && found[1] > 1000);
    }

    #[test]
    fn rows_are_written_element_by_element_inside_their_bytes_alone() {
        for grid in grids() {
            for offset in 0..30 {
                let mut memory = [7u16; 40];
                let reach = grid.reach();
                let is_inside = reach.is_none_or(|[low, high]| {
                    (0..40).contains(&(offset as isize + low))
                        && (0..40).contains(&(offset as isize + high))
                });
                let bytes = bytemuck::cast_slice_mut(&mut memory);
                let rows = RowsMut::within(bytes, 2, offset, grid);
                assert_eq!(rows.is_some(), is_inside && grid.is_distinct(), "{grid:?} {offset}");
                let Some(mut rows) = rows else { continue };
                assert_eq!(rows.grid(), grid);
                let mut want = [7u16; 40];
                for (i, row) in rows.again().into_rows().enumerate() {
                    let values: Vec<u16> =
                        (0..grid.len).map(|j| (100 + 10 * i + j) as u16).collect();
                    for (j, &value) in values.iter().enumerate() {
                        let at = i as isize * grid.step + j as isize * grid.stride;
                        want[(offset as isize + at) as usize] = value;
                    }
                    assert_eq!((row.len(), row.size()), (grid.len, 2));
                    match row.values::<u16>() {
                        Row::Contiguous(out) => out.copy_from_slice(&values),
                        Row::Strided(mut out) => {
                            let (first, rest) = values.split_at(values.len() / 3);
                            out.cut(first.len()).write(first);
                            assert_eq!(out.len(), rest.len());
                            out.write(rest);
                        }
                    }
                }
                assert_eq!(memory, want, "{grid:?} {offset}");
            }
        }
    }

    #[test]
    fn distances_beyond_isize_are_refused() {
        let ends = [isize::MIN, isize::MAX];
        for (stride, step) in ends.into_iter().flat_map(|stride| ends.map(|step| (stride, step))) {
            let far = Grid { len: usize::MAX, stride, count: usize::MAX, step };
            assert_eq!(far.reach(), None);
            assert!(RowsMut::within(&mut [0; 8], 1, 0, far).is_none());
        }
        let near = Grid { len: 2, stride: isize::MAX, count: 1, step: isize::MIN };
        assert_eq!(near.reach(), Some([0, isize::MAX]));
    }
}
