//! The one error type: a status for programs and a message for people.

use std::fmt;

/// What went wrong, as a number that C sees. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// An argument is NULL, empty, out of range, foreign or of the wrong size.
    InvalidArgument = 1,
    /// The request is meaningful but not available, as a dtype on a device.
    Unsupported = 2,
    /// An allocation failed; nothing was changed.
    OutOfMemory = 3,
    /// The device is not there.
    DeviceUnavailable = 4,
    /// The device or its pending work went away.
    DeviceLost = 5,
    /// A bug of this library, caught.
    Internal = 6,
}

/// A [`Status`] and a message that names the argument and the sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// For programs.
    pub status: Status,
    /// For people.
    pub message: String,
    /// Where the message of the first failure begins, behind the name of an input that inherited it.
    origin: usize,
}

/// What fallible code in this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), origin: 0 }
    }

    /// [`Status::InvalidArgument`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Status::InvalidArgument, message)
    }

    /// [`Status::OutOfMemory`]: `what` could not get `bytes` bytes.
    pub fn out_of_memory(what: &str, bytes: usize) -> Self {
        Self::new(Status::OutOfMemory, format!("out of memory: {bytes} bytes for {what}"))
    }

    /// [`Status::DeviceUnavailable`].
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Status::DeviceUnavailable, message)
    }

    /// [`Status::DeviceLost`].
    pub fn lost(message: impl Into<String>) -> Self {
        Self::new(Status::DeviceLost, message)
    }

    /// The same failure, its message naming the argument that brought it.
    pub fn of(mut self, name: &str) -> Self {
        self.message.insert_str(0, ": ");
        self.message.insert_str(0, name);
        self
    }

    /// The failure of whatever reads a value that was not made, its message naming the argument. However
    /// long the chain of such values, the message has one name and what happened first.
    pub fn inherited(mut self, name: &str) -> Self {
        let prefix = format!("{name}: computing it failed: ");
        self.message.replace_range(..self.origin, &prefix);
        self.origin = prefix.len();
        self
    }

    /// [`Status::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Status::Internal, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
