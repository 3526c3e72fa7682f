//! Devices and streams.
//!
//! A stream runs tasks on a device, one after another. [`queue`] has the type that a program holds.
//! [`crate::lines`] says which thread runs a task, and why no thread waits for ever. Tasks are
//! closures; this module does not know what they compute.

mod device;
mod queue;

pub use device::{Device, DeviceType, default_device, device_count, set_default_device};
pub use queue::Stream;

pub use crate::gpu::is_metal;

#[cfg(test)]
mod tests;
