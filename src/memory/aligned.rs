//! A fixed-length buffer of plain values that starts on a cache line and may fail to be made.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use bytemuck::Zeroable;

use crate::error::{Error, Result};

/// Every buffer starts on a multiple of this: a cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

/// What the allocator is asked for. Above it, Rust's `alloc_zeroed` clears memory by hand instead of
/// taking fresh, already zero pages; so more is asked for, and the start is moved.
const ASKED: usize = 16;

/// `len` values of `T`, zeroed when made. Dereferences to a slice.
pub struct Aligned<T: Zeroable + Copy> {
    values: NonNull<T>,
    len: usize,
    allocation: Option<(NonNull<u8>, Layout)>,
}

// SAFETY: `Aligned` owns its values as a `Box<[T]>` does, and hands out `&`/`&mut` by the same rules.
unsafe impl<T: Zeroable + Copy + Send> Send for Aligned<T> {}
// SAFETY: as above.
unsafe impl<T: Zeroable + Copy + Sync> Sync for Aligned<T> {}

impl<T: Zeroable + Copy> Aligned<T> {
    /// `len` zeros. `what` names the buffer in the message of the error.
    ///
    /// # Errors
    /// `OutOfMemory` when the allocator refuses, or `len` values have no representable size.
    pub fn zeroed(len: usize, what: &str) -> Result<Self> {
        const { assert!(align_of::<T>() <= ASKED) };
        let unrepresentable = || Error::out_of_memory(what, usize::MAX);
        let bytes = len.checked_mul(size_of::<T>()).ok_or_else(unrepresentable)?;
        if bytes == 0 {
            return Ok(Self { values: NonNull::dangling(), len, allocation: None });
        }
        let layout = bytes
            .checked_add(ALIGNMENT - ASKED)
            .and_then(|bytes| Layout::from_size_align(bytes, ASKED).ok())
            .ok_or_else(unrepresentable)?;
        // SAFETY: the layout's size is not zero.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) })
            .ok_or_else(|| Error::out_of_memory(what, layout.size()))?;
        // A multiple of `ASKED` below `ALIGNMENT`, so what was asked for more than `bytes` covers it.
        let skipped = start.as_ptr().addr().wrapping_neg() % ALIGNMENT;
        // SAFETY: `skipped + bytes` is at most the size of the allocation.
        let values = unsafe { start.add(skipped) }.cast();
        Ok(Self { values, len, allocation: Some((start, layout)) })
    }
}

impl<T: Zeroable + Copy> Drop for Aligned<T> {
    fn drop(&mut self) {
        if let Some((start, layout)) = self.allocation {
            // SAFETY: `start` came from `alloc_zeroed` with this layout and is freed once.
            unsafe { dealloc(start.as_ptr(), layout) }
        }
    }
}

impl<T: Zeroable + Copy> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `len` initialised (zeroed, `T: Zeroable`) values, or a dangling pointer and no bytes.
        unsafe { std::slice::from_raw_parts(self.values.as_ptr(), self.len) }
    }
}

impl<T: Zeroable + Copy> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes it unique.
        unsafe { std::slice::from_raw_parts_mut(self.values.as_ptr(), self.len) }
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
            assert!(len == 0 || buffer.as_ptr().addr().is_multiple_of(ALIGNMENT));
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
