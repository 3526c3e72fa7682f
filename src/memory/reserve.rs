//! The library's allocator: the system's allocator, with a small reserve for a lack of memory.
//!
//! Memory that depends on the sizes of inputs is allocated fallibly elsewhere. The remaining
//! allocations are small (messages, shapes, reference counts) and come from the standard library,
//! which ends the process if an allocation fails. The reserve carries such a call to its end.
//! There, [`check`] turns the call into a failure, and the memory taken from the reserve comes
//! back.
//!
//! So no memory from the reserve may outlive the call that took it. Everything that is kept longer
//! is made by [`kept`], or calls [`check`] before it is kept, or is an error that went through
//! [`lasting`]. There are two exceptions. Setting the error handler cannot fail, so the handler
//! keeps its piece until it is replaced. On systems other than Unix, the standard library keeps
//! thread names and thread-specific values. In a forked child, the pieces that other threads of the
//! parent held at the fork stay taken.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::system;
use crate::error::{Error, Result};
use crate::process::without_cancellation;

/// The bytes of a piece of the reserve. A larger allocation is not small.
const PIECE: usize = 2048;
/// The number of pieces: one for each bit of [`TAKEN`].
const PIECES: usize = 64;
/// The largest alignment. An allocation with a stricter alignment is not small.
const ALIGNMENT: usize = 64;

#[repr(C, align(64))]
struct Pieces(UnsafeCell<[[u8; PIECE]; PIECES]>);

// SAFETY: only the thread that set a piece's bit in `TAKEN` reaches the piece.
unsafe impl Sync for Pieces {}

static RESERVE: Pieces = Pieces(UnsafeCell::new([[0; PIECE]; PIECES]));
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// The number of calls that may hold pieces at the same time. Each of these calls gets as many
/// pieces as it needs. If any number of calls could take their first piece, each might wait for one
/// more piece, and no call would end.
const ADMITTED: usize = 8;
/// The largest number of pieces that one call holds at a time. A test checks this for every call.
#[cfg(test)]
const PER_CALL: usize = PIECES / ADMITTED;

/// The number of calls that may still be admitted. Helper threads are in no call. They are few, so
/// they need no admission.
static FREE: AtomicUsize = AtomicUsize::new(ADMITTED);

thread_local! {
    /// Whether this thread has taken memory from the reserve since [`begin`].
    static USED: Cell<bool> = const { Cell::new(false) };
    /// The number of nested calls that this thread is in.
    static CALLS: Cell<usize> = const { Cell::new(0) };
    /// Whether one of these calls is admitted.
    static IS_ADMITTED: Cell<bool> = const { Cell::new(false) };
}

/// Begins a call of the library on this thread. The call ends when the result is dropped. Calls
/// nest, because the program's destructors and handlers may call the library.
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
/// `OutOfMemory` if this thread has taken memory from the reserve since [`begin`]: everything that
/// it made in it must be dropped.
pub fn check() -> Result<()> {
    if USED.get() { Err(Error::out_of_memory("a part of the result", PIECE)) } else { Ok(()) }
}

/// The result of `make`, if making it took no memory from the reserve. So the result may outlive
/// the call.
///
/// # Errors
/// As for [`check`]. The result of `make` is then dropped.
pub fn kept<T>(make: impl FnOnce() -> T) -> Result<T> {
    let _inner = begin();
    let made = make();
    check().map(|()| made)
}

/// The same error in memory that may outlive the call. A message in memory from the reserve is
/// lost.
pub fn lasting(error: Error) -> Error {
    let of_reserve = |text: &str| piece(text.as_ptr().cast_mut()).is_some();
    if error.owned_text().is_some_and(of_reserve) { error.without_text() } else { error }
}

/// Waits until `get` returns a value. A call that holds pieces ends soon.
fn wait_for<T>(get: impl Fn() -> Option<T>) -> Option<T> {
    /// The longest wait, some ten seconds: an admitted call may still have to compute.
    const TURNS: u32 = 11_000;
    /// The first turns only let other threads run.
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

/// The index of the piece at `ptr`, if `ptr` is a piece.
fn piece(ptr: *mut u8) -> Option<usize> {
    let at = ptr.addr().wrapping_sub(RESERVE.0.get().addr());
    (at < PIECE * PIECES).then_some(at / PIECE)
}

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: every block is from the system, or is a piece of the reserve. `take` tests that a piece is
// large enough and aligned, and a piece has one owner at a time. Nothing here panics.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees it.
        let ptr = unsafe { system::alloc(layout) };
        if ptr.is_null() { take(layout) } else { ptr }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees it.
        let mut ptr = unsafe { system::alloc_zeroed(layout) };
        if ptr.is_null() {
            ptr = take(layout);
            if !ptr.is_null() {
                // SAFETY: the piece belongs to this call and is not smaller than the layout.
                unsafe { ptr.write_bytes(0, layout.size()) };
            }
        }
        ptr
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        match piece(ptr) {
            Some(index) => _ = TAKEN.fetch_and(!(1 << index), Ordering::Release),
            // SAFETY: the block is not from the reserve, so it is from the system. The caller
            // guarantees that it has this layout.
            None => unsafe { system::dealloc(ptr, layout) },
        }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if piece(ptr).is_some() && new_size <= PIECE {
            return ptr;
        }
        if piece(ptr).is_none() {
            // SAFETY: the block is from the system. The caller guarantees its layout and the new size.
            let moved = unsafe { system::realloc(ptr, layout, new_size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // From the reserve to the system, or from the system to the reserve.
        // SAFETY: the caller guarantees that the new size fits a layout of this alignment.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: as above. The old block and the new block are apart, and both are large enough for
        // the copied bytes.
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

/// Held by each test that makes memory run out, because tests run side by side and share the reserve.
#[cfg(test)]
pub static RUNS_OUT: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// The largest number of pieces in use at once.
#[cfg(test)]
static MOST_TAKEN: AtomicUsize = AtomicUsize::new(0);

/// Whether no piece of the reserve is in use and no call is admitted.
#[cfg(test)]
pub fn is_whole() -> bool {
    TAKEN.load(Ordering::Acquire) == 0 && FREE.load(Ordering::Acquire) == ADMITTED
}

/// Whether no call has exceeded its number of pieces since the last question. Calls must run one
/// after another.
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
                    // SAFETY: the pieces belong to this thread, and each is given back once.
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

        // SAFETY: the pieces belong to this test, and each is given back once.
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
