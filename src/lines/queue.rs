//! The tasks of a line, in order: a queue that takes no memory under the lock of the table.
//!
//! Each task comes in a node of its own, made before the lock is taken. Nodes are pushed onto one list, the newest
//! first, and popped from another, the oldest first; where that one is empty, it becomes the reverse of the other.

use crate::error::Result;

/// Work of a line. It settles whatever waits for it, and says how it went.
pub type Task = Box<dyn FnOnce() -> Result<()> + Send>;

/// A task and its place in the order of all tasks.
pub struct Queued {
    task: Task,
    number: u64,
    next: Option<Box<Queued>>,
}

impl Queued {
    /// A node for a task. The queue gives it its number.
    pub fn new(task: Task) -> Box<Self> {
        Box::new(Self { task, number: 0, next: None })
    }

    /// The task. Frees the node: not to be called while the table is locked.
    pub fn into_task(self) -> Task {
        self.task
    }
}

#[derive(Default)]
pub struct Queue {
    oldest: Option<Box<Queued>>,
    newest: Option<Box<Queued>>,
}

impl Queue {
    pub fn is_empty(&self) -> bool {
        self.oldest.is_none() && self.newest.is_none()
    }

    /// The number of the first task.
    pub fn first(&mut self) -> Option<u64> {
        self.turn();
        self.oldest.as_ref().map(|node| node.number)
    }

    /// Adds a task behind all others.
    pub fn push(&mut self, mut node: Box<Queued>, number: u64) {
        node.number = number;
        node.next = self.newest.take();
        self.newest = Some(node);
    }

    /// Takes the first task.
    pub fn pop(&mut self) -> Option<Box<Queued>> {
        self.turn();
        let mut node = self.oldest.take()?;
        self.oldest = node.next.take();
        Some(node)
    }

    /// Has the oldest task in front, where there is one.
    fn turn(&mut self) {
        if self.oldest.is_none() {
            let mut rest = self.newest.take();
            while let Some(mut node) = rest {
                rest = node.next.take();
                node.next = self.oldest.take();
                self.oldest = Some(node);
            }
        }
    }
}

impl Drop for Queue {
    /// One node after the other: in each other, they could be too many for the stack.
    fn drop(&mut self) {
        while let Some(node) = self.pop() {
            drop(node);
        }
    }
}
