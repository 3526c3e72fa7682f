//! Copies between the host and a device.

use std::sync::mpsc;

use super::buffer::Buffer;
use super::device::Gpu;
use crate::error::{Error, Result};
use crate::memory;
use crate::process::without_cancellation;

/// Bytes that are copied at a time. So much memory is taken beside the values, twice for a moment.
const PIECE: usize = 64 << 20;

impl Gpu {
    /// A copy of `bytes`, whose number is a multiple of 4 or is rounded up to one. `what` names them in
    /// the error message. The copy is made before later submissions are done.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`.
    pub fn uploaded(&self, bytes: &[u8], what: &'static str) -> Result<Buffer> {
        without_cancellation(|| self.copied(bytes, what))
    }

    fn copied(&self, bytes: &[u8], what: &'static str) -> Result<Buffer> {
        let buffer = self.buffer(bytes.len(), what)?;
        for (i, piece) in bytes.chunks(PIECE).enumerate() {
            if i > 0 {
                // Else the staging memory of all pieces would be held until the next submission ends.
                self.wait(&self.submit(|_| {}, |_, _| {})?)?;
            }
            let size = (piece.len() as u64).next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
            let raw = buffer.raw()?;
            let written = self.scoped((what, piece.len()), |_, queue| {
                let at = (i * PIECE) as u64;
                let mut view = queue.write_buffer_with(raw, at, size.try_into().ok()?)?;
                view.slice(..piece.len()).copy_from_slice(piece);
                Some(())
            })?;
            written.ok_or_else(|| Error::internal("the GPU refused an upload"))?;
        }
        Ok(buffer)
    }

    /// Waits until the device has done all that was submitted so far.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`.
    pub fn finish(&self) -> Result<()> {
        without_cancellation(|| self.read_back(None, &mut []))
    }

    /// Reads `out.len()` bytes of `from` back, from a byte on, if there is a `from`, and verifies that
    /// the device has done all work so far.
    fn read_back(&self, from: Option<(&wgpu::Buffer, u64)>, out: &mut [u8]) -> Result<()> {
        let what = "values on their way from the GPU";
        let size = (out.len() as u64).next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        let staging = self.scoped((what, out.len()), |device, _| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(what),
                size: size + 4,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })?;
        let submission = self.submit(
            |encoder| {
                if let Some((from, at)) = from {
                    encoder.copy_buffer_to_buffer(from, at, &staging, 0, size);
                }
            },
            |encoder, counter| encoder.copy_buffer_to_buffer(counter, 0, &staging, size, 4),
        )?;
        let (tell, told) = mpsc::channel();
        self.scoped((what, out.len()), |_, _| {
            staging.map_async(wgpu::MapMode::Read, .., move |outcome| {
                let _ = tell.send(outcome.is_ok());
            });
        })?;
        self.wait(&submission)?;
        // Another thread that waits may be the one that tells, a moment later.
        if told.recv() != Ok(true) {
            self.check()?;
            return Err(Error::lost("the GPU did not give its values back"));
        }
        let view = staging.get_mapped_range(..);
        let view = view.map_err(|error| Error::internal(format!("values of the GPU: {error}")))?;
        let (values, counter) = view.split_at(size as usize);
        let counted = counter.try_into().map(u32::from_le_bytes).unwrap_or_default();
        self.verify(&submission, counted)?;
        memory::copy(&values[..out.len()], out);
        Ok(())
    }
}

impl Buffer {
    /// Waits until the values are computed, and copies them to `out`, which has exactly their length.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`.
    pub fn download(&self, out: &mut [u8]) -> Result<()> {
        debug_assert_eq!(self.len(), out.len());
        for (i, piece) in out.chunks_mut(PIECE).enumerate() {
            let from = (self.raw()?, (i * PIECE) as u64);
            without_cancellation(|| self.gpu().read_back(Some(from), piece))?;
        }
        Ok(())
    }
}
