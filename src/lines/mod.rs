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
//! - Locks are held for as long as it takes to look at all lines, one at a time ([`crate::process::Lock`]), never while a task
//!   or the program's code runs.
//! - The program's destructors of borrowed memory run on workers and on threads that wait, after the task that
//!   read it has been settled; that they must not wait for pending values is in the header.
//! - A thread of the program's that ended in the middle of a task would leave its line busy. Being asked to end
//!   has to wait ([`threads::without_cancellation`]), and the destructors must not throw, as the header says.

mod table;

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::event::Event;
use crate::memory::reserve;
use crate::process::{catch, generation};
use crate::threads;
use table::{Line, lock};

/// A worker without work waits this long for more before it ends: starting one costs some 30 microseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// Work of a line. It settles whatever waits for it, and says how it went.
pub type Task = Box<dyn FnOnce() -> Result<()> + Send>;

/// What streams know of their lines without the lock: how many tasks are not done.
pub type Unfinished = Arc<AtomicUsize>;

/// What tells lines apart. Other than a stream's index these are never used again.
pub type Id = u64;

/// A task that was done, by its line, and how it went.
type Done = (Id, Result<()>);

thread_local! {
    /// This thread does tasks: further down, one or what it drops is running.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// Whether all that was queued on a line is done.
pub fn is_idle(unfinished: &Unfinished) -> bool {
    unfinished.load(Ordering::Acquire) == 0 || {
        // What was pending before a fork does not count.
        drop(lock());
        unfinished.load(Ordering::Acquire) == 0
    }
}

/// Queues `task` behind all others of the line. Where no thread can be started for it, this thread does it before
/// this returns; or, if this thread or another is doing a task right now that has to come first, that one after it.
///
/// # Errors
/// `OutOfMemory`; the task is dropped then.
pub fn enqueue(id: Id, unfinished: &Unfinished, task: Task) -> Result<()> {
    let had_worker = {
        let mut guard = lock();
        let (number, line) = (guard.queued, guard.lines.entry(id));
        let line = line.or_insert_with(|| Line::new(unfinished));
        let bytes = size_of::<(u64, Task)>();
        line.tasks.try_reserve(1).map_err(|_| Error::out_of_memory("a queued task", bytes))?;
        // Before others see it: what was taken from the reserve is to come back when this call ends.
        reserve::check()?;
        line.push(number, task);
        let had_worker = std::mem::replace(&mut line.has_worker, true);
        guard.queued += 1;
        if had_worker {
            guard.call_worker(id);
        }
        had_worker
    };
    if !had_worker && !threads::start(Box::new(move || serve(|done| next_of_worker(id, done)))) {
        if let Some(line) = lock().lines.get_mut(&id) {
            line.has_worker = false;
        }
        if !SERVES.get() {
            serve(|done| next_in_passing(None, done));
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
    if event.outcome().is_none() && !SERVES.get() {
        serve(|done| next_in_passing(Some((id, event)), done));
    }
    event.wait()
}

/// The first failure on a line since the last call.
pub fn take_failure(id: Id) -> Option<Error> {
    let mut guard = lock();
    let failure = guard.lines.get_mut(&id)?.failure.take();
    guard.tidy(id);
    failure
}

/// The stream is gone: what is queued is still done.
pub fn close(id: Id) {
    let mut guard = lock();
    if let Some(line) = guard.lines.get_mut(&id) {
        line.is_closed = true;
        line.changed.notify_one();
    }
    guard.tidy(id);
}

/// Does what `next` takes up, which is told how the task before went.
fn serve(next: impl Fn(Option<Done>) -> Option<(Id, Task)>) {
    // What a task takes from the reserve is no failure of the call that waits for it.
    let _call = reserve::begin();
    SERVES.set(true);
    threads::without_cancellation(|| {
        let of = generation();
        let mut done = None;
        loop {
            // A task may have forked. In the child this thread is nobody's worker, and waits for nothing any more.
            let is_child = generation() != of;
            let taken = if is_child { next_in_passing(None, done) } else { next(done) };
            let Some((id, task)) = taken else { break };
            let before = generation();
            // A panic outside what the task catches itself is a failure of the stream, too.
            let outcome = catch(task);
            // In such a child, nobody's: the lines have been abandoned.
            done = (generation() == before).then_some((id, outcome));
        }
    });
    SERVES.set(false);
}

/// For a thread that will not stay: the next task of the line whose event it waits for, while that is pending; or
/// of one that has no worker.
fn next_in_passing(waits: Option<(Id, &Event)>, done: Option<Done>) -> Option<(Id, Task)> {
    let mut guard = lock();
    let before = guard.note(done);
    let own = waits.filter(|(_, event)| event.outcome().is_none()).map(|(id, _)| id);
    let next = guard.take_up(own, false);
    before.inspect(|&id| guard.call_worker(id));
    next
}

/// For the worker of `own`: the next task of its line, or of one that has no worker. `None` once there has been none
/// for as long as its patience.
fn next_of_worker(own: Id, done: Option<Done>) -> Option<(Id, Task)> {
    let mut guard = lock();
    let mut before = guard.note(done);
    let mut is_over = false;
    loop {
        let next = guard.take_up(Some(own), true);
        before.take().inspect(|&id| guard.call_worker(id));
        if next.is_some() {
            return next;
        }
        let line = guard.lines.get_mut(&own)?;
        if line.tasks.is_empty() && (is_over || line.is_closed) {
            line.has_worker = false;
            guard.tidy(own);
            return None;
        }
        let changed = line.changed.clone();
        let (back, timeout) =
            changed.wait_timeout(guard, PATIENCE).unwrap_or_else(PoisonError::into_inner);
        (guard, is_over) = (back, timeout.timed_out());
    }
}

/// Keeps the worker of a line away, for tests of who does its tasks then.
#[cfg(test)]
pub fn keep_worker_away(id: Id, unfinished: &Unfinished) {
    lock().lines.entry(id).or_insert_with(|| Line::new(unfinished)).has_worker = true;
}

#[cfg(test)]
mod tests;
