//! Events. An event says whether a value has been computed, or whether a stream has reached a point
//! in its queue.
//!
//! An event is pending until it is settled, once: then it is ready or failed. Waiting for a settled
//! event costs nothing. Waiting for a pending event parks the thread in the event's [`lot`]. A
//! fence is an event without a value: it is settled when a stream reaches it.
//!
//! An event is settled under the lot's lock, for which forks wait. So no event is settled in the
//! middle of a fork, and a child sees an event as ready only if it also has the values. (A fork
//! copies the pages of a process one after another, so without the lock the child could have the
//! event but not the values.) An event that was pending in the parent stays pending in the child,
//! where nobody settles it: there, the event counts as lost.

mod lot;
mod state;

#[cfg(test)]
mod tests;

pub use state::Event;
