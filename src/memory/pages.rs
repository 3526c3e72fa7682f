//! Whole pages from the operating system: zeroed, and huge pages if the system has them.

#![allow(unsafe_code)]

use std::ptr::NonNull;

#[cfg(unix)]
use crate::process::memory_is_touched;

/// Sizes are multiples of this number, which is a multiple of the page size on every platform.
pub(super) const GRAIN: usize = 1 << 16;

/// Bytes in whole pages. Dropping them does not free them: see [`Pages::unmap`].
#[derive(Debug)]
pub(super) struct Pages {
    pub ptr: NonNull<u8>,
    /// A multiple of [`GRAIN`].
    pub size: usize,
}

// SAFETY: the value owns plain memory.
unsafe impl Send for Pages {}

#[cfg(unix)]
impl Pages {
    /// The size of a huge page on x86-64, and on aarch64 with pages of 4 KiB.
    const HUGE: usize = 1 << 21;

    /// `size` zeros. `size` is a multiple of [`GRAIN`] and not 0. From 2 MiB on, they start on a
    /// huge page, which saves most page faults: 2^20 floats take 2 page faults in place of 1024.
    pub fn map(size: usize) -> Option<Self> {
        memory_is_touched();
        let slack = if size >= Self::HUGE { Self::HUGE } else { 0 };
        let reserved = size.checked_add(slack)?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: this is a new anonymous mapping, apart from all memory in use.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), reserved, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return None;
        }
        let start = start.cast::<u8>();
        let before = if slack == 0 { 0 } else { start.align_offset(Self::HUGE) };
        // SAFETY: `before` is at most `slack`, so all three parts are in the mapping made above. The
        // two ends have not been passed to anybody. An end that cannot be given back stays unused.
        unsafe {
            let pages = start.add(before);
            if before != 0 {
                libc::munmap(start.cast(), before);
            }
            if slack != before {
                libc::munmap(pages.add(size).cast(), slack - before);
            }
            #[cfg(any(target_os = "linux", target_os = "android"))]
            if slack != 0 {
                // Only a request: the memory also works without huge pages.
                libc::madvise(pages.cast(), size, libc::MADV_HUGEPAGE);
            }
            Some(Self { ptr: NonNull::new(pages)?, size })
        }
    }

    /// Gives the pages back.
    pub fn unmap(self) {
        memory_is_touched();
        // SAFETY: the pages are from `map`, this value owns them, and nobody uses them any more.
        unsafe { libc::munmap(self.ptr.as_ptr().cast(), self.size) };
    }
}

#[cfg(not(unix))]
impl Pages {
    /// `size` zeros. `size` is a multiple of [`GRAIN`] and not 0.
    pub fn map(size: usize) -> Option<Self> {
        // SAFETY: the size is not 0.
        let ptr = unsafe { std::alloc::alloc_zeroed(Self::layout(size)?) };
        Some(Self { ptr: NonNull::new(ptr)?, size })
    }

    /// Gives the pages back.
    pub fn unmap(self) {
        if let Some(layout) = Self::layout(self.size) {
            // SAFETY: the memory is from `map`, with this layout. This value owns it, and nobody uses
            // it any more.
            unsafe { std::alloc::dealloc(self.ptr.as_ptr(), layout) }
        }
    }

    fn layout(size: usize) -> Option<std::alloc::Layout> {
        std::alloc::Layout::from_size_align(size, 4096).ok()
    }
}
