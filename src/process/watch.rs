//! Detects, in debug builds, memory operations while a [`Lock`](super::Lock) is held.
//!
//! A program may bring an allocator that takes its own locks before a fork, earlier than this
//! library does. A thread that holds a lock of the library and waits for that allocator would never
//! release the lock, and the fork would wait for ever. The tests are debug builds, so every test
//! that allocates or frees memory under a lock fails. Apple's systems are excluded, because their
//! mutexes and condition variables allocate memory at their first use.

#[cfg(all(debug_assertions, not(target_vendor = "apple")))]
mod imp {
    use std::cell::Cell;
    use std::panic::Location;

    thread_local! {
        /// The number of locks that this thread holds.
        static HELD: Cell<u32> = const { Cell::new(0) };
        /// Whether memory was allocated or freed under one of these locks.
        static TOUCHED: Cell<bool> = const { Cell::new(false) };
    }

    /// Belongs to the guard of a lock. It is dropped after the lock is released, because a report also
    /// needs memory.
    pub struct Watch(&'static Location<'static>);

    impl Watch {
        #[track_caller]
        pub fn begin() -> Self {
            HELD.set(HELD.get() + 1);
            Self(Location::caller())
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            HELD.set(HELD.get() - 1);
            if TOUCHED.replace(false) && !std::thread::panicking() {
                panic!("memory was taken or given back under the lock taken at {}", self.0);
            }
        }
    }

    /// Notes that this thread is allocating or freeing memory.
    pub fn memory_is_touched() {
        if HELD.get() > 0 {
            TOUCHED.set(true);
        }
    }
}

#[cfg(not(all(debug_assertions, not(target_vendor = "apple"))))]
mod imp {
    pub struct Watch;

    impl Watch {
        #[inline(always)]
        pub fn begin() -> Self {
            Self
        }
    }

    /// Does nothing in this build.
    #[inline(always)]
    pub fn memory_is_touched() {}
}

pub(super) use imp::Watch;
pub use imp::memory_is_touched;
