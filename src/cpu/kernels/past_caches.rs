//! Stores that go past the caches.
//!
//! A fence has to follow them on the same thread before anything else touches what they wrote: so the intrinsics ask, and
//! without it other threads may see them late. A fence after each copy cost a third of the speed, so copies inside
//! [`fence_once`] share one.

#![allow(unsafe_code)]

use std::cell::Cell;

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd, Vector};

thread_local! {
    /// Inside [`fence_once`]: whether there have been stores past the caches since.
    static STORED: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Copies `from` to `to`, which is as long. Whole cache lines go past the caches where the instruction set can: they need not
/// be read from memory before they are overwritten, and nothing else leaves the caches for them.
///
/// Inside [`fence_once`], nothing may read or write `to` before that returns.
///
/// # Panics
/// If the lengths differ.
pub fn copy_past_caches<T: Real>(from: &[T], to: &mut [T]) {
    copy_on(isa(), from, to);
}

fn copy_on<T: Real>(isa: Isa, from: &[T], to: &mut [T]) {
    assert_eq!(from.len(), to.len());
    fence_once(|| {
        STORED.set(Some(true));
        isa.run(Copy { from, to });
    });
}

/// Runs `body`. One fence follows all that it copies past the caches on this thread, also if it panics.
pub fn fence_once<R>(body: impl FnOnce() -> R) -> R {
    /// Ends the outermost one.
    struct Fence;
    impl Drop for Fence {
        fn drop(&mut self) {
            if STORED.take() == Some(true) {
                fence();
            }
        }
    }
    let _fence = STORED.get().is_none().then(|| {
        STORED.set(Some(false));
        Fence
    });
    body()
}

/// Puts what this thread stored past the caches before all that it stores from now on.
fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has it.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// Bytes of a cache line, or of a part of one where they are longer.
const LINE: usize = 64;

struct Copy<'a, T> {
    from: &'a [T],
    to: &'a mut [T],
}

impl<T: Real> Kernel for Copy<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { from, to } = self;
        let lanes = T::V::<S>::LANES;
        let line = LINE / size_of::<T>();
        let head = to.as_ptr().align_offset(LINE).min(to.len());
        let whole = (to.len() - head) / line * line;
        let end = head + whole;
        to[..head].copy_from_slice(&from[..head]);
        to[end..].copy_from_slice(&from[end..]);
        let (from, to) = (&from[head..end], &mut to[head..end]);
        let (from, _) = T::V::<S>::blocks(from);
        let (to, _) = T::V::<S>::blocks_mut(to);
        debug_assert!(line.is_multiple_of(lanes));
        for (from, to) in from.iter().zip(to) {
            // SAFETY: lines are whole vectors, and the first one begins with a line. `copy_on` has this inside `fence_once`,
            // and `to` is borrowed until then, or its callers keep off it.
            unsafe { T::V::<S>::load(simd, from).store_past_caches(to) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::guarded::Guarded;
    use crate::process::quietly;

    fn check<T: Real>() {
        for isa in Isa::available() {
            for len in (0..70).chain([200, 4033]) {
                let (mut from, mut to) = (Guarded::<T>::new(len), Guarded::<T>::new(len));
                let mut value = 0.0;
                from.fill_with(|| {
                    value += 1.0;
                    T::from_f64(value)
                });
                copy_on(isa, &from, &mut to);
                assert!(from[..] == to[..], "{} {len}", isa.name());
                // Guarded values end with a line.
                for cut in 1..LINE / size_of::<T>() {
                    let Some(end) = len.checked_sub(cut) else { break };
                    to.fill(T::default());
                    copy_on(isa, &from[..end], &mut to[..end]);
                    let copied = from[..end] == to[..end];
                    let is_kept = to[end..].iter().all(|&value| value == T::default());
                    assert!(copied && is_kept, "{} {len} but {cut}", isa.name());
                }
            }
        }
    }

    #[test]
    fn copies_all_of_it_and_nothing_more_at_every_alignment() {
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn outermost_fence_counts() {
        let copy = || copy_past_caches(&[1.0f32; 100], &mut [0.0; 100]);
        let panicked = std::panic::catch_unwind(|| {
            fence_once(|| {
                assert_eq!(STORED.get(), Some(false));
                fence_once(copy);
                assert_eq!(STORED.get(), Some(true));
                quietly(|| panic!("after a copy"));
            })
        });
        assert!(panicked.is_err());
        assert_eq!(STORED.get(), None);
        copy();
        assert_eq!(STORED.get(), None);
    }
}
