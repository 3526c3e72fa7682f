//! Values made when they are first asked for.

use std::sync::OnceLock;

use super::Lock;
use crate::error::Result;

/// A static that is made once, at the first use.
///
/// Unlike with [`OnceLock`] alone, no fork happens while it is being stored: the child would wait for a thread that
/// it lacks. It is made before that, without a lock, as making it may take memory. So several threads may make one at
/// the same time; the first is stored, the others are dropped.
pub struct Once<T>(OnceLock<T>);

/// Held while any of them is stored.
static STORING: Lock<()> = Lock::new(());

impl<T> Once<T> {
    /// Not made yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value.
    #[inline]
    pub fn get(&self, make: impl FnOnce() -> T) -> &T {
        match self.0.get() {
            Some(value) => value,
            None => self.store(make()),
        }
    }

    /// The value, if it can be made. If not, the next thread to ask tries again.
    pub fn try_get(&self, make: impl FnOnce() -> Option<T>) -> Option<&T> {
        match self.0.get() {
            Some(value) => Some(value),
            // Where it cannot be made, another thread may have made one since.
            None => make().map(|value| self.store(value)).or_else(|| self.0.get()),
        }
    }

    #[cold]
    fn store(&self, value: T) -> &T {
        // Dropped behind the lock, where another thread was first.
        let mut value = Some(value);
        let _storing = STORING.lock();
        // The closure finds a value: nobody else takes it.
        self.0.get_or_init(|| value.take().expect("taken once"))
    }
}

/// The value of `cell`, which `make` makes if it is not there yet. Two threads may both make it; one is kept.
///
/// # Errors
/// Those of `make`.
pub fn get_or_try_init<T>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        let _ = cell.set(make()?);
    }
    Ok(cell.get().expect("set above, or by another thread"))
}
