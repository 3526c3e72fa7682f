//! The tasks that wait in each stream's line, and the workers that do them.
//!
//! All lines are under one lock, which a fork waits for: it is taken twice a task, for as long as it takes
//! to move one. A line exists while it has tasks, a worker or a failure to report; an idle stream has none.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::process::{Lock, catch, generation};
use crate::threads;

/// A worker without work waits this long for more before it ends: starting one costs some 30 microseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// Work of a stream. It settles whatever waits for it, and says how it went.
pub type Task = Box<dyn FnOnce() -> Result<()> + Send>;

/// What streams know of their lines without the lock: how many tasks are not done.
pub type Unfinished = Arc<AtomicUsize>;

struct Line {
    tasks: VecDeque<Task>,
    /// Somebody serves the line, until it is empty at least.
    is_served: bool,
    /// The stream is gone: its worker need not wait for more.
    is_closed: bool,
    /// The first failure that nobody has asked for yet.
    failure: Option<Error>,
    unfinished: Unfinished,
    /// There are new tasks, or the stream was closed.
    changed: Arc<Condvar>,
}

struct Lines {
    /// Of the process that the workers belong to.
    generation: u32,
    /// By the streams' indices.
    lines: BTreeMap<i32, Line>,
}

static LINES: Lock<Lines> = Lock::new(Lines { generation: 0, lines: BTreeMap::new() });

/// The lines of this process. In a child that was forked, what its parent had queued is dropped first, which
/// breaks the promises of its results.
fn lock() -> MutexGuard<'static, Lines> {
    let mut guard = LINES.lock();
    while guard.generation != generation() {
        guard.generation = generation();
        let dropped: Vec<_> = guard.lines.values_mut().map(Line::abandon).collect();
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
    fn abandon(&mut self) -> VecDeque<Task> {
        if self.unfinished.swap(0, Ordering::Relaxed) != 0 {
            let lost = "stream: its work was pending in the process that this one was forked from";
            self.failure.get_or_insert_with(|| Error::lost(lost));
        }
        self.is_served = false;
        // Threads that waited are not in this process.
        self.changed = Arc::new(Condvar::new());
        std::mem::take(&mut self.tasks)
    }

    fn is_idle(&self) -> bool {
        !self.is_served && self.tasks.is_empty()
    }
}

impl Lines {
    /// Forgets a line that has nothing to do and nothing to tell.
    fn tidy(&mut self, index: i32) {
        let done = |line: &Line| line.is_idle() && (line.failure.is_none() || line.is_closed);
        if self.lines.get(&index).is_some_and(done) {
            self.lines.remove(&index);
        }
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

/// Queues `task` behind all others of the stream with that index. Where no thread can be started for it, it is
/// done before this returns.
///
/// # Errors
/// `OutOfMemory`; the task is dropped then.
pub fn enqueue(index: i32, unfinished: &Unfinished, task: Task) -> Result<()> {
    let needs_worker = {
        let mut guard = lock();
        let line = guard.lines.entry(index).or_insert_with(|| Line::new(unfinished));
        let bytes = size_of::<Task>();
        line.tasks.try_reserve(1).map_err(|_| Error::out_of_memory("a queued task", bytes))?;
        line.tasks.push_back(task);
        line.unfinished.fetch_add(1, Ordering::Relaxed);
        line.changed.notify_one();
        !std::mem::replace(&mut line.is_served, true)
    };
    if needs_worker && !threads::start(Box::new(move || serve(index, PATIENCE))) {
        serve(index, Duration::ZERO);
    }
    Ok(())
}

/// The first failure on a stream since the last call.
pub fn take_failure(index: i32) -> Option<Error> {
    let mut guard = lock();
    let failure = guard.lines.get_mut(&index)?.failure.take();
    guard.tidy(index);
    failure
}

/// The stream is gone: what is queued is still done.
pub fn close(index: i32) {
    let mut guard = lock();
    if let Some(line) = guard.lines.get_mut(&index) {
        line.is_closed = true;
        line.changed.notify_one();
    }
    guard.tidy(index);
}

/// Does a line's tasks until there has been none for as long as `patience`.
fn serve(index: i32, patience: Duration) {
    while let Some(task) = next_task(index, patience) {
        // A panic outside what the task catches itself is a failure of the stream, too.
        let outcome = catch(task);
        let mut guard = lock();
        if let Some(line) = guard.lines.get_mut(&index) {
            if let Err(error) = outcome {
                line.failure.get_or_insert(error);
            }
            line.unfinished.fetch_sub(1, Ordering::Release);
        }
    }
}

/// The next task of a line; `None` once the caller serves it no more.
fn next_task(index: i32, patience: Duration) -> Option<Task> {
    let mut guard = lock();
    let mut is_over = patience.is_zero();
    loop {
        let line = guard.lines.get_mut(&index)?;
        if let Some(task) = line.tasks.pop_front() {
            return Some(task);
        }
        if is_over || line.is_closed {
            line.is_served = false;
            guard.tidy(index);
            return None;
        }
        let changed = line.changed.clone();
        let (back, timeout) =
            changed.wait_timeout(guard, patience).unwrap_or_else(PoisonError::into_inner);
        (guard, is_over) = (back, timeout.timed_out());
    }
}
