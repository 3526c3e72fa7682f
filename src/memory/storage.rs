//! What arrays keep their values in: bytes of the library's own, or borrowed from C.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use super::block::Block;
use crate::error::Result;
use crate::process::without_cancellation;

/// The bytes behind one or more arrays.
pub enum Storage {
    /// The library's own.
    Owned(Buffer),
    /// Someone else's.
    Managed(Arc<Managed>),
}

impl Storage {
    /// The bytes, aligned for the dtype they were made for.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(buffer) => buffer,
            Self::Managed(memory) => memory.bytes(),
        }
    }
}

/// Bytes of the library's own, writable until they are shared.
pub struct Buffer {
    block: Block,
    len: usize,
}

impl Buffer {
    /// `len` bytes that start on a cache line; what they hold is unspecified. `what` names them in
    /// the message of the error.
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

/// What C wants called when its memory is not read any more.
type Dtor = unsafe extern "C" fn(*mut c_void);

/// Memory borrowed from C.
pub struct Managed {
    bytes: &'static [u8],
    payload: *mut c_void,
    dtor: OnceLock<Dtor>,
}

// SAFETY: the bytes are shared and read only; the payload is only handed back to C, which expects
// that on any thread.
unsafe impl Send for Managed {}
// SAFETY: as above.
unsafe impl Sync for Managed {}

impl Managed {
    /// Borrows `bytes` until the last clone is gone.
    ///
    /// # Safety
    /// They stay readable and unchanged until then.
    pub unsafe fn new(bytes: &[u8], payload: *mut c_void) -> Arc<Self> {
        // SAFETY: for as long as `self` lives, by the caller's word; `bytes()` lends them for no
        // longer.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        Arc::new(Self { bytes, payload, dtor: OnceLock::new() })
    }

    /// Has `dtor` called with the payload when the last clone goes. Until this is said, nothing is
    /// called.
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
            // SAFETY: `call_at_end`'s caller vouches for it, and this is the one call.
            without_cancellation(|| unsafe { dtor(self.payload) });
        }
    }
}
