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
    #[cfg(test)]
    if shortage::refuses() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller's word.
    unsafe { System.alloc(layout) }
}

/// As [`alloc`], and zeroed.
///
/// # Safety
/// As there.
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    memory_is_touched();
    #[cfg(test)]
    if shortage::refuses() {
        return std::ptr::null_mut();
    }
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
    #[cfg(test)]
    if new_size > layout.size() && shortage::refuses() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller's word.
    unsafe { System.realloc(ptr, layout, new_size) }
}

/// Memory that runs out for one thread, for tests.
#[cfg(test)]
pub mod shortage {
    use std::cell::Cell;

    thread_local! {
        /// Allocations that succeed before all others fail; `None` where none fails.
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// Calls `body`, in which this thread's allocations fail but for the first `given`. Returns whether one did.
    pub fn after<R>(given: usize, body: impl FnOnce() -> R) -> (R, bool) {
        // One more is asked for where any failed.
        LEFT.set(Some(given + 1));
        let result = body();
        let has_failed = LEFT.take() == Some(0);
        (result, has_failed)
    }

    pub(super) fn refuses() -> bool {
        let left = LEFT.get().map(|left| left.saturating_sub(1));
        LEFT.set(left);
        left == Some(0)
    }
}
