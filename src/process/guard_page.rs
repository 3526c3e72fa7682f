//! For tests: buffers that end right before memory that may not be touched.

#![allow(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use bytemuck::Pod;

/// `len` zeros between two guard pages. The last value is right before the second guard page, so an
/// access one step past the end ends the process.
pub struct BeforeGuardPage<T> {
    first: NonNull<T>,
    len: usize,
    mapping: *mut libc::c_void,
    mapping_bytes: usize,
}

impl<T: Pod> BeforeGuardPage<T> {
    /// Maps the pages.
    pub fn new(len: usize) -> Self {
        // SAFETY: the call only asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let inner = (len * size_of::<T>()).next_multiple_of(page);
        let mapping_bytes = inner + 2 * page;
        // SAFETY: the call makes a new private mapping at an address that the system chooses.
        let mapping = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
            libc::mmap(std::ptr::null_mut(), mapping_bytes, libc::PROT_NONE, flags, -1, 0)
        };
        assert_ne!(mapping, libc::MAP_FAILED);
        // SAFETY: these are the pages between the first and the last page of the mapping.
        let status = unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            libc::mprotect(mapping.add(page), inner, protection)
        };
        assert!(status == 0 || inner == 0);
        let offset = page + inner - len * size_of::<T>();
        // SAFETY: the address is inside the mapping, and not at its start.
        let first = unsafe { NonNull::new_unchecked(mapping.add(offset).cast()) };
        Self { first, len, mapping, mapping_bytes }
    }
}

impl<T> Drop for BeforeGuardPage<T> {
    fn drop(&mut self) {
        // SAFETY: `new` made the mapping, and only this call unmaps it.
        unsafe { libc::munmap(self.mapping, self.mapping_bytes) };
    }
}

impl<T: Pod> Deref for BeforeGuardPage<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the `len` values are mapped and of a plain type. They end where a page ends, so
        // they are aligned.
        unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}

impl<T: Pod> DerefMut for BeforeGuardPage<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes the slice unique.
        unsafe { std::slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }
}
