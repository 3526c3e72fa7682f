//! The storage of arrays' values: the library's own bytes, or bytes borrowed from C.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use super::block::Block;
use crate::error::Result;
use crate::process::without_cancellation;

/// The bytes behind one or more arrays.
pub enum Storage {
    /// The library's own bytes.
    Owned(Buffer),
    /// Bytes borrowed from C.
    Managed(Arc<Managed>),
}

impl Storage {
    /// The bytes, aligned for the dtype for which they were made.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(buffer) => buffer,
            Self::Managed(memory) => memory.bytes(),
        }
    }
}

/// The library's own bytes, writable until they are shared.
pub struct Buffer {
    block: Block,
    len: usize,
}

impl Buffer {
    /// `len` bytes that start on a cache line. Their values are unspecified. `what` names them in
    /// the error message.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(len: usize, what: &'static str) -> Result<Self> {
        Ok(Self { block: Block::unspecified(len, what)?, len })
    }
}

impl Deref for Buffer {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.block.bytes()[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.block.bytes_mut()[..self.len]
    }
}

/// A function of C to call when the library has read borrowed memory for the last time.
type Dtor = unsafe extern "C" fn(*mut c_void);

/// Memory borrowed from C.
pub struct Managed {
    bytes: &'static [u8],
    payload: *mut c_void,
    dtor: OnceLock<Dtor>,
}

// SAFETY: the bytes are shared and only read. The payload is only passed back to C, which expects it
// on any thread.
unsafe impl Send for Managed {}
// SAFETY: as above.
unsafe impl Sync for Managed {}

impl Managed {
    /// Borrows `bytes` until the last clone is dropped.
    ///
    /// # Safety
    /// The bytes stay readable and unchanged until then.
    pub unsafe fn new(bytes: &[u8], payload: *mut c_void) -> Arc<Self> {
        // SAFETY: the caller guarantees that the bytes are valid as long as the value lives, and
        // `bytes()` lends them no longer.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        Arc::new(Self { bytes, payload, dtor: OnceLock::new() })
    }

    /// Sets `dtor` to be called with the payload when the last clone is dropped. Without this call,
    /// no function is called.
    ///
    /// # Safety
    /// `dtor` may be called with the payload, once, on any thread.
    pub unsafe fn call_at_end(&self, dtor: Option<Dtor>) {
        if let Some(dtor) = dtor {
            self.dtor.get_or_init(|| dtor);
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes
    }
}

impl Drop for Managed {
    fn drop(&mut self) {
        if let Some(dtor) = self.dtor.get() {
            // SAFETY: the caller of `call_at_end` guarantees that `dtor` may be called, and this is
            // the only call.
            without_cancellation(|| unsafe { dtor(self.payload) });
        }
    }
}
