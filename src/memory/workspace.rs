//! Workspace: bytes that their owner lends for the time of a computation.

#![allow(unsafe_code)]

use std::mem::{MaybeUninit, take};

use bytemuck::{AnyBitPattern, NoUninit, cast_slice_mut};

use super::Reused;
use super::block::ALIGNMENT;
use crate::error::Result;

/// Bytes on the stack. Calls nest a few frames of this size. The stacks of threads have at least 64
/// KiB.
const ON_STACK: usize = 2048;

/// Bytes that start on a cache line and can be cut into slices. Their values are not specified.
pub struct Workspace<'w>(&'w mut [u8]);

impl<'w> Workspace<'w> {
    /// Cuts off `len` values. They start on a cache line, and are not specified.
    ///
    /// # Panics
    /// If fewer than [`bytes_for`] bytes for these values are left.
    #[inline(always)]
    pub fn cut<T: AnyBitPattern + NoUninit>(&mut self, len: usize) -> &'w mut [T] {
        const { assert!(align_of::<T>() <= ALIGNMENT) };
        let (cut, rest) = take(&mut self.0).split_at_mut(bytes_for(len, size_of::<T>()));
        self.0 = rest;
        cast_slice_mut(&mut cut[..len * size_of::<T>()])
    }

    /// Lends all bytes that are left, so that each step can cut them anew.
    #[inline(always)]
    pub fn again(&mut self) -> Workspace<'_> {
        Workspace(self.0)
    }
}

/// Bytes of workspace that `len` values of `size` bytes take, in whole cache lines. `usize::MAX` if
/// there cannot be so many.
#[inline(always)]
pub const fn bytes_for(len: usize, size: usize) -> usize {
    match len.saturating_mul(size).checked_next_multiple_of(ALIGNMENT) {
        Some(bytes) => bytes,
        None => usize::MAX,
    }
}

/// Calls `body` with `bytes` bytes. Few bytes are on the stack, because an allocation would take
/// longer than the computation. More bytes are in a block, which is kept for the next call if it is
/// small.
///
/// # Errors
/// `OutOfMemory`; the errors of `body`.
#[inline(always)]
pub fn with_workspace<R>(bytes: usize, body: impl FnOnce(Workspace<'_>) -> Result<R>) -> Result<R> {
    #[repr(C, align(64))]
    struct OnStack([MaybeUninit<u8>; ON_STACK]);
    const { assert!(align_of::<OnStack>() == ALIGNMENT) };

    if bytes > ON_STACK {
        return body(Workspace(&mut Reused::unspecified(bytes, "workspace")?));
    }
    let mut on_stack = OnStack([MaybeUninit::uninit(); ON_STACK]);
    let start = on_stack.0.as_mut_ptr().cast::<u8>();
    // SAFETY: the buffer holds `bytes` bytes. They are zeroed before they are lent, and they live
    // until `body` returns.
    let lent = unsafe {
        start.write_bytes(0, bytes);
        std::slice::from_raw_parts_mut(start, bytes)
    };
    body(Workspace(lent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_apart_aligned_and_as_long_as_asked_for() {
        for len in [0, 1, 7, 63, 64, 65, 100, 1 << 16] {
            let bytes = bytes_for(len, 8) + bytes_for(3 * len, 4) + bytes_for(len, 1);
            let sums = with_workspace(bytes, |mut work| {
                let mut sums = [0.0; 2];
                for sum in &mut sums {
                    let mut work = work.again();
                    let (a, b, c) =
                        (work.cut::<f64>(len), work.cut::<f32>(3 * len), work.cut::<u8>(len));
                    for at in [a.as_ptr().addr(), b.as_ptr().addr(), c.as_ptr().addr()] {
                        assert!(at.is_multiple_of(ALIGNMENT));
                    }
                    assert!(a.len() == len && b.len() == 3 * len && c.len() == len);
                    assert!(work.cut::<u8>(0).is_empty());
                    a.fill(1.0);
                    b.fill(1.0);
                    c.fill(1);
                    let all = a.iter().copied().chain(b.iter().map(|&x| x.into()));
                    *sum = all.chain(c.iter().map(|&x| x.into())).sum();
                }
                Ok(sums)
            });
            assert_eq!(sums, Ok([5.0 * len as f64; 2]));
        }
    }

    #[test]
    fn impossible_sizes_are_out_of_memory() {
        for bytes in [usize::MAX, bytes_for(usize::MAX / 2, 4), isize::MAX as usize] {
            let refused = with_workspace(bytes, |_| Ok(())).unwrap_err();
            assert_eq!(refused.status, crate::error::Status::OutOfMemory);
        }
    }

    #[test]
    #[should_panic]
    fn nothing_is_cut_off_that_is_not_there() {
        let _ = with_workspace(bytes_for(16, 4), |mut work| {
            work.cut::<f32>(17);
            Ok(())
        });
    }
}
