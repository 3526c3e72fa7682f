//! Several threads fill in one slice, chunk by chunk.

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{num_threads, pool};
use crate::cpu::FloatEnvironment;
use crate::error::{Error, Result};

/// The remaining chunks of a slice: an iterator over (index of the first value, chunk). Each chunk
/// is given out once, to the thread that asks first.
pub struct Chunks<'a, T> {
    start: *mut T,
    len: usize,
    chunk_len: usize,
    next: &'a AtomicUsize,
    /// Whether other threads also take chunks.
    is_shared: bool,
    _values: PhantomData<&'a mut [T]>,
}

impl<'a, T> Iterator for Chunks<'a, T> {
    type Item = (usize, &'a mut [T]);

    fn next(&mut self) -> Option<Self::Item> {
        let index = if self.is_shared {
            self.next.fetch_add(1, Ordering::Relaxed)
        } else {
            // A plain load and store, because an atomic addition waits until all earlier outputs have
            // reached the cache.
            let index = self.next.load(Ordering::Relaxed);
            self.next.store(index + 1, Ordering::Relaxed);
            index
        };
        let first = index.checked_mul(self.chunk_len).filter(|&first| first < self.len)?;
        let len = self.chunk_len.min(self.len - first);
        // SAFETY: the chunk is inside the slice that `for_each_chunk` has borrowed for 'a. The counter
        // gives out each index once (if it is not shared, there is only one thread), so chunks do not
        // overlap.
        Some((first, unsafe { std::slice::from_raw_parts_mut(self.start.add(first), len) }))
    }
}

/// The caller's thread and up to `threads - 1` others call `body`, which works on chunks of `chunk_len`
/// values until none is left. Returns when all calls have returned. The contents of a chunk must
/// not depend on the thread that fills it in. The caller is already in the floating-point
/// environment of all computing; the other threads are put into it, with the caller's way to
/// compute with subnormal numbers.
///
/// # Errors
/// The error of the first thread that failed. A thread that fails takes no further chunk.
///
/// # Panics
/// If `body` panics, or `chunk_len` is 0.
pub fn for_each_chunk<T: Send>(
    values: &mut [T],
    chunk_len: usize,
    threads: usize,
    body: impl Fn(&mut Chunks<'_, T>) -> Result<()> + Sync,
) -> Result<()> {
    /// The start of the values.
    struct Start<T>(*mut T);
    // SAFETY: through it, each thread gets its own values, and values may be sent.
    unsafe impl<T: Send> Sync for Start<T> {}
    impl<T> Start<T> {
        fn get(&self) -> *mut T {
            self.0
        }
    }

    assert!(chunk_len > 0);
    let (len, next) = (values.len(), AtomicUsize::new(0));
    let start = Start(values.as_mut_ptr());
    let helpers = threads.min(len.div_ceil(chunk_len)).saturating_sub(1);
    let is_shared = helpers > 0;
    let chunks = || Chunks {
        start: start.get(),
        len,
        chunk_len,
        next: &next,
        is_shared,
        _values: PhantomData,
    };
    if !is_shared {
        return body(&mut chunks());
    }
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let subnormals = FloatEnvironment::subnormals();
    pool::share(helpers, num_threads().saturating_sub(1), &|| {
        if let Err(error) = FloatEnvironment::run_with(subnormals, || body(&mut chunks())) {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Calls `body` for each of `values`, on up to `threads` threads, like [`for_each_chunk`].
///
/// # Panics
/// If `body` panics.
pub fn for_each<T: Send>(values: &mut [T], threads: usize, body: impl Fn(&mut T) + Sync) {
    for_each_piece(values, 1, threads, |_, piece| piece.iter_mut().for_each(&body));
}

/// Calls `body` with each piece of `piece_len` values and the index of its first value, on up to
/// `threads` threads.
///
/// # Panics
/// If `body` panics, or `piece_len` is 0.
pub fn for_each_piece<T: Send>(
    values: &mut [T],
    piece_len: usize,
    threads: usize,
    body: impl Fn(usize, &mut [T]) + Sync,
) {
    let done = for_each_chunk(values, piece_len, threads, |chunks| {
        chunks.for_each(|(at, piece)| body(at, piece));
        Ok(())
    });
    done.expect("nothing that fails");
}

/// Calls `body` with the same piece of all of `slices`, which have equal lengths, and the index of
/// its first values, on up to `threads` threads. The slices come in groups of `N`, and so do their
/// pieces.
///
/// # Panics
/// If `body` panics, `piece_len` is 0, or the lengths differ.
pub fn for_each_piece_of_all<T: Send, const N: usize>(
    slices: &mut [[&mut [T]; N]],
    piece_len: usize,
    threads: usize,
    body: impl Fn(usize, PiecesOfAll<'_, T, N>) + Sync,
) {
    /// The slices. Each thread gets its own pieces of them.
    struct Slices<'a, T, const N: usize>(&'a [[*mut [T]; N]]);
    // SAFETY: each piece is given to one thread, and its values may be sent.
    unsafe impl<T: Send, const N: usize> Sync for Slices<'_, T, N> {}
    impl<'a, T, const N: usize> Slices<'a, T, N> {
        fn get(&self) -> &'a [[*mut [T]; N]] {
            self.0
        }
    }

    let len = slices.iter().flatten().map(|slice| slice.len()).max().unwrap_or(0);
    assert!(slices.iter().flatten().all(|slice| slice.len() == len));
    // SAFETY: a reference to a slice and a pointer to a slice have the same layout. These pointers are
    // read only while the slices are borrowed mutably.
    let slices = Slices(unsafe { &*(std::ptr::from_mut(slices) as *const [[*mut [T]; N]]) });
    // One `()` for each piece: the vector takes no memory.
    for_each_piece(&mut vec![(); len.div_ceil(piece_len)], 1, threads, |index, _| {
        let start = index * piece_len;
        let (slices, len) = (slices.get().iter(), piece_len.min(len - start));
        body(start, PiecesOfAll { slices, start, len, _values: PhantomData });
    });
}

/// A piece of each of several slices, group by group.
pub struct PiecesOfAll<'a, T, const N: usize> {
    slices: std::slice::Iter<'a, [*mut [T]; N]>,
    start: usize,
    len: usize,
    _values: PhantomData<&'a mut [T]>,
}

impl<'a, T, const N: usize> Iterator for PiecesOfAll<'a, T, N> {
    type Item = [&'a mut [T]; N];

    fn next(&mut self) -> Option<Self::Item> {
        self.slices.next().map(|slices| {
            slices.map(|slice| {
                // SAFETY: the piece is inside the slice, which `for_each_piece_of_all` has borrowed for
                // 'a. Each piece is given out once, and each slice is visited once.
                unsafe {
                    std::slice::from_raw_parts_mut(slice.cast::<T>().add(self.start), self.len)
                }
            })
        })
    }
}

/// Calls `body` with matching pieces of two slices of one length, on up to `threads` threads. The
/// pieces make up the slices.
///
/// # Panics
/// If `body` panics, or the lengths differ.
pub fn for_each_two<A: Send, B: Send>(
    a: &mut [A],
    b: &mut [B],
    threads: usize,
    body: impl Fn(&mut [A], &mut [B]) + Sync,
) {
    /// Enough pieces that threads that begin later still find some.
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
