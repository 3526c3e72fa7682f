//! Something that will have happened: a value that is being made, or a point in a line of work.
//!
//! An event is pending until it is settled, once: it is ready then, or failed. Waiting for it costs
//! nothing once it is settled, and otherwise parks the thread in the event's [`lot`]. A fence is an event
//! that stands for no value: it is settled when a stream comes to it.
//!
//! Settling happens under the lot's lock. So it never happens in the middle of a fork, and a child sees an
//! event ready only if it also has the values: nobody else would tell it, as the pages of a process are
//! copied one after another. An event that was pending in the parent stays so in the child, where nobody
//! settles it: there it is lost.

mod lot;
mod state;

#[cfg(test)]
mod tests;

pub use state::Event;
