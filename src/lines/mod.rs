//! Lines of tasks, and the threads that run the tasks: workers, and threads that wait for a task.
//!
//! The tasks of a line run in order, one at a time: the first task in the queue is free while no
//! other task of the line is running. Each line has a worker, its own thread. But waking a sleeping
//! worker takes longer than many tasks, and so does being woken by it. Therefore a waiting thread
//! itself takes up free tasks of the line that it waits for, until its event is settled, and after
//! that free tasks of lines without a worker. [`table`] has the lines, [`serving`] has the threads.
//!
//! # Why no thread waits for ever
//!
//! A task waits only for the events of the arrays that it reads. Tasks that were queued earlier
//! settle these events. All queueing happens under one lock, which gives all tasks an order. Each
//! line keeps this order.
//!
//! Let T be the earliest task that is not done, and L its line. If a thread is running T, every
//! event that T waits for is settled, so T will end. If not, T is the first task of L. It is free
//! as soon as the thread that ran the task before it in L has dropped everything that this task
//! owned.
//!
//! Case 1: L has a worker. The worker is called when T is queued. The thread that ran the task
//! before T also calls the worker, unless it takes up T itself.
//!
//! - If the worker is waiting for the call, it takes up T.
//! - Otherwise the worker is running a task of a line without a worker. When it took up that task, L
//!   had no task that is earlier than that task, free or not. So that task is earlier than T: it is
//!   settled and about to end. Then the worker takes up T.
//!
//! Case 2: L has no worker, because no thread could be started. Then the thread that tried to start
//! one looks after L. It may be in the middle of a task (in the program's destructor of memory that
//! the task has read). Then it looks after L when this task has ended; the task was queued before
//! T, so it is settled and about to end. A thread that has run a task of L also looks after L.
//! Looking after a line means: take up the earliest free task of the thread's own line and of all
//! lines without a worker, again and again. The earliest one is T.
//!
//! A task, and a thread that waits for an array, may also wait for a GPU. The GPU needs no thread of
//! this process for what was submitted: it finishes the work, or is lost.
//!
//! So T will be done, and by induction all tasks will be done. A waiting thread that runs tasks is
//! like a worker: inside a task it waits for earlier tasks only. Inside a task it takes up no other
//! task; it just waits for events.
//!
//! These things could break the proof, but do not occur:
//!
//! - A task that owned its stream would close its own line. Tasks own arrays only, and freeing a
//!   stream does not stop its line: the queued tasks still run.
//! - If a pool of threads ran the tasks, all its threads might wait. But each line has its own
//!   thread, and the threads that help one computation ([`crate::threads`]) wait for nothing.
//! - Locks are held one at a time ([`crate::process::Lock`]), and only to look at all lines or to
//!   reverse a queue. No lock is held while a task or the program's code runs, or while memory is
//!   allocated or freed.
//! - The program's destructors of borrowed memory run on workers and on waiting threads, after the
//!   task that read the memory has been settled. The header says that a destructor must not wait
//!   for pending values.
//! - A program's thread that ended in the middle of a task would leave the line busy. But a request
//!   to end a thread has to wait ([`crate::process::without_cancellation`]), and the header says
//!   that destructors must not throw.

mod queue;
mod requests;
mod serving;
mod table;

#[cfg(test)]
mod tests;

pub use queue::LineTask;
#[cfg(test)]
pub use requests::keep_worker_away;
pub use requests::{close, enqueue, is_idle, take_failure, wait};
pub use table::{Id, Progress};
