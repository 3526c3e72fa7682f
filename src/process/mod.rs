//! The life of the process in which this library is a guest: forks, panics, cancellation, the
//! environment, thread-specific values.
//!
//! A fork copies memory, but only one thread. The child loses the other threads in the middle of
//! their work, and a lock that one of them held would stay locked for ever. So every lock that
//! outlives a call is a [`Lock`], for which a fork waits. And pending work belongs to a
//! [`generation()`], which tells the child that nobody will finish it.

mod cancellation;
mod environment;
mod generation;
#[cfg(unix)]
mod load;
mod lock;
mod once;
mod panics;
mod per_thread;
mod watch;

#[cfg(test)]
pub mod guard_page;

pub use cancellation::without_cancellation;
pub use environment::{Ignored, Setting};
pub use generation::generation;
#[cfg(unix)]
pub(crate) use load::at_load;
pub use lock::{Guard, Lock};
pub use once::Once;
pub use panics::{catch, quietly};
pub use per_thread::PerThread;
pub use watch::memory_is_touched;
