//! For tests: buffers that end where memory that may not be touched begins.

#![allow(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use bytemuck::Pod;

/// `len` zeros between two guard pages, the last one right before the second: one step past the end
/// ends the process.
pub struct BeforeGuardPage<T> {
    first: NonNull<T>,
    len: usize,
    mapping: *mut libc::c_void,
    mapping_bytes: usize,
}

impl<T: Pod> BeforeGuardPage<T> {
    /// Maps it.
    pub fn new(len: usize) -> Self {
        // SAFETY: asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let inner = (len * size_of::<T>()).next_multiple_of(page);
        let mapping_bytes = inner + 2 * page;
        // SAFETY: a new private mapping wherever the system likes.
        let mapping = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
            libc::mmap(std::ptr::null_mut(), mapping_bytes, libc::PROT_NONE, flags, -1, 0)
        };
        assert_ne!(mapping, libc::MAP_FAILED);
        // SAFETY: the pages between the first and the last of that mapping.
        let status = unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            libc::mprotect(mapping.add(page), inner, protection)
        };
        assert!(status == 0 || inner == 0);
        let offset = page + inner - len * size_of::<T>();
        // SAFETY: inside the mapping, and not its start.
        let first = unsafe { NonNull::new_unchecked(mapping.add(offset).cast()) };
        Self { first, len, mapping, mapping_bytes }
    }
}

impl<T> Drop for BeforeGuardPage<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`, unmapped once.
        unsafe { libc::munmap(self.mapping, self.mapping_bytes) };
    }
}

impl<T: Pod> Deref for BeforeGuardPage<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `len` mapped values of a plain type, aligned as the page's end is.
        unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}

impl<T: Pod> DerefMut for BeforeGuardPage<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes it unique.
        unsafe { std::slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }
}
