//! The one error type: a status for programs and a message for people.

use std::borrow::Cow;
use std::sync::Arc;

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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{argument}{message}")]
pub struct Error {
    /// For programs.
    pub status: Status,
    argument: Argument,
    message: Message,
}

/// The argument that brought the error. Writing it and the message needs no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Argument {
    /// There is none, or the message names it.
    #[error("")]
    Unnamed,
    /// It is wrong itself.
    #[error("{0}: ")]
    Wrong(&'static str),
    /// It is a value that was not made.
    #[error("{0}: computing it failed: ")]
    Failed(&'static str),
}

/// What failed, for people. Errors of lacking memory have none of their own: results that failed keep theirs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Message {
    #[error("{0}")]
    Fixed(&'static str),
    /// Shared: a failure is handed on to whatever reads the failed result, which takes no memory.
    #[error("{0}")]
    Text(Arc<str>),
    #[error("out of memory: {bytes} bytes for {what}")]
    OutOfMemory { what: &'static str, bytes: usize },
}

/// What fallible code in this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(status: Status, message: impl Into<Cow<'static, str>>) -> Self {
        let message = match message.into() {
            Cow::Borrowed(text) => Message::Fixed(text),
            Cow::Owned(text) => Message::Text(text.into()),
        };
        Self { status, argument: Argument::Unnamed, message }
    }

    /// [`Status::InvalidArgument`].
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::InvalidArgument, message)
    }

    /// [`Status::OutOfMemory`]: `what` could not get `bytes` bytes.
    pub fn out_of_memory(what: &'static str, bytes: usize) -> Self {
        let message = Message::OutOfMemory { what, bytes };
        Self { status: Status::OutOfMemory, argument: Argument::Unnamed, message }
    }

    /// [`Status::OutOfMemory`]: something else than bytes ran out.
    pub fn exhausted(message: &'static str) -> Self {
        Self::new(Status::OutOfMemory, message)
    }

    /// [`Status::DeviceUnavailable`].
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::DeviceUnavailable, message)
    }

    /// [`Status::DeviceLost`].
    pub fn lost(message: &'static str) -> Self {
        Self::new(Status::DeviceLost, message)
    }

    /// [`Status::Internal`].
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Internal, message)
    }

    /// The message's own memory, if it has some.
    pub fn owned_text(&self) -> Option<&str> {
        if let Message::Text(text) = &self.message { Some(text) } else { None }
    }

    /// The same failure, but for a message that takes no memory.
    pub fn without_text(self) -> Self {
        Self { message: Message::Fixed("the message is lost, as memory had run out"), ..self }
    }

    /// The same failure, its message naming the argument that brought it.
    pub fn of(self, name: &'static str) -> Self {
        Self { argument: Argument::Wrong(name), ..self }
    }

    /// The failure of whatever reads a value that was not made, its message naming the argument. However
    /// long the chain of such values, the message has one name and what happened first.
    pub fn inherited(self, name: &'static str) -> Self {
        Self { argument: Argument::Failed(name), ..self }
    }
}
