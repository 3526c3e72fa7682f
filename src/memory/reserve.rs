//! The allocator of the library: the system's, with a little in reserve for when memory has run out.
//!
//! What depends on the sizes of inputs is allocated fallibly elsewhere. What remains is small - messages,
//! shapes, reference counts - and comes from the standard library, which ends the process where it gets
//! none. The reserve carries such a call to its end, where [`check`] makes a failure of it, and what was
//! taken comes back. So nothing of the reserve may outlive the call that took it: whatever is kept for longer is made
//! by [`kept`], or asks [`check`] before it is kept, or is an error that went through [`lasting`]. There are two exceptions:
//! the error handler, as setting one cannot fail, has a piece until it is replaced; and where the system is not a Unix, the
//! standard library keeps names and values of threads. In a forked child, pieces that the parent's other threads had at that
//! moment stay taken.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::system;
use crate::error::{Error, Result};
use crate::process::without_cancellation;

/// Bytes of a piece of the reserve. More at once is not small.
const PIECE: usize = 2048;
/// Pieces: one for each bit of [`TAKEN`].
const PIECES: usize = 64;
/// Stricter alignments are not small either.
const ALIGNMENT: usize = 64;

#[repr(C, align(64))]
struct Pieces(UnsafeCell<[[u8; PIECE]; PIECES]>);

// SAFETY: a piece is reached only by whoever set its bit in `TAKEN`.
unsafe impl Sync for Pieces {}

static RESERVE: Pieces = Pieces(UnsafeCell::new([[0; PIECE]; PIECES]));
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Calls that may have pieces at a time: each then gets as many as it needs. If any number of calls
/// could begin to take some, each might wait for one more, and none would end.
const ADMITTED: usize = 8;
/// Pieces that one call takes at a time, at most. A test holds every call to it.
#[cfg(test)]
const PER_CALL: usize = PIECES / ADMITTED;

/// Calls that may still be admitted. Threads that help a computation are in no call, few, and need not be.
static FREE: AtomicUsize = AtomicUsize::new(ADMITTED);

thread_local! {
    /// Whether this thread took from the reserve since [`begin`].
    static USED: Cell<bool> = const { Cell::new(false) };
    /// Calls that this thread is in, one in the other.
    static CALLS: Cell<usize> = const { Cell::new(0) };
    /// Whether one of them is admitted.
    static IS_ADMITTED: Cell<bool> = const { Cell::new(false) };
}

/// A call of the library begins on this thread, and ends when the result is dropped. Calls nest: the program's
/// destructors and handlers may call the library.
pub fn begin() -> Call {
    CALLS.set(CALLS.get() + 1);
    Call { outer_used: USED.replace(false), outer_is_admitted: IS_ADMITTED.get() }
}

/// A call of the library.
pub struct Call {
    outer_used: bool,
    outer_is_admitted: bool,
}

impl Drop for Call {
    fn drop(&mut self) {
        CALLS.set(CALLS.get() - 1);
        USED.set(self.outer_used);
        if IS_ADMITTED.replace(self.outer_is_admitted) && !self.outer_is_admitted {
            FREE.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// # Errors
/// `OutOfMemory` if this thread had to take from the reserve since [`begin`]: what it made must go again.
pub fn check() -> Result<()> {
    if USED.get() { Err(Error::out_of_memory("a part of the result", PIECE)) } else { Ok(()) }
}

/// What `make` makes, if it takes nothing from the reserve: it may outlive the call.
///
/// # Errors
/// As [`check`]; what was made is dropped then.
pub fn kept<T>(make: impl FnOnce() -> T) -> Result<T> {
    let _inner = begin();
    let made = make();
    check().map(|()| made)
}

/// The same error in memory that may outlive the call: one whose message is of the reserve loses it.
pub fn lasting(error: Error) -> Error {
    let of_reserve = |text: &str| piece(text.as_ptr().cast_mut()).is_some();
    if error.owned_text().is_some_and(of_reserve) { error.without_text() } else { error }
}

/// Waits until `get` gets something: a call that has pieces ends soon.
fn wait_for<T>(get: impl Fn() -> Option<T>) -> Option<T> {
    /// For as long as a call may take that computes with what it has, some ten seconds.
    const TURNS: u32 = 11_000;
    /// Of these the first only let other threads run.
    const AWAKE: u32 = 1000;
    (0..TURNS).find_map(|turn| {
        get().or_else(|| {
            match turn {
                0..AWAKE => std::thread::yield_now(),
                _ => without_cancellation(|| std::thread::sleep(Duration::from_millis(1))),
            }
            None
        })
    })
}

/// A free piece, or NULL.
fn take(layout: Layout) -> *mut u8 {
    if layout.size() > PIECE || layout.align() > ALIGNMENT {
        return std::ptr::null_mut();
    }
    if CALLS.get() > 0 && !IS_ADMITTED.get() {
        let one_less = |free: usize| free.checked_sub(1);
        let admit = || FREE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).ok();
        if wait_for(admit).is_none() {
            return std::ptr::null_mut();
        }
        IS_ADMITTED.set(true);
    }
    let lowest_free = |taken: u64| (taken != u64::MAX).then(|| taken | (taken + 1));
    let take = || TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, lowest_free).ok();
    let Some(before) = wait_for(take) else { return std::ptr::null_mut() };
    USED.set(true);
    #[cfg(test)]
    MOST_TAKEN.fetch_max(before.count_ones() as usize + 1, Ordering::Relaxed);
    let index = before.trailing_ones() as usize;
    RESERVE.0.get().cast::<u8>().wrapping_add(index * PIECE)
}

/// The index of the piece that `ptr` is, if it is one.
fn piece(ptr: *mut u8) -> Option<usize> {
    let at = ptr.addr().wrapping_sub(RESERVE.0.get().addr());
    (at < PIECE * PIECES).then_some(at / PIECE)
}

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: every block is the system's or a piece of the reserve, which is as large and as aligned as
// `take` tests and has one owner at a time. Nothing here panics.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's word.
        let ptr = unsafe { system::alloc(layout) };
        if ptr.is_null() { take(layout) } else { ptr }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's word.
        let mut ptr = unsafe { system::alloc_zeroed(layout) };
        if ptr.is_null() {
            ptr = take(layout);
            if !ptr.is_null() {
                // SAFETY: a piece of its own, no smaller than the layout.
                unsafe { ptr.write_bytes(0, layout.size()) };
            }
        }
        ptr
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        match piece(ptr) {
            Some(index) => _ = TAKEN.fetch_and(!(1 << index), Ordering::Release),
            // SAFETY: not of the reserve, so the system's, with this layout by the caller's word.
            None => unsafe { system::dealloc(ptr, layout) },
        }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if piece(ptr).is_some() && new_size <= PIECE {
            return ptr;
        }
        if piece(ptr).is_none() {
            // SAFETY: the system's, with this layout by the caller's word, as is the new size.
            let moved = unsafe { system::realloc(ptr, layout, new_size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // From the reserve to the system, or the other way.
        // SAFETY: the caller's word: the new size fits a layout of this alignment.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: as above. The old block and the new one are apart, and both hold what is copied.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(ptr, layout.size().min(new_size));
                self.dealloc(ptr, layout);
            }
            moved
        }
    }
}

