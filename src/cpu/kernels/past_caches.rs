//! Stores past the caches.
//!
//! After these stores, a fence must follow on the same thread before anything else touches the
//! stored values. The intrinsics require the fence; without it, other threads may see the stores
//! late. A fence after each copy cost a third of the speed, so all copies with the same [`Fence`]
//! share one fence.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd, Vector};

/// The fence that follows this thread's stores past the caches. Only [`fenced`] makes one, and
/// another thread cannot use it. All stored outputs stay borrowed for `'o`, which outlives the
/// fence. So nothing reads or writes them before the fence.
pub struct Fence<'o> {
    /// Whether there have been stores past the caches.
    stored: Cell<bool>,
    /// Ties the value to one thread, and to exactly the lifetime `'o`.
    _outputs: PhantomData<*mut &'o mut ()>,
}

impl Drop for Fence<'_> {
    fn drop(&mut self) {
        if self.stored.get() {
            fence();
        }
    }
}

/// Runs `body`. One fence follows all copies past the caches in `body`, even if `body` panics.
#[inline(always)]
pub fn fenced<'o, R>(body: impl FnOnce(&Fence<'o>) -> R) -> R {
    body(&Fence { stored: Cell::new(false), _outputs: PhantomData })
}

/// Copies `from` to `to`, which is as long. Where the instruction set can, whole cache lines are
/// stored past the caches. These lines need not be read from memory before they are overwritten,
/// and nothing else leaves the caches for them.
///
/// # Panics
/// If the lengths differ.
pub fn copy_past_caches<'o, T: Real>(from: &[T], to: &'o mut [T], fence: &Fence<'o>) {
    copy_on(isa(), from, to, fence);
}

fn copy_on<'o, T: Real>(isa: Isa, from: &[T], to: &'o mut [T], fence: &Fence<'o>) {
    assert_eq!(from.len(), to.len());
    fence.stored.set(true);
    isa.run(CopyPastCaches { from, to });
}

/// Orders this thread's stores past the caches before all its later stores.
fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// Bytes of a cache line, or of a part of a longer line.
const LINE: usize = 64;

struct CopyPastCaches<'a, T> {
    from: &'a [T],
    to: &'a mut [T],
}

impl<T: Real> Kernel for CopyPastCaches<'_, T> {
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
        assert!(line.is_multiple_of(lanes));
        for (from, to) in from.iter().zip(to) {
            // SAFETY: a line holds whole vectors, and the first vector starts on a line, so `to` is
            // aligned to its size. `copy_on` told the fence, which follows before the borrow of
            // `to` ends.
            unsafe { T::V::<S>::load(simd, from).store_past_caches(to) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    fn check<T: Real>() {
        for isa in each_isa() {
            for len in (0..70).chain([200, 4033]) {
                let (mut from, mut to) =
                    (BeforeGuardPage::<T>::new(len), BeforeGuardPage::<T>::new(len));
                let mut value = 0.0;
                from.fill_with(|| {
                    value += 1.0;
                    T::from_f64(value)
                });
                fenced(|fence| copy_on(isa, &from, &mut to, fence));
                assert!(from[..] == to[..], "{} {len}", isa.name());
                // Before a guard page, the values end with a line. Each cut makes them end inside a
                // line.
                for cut in 1..LINE / size_of::<T>() {
                    let Some(end) = len.checked_sub(cut) else { break };
                    to.fill(T::default());
                    fenced(|fence| copy_on(isa, &from[..end], &mut to[..end], fence));
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
    fn a_fence_knows_whether_it_must_follow() {
        let mut to = [0.0f32; 100];
        fenced(|fence| {
            assert!(!fence.stored.get());
            copy_past_caches(&[1.0; 100], &mut to, fence);
            assert!(fence.stored.get());
        });
    }
}
