//! Values that are made at the first request.

use std::sync::OnceLock;

use super::Lock;
use crate::error::Result;

/// A static that is made once, at the first use.
///
/// With [`OnceLock`] alone, a fork could happen while the value is being stored, and the child
/// would then wait for a thread that it does not have. Here, forks wait while a value is stored.
/// The value is made before that, without a lock, because making it may allocate memory. So several
/// threads may make a value at the same time; the first value is stored, and the others are
/// dropped.
pub struct Once<T>(OnceLock<T>);

/// Held while the value of any [`Once`] is stored.
static STORING: Lock<()> = Lock::new(());

impl<T> Once<T> {
    /// A value that is not made yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value, if it was made.
    pub fn made(&self) -> Option<&T> {
        self.0.get()
    }

    /// The value. `make` makes it if it does not exist.
    #[inline]
    pub fn get(&self, make: impl FnOnce() -> T) -> &T {
        match self.0.get() {
            Some(value) => value,
            None => self.store(make()),
        }
    }

    /// The value, if it can be made. If not, the next thread that asks tries again.
    pub fn try_get(&self, make: impl FnOnce() -> Option<T>) -> Option<&T> {
        match self.0.get() {
            Some(value) => Some(value),
            // If this thread cannot make the value, another thread may have made it meanwhile.
            None => make().map(|value| self.store(value)).or_else(|| self.0.get()),
        }
    }

    /// The value, or the failure to make it. After a failure, the next thread to ask tries again.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get_or_try(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        match self.0.get() {
            Some(value) => Ok(value),
            None => Ok(self.store(make()?)),
        }
    }

    #[cold]
    fn store(&self, value: T) -> &T {
        // If another thread was first, this value is dropped after the lock is released.
        let mut value = Some(value);
        let _storing = STORING.lock();
        // The closure finds the value, because nothing else takes it.
        self.0.get_or_init(|| value.take().expect("taken once"))
    }
}

impl<T> From<T> for Once<T> {
    /// A value that is made already. Nothing is locked.
    fn from(value: T) -> Self {
        Self(value.into())
    }
}
