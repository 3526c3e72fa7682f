//! Lines of tasks, and the threads that do them: workers, and whoever waits for a task.
//!
//! A line's tasks are done in order, one at a time: its first task is free while nobody is doing another of it. Each
//! line gets a worker, a thread of its own; but waking one that sleeps takes longer than many a task, and so does
//! being woken by it. So a thread that waits for a task takes up what is free in that line itself, until what it waits
//! for is there, and then what is free in lines without a worker. [`table`] has the lines, [`serving`] the threads.
//!
//! # Why nobody waits for ever
//!
//! A task may wait for one thing: events that are settled by tasks queued earlier, those of the arrays that it
//! reads. All queueing happens under one lock, which gives the tasks an order; each line keeps it.
//!
//! Take the earliest task that is not done, T. If somebody is at it, whatever it waits for is there: it will be done.
//! If not, it is the first of its line L, and free as soon as whoever did the task before it in L has dropped what
//! that one owned.
//!
//! If L has a worker, it is called when T is queued, and by whoever did the task before and does not take up T itself:
//! - It may be waiting for that call. Then it takes up T.
//! - It may be doing a task of a line without a worker. When it took that up there was nothing earlier in L, free or
//!   not. So that task is earlier than T, settled, and about to end; then the worker takes up T.
//!
//! L has no worker where no thread could be started. The thread that tried then looks after L. If it is in the middle of
//! a task itself - in the program's destructor of what the task had read - it does so after that task, which was
//! queued before T and so is settled, and about to end. Whoever has done a task of L looks after L, too. To look after
//! it is to take up, again and again, the earliest free task of all such lines and of one's own. The earliest is T.
//!
//! So T is done, and by induction all are. A thread that waits and does tasks is, for each of them, like a
//! worker: it may have to wait in it for earlier tasks only. In a task it takes up no other: events are only
//! waited for there.
//!
//! What could break this, and does not:
//! - A task that owned its stream would close its own line. Tasks own arrays only, and freeing a stream
//!   lets its line be served to the end.
//! - A pool that ran tasks could have all its threads wait. Each line has a thread of its own, and the
//!   threads that help one computation ([`crate::threads`]) wait for nothing.
//! - Locks are held for as long as it takes to look at all lines, or to turn a queue round, one at a time ([`crate::process::Lock`]), never while a task
//!   or the program's code runs, and never while memory is taken or given back.
//! - The program's destructors of borrowed memory run on workers and on threads that wait, after the task that
//!   read it has been settled; that they must not wait for pending values is in the header.
//! - A thread of the program's that ended in the middle of a task would leave its line busy. Being asked to end
//!   has to wait ([`crate::process::without_cancellation`]), and the destructors must not throw, as the header says.

mod queue;
mod requests;
mod serving;
mod table;

#[cfg(test)]
mod tests;

pub use queue::Task;
#[cfg(test)]
pub use requests::keep_worker_away;
pub use requests::{close, enqueue, is_idle, take_failure, wait};
pub use table::{Id, Progress};
