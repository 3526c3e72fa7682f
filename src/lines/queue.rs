//! The tasks of a line, in order: a queue that needs no memory while the table is locked.
//!
//! Each task has its own node, which is made before the lock is taken. Nodes are pushed onto one
//! list, the newest first, and popped from another list, the oldest first. When the second list is
//! empty, the first list is reversed and becomes the second.

use crate::error::Result;

/// A task of a line. It settles the event that others wait for, and returns its outcome.
pub type LineTask = Box<dyn FnOnce() -> Result<()> + Send>;

/// A task with its number in the order of all tasks.
pub struct Queued {
    task: LineTask,
    number: u64,
    next: Option<Box<Queued>>,
}

impl Queued {
    /// A node for a task. The queue sets its number.
    pub fn new(task: LineTask) -> Box<Self> {
        Box::new(Self { task, number: 0, next: None })
    }

    /// The task. Frees the node, so the table must not be locked.
    pub fn into_task(self) -> LineTask {
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

    /// Makes the oldest task the first of the list to pop from, if there is a task.
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
    /// Drops one node after another. Nested drops could be too many for the stack.
    fn drop(&mut self) {
        while let Some(node) = self.pop() {
            drop(node);
        }
    }
}
