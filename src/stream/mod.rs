//! Devices and streams. Streams run their work at once, on the caller's thread.

/// A place in line for work on a device.
pub struct Stream(());
