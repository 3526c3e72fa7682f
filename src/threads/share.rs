//! A slice filled in by several threads, chunk by chunk.

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{in_environment, num_threads, pool};
use crate::error::{Error, Result};

/// Chunks that are left, of all those that one slice is cut into; an iterator over (index of its first value, the
/// chunk). Each chunk is given out once, to whichever thread asks first.
pub struct Chunks<'a, T> {
    start: *mut T,
    len: usize,
    chunk: usize,
    next: &'a AtomicUsize,
    /// Whether other threads take chunks, too.
    is_shared: bool,
    _values: PhantomData<&'a mut [T]>,
}

impl<'a, T> Iterator for Chunks<'a, T> {
    type Item = (usize, &'a mut [T]);

    fn next(&mut self) -> Option<Self::Item> {
        let index = if self.is_shared {
            self.next.fetch_add(1, Ordering::Relaxed)
        } else {
            // An atomic addition waits for all outputs before to reach the cache.
            let index = self.next.load(Ordering::Relaxed);
            self.next.store(index + 1, Ordering::Relaxed);
            index
        };
        let first = index.checked_mul(self.chunk).filter(|&first| first < self.len)?;
        let len = self.chunk.min(self.len - first);
        // SAFETY: inside the slice that `for_each_chunk` has borrowed for 'a. The counter gives each index out
        // once, to the only thread if it is not shared, so chunks do not overlap.
        Some((first, unsafe { std::slice::from_raw_parts_mut(self.start.add(first), len) }))
    }
}

/// Lets the caller's thread and up to `threads - 1` others call `body` to work on chunks of `chunk` values until
/// none is left, and returns when all are done. What is in a chunk afterwards must not depend on who fills it in.
/// The caller is in the computing environment; the others are put into it.
///
/// # Errors
/// That of the first thread that failed; a thread that fails takes no further chunk.
///
/// # Panics
/// If `body` did, or `chunk` is 0.
pub fn for_each_chunk<T: Send>(
    values: &mut [T],
    chunk: usize,
    threads: usize,
    body: impl Fn(&mut Chunks<'_, T>) -> Result<()> + Sync,
) -> Result<()> {
    /// Where the values start.
    struct Start<T>(*mut T);
    // SAFETY: threads get values of their own through it, and values may be sent.
    unsafe impl<T: Send> Sync for Start<T> {}
    impl<T> Start<T> {
        fn get(&self) -> *mut T {
            self.0
        }
    }

    assert!(chunk > 0);
    let (len, next) = (values.len(), AtomicUsize::new(0));
    let start = Start(values.as_mut_ptr());
    let helpers = threads.min(len.div_ceil(chunk)).saturating_sub(1);
    let is_shared = helpers > 0;
    let chunks =
        || Chunks { start: start.get(), len, chunk, next: &next, is_shared, _values: PhantomData };
    if !is_shared {
        return body(&mut chunks());
    }
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    pool::share(helpers, num_threads().saturating_sub(1), &|| {
        if let Err(error) = in_environment(|| body(&mut chunks())) {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Calls `body` for each of `values`, on up to `threads` threads, as [`for_each_chunk`] does.
///
/// # Panics
/// If `body` did.
pub fn for_each<T: Send>(values: &mut [T], threads: usize, body: impl Fn(&mut T) + Sync) {
    for_each_piece(values, 1, threads, |_, piece| piece.iter_mut().for_each(&body));
}

/// Calls `body` with each piece of `piece` values and the index of its first one, on up to `threads` threads.
///
/// # Panics
/// If `body` did, or `piece` is 0.
pub fn for_each_piece<T: Send>(
    values: &mut [T],
    piece: usize,
    threads: usize,
    body: impl Fn(usize, &mut [T]) + Sync,
) {
    let done = for_each_chunk(values, piece, threads, |chunks| {
        chunks.for_each(|(at, piece)| body(at, piece));
        Ok(())
    });
    done.expect("nothing that fails");
}

/// Calls `body` with the same piece of all of `slices`, which are equally long, and the index of its first values, on up to
/// `threads` threads. Slices come in groups of `N`, and so do their pieces.
///
/// # Panics
/// If `body` did, `piece` is 0, or the lengths differ.
pub fn for_each_piece_of_all<T: Send, const N: usize>(
    slices: &mut [[&mut [T]; N]],
    piece: usize,
    threads: usize,
    body: impl Fn(usize, Pieces<'_, T, N>) + Sync,
) {
    /// Slices, of which threads get pieces of their own.
    struct Slices<'a, T, const N: usize>(&'a [[*mut [T]; N]]);
    // SAFETY: a piece is given to one thread, and its values may be sent.
    unsafe impl<T: Send, const N: usize> Sync for Slices<'_, T, N> {}
    impl<'a, T, const N: usize> Slices<'a, T, N> {
        fn get(&self) -> &'a [[*mut [T]; N]] {
            self.0
        }
    }

    let len = slices.iter().flatten().map(|slice| slice.len()).max().unwrap_or(0);
    assert!(slices.iter().flatten().all(|slice| slice.len() == len));
    // SAFETY: a reference to a slice and a pointer to one have the same layout, and this one is read only while the slices
    // are borrowed mutably.
    let slices = Slices(unsafe { &*(std::ptr::from_mut(slices) as *const [[*mut [T]; N]]) });
    // Nothing, which takes no memory, for each piece.
    for_each_piece(&mut vec![(); len.div_ceil(piece)], 1, threads, |index, _| {
        let start = index * piece;
        let (slices, len) = (slices.get().iter(), piece.min(len - start));
        body(start, Pieces { slices, start, len, _values: PhantomData });
    });
}

/// A piece of each of several slices, group by group.
pub struct Pieces<'a, T, const N: usize> {
    slices: std::slice::Iter<'a, [*mut [T]; N]>,
    start: usize,
    len: usize,
    _values: PhantomData<&'a mut [T]>,
}

impl<'a, T, const N: usize> Iterator for Pieces<'a, T, N> {
    type Item = [&'a mut [T]; N];

    fn next(&mut self) -> Option<Self::Item> {
        self.slices.next().map(|slices| {
            slices.map(|slice| {
                // SAFETY: inside the slice, which `for_each_piece_of_all` has borrowed for 'a. It gives each piece out once, and
                // each slice has its turn once.
                unsafe {
                    std::slice::from_raw_parts_mut(slice.cast::<T>().add(self.start), self.len)
                }
            })
        })
    }
}

/// Calls `body` with pieces that make up two slices of one length, on up to `threads` threads.
///
/// # Panics
/// If `body` did, or the lengths differ.
pub fn for_each_two<A: Send, B: Send>(
    a: &mut [A],
    b: &mut [B],
    threads: usize,
    body: impl Fn(&mut [A], &mut [B]) + Sync,
) {
    /// So that threads that begin later find some left.
    const PIECES: usize = 32;
    assert!(a.len() == b.len());
    if threads <= 1 || a.len() < PIECES {
        return body(a, b);
    }
    let len = a.len().div_ceil(PIECES);
    let mut pieces: [_; PIECES] = std::array::from_fn(|_| None);
    for (piece, two) in pieces.iter_mut().zip(a.chunks_mut(len).zip(b.chunks_mut(len))) {
        *piece = Some(two);
    }
    for_each(&mut pieces, threads, |piece| {
        if let Some((a, b)) = piece.take() {
            body(a, b);
        }
    });
}
