//! Devices and streams.
//!
//! A stream is a line of tasks on a device, done one after another. [`queue`] is what a program holds,
//! [`lines`] the tasks that wait and the workers that do them. Tasks are closures; what they compute is
//! none of this module's business.
//!
//! # Why nobody waits for ever
//!
//! A task may wait for one thing: the events of arrays that it reads. Those arrays existed when it was
//! queued, so the tasks that make them were queued earlier. All queueing happens under one lock, which
//! gives the tasks an order; each line keeps it. Take the earliest task that is not done. It is the first
//! of its line, and whatever it reads is ready. Its line has somebody who serves it: a worker, or, where
//! no thread could be started, the thread that queued. If that thread was itself in the middle of a task - in the
//! program's destructor of what the task had read - the line is served after it, by a thread that takes up
//! whichever of its tasks was queued first. So it is done, and by induction all are.
//!
//! What could break this, and does not:
//! - A task that owned its stream would close its own line. Tasks own arrays only, and freeing a stream
//!   lets its line be served to the end.
//! - A pool that ran tasks could have all its threads wait. Each line has a thread of its own, and the
//!   threads that help one computation ([`crate::threads`]) wait for nothing.
//! - Locks are held for a few instructions each, one at a time ([`crate::process::Lock`]), never while a task
//!   or the program's code runs.
//! - The program's destructors of borrowed memory run on workers, after the task that read it has been
//!   settled; that they must not wait for pending values is in the header.

mod device;
mod lines;
mod queue;

pub use device::{Device, DeviceType, default_device, device_count, set_default_device};
pub use queue::Stream;

#[cfg(test)]
mod tests;
