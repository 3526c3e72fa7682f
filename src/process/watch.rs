//! Debug builds notice memory that is taken or given back while a [`Lock`](super::Lock) is held.
//!
//! A program may bring an allocator that locks itself for a fork before the library does. A thread that waited for
//! that allocator while it held a lock would then never let go of it, and the fork would wait for ever. The tests are
//! debug builds, so each of them fails where it comes to such a place. Not on Apple's systems, where mutexes and condition variables
//! take memory themselves when they are first used.

#[cfg(all(debug_assertions, not(target_vendor = "apple")))]
mod imp {
    use std::cell::Cell;
    use std::panic::Location;

    thread_local! {
        /// Locks that this thread holds.
        static HELD: Cell<u32> = const { Cell::new(0) };
        /// Memory was taken or given back under one of them.
        static TOUCHED: Cell<bool> = const { Cell::new(false) };
    }

    /// Goes with the guard of a lock, and is dropped after it: to report takes memory, too.
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

    /// Memory is being taken or given back by this thread.
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

    /// Nothing to notice.
    #[inline(always)]
    pub fn memory_is_touched() {}
}

pub(super) use imp::Watch;
pub use imp::memory_is_touched;
