//! Memory of a device.

use std::fmt;
use std::sync::Arc;

use super::device::Gpu;
use super::owned::Owned;
use crate::error::{Error, Result};
use crate::memory::counters;
use crate::process::without_cancellation;

/// Bytes on a device. Clones are the same bytes.
#[derive(Clone)]
pub struct Buffer(Arc<Bytes>);

struct Bytes {
    gpu: Gpu,
    /// `None` only while this is dropped.
    raw: Option<Owned<wgpu::Buffer>>,
    len: usize,
    size: usize,
}

impl Gpu {
    /// `len` bytes with unspecified values. `what` names them in the error message.
    ///
    /// # Errors
    /// `OutOfMemory`, also after all freed buffers were given back; `DeviceLost`.
    pub fn buffer(&self, len: usize, what: &'static str) -> Result<Buffer> {
        without_cancellation(|| self.reused_or_made(len, what))
    }

    fn reused_or_made(&self, len: usize, what: &'static str) -> Result<Buffer> {
        self.check()?;
        let size = size_for(len as u64);
        let raw = match self.reused(size) {
            Some(raw) => raw,
            None => self.made(size, what).or_else(|error| {
                self.trim(0);
                self.made(size, what).map_err(|_| error)
            })?,
        };
        let (raw, size) = (Some(Owned::new(raw)), size as usize);
        counters::taken(size);
        Ok(Buffer(Arc::new(Bytes { gpu: self.clone(), raw, len, size })))
    }

    fn made(&self, size: u64, what: &'static str) -> Result<wgpu::Buffer> {
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        if size > self.limits().max_buffer_size {
            return Err(Error::out_of_memory(what, bytes));
        }
        self.scoped((what, bytes), |device, _| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(what),
                size,
                usage: wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_SRC
                    | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })
    }
}

impl Buffer {
    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.0.gpu
    }

    /// Whether the bytes are on `gpu`.
    pub fn is_on(&self, gpu: &Gpu) -> bool {
        self.gpu().is(gpu)
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// The buffer of wgpu, which may be longer.
    ///
    /// # Errors
    /// `DeviceLost` in a forked child.
    pub fn raw(&self) -> Result<&wgpu::Buffer> {
        match &self.0.raw {
            Some(raw) => raw.get(),
            None => Err(Error::internal("a buffer was used after it was freed")),
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        counters::returned(self.size);
        if let Some(raw) = self.raw.take() {
            // The queue does its work in order. So whoever reuses the buffer writes to it after the
            // work that reads it now.
            self.gpu.keep(raw);
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes on {:?}", self.len(), self.gpu())
    }
}

/// The size of a buffer for `len` bytes: few sizes, so that freed buffers fit again, at most an eighth
/// more, and at least 256 bytes.
fn size_for(len: u64) -> u64 {
    const LEAST: u64 = 256;
    let step = (len.max(LEAST).next_power_of_two() / 16).max(LEAST);
    len.max(1).next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_few_and_at_most_an_eighth_more() {
        assert_eq!([0, 1, 256, 257].map(size_for), [256, 256, 256, 512]);
        for len in (4096..1 << 20).step_by(77) {
            assert!((len..=len + len / 8).contains(&size_for(len)), "{len}");
            assert_eq!(size_for(len) % 256, 0);
        }
    }
}
