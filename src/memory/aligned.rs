//! A buffer of plain values with a fixed length. It starts on a cache line, and making it may fail.

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::{AnyBitPattern, NoUninit, Zeroable};

use super::block::{ALIGNMENT, Block};
use crate::error::{Error, Result};

/// `len` values of `T`. Dereferences to a slice.
pub struct Aligned<T: Zeroable + NoUninit> {
    block: Block,
    len: usize,
    values: PhantomData<T>,
}

impl<T: Zeroable + NoUninit> Aligned<T> {
    /// `len` zeros. `what` names the buffer in the error message.
    ///
    /// # Errors
    /// `OutOfMemory` if the allocator refuses, or if the size of `len` values overflows.
    pub fn zeroed(len: usize, what: &'static str) -> Result<Self> {
        Self::new(len, what, Block::zeroed)
    }

    /// `len` values in the block that `take` returns for their number of bytes: zeros, or any bits
    /// if `T` is `AnyBitPattern`.
    fn new(
        len: usize,
        what: &'static str,
        take: impl FnOnce(usize, &'static str) -> Result<Block>,
    ) -> Result<Self> {
        const { assert!(align_of::<T>() <= ALIGNMENT) };
        let bytes = len.checked_mul(size_of::<T>());
        let bytes = bytes.ok_or_else(|| Error::out_of_memory(what, usize::MAX))?;
        let block = take(bytes, what)?;
        assert!(block.bytes().len() >= bytes);
        Ok(Self { block, len, values: PhantomData })
    }

    /// The block of the values.
    pub(super) fn into_block(self) -> Block {
        self.block
    }
}

impl<T: AnyBitPattern + NoUninit> Aligned<T> {
    /// Like [`Self::zeroed`], in a block from `take`. The bits of the block become the values.
    ///
    /// # Errors
    /// As for [`Self::zeroed`]; those of `take`.
    pub(super) fn unspecified_in(
        len: usize,
        what: &'static str,
        take: impl FnOnce(usize, &'static str) -> Result<Block>,
    ) -> Result<Self> {
        Self::new(len, what, take)
    }
}

impl<T: Zeroable + NoUninit> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the block holds `len` aligned values. They were zeroed when the block was made
        // (`T: Zeroable`) or may have any bits (`T: AnyBitPattern`), and are written only through
        // `deref_mut`.
        unsafe { std::slice::from_raw_parts(self.block.as_ptr().cast(), self.len) }
    }
}

impl<T: Zeroable + NoUninit> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes the slice unique.
        unsafe { std::slice::from_raw_parts_mut(self.block.as_ptr().cast(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_on_a_cache_line_and_is_zero() {
        for len in [0, 1, 3, 64, 1000, 1 << 20] {
            let mut buffer = Aligned::<f32>::zeroed(len, "a test").unwrap();
            assert_eq!(buffer.len(), len);
            assert!(buffer.iter().all(|&x| x == 0.0));
            assert!(buffer.as_ptr().addr().is_multiple_of(ALIGNMENT));
            buffer.fill(1.0);
        }
    }

    #[test]
    fn impossible_sizes_are_out_of_memory() {
        for len in [usize::MAX, usize::MAX / 8, isize::MAX as usize / 8, 1 << 55] {
            let refused = Aligned::<f64>::zeroed(len, "a test").err().unwrap();
            assert_eq!(refused.status, crate::error::Status::OutOfMemory);
        }
    }
}
