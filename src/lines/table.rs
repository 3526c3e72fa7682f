//! Which tasks wait in which line, and which thread is at it: plain data under one lock, which a fork waits for.
//!
//! The lock is taken twice a task, to queue it and to take it up. A line exists while it has tasks, a worker,
//! a thread that does one of its tasks, or a failure to report; an idle stream has none.
//!
//! Nothing here takes memory or gives it back while the lock is held: room for lines and the nodes of tasks are made
//! before, and what leaves the table is handed out, to be dropped behind the lock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar};

use super::queue::{Queue, Queued};
use crate::error::{Error, Result};
use crate::memory::reserve;
use crate::process::{Guard, Lock, generation};

/// What tells lines apart. Other than a stream's index these are never used again.
pub type Id = u64;

/// A task that was done, by its line, and how it went.
pub type Done = (Id, Result<()>);

/// What a stream and its line share. The stream reads it without the lock.
#[derive(Debug, Default)]
pub struct Progress {
    /// Tasks that are not done.
    pub unfinished: AtomicUsize,
    /// What the worker waits for: a free task, or the stream's end. In a forked child nobody waits
    /// for it any more, which it does not mind.
    pub changed: Condvar,
}

pub struct Line {
    id: Id,
    pub tasks: Queue,
    /// Some thread stays with the line as long as it has tasks, and a while longer.
    pub has_worker: bool,
    /// Some thread is doing a task of the line, its worker or another one: the next is not free.
    pub is_busy: bool,
    /// The stream is gone: its worker need not wait for more.
    pub is_closed: bool,
    /// The first failure that nobody has asked for yet.
    pub failure: Option<Error>,
    pub progress: Arc<Progress>,
}

pub struct Lines {
    /// Of the process that the workers belong to.
    generation: u32,
    /// By their ids.
    lines: Vec<Line>,
    /// Tasks that were ever queued.
    queued: u64,
}

/// What has left the table, to be dropped when it is not locked, as that gives back memory.
#[must_use]
#[derive(Default)]
pub struct Left {
    _line: Option<Line>,
    _failure: Option<Error>,
}

static LINES: Lock<Lines> = Lock::new(Lines::new());

/// The lines of this process. In a child that was forked, what its parent had queued is dropped first.
pub fn lock() -> Guard<Lines> {
    let mut lines = LINES.lock();
    // A task that is dropped may fork in its turn.
    while lines.generation != generation() {
        lines.generation = generation();
        let tasks = lines.abandon();
        drop(lines);
        drop(tasks);
        // Tasks may have owned whatever closes a line, and so may other threads by now.
        while let Some(line) = { LINES.lock().take_closed() } {
            drop(line);
        }
        lines = LINES.lock();
    }
    lines
}

/// As [`lock`], with room for one more line.
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
        // Dropped behind the lock, as it is declared before: the old room, or this where another thread was first.
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

    /// Queues a task behind all others of the line.
    pub fn push(&mut self, task: Box<Queued>, number: u64) {
        self.tasks.push(task, number);
        self.progress.unfinished.fetch_add(1, Ordering::Relaxed);
    }

    fn is_idle(&self) -> bool {
        !self.has_worker && !self.is_busy && self.tasks.is_empty()
    }

    /// Whether it has nothing to do and nothing to tell.
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

    /// The line `id`, if there is one.
    pub fn get(&mut self, id: Id) -> Option<&mut Line> {
        self.place(id).ok().map(|at| &mut self.lines[at])
    }

    /// The line `id`, new where there is none: for a table that has room.
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

    /// Forgets a line that has nothing to do and nothing to tell.
    pub fn tidy(&mut self, id: Id) -> Left {
        let over = self.place(id).ok().filter(|&at| self.lines[at].is_over());
        Left { _line: over.map(|at| self.lines.remove(at)), _failure: None }
    }

    /// In a forked child: nobody is at the lines, and nobody will do what was queued, which is returned.
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

    /// Takes up the earliest free task of the line `own` and of those without a worker. A thread that stays with its own
    /// line, being its worker, takes up no later task than the first of that line, free or not.
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

    /// Notes how a task went that was taken up. Returns its line.
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

    /// Has the worker of a line come, if it has one and a free task.
    pub fn call_worker(&mut self, id: Id) {
        let waits = |line: &&mut Line| line.has_worker && !line.is_busy && !line.tasks.is_empty();
        if let Some(line) = self.get(id).filter(waits) {
            line.progress.changed.notify_one();
        }
    }
}
