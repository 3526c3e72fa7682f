//! Words that end before memory that may not be touched, as bindings of kernels without checks.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Words in memory that ends before a page without access. An access past them ends the process.
pub struct Guarded {
    words: NonNull<[u32]>,
    mapping: *mut c_void,
    bytes: usize,
}

impl Guarded {
    /// A copy of `words`.
    pub fn new(words: &[u32]) -> Self {
        // SAFETY: the call only asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let guard = size_of_val(words).next_multiple_of(page);
        let bytes = guard + page;
        // SAFETY: the first call makes a new mapping where the system chooses. The second takes access
        // to its last page away, which nothing uses.
        let mapping = unsafe {
            let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE);
            let none = std::ptr::null_mut();
            let mapping = libc::mmap(none, bytes, access, flags | libc::MAP_ANON, -1, 0);
            assert_ne!(mapping, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(mapping.byte_add(guard), page, libc::PROT_NONE), 0);
            mapping
        };
        let first = mapping.wrapping_byte_add(guard - size_of_val(words)).cast();
        let slice = NonNull::slice_from_raw_parts(NonNull::new(first).unwrap(), words.len());
        let mut guarded = Self { words: slice, mapping, bytes };
        guarded.copy_from_slice(words);
        guarded
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: `new` made the mapping, and only this call unmaps it.
        unsafe { libc::munmap(self.mapping, self.bytes) };
    }
}

impl Deref for Guarded {
    type Target = [u32];
    fn deref(&self) -> &[u32] {
        // SAFETY: the words are mapped, and belong to `self`. They end where a page ends, so they are
        // aligned. A new mapping is zeros, so they have values.
        unsafe { self.words.as_ref() }
    }
}

impl DerefMut for Guarded {
    fn deref_mut(&mut self) -> &mut [u32] {
        // SAFETY: as above, and `&mut self` makes the slice unique.
        unsafe { self.words.as_mut() }
    }
}
