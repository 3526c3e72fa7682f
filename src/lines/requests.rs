//! The requests of streams and arrays to a line: run a task, wait for a task, report a failure,
//! close.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::queue::{LineTask, Queued};
use super::serving::{is_serving, next_in_passing, next_of_worker, serve};
use super::table::{Id, Progress, lock, lock_with_room};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::memory::reserve;
use crate::threads;

/// Whether everything that was queued on a line is done.
pub fn is_idle(progress: &Progress) -> bool {
    progress.unfinished.load(Ordering::Acquire) == 0 || {
        // In a forked child, `lock` drops the parent's pending tasks, which do not count.
        drop(lock());
        progress.unfinished.load(Ordering::Acquire) == 0
    }
}

/// Queues `task` behind all other tasks of the line. If no worker can be started, the calling
/// thread runs the task before this function returns. But if the calling thread is inside a task,
/// or another thread is running an earlier task of the line, that thread runs `task` afterwards.
///
/// # Errors
/// `OutOfMemory`. The task is then dropped.
pub fn enqueue(id: Id, progress: &Arc<Progress>, task: LineTask) -> Result<()> {
    let task = Queued::new(task);
    // Checked before other threads see the task: memory from the reserve must come back when this
    // call ends.
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
        if !threads::start(threads::STACK, work) {
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

/// Waits for an event that a task of the line settles. This thread itself runs that task and the
/// tasks before it, as long as no other thread does.
///
/// # Errors
/// The error with which the event was settled, as for [`Event::wait`].
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

/// Notes that the stream is gone. The queued tasks still run.
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

/// Keeps the worker of a line away, for tests of the threads that run its tasks instead.
#[cfg(test)]
pub fn keep_worker_away(id: Id, progress: &Arc<Progress>) {
    lock_with_room().unwrap().get_or_add(id, progress).has_worker = true;
}
