//! Which tasks wait in which line, and who is at it: plain data under one lock, which a fork waits for.
//!
//! The lock is taken twice a task, to queue it and to take it up. A line exists while it has tasks, a worker,
//! somebody who does one of its tasks, or a failure to report; an idle stream has none.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, MutexGuard};

use super::{Done, Id, Task, Unfinished};
use crate::error::Error;
use crate::process::{Lock, generation};

pub struct Line {
    /// In order, each with its number in the order of all tasks.
    pub tasks: VecDeque<(u64, Task)>,
    /// Some thread stays with the line as long as it has tasks, and a while longer.
    pub has_worker: bool,
    /// Somebody is doing a task of the line, its worker or another thread: the next is not free.
    pub is_busy: bool,
    /// The stream is gone: its worker need not wait for more.
    pub is_closed: bool,
    /// The first failure that nobody has asked for yet.
    pub failure: Option<Error>,
    unfinished: Unfinished,
    /// What the worker waits for: a free task, or the stream's end. In a forked child nobody waits
    /// for it any more, which it does not mind.
    pub changed: Arc<Condvar>,
}

pub struct Lines {
    /// Of the process that the workers belong to.
    generation: u32,
    pub lines: BTreeMap<Id, Line>,
    /// Tasks that were ever queued.
    pub queued: u64,
}

static LINES: Lock<Lines> = Lock::new(Lines::new());

/// The lines of this process. In a child that was forked, what its parent had queued is dropped first.
pub fn lock() -> MutexGuard<'static, Lines> {
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
    pub fn new(unfinished: &Unfinished) -> Self {
        Self {
            tasks: VecDeque::new(),
            has_worker: false,
            is_busy: false,
            is_closed: false,
            failure: None,
            unfinished: unfinished.clone(),
            changed: Arc::new(Condvar::new()),
        }
    }

    pub fn push(&mut self, number: u64, task: Task) {
        self.tasks.push_back((number, task));
        self.unfinished.fetch_add(1, Ordering::Relaxed);
    }

    /// In a forked child: nobody is at the line, and nobody will do what was queued.
    fn abandon(&mut self) -> VecDeque<(u64, Task)> {
        if self.unfinished.swap(0, Ordering::Relaxed) != 0 {
            let lost = "stream: its work was pending in the process that this one was forked from";
            self.failure.get_or_insert_with(|| Error::lost(lost));
        }
        (self.has_worker, self.is_busy) = (false, false);
        std::mem::take(&mut self.tasks)
    }

    fn is_idle(&self) -> bool {
        !self.has_worker && !self.is_busy && self.tasks.is_empty()
    }
}

impl Lines {
    pub const fn new() -> Self {
        Self { generation: 0, lines: BTreeMap::new(), queued: 0 }
    }

    /// Forgets a line that has nothing to do and nothing to tell.
    pub fn tidy(&mut self, id: Id) {
        let done = |line: &Line| line.is_idle() && (line.failure.is_none() || line.is_closed);
        if self.lines.get(&id).is_some_and(done) {
            self.lines.remove(&id);
        }
    }

    /// Takes up the earliest free task of the line `own` and of those without a worker. A thread that stays with its own
    /// line, being its worker, takes up no later task than the first of that line, free or not.
    pub fn take_up(&mut self, own: Option<Id>, stays: bool) -> Option<(Id, Task)> {
        let is_own = |id: &Id| own == Some(*id);
        let candidates = self.lines.iter().filter(|&(id, line)| {
            if line.is_busy { stays && is_own(id) } else { is_own(id) || !line.has_worker }
        });
        let firsts = candidates.filter_map(|(id, line)| Some((line.tasks.front()?.0, *id)));
        let (_, id) = firsts.min()?;
        let line = self.lines.get_mut(&id).filter(|line| !line.is_busy)?;
        line.is_busy = true;
        line.tasks.pop_front().map(|(_, task)| (id, task))
    }

    /// Notes how a task went that was taken up. Returns its line.
    pub fn note(&mut self, done: Option<Done>) -> Option<Id> {
        let (id, outcome) = done?;
        if let Some(line) = self.lines.get_mut(&id) {
            if let Err(error) = outcome {
                line.failure.get_or_insert(error);
            }
            line.unfinished.fetch_sub(1, Ordering::Release);
            line.is_busy = false;
        }
        self.tidy(id);
        Some(id)
    }

    /// Has the worker of a line come, if it has one and a free task.
    pub fn call_worker(&self, id: Id) {
        let waits = |line: &&Line| line.has_worker && !line.is_busy && !line.tasks.is_empty();
        if let Some(line) = self.lines.get(&id).filter(waits) {
            line.changed.notify_one();
        }
    }
}