/// Held by a test that makes memory run out: tests run side by side, and there is one reserve.
#[cfg(test)]
pub static RUNS_OUT: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// The most pieces that were in use at once.
#[cfg(test)]
static MOST_TAKEN: AtomicUsize = AtomicUsize::new(0);

/// Whether nothing of the reserve is in use, and no call admitted.
#[cfg(test)]
pub fn is_whole() -> bool {
    TAKEN.load(Ordering::Acquire) == 0 && FREE.load(Ordering::Acquire) == ADMITTED
}

/// Whether one call after the other takes no more than each may, since this was asked last.
#[cfg(test)]
pub fn was_enough() -> bool {
    MOST_TAKEN.swap(0, Ordering::Relaxed) <= PER_CALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_last_are_not_of_the_reserve() {
        let _runs_out = RUNS_OUT.lock();
        let call = begin();
        let (error, _) = system::shortage::after(0, || Error::internal(format!("{} of it", 7)));
        assert!(TAKEN.load(Ordering::Relaxed) != 0 && error.to_string() == "7 of it");
        let kept_error = lasting(error);
        assert!(
            TAKEN.load(Ordering::Relaxed) == 0 && kept_error.to_string().contains("memory"),
            "{kept_error}"
        );
        drop(call);
        assert!(is_whole());
        assert_eq!(lasting(Error::internal(format!("{} of it", 8))).to_string(), "8 of it");
        let (none, _) = system::shortage::after(0, || kept(|| Box::new(9)));
        assert!(is_whole() && none.is_err());
        assert_eq!(kept(|| Box::new(9)), Ok(Box::new(9)));
    }

    #[test]
    fn calls_that_need_several_pieces_at_once_wait_for_each_other() {
        let _runs_out = RUNS_OUT.lock();
        let all = std::sync::Barrier::new(10 * PIECES);
        std::thread::scope(|scope| {
            for _ in 0..10 * PIECES {
                scope.spawn(|| {
                    all.wait();
                    let _call = begin();
                    let small = Layout::from_size_align(PIECE, ALIGNMENT).unwrap();
                    let mine: [_; PER_CALL] = std::array::from_fn(|_| {
                        std::thread::yield_now();
                        take(small)
                    });
                    assert!(mine.iter().all(|ptr| !ptr.is_null()));
                    // SAFETY: pieces of this thread's own, given back once each.
                    mine.iter().for_each(|ptr| unsafe { ALLOCATOR.dealloc(*ptr, small) });
                });
            }
        });
        assert!(is_whole());
    }

    #[test]
    fn pieces_are_apart_come_back_and_make_the_call_fail() {
        let _runs_out = RUNS_OUT.lock();
        let call = begin();
        assert!(check().is_ok());
        let small = Layout::from_size_align(PIECE, ALIGNMENT).unwrap();
        assert!(take(Layout::from_size_align(PIECE + 1, 1).unwrap()).is_null());
        assert!(take(Layout::from_size_align(1, 2 * ALIGNMENT).unwrap()).is_null());
        let taken: Vec<_> = (0..PIECES).map(|_| take(small)).collect();
        assert!(taken.iter().all(|ptr| piece(*ptr).is_some()));
        assert!(taken.windows(2).all(|pair| pair[1].addr() - pair[0].addr() == PIECE));
        assert_eq!(check().unwrap_err().status, crate::error::Status::OutOfMemory);
        {
            let _nested = begin();
            assert!(check().is_ok());
        }
        assert!(check().is_err());

        // SAFETY: pieces of this test's own, given back once each.
        unsafe {
            taken[7].write_bytes(9, PIECE);
            assert_eq!(ALLOCATOR.realloc(taken[7], small, 16), taken[7]);
            let moved = ALLOCATOR.realloc(taken[7], small, 2 * PIECE);
            assert!(piece(moved).is_none() && moved.add(PIECE - 1).read() == 9);
            ALLOCATOR.dealloc(moved, Layout::from_size_align(2 * PIECE, ALIGNMENT).unwrap());
            assert_eq!(take(small), taken[7]);
            taken.iter().for_each(|ptr| ALLOCATOR.dealloc(*ptr, small));
        }
        drop(call);
        assert!(is_whole() && check().is_ok());
    }
}
