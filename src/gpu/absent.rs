//! Stands in for graphics processors in a build without them. There is no [`Gpu`], so no function
//! that takes one is ever called.

use super::{Lens, Numbers, Spans};
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::process::Ignored;

/// What there is none of.
#[derive(Clone, Debug)]
enum Never {}

/// An open device, of which there is none.
#[derive(Clone, Debug)]
pub struct Gpu {
    never: Never,
}

/// Memory of a device, of which there is none.
#[derive(Clone, Debug)]
pub struct Buffer {
    never: Never,
}

/// The number of devices.
pub fn count() -> i32 {
    0
}

/// Which devices were looked for, for people.
pub fn looked_for() -> String {
    "this build of the library has no GPU core (CMake option MLX_CONVOLVE_GPU)".to_owned()
}

/// The value of the environment variable, if it is ignored. Nothing reads it.
pub fn ignored() -> Option<Ignored<'static>> {
    None
}

/// The name of a device.
pub fn name(_: i32) -> Option<String> {
    None
}

/// Whether device 0 computes through Apple's Metal.
pub fn is_metal() -> bool {
    false
}

/// The transforms of a device that are faster than direct sums.
pub fn faster_transforms(_: Lens) -> Option<[usize; 2]> {
    None
}

/// The number of bytes of freed buffers that are kept.
pub fn cached() -> usize {
    0
}

/// Frees these buffers until at most `limit` bytes are left.
pub fn clear_cache(_: usize) {}

impl Gpu {
    /// Opens a device.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn open(_: i32) -> Result<Self> {
        Err(Error::unavailable(looked_for()))
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn buffer(&self, _: usize, _: &'static str) -> Result<Buffer> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn uploaded(&self, _: &[u8], _: &'static str) -> Result<Buffer> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn direct(
        &self,
        _: Numbers,
        _: [&Buffer; 3],
        _: Lens,
        _: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn transforms(
        &self,
        _: [&Buffer; 3],
        _: Lens,
        _: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn convert(
        &self,
        _: [Dtype; 2],
        _: [&Buffer; 2],
        _: usize,
        _: impl IntoIterator<Item = Spans>,
    ) -> Result<()> {
        match self.never {}
    }

    /// Never called.
    pub fn reach(&self) -> usize {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn plain(&self, _: Dtype, _: usize, _: &'static str) -> Result<Buffer> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn pack(&self, _: Dtype, _: &Buffer, _: &Buffer, _: usize) -> Result<()> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn check(&self) -> Result<()> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn finish(&self) -> Result<()> {
        match self.never {}
    }
}

impl Buffer {
    /// Never called.
    pub fn len(&self) -> usize {
        match self.never {}
    }

    /// Never called.
    pub fn gpu(&self) -> &Gpu {
        match self.never {}
    }

    /// Never called.
    pub fn is_on(&self, _: &Gpu) -> bool {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn download(&self, _: &mut [u8]) -> Result<()> {
        match self.never {}
    }
}
