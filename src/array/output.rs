//! Storage that is still writable, and the array that it becomes.

use super::promise::{Pending, Promise};
use super::{Array, Layout};
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::lines;
use crate::memory::{Buffer, Storage};

/// Values being made: storage that is still writable.
pub struct Output {
    layout: Layout,
    dtype: Dtype,
    buffer: Buffer,
}

impl Output {
    /// Room for `len` elements.
    ///
    /// # Errors
    /// `InvalidArgument` if a shape cannot hold `len`; `OutOfMemory`.
    pub fn new(len: usize, dtype: Dtype) -> Result<Self> {
        let dim = i32::try_from(len).map_err(|_| {
            let limit = i32::MAX;
            Error::invalid(format!(
                "out: {len} elements exceed {limit}; mlx_convolve_into has no such limit"
            ))
        })?;
        Self::shaped(&[dim], dtype)
    }

    /// Room for the elements of `shape`, side by side.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape that cannot be; `OutOfMemory`.
    pub fn shaped(shape: &[i32], dtype: Dtype) -> Result<Self> {
        let layout = Layout::contiguous(shape, dtype)?;
        let buffer = Buffer::new(layout.size() * dtype.size(), "the result")?;
        Ok(Self { layout, dtype, buffer })
    }

    /// The smallest there is, for tests of whatever fills outputs in.
    #[cfg(test)]
    pub fn one_byte() -> Self {
        Self::new(1, Dtype::UInt8).unwrap()
    }

    /// The bytes to fill in; what they hold before is unspecified.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    /// The values, from now on unchangeable.
    pub fn finish(self) -> Array {
        let promise = Promise::kept(Storage::Owned(self.buffer));
        Array::new(self.layout, self.dtype, promise)
    }

    /// An array whose values are there once the other part has been kept, which a task of `line` does.
    pub fn promise(self, line: lines::Id) -> (Array, Pending) {
        let (promise, pending) = Promise::open(self.buffer, line);
        (Array::new(self.layout, self.dtype, promise), pending)
    }
}
