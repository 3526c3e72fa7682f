//! Threads that do tasks: a line's worker, which stays for a while, and whoever passes by.

use std::cell::Cell;
use std::time::Duration;

use super::queue::Queued;
use super::table::{Done, Id, Left, Progress, lock};
use crate::event::Event;
use crate::memory::reserve;
use crate::process::{catch, generation, without_cancellation};

/// A worker without work waits this long for more before it ends: starting one costs some 30 microseconds.
pub const PATIENCE: Duration = Duration::from_millis(500);

thread_local! {
    /// This thread does tasks: further down, one or what it drops is running.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is in the middle of a task, or drops what one owned.
pub fn is_serving() -> bool {
    SERVES.get()
}

/// Does what `next` takes up, which is told how the task before went.
pub fn serve(next: impl Fn(Option<Done>) -> Option<(Id, Box<Queued>)>) {
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
pub fn next_in_passing(
    waits: Option<(Id, &Event)>,
    done: Option<Done>,
) -> Option<(Id, Box<Queued>)> {
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
pub fn next_of_worker(
    own: Id,
    progress: &Progress,
    done: Option<Done>,
) -> Option<(Id, Box<Queued>)> {
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
