//! The system's allocator by itself, without the reserve: what is taken here may fail.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};

use crate::process::memory_is_touched;

/// Memory of this layout, or NULL.
///
/// # Safety
/// The layout's size is not 0.
pub unsafe fn alloc(layout: Layout) -> *mut u8 {
    memory_is_touched();
    // SAFETY: the caller's word.
    unsafe { System.alloc(layout) }
}

/// As [`alloc`], and zeroed.
///
/// # Safety
/// As there.
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    memory_is_touched();
    // SAFETY: the caller's word.
    unsafe { System.alloc_zeroed(layout) }
}

/// Gives memory back.
///
/// # Safety
/// `ptr` is from [`alloc`], [`alloc_zeroed`] or [`realloc`], of this layout, and used by nobody any more.
pub unsafe fn dealloc(ptr: *mut u8, layout: Layout) {
    memory_is_touched();
    // SAFETY: the caller's word.
    unsafe { System.dealloc(ptr, layout) }
}

/// The same memory with another size, here or elsewhere; NULL, and the memory as it was, where that fails.
///
/// # Safety
/// As [`dealloc`], of the memory; and the new size is not 0, and fits a layout of this alignment.
pub unsafe fn realloc(ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    memory_is_touched();
    // SAFETY: the caller's word.
    unsafe { System.realloc(ptr, layout, new_size) }
}
