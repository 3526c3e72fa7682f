//! Lines of tasks, and the threads that do them: workers, and whoever waits for a task.
//!
//! A line's tasks are done in order, one at a time: its first task is free while nobody is doing another of it. Each
//! line gets a worker, a thread of its own; but waking one that sleeps takes longer than many a task, and so does
//! being woken by it. So a thread that waits for a task takes up what is free in that line itself, until what it waits
//! for is there, and then what is free in lines without a worker. [`table`] has the lines.
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
//!   has to wait ([`without_cancellation`]), and the destructors must not throw, as the header says.

mod queue;
mod table;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::event::Event;
use crate::memory::reserve;
use crate::process::{catch, generation, without_cancellation};
use crate::threads;
use queue::Queued;
use table::{Left, lock, lock_with_room};

pub use table::Progress;

/// A worker without work waits this long for more before it ends: starting one costs some 30 microseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// Work of a line. It settles whatever waits for it, and says how it went.
pub type Task = Box<dyn FnOnce() -> Result<()> + Send>;

/// What tells lines apart. Other than a stream's index these are never used again.
pub type Id = u64;

/// A task that was done, by its line, and how it went.
type Done = (Id, Result<()>);

thread_local! {
    /// This thread does tasks: further down, one or what it drops is running.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// Whether all that was queued on a line is done.
pub fn is_idle(progress: &Progress) -> bool {
    progress.unfinished.load(Ordering::Acquire) == 0 || {
        // What was pending before a fork does not count.
        drop(lock());
        progress.unfinished.load(Ordering::Acquire) == 0
    }
}

/// Queues `task` behind all others of the line. Where no thread can be started for it, this thread does it before
/// this returns; or, if this thread or another is doing a task right now that has to come first, that one after it.
///
/// # Errors
/// `OutOfMemory`; the task is dropped then.
pub fn enqueue(id: Id, progress: &Arc<Progress>, task: Task) -> Result<()> {
    let task = Queued::new(task);
    // Before others see it: what was taken from the reserve is to come back when this call ends.
    reserve::check()?;
    let had_worker = {
        let mut lines = lock_with_room()?;
        let number = lines.next_number();
        let line = lines.get_or_add(id, progress);
        line.push(task, number);
        let had_worker = std::mem::replace(&mut line.has_worker, true);
        if had_worker {
            lines.call_worker(id);
        }
        had_worker
    };
    if !had_worker {
        let progress = progress.clone();
        let work = move || serve(|done| next_of_worker(id, &progress, done));
        if !threads::start(work) {
            if let Some(line) = lock().get(id) {
                line.has_worker = false;
            }
            if !SERVES.get() {
                serve(|done| next_in_passing(None, done));
            }
        }
    }
    Ok(())
}

/// Waits for an event that a task of the line settles. While nobody is at the tasks before it and at the task
/// itself, this thread does them.
///
/// # Errors
/// What it was settled with, as [`Event::wait`].
pub fn wait(id: Id, event: &Event) -> Result<()> {
    if !event.is_settled() && !SERVES.get() {
        serve(|done| next_in_passing(Some((id, event)), done));
    }
    event.wait()
}

/// The first failure on a line since the last call.
pub fn take_failure(id: Id) -> Option<Error> {
    let (failure, _left) = {
        let mut lines = lock();
        let failure = lines.get(id)?.failure.take();
        (failure, lines.tidy(id))
    };
    failure
}

/// The stream is gone: what is queued is still done.
pub fn close(id: Id) {
    let _left = {
        let mut lines = lock();
        if let Some(line) = lines.get(id) {
            line.is_closed = true;
            line.progress.changed.notify_one();
        }
        lines.tidy(id)
    };
}

/// Does what `next` takes up, which is told how the task before went.
fn serve(next: impl Fn(Option<Done>) -> Option<(Id, Box<Queued>)>) {
    SERVES.set(true);
    without_cancellation(|| {
        let of = generation();
        let mut done = None;
        loop {
            // A task may have forked. In the child this thread is nobody's worker, and waits for nothing any more.
            let is_child = generation() != of;
            let taken = if is_child { next_in_passing(None, done) } else { next(done) };
            let Some((id, task)) = taken else { break };
            let task = task.into_task();
            let before = generation();
            // What a task takes from the reserve is no failure of the call that waits for it, nor of the next task.
            let _call = reserve::begin();
            // A panic outside what the task catches itself is a failure of the stream, too.
            let outcome = catch(task).map_err(reserve::lasting);
            // In such a child, nobody's: the lines have been abandoned.
            done = (generation() == before).then_some((id, outcome));
        }
    });
    SERVES.set(false);
}

/// For a thread that will not stay: the next task of the line whose event it waits for, while that is pending; or
/// of one that has no worker.
fn next_in_passing(waits: Option<(Id, &Event)>, done: Option<Done>) -> Option<(Id, Box<Queued>)> {
    let (next, _left) = {
        let mut lines = lock();
        let (before, left) = lines.note(done);
        let own = waits.filter(|(_, event)| !event.is_settled()).map(|(id, _)| id);
        let next = lines.take_up(own, false);
        if let Some(id) = before {
            lines.call_worker(id);
        }
        (next, left)
    };
    next
}

/// For the worker of `own`: the next task of its line, or of one that has no worker. `None` once there has been none
/// for as long as its patience.
fn next_of_worker(own: Id, progress: &Progress, done: Option<Done>) -> Option<(Id, Box<Queued>)> {
    let (next, _left) = {
        let mut lines = lock();
        let (mut before, left) = lines.note(done);
        let mut is_over = false;
        loop {
            let next = lines.take_up(Some(own), true);
            if let Some(id) = before.take() {
                lines.call_worker(id);
            }
            if next.is_some() {
                break (next, [left, Left::default()]);
            }
            let Some(line) = lines.get(own) else { break (None, [left, Left::default()]) };
            if line.tasks.is_empty() && (is_over || line.is_closed) {
                line.has_worker = false;
                break (None, [left, lines.tidy(own)]);
            }
            (lines, is_over) = lines.wait_timeout(&progress.changed, PATIENCE);
        }
    };
    next
}

/// Keeps the worker of a line away, for tests of who does its tasks then.
#[cfg(test)]
pub fn keep_worker_away(id: Id, progress: &Arc<Progress>) {
    lock_with_room().unwrap().get_or_add(id, progress).has_worker = true;
}

#[cfg(test)]
mod tests;
