//! Values made when they are first asked for.

use std::sync::OnceLock;

use super::Lock;

/// A static that is made once, at the first use. Unlike with [`OnceLock`] alone, no fork happens in the
/// middle: the child would wait for a thread that it lacks.
pub struct Once<T>(OnceLock<T>);

/// Held while any of them is made.
static MAKING: Lock<()> = Lock::new(());

impl<T> Once<T> {
    /// Not made yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value. `make` must not ask for another [`Once`] that may have to be made.
    #[inline]
    pub fn get(&self, make: impl FnOnce() -> T) -> &T {
        match self.0.get() {
            Some(value) => value,
            None => self.make_first(make),
        }
    }

    #[cold]
    fn make_first(&self, make: impl FnOnce() -> T) -> &T {
        let _making = MAKING.lock();
        self.0.get_or_init(make)
    }

    /// The value, if it can be made. If not, the next one to ask tries again.
    pub fn try_get(&self, make: impl FnOnce() -> Option<T>) -> Option<&T> {
        if self.0.get().is_none() {
            let _making = MAKING.lock();
            if self.0.get().is_none() {
                let value = make()?;
                return Some(self.0.get_or_init(|| value));
            }
        }
        self.0.get()
    }
}
