//! Devices: a kind and an index.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::gpu;

/// A kind of device. The numbers are those of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum DeviceType {
    /// The processor.
    Cpu = 0,
    /// A graphics processor.
    Gpu = 1,
}

/// A device, which may or may not be present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Device {
    /// The kind of the device.
    pub kind: DeviceType,
    /// The index of the device among the devices of its kind.
    pub index: i32,
}

impl Device {
    /// The only processor.
    pub const CPU: Self = Self { kind: DeviceType::Cpu, index: 0 };
    /// The first graphics processor.
    pub const GPU: Self = Self { kind: DeviceType::Gpu, index: 0 };

    /// Whether the device can run work.
    pub fn is_available(self) -> bool {
        self.index < device_count(self.kind)
    }

    /// The device itself, if it can run work.
    ///
    /// # Errors
    /// `DeviceUnavailable` if it cannot.
    pub fn require(self) -> Result<Self> {
        if self.is_available() {
            return Ok(self);
        }
        let (kind, count) = (self.kind, device_count(self.kind));
        let mut message =
            format!("{self} is not available: the number of {kind} devices is {count}");
        if kind == DeviceType::Gpu && count == 0 {
            message += "; ";
            message += &gpu::looked_for();
        }
        Err(Error::unavailable(message))
    }
}

impl fmt::Display for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({}, {})", self.kind, self.index)
    }
}

/// The number of devices of a kind.
pub fn device_count(kind: DeviceType) -> i32 {
    match kind {
        DeviceType::Cpu => 1,
        DeviceType::Gpu => gpu::count(),
    }
}

/// Bit 0 is the number of the kind. The other bits are the index.
static DEFAULT: AtomicU64 = AtomicU64::new(0);

/// The default device of the process.
pub fn default_device() -> Device {
    let packed = DEFAULT.load(Ordering::Relaxed);
    let kind = if packed & 1 == 0 { DeviceType::Cpu } else { DeviceType::Gpu };
    Device { kind, index: (packed >> 1) as i32 }
}

/// Makes `device` the default device of the process.
///
/// # Errors
/// `DeviceUnavailable` if the device cannot run work.
pub fn set_default_device(device: Device) -> Result<()> {
    let Device { kind, index } = device.require()?;
    DEFAULT.store((index as u64) << 1 | kind as u64, Ordering::Relaxed);
    Ok(())
}
