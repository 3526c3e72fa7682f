//! The table of lines: which tasks are queued in which line, and which threads serve the line.
//! Plain data under one lock, for which forks wait.
//!
//! The lock is taken twice for each task: to queue it and to take it up. A line exists while it has
//! tasks, a worker, a thread that runs one of its tasks, or a failure to report. An idle stream has
//! no line.
//!
//! No memory is allocated or freed while the lock is held. Room for lines and the nodes of tasks
//! are made before. Everything that leaves the table is returned, and dropped after the lock is
//! released.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar};

use super::queue::{Queue, Queued};
use crate::error::{Error, Result};
use crate::memory::reserve;
use crate::process::{Guard, Lock, generation};

/// The identity of a line. Unlike a stream's index, an id is never used again.
pub type Id = u64;

/// A task that was run: its line and its outcome.
pub type Done = (Id, Result<()>);

/// The state that a stream and its line share. The stream reads it without the lock.
#[derive(Debug, Default)]
pub struct Progress {
    /// The number of tasks that are not done.
    pub unfinished: AtomicUsize,
    /// The worker waits here for a free task, or for the end of the stream. In a forked child, no
    /// thread waits here any more, which does no harm.
    pub changed: Condvar,
}

pub struct Line {
    id: Id,
    pub tasks: Queue,
    /// Some thread stays with the line as long as it has tasks, and a while longer.
    pub has_worker: bool,
    /// Some thread, the worker or another one, is running a task of the line. The next task is not
    /// free.
    pub is_busy: bool,
    /// The stream is gone, so the worker need not wait for more tasks.
    pub is_closed: bool,
    /// The first failure that nobody has asked for yet.
    pub failure: Option<Error>,
    pub progress: Arc<Progress>,
}

pub struct Lines {
    /// The generation of the process that the workers belong to.
    generation: u32,
    /// Sorted by id.
    lines: Vec<Line>,
    /// The number of tasks that were ever queued.
    queued: u64,
}

/// Things that have left the table. Dropping them frees memory, so the table must not be locked
/// then.
#[must_use]
#[derive(Default)]
pub struct Left {
    _line: Option<Line>,
    _failure: Option<Error>,
}

static LINES: Lock<Lines> = Lock::new(Lines::new());

/// The lines of this process. In a forked child, the tasks that the parent had queued are dropped
/// first.
pub fn lock() -> Guard<Lines> {
    let mut lines = LINES.lock();
    // Dropping a task may fork again.
    while lines.generation != generation() {
        lines.generation = generation();
        let tasks = lines.abandon();
        drop(lines);
        drop(tasks);
        // The dropped tasks may have owned streams, so lines may be closed now. Other threads may
        // have closed lines too.
        while let Some(line) = { LINES.lock().take_closed() } {
            drop(line);
        }
        lines = LINES.lock();
    }
    lines
}

/// Like [`lock`], with room for one more line.
///
/// # Errors
/// `OutOfMemory`.
pub fn lock_with_room() -> Result<Guard<Lines>> {
    loop {
        let lines = lock();
        let (len, capacity) = (lines.lines.len(), lines.lines.capacity());
        if len < capacity {
            return Ok(lines);
        }
        drop(lines);
        let wanted = (2 * capacity).max(16);
        let mut room = Vec::new();
        let error = || Error::out_of_memory("lines of work", wanted * size_of::<Line>());
        reserve::kept(|| room.try_reserve_exact(wanted))?.map_err(|_| error())?;
        // `room` is declared before the guard, so it is dropped after the lock is released. It is the
        // old room then, or the new one if another thread was first.
        let mut lines = lock();
        if lines.lines.capacity() < room.capacity() {
            room.append(&mut lines.lines);
            std::mem::swap(&mut lines.lines, &mut room);
        }
    }
}

impl Line {
    fn new(id: Id, progress: &Arc<Progress>) -> Self {
        Self {
            id,
            tasks: Queue::default(),
            has_worker: false,
            is_busy: false,
            is_closed: false,
            failure: None,
            progress: progress.clone(),
        }
    }

    /// Queues a task behind all other tasks of the line.
    pub fn push(&mut self, task: Box<Queued>, number: u64) {
        self.tasks.push(task, number);
        self.progress.unfinished.fetch_add(1, Ordering::Relaxed);
    }

