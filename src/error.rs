//! The one error type: a status for programs and a message for people.

use std::borrow::Cow;
use std::sync::Arc;

/// The kind of a failure, as a number that C sees. A number is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// An argument is NULL, empty, out of range, foreign or of the wrong size.
    InvalidArgument = 1,
    /// The request is valid, but not available, such as a dtype on a device.
    Unsupported = 2,
    /// An allocation failed. Nothing was changed.
    OutOfMemory = 3,
    /// The device is not present.
    DeviceUnavailable = 4,
    /// The device, or its pending work, was lost.
    DeviceLost = 5,
    /// A bug in this library, caught.
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

/// The argument that caused the failure. Writing it and the message needs no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Argument {
    /// There is none, or the message names it itself.
    #[error("")]
    Unnamed,
    /// The argument itself is wrong.
    #[error("{0}: ")]
    Wrong(&'static str),
    /// The argument is an array whose values could not be computed.
    #[error("{0}: computing it failed: ")]
    Failed(&'static str),
}

/// The message for people. A lack of memory is kept as numbers, not as text: results that failed keep their error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Message {
    #[error("{0}")]
    Fixed(&'static str),
    /// Shared: every reader of a failed result receives the failure, and passing it on takes no memory.
    #[error("{0}")]
    Text(Arc<str>),
    #[error("out of memory: {bytes} bytes for {what}")]
    OutOfMemory { what: &'static str, bytes: usize },
}

/// The result of fallible code in this crate.
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

    /// [`Status::OutOfMemory`]: something other than bytes ran out.
    pub fn exhausted(message: &'static str) -> Self {
        Self::new(Status::OutOfMemory, message)
    }

    /// [`Status::DeviceUnavailable`].
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::DeviceUnavailable, message)
    }

    /// [`Status::DeviceLost`].
    pub fn lost(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::DeviceLost, message)
    }

    /// [`Status::Unsupported`].
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Unsupported, message)
    }

    /// [`Status::Internal`].
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Internal, message)
    }

    /// The message's own memory, if it has any.
    pub fn owned_text(&self) -> Option<&str> {
        if let Message::Text(text) = &self.message { Some(text) } else { None }
    }

    /// The same failure with a message that takes no memory.
    pub fn without_text(self) -> Self {
        Self { message: Message::Fixed("the message is lost, as memory had run out"), ..self }
    }

    /// The same failure. The message names the argument that caused it.
    pub fn of(self, name: &'static str) -> Self {
        Self { argument: Argument::Wrong(name), ..self }
    }

    /// The same failure. `spelling` turns the argument's name, if there is one, into that of the caller.
    pub fn renamed(self, spelling: impl FnOnce(&'static str) -> &'static str) -> Self {
        match self.argument {
            Argument::Wrong(name) => self.of(spelling(name)),
            _ => self,
        }
    }

    /// The failure of a call or task that reads a failed array. The message names the argument.
    /// However long the chain of failed arrays is, the message has only one name and the first
    /// failure.
    pub fn inherited(self, name: &'static str) -> Self {
        Self { argument: Argument::Failed(name), ..self }
    }
}
