//! Devices and streams. Streams run their work at once, on the caller's thread.

mod device;
mod queue;

pub use device::{Device, DeviceType, default_device, device_count, set_default_device};
pub use queue::Stream;
