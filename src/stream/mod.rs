//! Devices and streams.
//!
//! A stream is a line of tasks on a device, done one after another. [`queue`] is what a program holds. Who does the
//! tasks, and why nobody waits for ever, is in [`crate::lines`]. Tasks are closures; what they compute is none
//! of this module's business.

mod device;
mod queue;

pub use device::{Device, DeviceType, default_device, device_count, set_default_device};
pub use queue::Stream;

#[cfg(test)]
mod tests;
