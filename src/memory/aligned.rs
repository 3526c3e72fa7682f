//! A fixed-length buffer of plain values that starts on a cache line and may fail to be made.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use bytemuck::Zeroable;

use crate::error::{Error, Result};

/// Every buffer starts on a multiple of this: a cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

/// `len` values of `T`, zeroed when made. Dereferences to a slice.
pub struct Aligned<T: Zeroable + Copy> {
    ptr: NonNull<T>,
    len: usize,
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
        let layout = Self::layout(len).ok_or_else(|| Error::out_of_memory(what, usize::MAX))?;
        if layout.size() == 0 {
            return Ok(Self { ptr: NonNull::dangling(), len });
        }
        // SAFETY: the layout's size is not zero.
        let ptr = unsafe { alloc_zeroed(layout) }.cast::<T>();
        let ptr = NonNull::new(ptr).ok_or_else(|| Error::out_of_memory(what, layout.size()))?;
        Ok(Self { ptr, len })
    }

    fn layout(len: usize) -> Option<Layout> {
        Layout::array::<T>(len).ok()?.align_to(ALIGNMENT).ok()
    }
}

impl<T: Zeroable + Copy> Drop for Aligned<T> {
    fn drop(&mut self) {
        let layout = Self::layout(self.len).expect("it was representable when it was allocated");
        if layout.size() != 0 {
            // SAFETY: `ptr` came from `alloc_zeroed` with this layout and is freed once.
            unsafe { dealloc(self.ptr.as_ptr().cast(), layout) }
        }
    }
}

impl<T: Zeroable + Copy> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `len` initialised (zeroed, `T: Zeroable`) values, or a dangling pointer and no bytes.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl<T: Zeroable + Copy> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes it unique.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }
}
