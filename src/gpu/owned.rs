//! Objects of wgpu, which a forked child must neither use nor drop: the threads and locks behind them
//! are the parent's.

#![allow(unsafe_code)]

use std::mem::ManuallyDrop;

use crate::error::{Error, Result};
use crate::process::generation;

/// An object of the process that made it. A forked child leaks it.
pub struct Owned<T> {
    object: ManuallyDrop<T>,
    generation: u32,
}

impl<T> Owned<T> {
    /// An object of this process.
    pub fn new(object: T) -> Self {
        Self { object: ManuallyDrop::new(object), generation: generation() }
    }

    /// Whether this process made the object.
    pub fn is_ours(&self) -> bool {
        self.generation == generation()
    }

    /// The object.
    ///
    /// # Errors
    /// `DeviceLost` in a forked child.
    pub fn get(&self) -> Result<&T> {
        match self.is_ours() {
            true => Ok(&self.object),
            false => Err(Error::lost("the GPU is the parent's: a forked process has none of it")),
        }
    }

    /// Takes the object out. `None` in a forked child, which leaks it.
    pub fn into_inner(self) -> Option<T> {
        let mut this = ManuallyDrop::new(self);
        if !this.is_ours() {
            return None;
        }
        // SAFETY: `this` is never dropped, so nothing uses or drops the object again.
        Some(unsafe { ManuallyDrop::take(&mut this.object) })
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.is_ours() {
            // SAFETY: the object is dropped here only, and nothing uses it afterwards.
            unsafe { ManuallyDrop::drop(&mut self.object) };
        }
    }
}
