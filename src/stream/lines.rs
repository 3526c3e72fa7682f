//! The tasks that wait in each stream's line, and the workers that do them.
//!
//! All lines are under one lock, which a fork waits for: it is taken twice a task, to queue it and to take it up. A
//! line exists while it has tasks, somebody who serves it or a failure to report; an idle stream has none.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::memory::reserve;
use crate::process::{Lock, catch, generation};
use crate::threads;

/// A worker without work waits this long for more before it ends: starting one costs some 30 microseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// Work of a stream. It settles whatever waits for it, and says how it went.
pub type Task = Box<dyn FnOnce() -> Result<()> + Send>;

/// What streams know of their lines without the lock: how many tasks are not done.
pub type Unfinished = Arc<AtomicUsize>;

/// What tells lines apart. Other than indices these are never used again.
pub type Id = u64;

struct Line {
    /// In order, each with its number in the order of all tasks.
    tasks: VecDeque<(u64, Task)>,
    /// Somebody does tasks of the line: until it is empty, or one of them.
    is_served: bool,
    /// The stream is gone: its worker need not wait for more.
    is_closed: bool,
    /// The first failure that nobody has asked for yet.
    failure: Option<Error>,
    unfinished: Unfinished,
    /// There are new tasks, or the stream was closed. In a forked child nobody waits for it any more, which
    /// it does not mind.
    changed: Arc<Condvar>,
}

struct Lines {
    /// Of the process that the workers belong to.
    generation: u32,
    lines: BTreeMap<Id, Line>,
    /// Tasks that were ever queued.
    queued: u64,
}

static LINES: Lock<Lines> = Lock::new(Lines { generation: 0, lines: BTreeMap::new(), queued: 0 });

thread_local! {
    /// This thread serves some line: further down, a task or what it drops is running.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// The lines of this process. In a child that was forked, what its parent had queued is dropped first.
fn lock() -> MutexGuard<'static, Lines> {
    let mut guard = LINES.lock();
    while guard.generation != generation() {
        guard.generation = generation();
        let dropped: Vec<_> = guard.lines.values_mut().map(Line::abandon).collect();
        guard.lines.retain(|_, line| !line.is_closed);
        // Not under the lock: this may be the last use of the program's memory.
        drop(guard);
        drop(dropped);
        guard = LINES.lock();
    }
    guard
}

impl Line {
    fn new(unfinished: &Unfinished) -> Self {
        Self {
            tasks: VecDeque::new(),
            is_served: false,
            is_closed: false,
            failure: None,
            unfinished: unfinished.clone(),
            changed: Arc::new(Condvar::new()),
        }
    }

    /// In a forked child: nobody serves the line, and nobody will do what was queued.
    fn abandon(&mut self) -> VecDeque<(u64, Task)> {
        if self.unfinished.swap(0, Ordering::Relaxed) != 0 {
            let lost = "stream: its work was pending in the process that this one was forked from";
            self.failure.get_or_insert_with(|| Error::lost(lost));
        }
        self.is_served = false;
        std::mem::take(&mut self.tasks)
    }

    fn is_idle(&self) -> bool {
        !self.is_served && self.tasks.is_empty()
    }
}

impl Lines {
    /// Forgets a line that has nothing to do and nothing to tell.
    fn tidy(&mut self, id: Id) {
        let done = |line: &Line| line.is_idle() && (line.failure.is_none() || line.is_closed);
        if self.lines.get(&id).is_some_and(done) {
            self.lines.remove(&id);
        }
    }

    /// Of the line `own` and of those that nobody serves, the one whose first task was queued first.
    fn earliest(&self, own: Id) -> Option<Id> {
        let mine = |id: &Id, line: &Line| *id == own || !line.is_served;
        let candidates = self.lines.iter().filter(|&(id, line)| mine(id, line));
        let firsts = candidates.filter_map(|(id, line)| Some((line.tasks.front()?.0, *id)));
        firsts.min().map(|(_, id)| id)
    }
}

/// Whether all that was queued on a stream is done.
pub fn is_idle(unfinished: &Unfinished) -> bool {
    unfinished.load(Ordering::Acquire) == 0 || {
        // What was pending before a fork does not count.
        drop(lock());
        unfinished.load(Ordering::Acquire) == 0
    }
}

/// Queues `task` behind all others of the line. Where no thread can be started for it, this thread does it before
/// this returns; or, if it is doing a task right now, after that.
///
/// # Errors
/// `OutOfMemory`; the task is dropped then.
pub fn enqueue(id: Id, unfinished: &Unfinished, task: Task) -> Result<()> {
    let needs_worker = {
        let mut guard = lock();
        let (number, line) = (guard.queued, guard.lines.entry(id));
        let line = line.or_insert_with(|| Line::new(unfinished));
        let bytes = size_of::<(u64, Task)>();
        line.tasks.try_reserve(1).map_err(|_| Error::out_of_memory("a queued task", bytes))?;
        // Before others see it: what was taken from the reserve is to come back when this call ends.
        reserve::check()?;
        line.tasks.push_back((number, task));
        line.unfinished.fetch_add(1, Ordering::Relaxed);
        line.changed.notify_one();
        let needs_worker = !std::mem::replace(&mut line.is_served, true);
        guard.queued += 1;
        needs_worker
    };
    if needs_worker && !threads::start(Box::new(move || serve(id, PATIENCE))) {
        if !SERVES.get() {
            serve(id, Duration::ZERO);
        } else if let Some(line) = lock().lines.get_mut(&id) {
            // A task below must come to its end first. Then this thread finds the line unserved.
            line.is_served = false;
        }
    }
    Ok(())
}

/// The first failure on a stream since the last call.
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

/// Does a line's tasks until there has been none for as long as `patience`, and those of lines that nobody serves.
fn serve(own: Id, patience: Duration) {
    SERVES.set(true);
    let of = generation();
    let mut done = None;
    while let Some((id, task)) = next_task(own, patience, done.take()) {
        // A panic outside what the task catches itself is a failure of the stream, too.
        let outcome = catch(task);
        if generation() != of {
            // The task forked, and this is the child, where the lines have been abandoned.
            break;
        }
        done = Some((id, outcome));
    }
    SERVES.set(false);
}

/// Notes how the task before went, and takes up the next one; `None` once the caller serves the line no more.
fn next_task(own: Id, patience: Duration, done: Option<(Id, Result<()>)>) -> Option<(Id, Task)> {
    let mut guard = lock();
    if let Some((id, outcome)) = done {
        if let Some(line) = guard.lines.get_mut(&id) {
            if let Err(error) = outcome {
                line.failure.get_or_insert(error);
            }
            line.unfinished.fetch_sub(1, Ordering::Release);
            line.is_served = id == own;
        }
        guard.tidy(id);
    }
    let mut is_over = patience.is_zero();
    loop {
        if let Some(id) = guard.earliest(own) {
            let line = guard.lines.get_mut(&id)?;
            line.is_served = true;
            return line.tasks.pop_front().map(|(_, task)| (id, task));
        }
        let line = guard.lines.get_mut(&own)?;
        if is_over || line.is_closed {
            line.is_served = false;
            guard.tidy(own);
            return None;
        }
        let changed = line.changed.clone();
        let (back, timeout) =
            changed.wait_timeout(guard, patience).unwrap_or_else(PoisonError::into_inner);
        (guard, is_over) = (back, timeout.timed_out());
    }
}
