//! Storage that is still writable, and the array that it becomes.

use super::promise::{Pending, Promise};
use super::room::Room;
use super::{Array, Layout};
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::lines;
use crate::memory::Buffer;

/// The future values of an array, in a room that is still writable.
pub struct Output {
    layout: Layout,
    dtype: Dtype,
    room: Room,
}

impl Output {
    /// Room for `len` elements.
    ///
    /// # Errors
    /// As for [`Self::dimension`]; `OutOfMemory`.
    pub fn new(len: usize, dtype: Dtype) -> Result<Self> {
        Self::shaped(&[Self::dimension(len)?], dtype)
    }

    /// A dimension of `len` elements.
    ///
    /// # Errors
    /// `InvalidArgument` if `len` exceeds the largest size of a dimension.
    pub fn dimension(len: usize) -> Result<i32> {
        i32::try_from(len).map_err(|_| {
            let limit = i32::MAX;
            Error::invalid(format!(
                "out: {len} elements exceed {limit}; mlx_convolve_into has no such limit"
            ))
        })
    }

    /// Room for the contiguous elements of `shape`.
    ///
    /// # Errors
    /// `InvalidArgument` for an impossible shape; `OutOfMemory`.
    pub fn shaped(shape: &[i32], dtype: Dtype) -> Result<Self> {
        let layout = Layout::contiguous(shape, dtype)?;
        let buffer = Buffer::new(layout.size() * dtype.size(), "the result")?;
        Ok(Self { layout, dtype, room: Room::Host(buffer) })
    }

    /// Room on `gpu` for the contiguous elements of `shape`.
    ///
    /// # Errors
    /// `InvalidArgument` for an impossible shape; `OutOfMemory`, `DeviceLost`.
    pub fn on_gpu(gpu: &Gpu, shape: &[i32], dtype: Dtype) -> Result<Self> {
        let layout = Layout::contiguous(shape, dtype)?;
        let buffer = gpu.buffer(layout.size() * dtype.size(), "the result")?;
        Ok(Self { layout, dtype, room: Room::Gpu(buffer) })
    }

    /// The smallest output, for tests of the code that fills in outputs.
    #[cfg(test)]
    pub fn one_byte() -> Self {
        Self::new(1, Dtype::UInt8).unwrap()
    }

    /// The room to fill in.
    pub fn room_mut(&mut self) -> &mut Room {
        &mut self.room
    }

    /// The array of the values, which never change from now on.
    pub fn finish(self) -> Array {
        let promise = Promise::kept_in(self.room);
        Array::new(self.layout, self.dtype, promise)
    }

    /// An array with pending values, and the part that settles them. A task of `line` fills in the
    /// bytes and settles.
    pub fn promise(self, line: lines::Id) -> (Array, Pending) {
        let (promise, pending) = Promise::open(self.room, line);
        (Array::new(self.layout, self.dtype, promise), pending)
    }
}
