//! Threads that run tasks: a line's worker, which stays for a while, and threads that only pass by.

use std::cell::Cell;
use std::time::Duration;

use super::queue::Queued;
use super::table::{Done, Id, Left, Progress, lock};
use crate::event::Event;
use crate::memory::reserve;
use crate::process::{catch, generation, without_cancellation};

/// A worker without work waits this long before it ends. Starting a worker costs some 30
/// microseconds.
pub const PATIENCE: Duration = Duration::from_millis(500);

thread_local! {
    /// Whether this thread is in [`serve`]: its stack has a task, or a drop of something that a task
    /// owned.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is in the middle of a task, or drops something that a task owned.
pub fn is_serving() -> bool {
    SERVES.get()
}

/// Runs the tasks that `next` takes up, one after another. `next` is told the outcome of the task
/// before.
pub fn serve(next: impl Fn(Option<Done>) -> Option<(Id, Box<Queued>)>) {
    SERVES.set(true);
    without_cancellation(|| {
        let of = generation();
        let mut done = None;
        loop {
            // A task may have forked. In the child, this thread is no longer a worker and no longer
            // waits for an event.
            let is_child = generation() != of;
            let taken = if is_child { next_in_passing(None, done) } else { next(done) };
            let Some((id, task)) = taken else { break };
            let task = task.into_task();
            let before = generation();
            // If a task uses the reserve, neither the waiting call nor the next task fails for that.
            let _call = reserve::begin();
            // A panic that the task does not catch itself is also a failure of the stream.
            let outcome = catch(task).map_err(reserve::lasting);
            // In a child forked by the task, the outcome belongs to no line: `lock` has abandoned them.
            done = (generation() == before).then_some((id, outcome));
        }
    });
    SERVES.set(false);
}

/// The next task for a thread that does not stay. While the event for which it waits is pending,
/// this may be a task of that event's line. Otherwise it is a task of a line without a worker.
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

/// The next task for the worker of `own`: a task of its line, or of a line without a worker. `None`
/// when there has been no task during its patience.
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
