//! Stores that go past the caches.

#![allow(unsafe_code)]

use super::vector::{Kernel, Simd, Vector};
use super::{Isa, Real, isa};

/// Copies `from` to `to`, which is as long. Whole cache lines go past the caches where the instruction set can: they need not
/// be read from memory before they are overwritten, and nothing else leaves the caches for them. Other threads may see them
/// late: [`order_stores`].
///
/// # Panics
/// If the lengths differ.
pub fn copy_past_caches<T: Real>(from: &[T], to: &mut [T]) {
    copy_on(isa(), from, to);
}

/// Puts what this thread stored past the caches before all that it stores from now on, as others see it.
pub fn order_stores() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has it.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

fn copy_on<T: Real>(isa: Isa, from: &[T], to: &mut [T]) {
    assert_eq!(from.len(), to.len());
    isa.run(Copy { from, to });
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
            // SAFETY: lines are whole vectors, and the first one begins with a line.
            unsafe { T::V::<S>::load(simd, from).store_past_caches(to) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::guarded::Guarded;

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
            }
        }
    }

    #[test]
    fn copies_all_of_it_from_every_alignment() {
        check::<f32>();
        check::<f64>();
    }
}