    fn is_idle(&self) -> bool {
        !self.has_worker && !self.is_busy && self.tasks.is_empty()
    }

    /// Whether the line has nothing to do and nothing to report.
    fn is_over(&self) -> bool {
        self.is_idle() && (self.failure.is_none() || self.is_closed)
    }
}

impl Lines {
    pub const fn new() -> Self {
        Self { generation: 0, lines: Vec::new(), queued: 0 }
    }

    fn place(&self, id: Id) -> std::result::Result<usize, usize> {
        self.lines.binary_search_by_key(&id, |line| line.id)
    }

    /// The line `id`, if it exists.
    pub fn get(&mut self, id: Id) -> Option<&mut Line> {
        self.place(id).ok().map(|at| &mut self.lines[at])
    }

    /// The line `id`. Adds it if it does not exist, so the table must have room.
    pub fn get_or_add(&mut self, id: Id, progress: &Arc<Progress>) -> &mut Line {
        let at = self.place(id).unwrap_or_else(|at| {
            self.lines.insert(at, Line::new(id, progress));
            at
        });
        &mut self.lines[at]
    }

    /// The number of the next task in the order of all tasks.
    pub fn next_number(&mut self) -> u64 {
        self.queued += 1;
        self.queued
    }

    /// Removes a line that has nothing to do and nothing to report.
    pub fn tidy(&mut self, id: Id) -> Left {
        let over = self.place(id).ok().filter(|&at| self.lines[at].is_over());
        Left { _line: over.map(|at| self.lines.remove(at)), _failure: None }
    }

    /// For a forked child, where no thread serves the lines and nobody will run the queued tasks.
    /// Returns these tasks.
    fn abandon(&mut self) -> Queue {
        let mut all = Queue::default();
        for line in &mut self.lines {
            if line.progress.unfinished.swap(0, Ordering::Relaxed) != 0 {
                let lost =
                    "stream: its work was pending in the process that this one was forked from";
                line.failure.get_or_insert_with(|| Error::lost(lost));
            }
            (line.has_worker, line.is_busy) = (false, false);
            while let Some(task) = line.tasks.pop() {
                all.push(task, 0);
            }
        }
        all
    }

    /// Takes out one line that is closed and has nothing to do.
    fn take_closed(&mut self) -> Option<Line> {
        let at = self.lines.iter().position(|line| line.is_closed && line.is_idle())?;
        Some(self.lines.remove(at))
    }

    /// Takes up the earliest free task of the line `own` and of the lines without a worker. A
    /// worker (`stays`) takes up no task that is later than the first task of its own line, free or
    /// not.
    pub fn take_up(&mut self, own: Option<Id>, stays: bool) -> Option<(Id, Box<Queued>)> {
        let candidates = self.lines.iter_mut().filter(|line| {
            let is_own = own == Some(line.id);
            if line.is_busy { stays && is_own } else { is_own || !line.has_worker }
        });
        let firsts = candidates.filter_map(|line| Some((line.tasks.first()?, line)));
        let (_, line) = firsts.min_by_key(|(number, _)| *number)?;
        if line.is_busy {
            return None;
        }
        line.is_busy = true;
        line.tasks.pop().map(|task| (line.id, task))
    }

    /// Notes the outcome of a task that was taken up. Returns the line of the task.
    pub fn note(&mut self, done: Option<Done>) -> (Option<Id>, Left) {
        let Some((id, outcome)) = done else { return (None, Left::default()) };
        let mut failure = outcome.err();
        if let Some(line) = self.get(id) {
            if line.failure.is_none() {
                line.failure = failure.take();
            }
            line.progress.unfinished.fetch_sub(1, Ordering::Release);
            line.is_busy = false;
        }
        (Some(id), Left { _failure: failure, ..self.tidy(id) })
    }

    /// Calls the worker of a line, if it has a worker and a free task.
    pub fn call_worker(&mut self, id: Id) {
        let waits = |line: &&mut Line| line.has_worker && !line.is_busy && !line.tasks.is_empty();
        if let Some(line) = self.get(id).filter(waits) {
            line.progress.changed.notify_one();
        }
    }
}
