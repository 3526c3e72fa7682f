//! Short-lived buffers that cost nothing where they are small.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use bytemuck::{NoUninit, Zeroable};

use super::Aligned;
use super::block::ALIGNMENT;
use crate::error::Result;

/// Bytes on the stack. Calls nest a few frames of this size; threads' stacks have 64 KiB at least.
const ON_STACK: usize = 2048;

/// Calls `body` with `len` zeros that start on a cache line: on the stack where they are few, where an
/// allocation would take longer than what is done with them. `what` names them in the message of the error.
///
/// # Errors
/// `OutOfMemory`, as [`Aligned::zeroed`]; those of `body`.
#[inline(always)]
pub fn with_zeros<T: Zeroable + NoUninit, R>(
    len: usize,
    what: &'static str,
    body: impl FnOnce(&mut [T]) -> Result<R>,
) -> Result<R> {
    #[repr(C, align(64))]
    struct OnStack([MaybeUninit<u8>; ON_STACK]);
    const { assert!(align_of::<OnStack>() == ALIGNMENT && align_of::<T>() <= ALIGNMENT) };

    if len > ON_STACK / size_of::<T>() {
        return body(&mut Aligned::zeroed(len, what)?);
    }
    let mut bytes = OnStack([MaybeUninit::uninit(); ON_STACK]);
    let start = bytes.0.as_mut_ptr().cast::<T>();
    // SAFETY: the buffer holds `len` values, aligned, which are zeroed before they are lent (`T: Zeroable`) and
    // live until `body` returns.
    let values = unsafe {
        start.write_bytes(0, len);
        std::slice::from_raw_parts_mut(start, len)
    };
    body(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_on_stack_and_heap_alike() {
        for len in [0, 1, 255, 256, 257, 1 << 16] {
            let sum = with_zeros(len, "a test", |values: &mut [f64]| {
                assert!(values.len() == len && values.as_ptr().addr().is_multiple_of(ALIGNMENT));
                assert!(values.iter().all(|&x| x == 0.0));
                values.fill(1.0);
                Ok(values.iter().sum::<f64>())
            });
            assert_eq!(sum, Ok(len as f64));
        }
        assert!(with_zeros(usize::MAX, "a test", |_: &mut [f32]| Ok(())).is_err());
    }
}
