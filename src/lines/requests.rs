//! What streams and arrays ask of a line: to do a task, to wait for one, to tell a failure, to end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::queue::{Queued, Task};
use super::serving::{is_serving, next_in_passing, next_of_worker, serve};
use super::table::{Id, Progress, lock, lock_with_room};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::memory::reserve;
use crate::threads;

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
            if !is_serving() {
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
    if !event.is_settled() && !is_serving() {
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

/// Keeps the worker of a line away, for tests of who does its tasks then.
#[cfg(test)]
pub fn keep_worker_away(id: Id, progress: &Arc<Progress>) {
    lock_with_room().unwrap().get_or_add(id, progress).has_worker = true;
}
