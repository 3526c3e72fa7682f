//! Blocks of initialised bytes: small ones from the allocator, large ones in pages.

#![allow(unsafe_code)]

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::pages::{GRAIN, Pages};
use super::{cache, counters, system};
use crate::error::{Error, Result};

/// The alignment of every block: a cache line, and the widest vector register.
pub(super) const ALIGNMENT: usize = 64;

/// Blocks of this size and more are in pages. The system returns pages zeroed, and the cache keeps
/// them. Smaller blocks need no cache of ours, because the allocator has its own, and zeroing them
/// takes at most a microsecond. For workspaces, [`super::reused`] saves the allocation and the
/// zeroing.
const LARGE: usize = 1 << 16;

/// The number of bytes in a block for `len` bytes; `usize::MAX` if this number overflows.
pub fn size(len: usize) -> usize {
    if len < LARGE { len } else { len.checked_next_multiple_of(GRAIN).unwrap_or(usize::MAX) }
}

/// Initialised bytes. They count as active while the block lives.
pub(super) struct Block {
    ptr: NonNull<u8>,
    /// The start of the allocation. For a small block, it lies at or before `ptr`.
    start: NonNull<u8>,
    /// The number of bytes taken: at least the number requested. It is at least [`LARGE`] if and
    /// only if the block is in pages.
    capacity: usize,
}

// SAFETY: a block owns its bytes as a `Box<[u8]>` does, and lends them by the same rules.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    /// At least `len` zeros. `what` names them in the error message.
    pub fn zeroed(len: usize, what: &'static str) -> Result<Self> {
        let (mut block, fresh) = Self::take(len, what)?;
        if !fresh {
            block.bytes_mut().fill(0);
        }
        Ok(block)
    }

    /// At least `len` bytes: initialised, with unspecified values.
    pub fn unspecified(len: usize, what: &'static str) -> Result<Self> {
        Self::take(len, what).map(|(block, _)| block)
    }

    /// A block, and whether its bytes are known to be zeros.
    fn take(len: usize, what: &'static str) -> Result<(Self, bool)> {
        let out_of_memory = || Error::out_of_memory(what, len);
        let (ptr, start, capacity, fresh) = if len < LARGE {
            let (ptr, start) = small(len).ok_or_else(out_of_memory)?;
            (ptr, start, len, true)
        } else {
            let size = Some(size(len)).filter(|&size| size <= isize::MAX as usize);
            let (pages, fresh) =
                large(size.ok_or_else(out_of_memory)?).ok_or_else(out_of_memory)?;
            (pages.ptr, pages.ptr, pages.size, fresh)
        };
        counters::taken(capacity);
        Ok((Self { ptr, start, capacity }, fresh))
    }

    /// The start of the bytes.
    pub fn as_ptr(&self) -> *mut u8 {
        self.ptr.as_ptr()
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: there are `capacity` initialised bytes. New bytes are zeros, and they are only
        // overwritten through `bytes_mut` or by plain values.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.capacity) }
    }

    /// All bytes.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` makes the slice unique.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.capacity) }
    }
}

impl Block {
    /// A small block as one pointer, which owns it. `None` if the block is in pages or too short;
    /// the block is then dropped.
    pub fn into_kept(self) -> Option<NonNull<u8>> {
        if !(size_of::<usize>()..LARGE).contains(&self.capacity) {
            return None;
        }
        let block = ManuallyDrop::new(self);
        // SAFETY: the capacity is stored at the start of the bytes. There is room for it, and the
        // start is a multiple of 64.
        unsafe { block.ptr.cast().write(block.capacity) };
        Some(block.start)
    }

    /// The block of a kept pointer.
    ///
    /// # Safety
    /// `kept` is from [`Self::into_kept`], and this is the only call with it.
    pub unsafe fn from_kept(kept: NonNull<u8>) -> Self {
        // SAFETY: `kept` is the start of an allocation of `small`. The bytes start at the next
        // multiple of 64, and the capacity is stored there.
        let (ptr, capacity) = unsafe {
            let ptr = first_aligned(kept);
            (ptr, ptr.cast().read())
        };
        Self { ptr, start: kept, capacity }
    }
}

