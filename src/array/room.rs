//! Places for the bytes of an array.

use crate::error::{Error, Result};
use crate::gpu;
use crate::memory::Buffer;

/// The place of the bytes of a future array.
pub enum Room {
    /// In the host's memory.
    Host(Buffer),
    /// On a GPU.
    Gpu(gpu::Buffer),
}

impl Room {
    /// The host's bytes to fill in. Their old values are unspecified.
    ///
    /// # Errors
    /// `Internal` if they are not the library's own bytes on the host.
    pub fn bytes_mut(&mut self) -> Result<&mut [u8]> {
        match self {
            Self::Host(buffer) => Ok(buffer),
            _ => Err(Error::internal("values of the host are to be written elsewhere")),
        }
    }

    /// The GPU's bytes.
    ///
    /// # Errors
    /// `Internal` if they are not on a GPU.
    pub fn on_gpu(&self) -> Result<&gpu::Buffer> {
        match self {
            Self::Gpu(buffer) => Ok(buffer),
            _ => Err(Error::internal("values of a GPU are to be written elsewhere")),
        }
    }
}
