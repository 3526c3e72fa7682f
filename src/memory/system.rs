//! The system's allocator itself, without the reserve: for allocations that may fail.

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
    // SAFETY: the caller guarantees it.
    unsafe { System.alloc(layout) }
}

/// Like [`alloc`], but zeroed.
///
/// # Safety
/// As for [`alloc`].
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    memory_is_touched();
    #[cfg(test)]
    if shortage::refuses() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller guarantees it.
    unsafe { System.alloc_zeroed(layout) }
}

/// Frees memory.
///
/// # Safety
/// `ptr` is from [`alloc`], [`alloc_zeroed`] or [`realloc`], with this layout, and nobody uses it
/// any more.
pub unsafe fn dealloc(ptr: *mut u8, layout: Layout) {
    memory_is_touched();
    // SAFETY: the caller guarantees it.
    unsafe { System.dealloc(ptr, layout) }
}

/// Changes the size of the memory, and may move it. Returns NULL on failure; the memory is then
/// unchanged.
///
/// # Safety
/// As for [`dealloc`]. The new size is not 0 and fits a layout of this alignment.
pub unsafe fn realloc(ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    memory_is_touched();
    #[cfg(test)]
    if new_size > layout.size() && shortage::refuses() {
        return std::ptr::null_mut();
    }
    // SAFETY: the caller guarantees it.
    unsafe { System.realloc(ptr, layout, new_size) }
}

/// Makes memory run out for one thread, in tests.
#[cfg(test)]
pub mod shortage {
    use std::cell::Cell;

    thread_local! {
        /// The number of allocations that succeed before all others fail. `None` if no allocation
        /// fails.
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// Calls `body`. In `body`, this thread's allocations fail after the first `given` ones. Also
    /// returns whether an allocation failed.
    pub fn after<R>(given: usize, body: impl FnOnce() -> R) -> (R, bool) {
        // The count is one too high, so it reaches 0 only if an allocation failed.
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