/// The start of a small block's bytes.
///
/// # Safety
/// `start` is the start of an allocation with a [`layout`].
unsafe fn first_aligned(start: NonNull<u8>) -> NonNull<u8> {
    // SAFETY: the start is a multiple of 16, so the next multiple of 64 is at most 48 bytes further.
    // The layout has room for these 48 bytes.
    unsafe { start.add(start.as_ptr().align_offset(ALIGNMENT)) }
}

impl Drop for Block {
    fn drop(&mut self) {
        counters::returned(self.capacity);
        if self.capacity >= LARGE {
            return cache::keep(Pages { ptr: self.ptr, size: self.capacity });
        }
        if let Some(layout) = layout(self.capacity) {
            // SAFETY: `small` took the memory from the system with this layout, and it is freed once.
            unsafe { system::dealloc(self.start.as_ptr(), layout) }
        }
    }
}

/// The alignment that every allocator gives anyway. A request for more takes several times as long,
/// so blocks are aligned by hand, in an allocation that is a little larger.
const ALIGNED_ANYWAY: usize = 16;

/// The layout of a small block that is not empty.
fn layout(len: usize) -> Option<Layout> {
    let room = len.checked_add(ALIGNMENT - ALIGNED_ANYWAY)?;
    Layout::from_size_align(room, ALIGNED_ANYWAY).ok().filter(|_| len != 0)
}

/// The start of `len` zeros, and the start of their allocation.
fn small(len: usize) -> Option<(NonNull<u8>, NonNull<u8>)> {
    let Some(layout) = layout(len) else {
        // There are no bytes, but the address must be aligned and not NULL.
        let nowhere = NonNull::new(std::ptr::without_provenance_mut(ALIGNMENT))?;
        return Some((nowhere, nowhere));
    };
    // From the system, not from the reserve: this allocation may fail.
    // SAFETY: the layout's size is not 0.
    let start = NonNull::new(unsafe { system::alloc(layout) })?;
    // SAFETY: `start` is the start of such an allocation, which has `len` bytes from `ptr` on.
    unsafe {
        let ptr = first_aligned(start);
        ptr.write_bytes(0, len);
        Some((ptr, start))
    }
}

/// Pages, and whether they are new. If the system refuses, the cache is emptied before a second
/// try.
fn large(size: usize) -> Option<(Pages, bool)> {
    if let Some(pages) = cache::take(size) {
        return Some((pages, false));
    }
    let pages = Pages::map(size).or_else(|| {
        cache::clear_cache();
        Pages::map(size)
    });
    Some((pages?, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_zeroed_and_reused() {
        for len in [0, 1, 63, 64, 65, LARGE - 1, LARGE, LARGE + 1, (1 << 21) - 1, 1 << 21, 5 << 20]
        {
            let mut block = Block::zeroed(len, "a test").unwrap();
            assert!(block.as_ptr().addr().is_multiple_of(ALIGNMENT) && block.bytes().len() >= len);
            assert!(
                cfg!(not(unix)) || len < 1 << 21 || block.as_ptr().addr().is_multiple_of(1 << 21)
            );
            assert!(block.bytes().iter().all(|&byte| byte == 0));
            block.bytes_mut().fill(7);
            drop(block);
            // From the cache or not, zeros are zeros.
            let again = Block::zeroed(len, "a test").unwrap();
            assert!(again.bytes().iter().all(|&byte| byte == 0));
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_out_of_memory() {
        for len in [usize::MAX, isize::MAX as usize, isize::MAX as usize - GRAIN, 1 << 60] {
            let error = Block::unspecified(len, "a test").map(drop).unwrap_err();
            assert_eq!(error.status, crate::error::Status::OutOfMemory);
            let message = error.to_string();
            assert!(message.contains(&len.to_string()) && message.contains("a test"));
        }
    }
}
