//! Workspace that is kept for the next call. Allocating and zeroing it would take a tenth of a
//! short FFT's time.
//!
//! A few blocks are kept in places. A thread takes a block from a place, or puts it back, with one
//! atomic operation. So there is no lock, nothing to do when a thread ends, and [`clear_reused`]
//! reaches all blocks. The bytes of a block are zeroed when it is allocated, and only plain values
//! are written to it afterwards. So they stay initialised; nothing else is known about them.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use bytemuck::{AnyBitPattern, NoUninit};

use super::Aligned;
use super::block::Block;
use crate::error::Result;

/// Blocks in a [`Group`]: as many as a call takes at a time, except calls for integers of many
/// digits.
const BLOCKS: usize = 4;
/// The number of groups. Further threads share them. All blocks together are at most 2 MiB.
const GROUPS: usize = 8;

/// Places of blocks, in a cache line that the threads of other groups do not touch. Each place
/// holds NULL, or a block that it owns.
#[repr(align(64))]
struct Group([AtomicPtr<u8>; BLOCKS]);

static KEPT: [Group; GROUPS] =
    [const { Group([const { AtomicPtr::new(null_mut()) }; BLOCKS]) }; GROUPS];

/// The places of the calling thread.
fn group() -> &'static Group {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static GROUP: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let index = GROUP.with(|group| {
        group.get().unwrap_or_else(|| {
            let index = THREADS.fetch_add(1, Ordering::Relaxed) % GROUPS;
            group.set(Some(index));
            index
        })
    });
    &KEPT[index]
}

/// Takes the block from a place, which is empty afterwards.
fn take_from(place: &AtomicPtr<u8>) -> Option<Block> {
    // Most places are empty, and a load is cheaper than an exchange.
    if place.load(Ordering::Relaxed).is_null() {
        return None;
    }
    let kept = NonNull::new(place.swap(null_mut(), Ordering::Acquire))?;
    // SAFETY: `keep` put the block there. It is taken once, because the place is NULL now.
    Some(unsafe { Block::from_kept(kept) })
}

/// A kept block of at least `len` bytes. The last block kept is taken first, so calls that do the
/// same have the same blocks for the same purposes, at the same distances. Shorter blocks found on
/// the way are dropped.
fn take(len: usize) -> Option<Block> {
    group().0.iter().rev().filter_map(take_from).find(|block| block.bytes().len() >= len)
}

/// Keeps a block in an empty place, if it is small.
fn keep(block: Block) {
    let Some(kept) = block.into_kept() else { return };
    let is_kept = group().0.iter().any(|place| {
        let (new, done) = (kept.as_ptr(), Ordering::Release);
        place.compare_exchange(null_mut(), new, done, Ordering::Relaxed).is_ok()
    });
    if !is_kept {
        // SAFETY: `kept` is from `into_kept` above, and no place has it.
        drop(unsafe { Block::from_kept(kept) });
    }
}

/// Frees all kept blocks, whichever thread kept them.
pub fn clear_reused() {
    KEPT.iter().flat_map(|group| &group.0).filter_map(take_from).for_each(drop);
}

/// Values for the time of a call, in a block that is kept for the next call if it is small (less
/// than 64 KiB). The block counts as active while it is kept.
pub struct Reused<T: AnyBitPattern + NoUninit>(ManuallyDrop<Aligned<T>>);

impl<T: AnyBitPattern + NoUninit> Reused<T> {
    /// `len` values, which are unspecified. `what` names them in the error message.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn unspecified(len: usize, what: &'static str) -> Result<Self> {
        let take_block =
            |bytes, what| take(bytes).map_or_else(|| Block::unspecified(bytes, what), Ok);
        Ok(Self(ManuallyDrop::new(Aligned::unspecified_in(len, what, take_block)?)))
    }
}

impl<T: AnyBitPattern + NoUninit> Drop for Reused<T> {
    fn drop(&mut self) {
        // SAFETY: the values are not used again.
        keep(unsafe { ManuallyDrop::take(&mut self.0) }.into_block());
    }
}

impl<T: AnyBitPattern + NoUninit> Deref for Reused<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: AnyBitPattern + NoUninit> DerefMut for Reused<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gets_its_last_block_again_if_it_is_long_enough() {
        let unspecified = |len| Reused::<f32>::unspecified(len, "a test").unwrap();
        // A kept block begins with its own length.
        let behind = size_of::<usize>() / size_of::<f32>();
        // Other tests may use the same places or clear them, but not every time.
        let ever = |is_so: &dyn Fn() -> bool| (0..1000).any(|_| is_so());
        let again = |first: usize, then: usize| {
            let mut values = unspecified(first);
            values.fill(7.0);
            let start = values.as_ptr();
            drop(values);
            let values = unspecified(then);
            (
                values.len() == then,
                values.as_ptr() == start && values.iter().skip(behind).all(|&x| x == 7.0),
            )
        };
        for (first, then) in [(1000, 1000), (1000, 999), (10_000, 10), (16_000, 16_000)] {
            assert!(ever(&|| again(first, then) == (true, true)), "{first} {then}");
        }
        // No block is long enough; the first block was not small; there are no bytes.
        for (first, then) in [(1000, 1001), (1000, 1 << 14), (1 << 14, 16), (0, 16), (16, 0)] {
            clear_reused();
            assert!(again(first, then).0);
        }
    }

    #[test]
    fn blocks_in_use_at_once_are_apart() {
        for round in 0..3 {
            let mut all: Vec<_> = (0..3 * BLOCKS)
                .map(|_| Reused::<u64>::unspecified(500, "a test").unwrap())
                .collect();
            for (i, values) in all.iter_mut().enumerate() {
                values.fill((round * 100 + i) as u64);
            }
            for (i, values) in all.iter().enumerate() {
                assert!(values.iter().all(|&x| x == (round * 100 + i) as u64));
            }
        }
    }

    #[test]
    fn what_is_kept_is_in_a_place_until_it_is_cleared() {
        let kept = || group().0.iter().filter(|place| !place.load(Ordering::Relaxed).is_null());
        // Other tests may use the same places or clear them, but not every time.
        assert!((0..1000).any(|_| {
            drop(Reused::<u64>::unspecified(500, "a test").unwrap());
            kept().count() > 0
        }));
        assert!((0..1000).any(|_| {
            clear_reused();
            kept().count() == 0
        }));
    }

    #[test]
    fn threads_pass_blocks_on_whole() {
        let threads: Vec<_> = (0..2 * GROUPS as u64)
            .map(|number| {
                std::thread::spawn(move || {
                    for turn in 0..200 {
                        let mut values = Reused::<u64>::unspecified(64 + turn, "a test").unwrap();
                        values.fill(number);
                        std::thread::yield_now();
                        assert!(values.iter().all(|&value| value == number));
                        if turn % 50 == 7 {
                            clear_reused();
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
