//! Short calls on plain pointers: all checks together, in few instructions.
//!
//! A call of 64 x 8 values takes 20 ns. On the general path, the guard, the separate checks and
//! their results took an eighth of this time. A call that this path refuses takes the general path,
//! which finds the error and reports it.
//!
//! This path has no guard against panics, because nothing on it panics: it computes only sums over
//! some thousands of values. The assertions and the indices in a kernel for short inputs depend
//! only on the lengths, on the processor's maker, and on whether all values are finite; a test runs
//! through all of these cases ([`crate::convolve::convolve_short`]). This path allocates only once,
//! for the text of environment variables.

use std::ffi::c_void;

use crate::convolve::{Mode, are_short};

/// The numbers of the modes in C.
const FULL: i32 = Mode::Full as i32;
const VALID: i32 = Mode::Valid as i32;
const SAME: i32 = Mode::Same as i32;

/// The operands of a short call that has passed all checks.
pub struct Operands<'a, T> {
    /// The longer input.
    pub signal: &'a [T],
    /// The shorter input.
    pub filter: &'a [T],
    /// The index in `full` of the first output that is kept.
    pub first: usize,
    /// Room for all outputs that are kept.
    pub out: &'a mut [T],
}

/// The operands of `mlx_convolve_into`, if they are short and pass all checks. Reads no value.
///
/// # Safety
/// Consider each pointer that is not 0, is a multiple of an element's size, and lies in the lower
/// half of the address space. Such a pointer is valid during `'a` for as many elements as its
/// length says: for reading if it is an input, for writing if it is `out`. Nobody writes to the
/// inputs or reaches `out` during `'a`. Other pointers may have any value: they are refused and not
/// used.
#[inline(always)]
pub unsafe fn operands<'a, T>(
    (a, a_len): (*const c_void, usize),
    (v, v_len): (*const c_void, usize),
    mode: i32,
    (out, out_len): (*mut c_void, usize),
) -> Option<Operands<'a, T>> {
    let ((signal, n), (filter, k)) =
        if v_len > a_len { ((v, v_len), (a, a_len)) } else { ((a, a_len), (v, v_len)) };
    if k == 0 || !are_short(n, k) {
        return None;
    }
    // The same as `Mode` and `output_len`, in fewer steps, because the lengths are known to be short.
    let before = k - 1;
    let (first, len) = match mode {
        FULL => (0, n + before),
        VALID => (before, n - before),
        SAME => (before / 2, n),
        _ => return None,
    };
    let size = size_of::<T>();
    let [x, y, to] = [signal.addr(), filter.addr(), out.addr()];
    let any = x | y | to;
    // The highest bit is set in addresses of the upper half, which few programs have and which take
    // the general path. It is also set in 0 - 1, so a pointer of 0 is refused too.
    let high = any | x.wrapping_sub(1) | y.wrapping_sub(1) | to.wrapping_sub(1);
    // Two ranges overlap if one begins in the other. A distance that wraps is longer than both ranges.
    let overlaps = |at: usize, count: usize| {
        (to.wrapping_sub(at) < count * size) | (at.wrapping_sub(to) < len * size)
    };
    // `|` in place of `||`, which would cost a branch for each check.
    let is_wrong = (out_len != len)
        | (high.cast_signed() < 0)
        | (any & (size - 1) != 0)
        | overlaps(x, n)
        | overlaps(y, k);
    if is_wrong {
        return None;
    }
    // SAFETY: no address is 0. Each address is a multiple of an element's size, so it is aligned. A
    // short length is a few thousand elements, so the slices end before the end of the address space.
    // `out` is apart from both inputs. Bytes of `out` that were never written count as initialised,
    // as all memory from outside Rust. The caller guarantees the rest.
    unsafe {
        Some(Operands {
            signal: std::slice::from_raw_parts(signal.cast(), n),
            filter: std::slice::from_raw_parts(filter.cast(), k),
            first,
            out: std::slice::from_raw_parts_mut(out.cast(), len),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::{from_mut, null_mut, without_provenance_mut};

    use super::*;
    use crate::convolve::output_len;

    /// The lengths of signal, filter and output, and the first output, if the operands pass all
    /// checks.
    fn given<T>(
        (a, a_len): (*mut c_void, usize),
        (v, v_len): (*mut c_void, usize),
        mode: i32,
        (out, out_len): (*mut c_void, usize),
    ) -> Option<[usize; 4]> {
        // SAFETY: the pointers in these tests that pass the checks are valid for any bits.
        let operands = unsafe { operands::<T>((a, a_len), (v, v_len), mode, (out, out_len)) };
        operands.map(|Operands { signal, filter, first, out: room }| {
            let pointers = [signal.as_ptr(), filter.as_ptr(), room.as_ptr()].map(<*const T>::addr);
            let [a, v, out] = [a, v, out].map(<*mut c_void>::addr);
            assert_eq!(pointers, if v_len > a_len { [v, a, out] } else { [a, v, out] });
            [signal.len(), filter.len(), room.len(), first]
        })
    }

    #[test]
    fn operands_are_taken_where_they_are_apart_and_as_long_as_they_have_to_be() {
        let mut memory = [0u64; 16];
        let start = from_mut(&mut memory).cast::<c_void>();
        let at = |bytes: usize| start.wrapping_byte_add(bytes);
        let places = || (0..=32).step_by(2).map(|bytes| (bytes, at(bytes)));
        let lengths = [(1, 1), (3, 2), (1, 4), (4, 4)];
        for ((a_len, v_len), mode) in lengths.into_iter().flat_map(|l| [(l, 0), (l, 1), (l, 2)]) {
            let (n, k) = (a_len.max(v_len), a_len.min(v_len));
            let as_mode = Mode::from_raw(mode).unwrap();
            let (len, first) = (output_len(n, k, as_mode).unwrap(), as_mode.first(k));
            for (a, pa) in places() {
                for (v, pv) in places() {
                    for (out, po) in places() {
                        let apart = |at, count| out + 4 * len <= at || at + 4 * count <= out;
                        let is_right = (a | v | out) % 4 == 0 && apart(a, a_len) && apart(v, v_len);
                        assert_eq!(
                            given::<f32>((pa, a_len), (pv, v_len), mode, (po, len)),
                            is_right.then_some([n, k, len, first]),
                            "{a_len} at {a} with {v_len} at {v} to {out}, mode {mode}"
                        );
                    }
                }
            }
            for wrong in [0, len - 1, len + 1, usize::MAX, len | 1 << 63] {
                let (a, v) = ((at(0), a_len), (at(32), v_len));
                assert_eq!(given::<f32>(a, v, mode, (at(64), wrong)), None);
            }
        }
    }

    #[test]
    fn what_is_wrong_with_any_operand_is_seen() {
        let mut memory = [0u64; 16];
        let start = from_mut(&mut memory).cast::<c_void>();
        let [a, v, out] = [0, 32, 64].map(|bytes| start.wrapping_byte_add(bytes));
        assert_eq!(given::<f64>((a, 3), (v, 2), 0, (out, 4)), Some([3, 2, 4, 0]));
        let wrong = [0, 1, 4, 1 << 63, (1 << 63) + 64, usize::MAX, usize::MAX - 63];
        let wrong = wrong.map(without_provenance_mut);
        for wrong in wrong.into_iter().chain([null_mut()]) {
            assert_eq!(given::<f64>((wrong, 3), (v, 2), 0, (out, 4)), None);
            assert_eq!(given::<f64>((a, 3), (wrong, 2), 0, (out, 4)), None);
            assert_eq!(given::<f64>((a, 3), (v, 2), 0, (wrong, 4)), None);
        }
        for mode in [-1, 3, i32::MIN, i32::MAX] {
            assert_eq!(given::<f64>((a, 3), (v, 2), mode, (out, 4)), None);
        }
        for len in [0, 1 << 40, usize::MAX] {
            assert_eq!(given::<f64>((a, len), (v, 2), 0, (out, 4)), None);
            assert_eq!(given::<f64>((a, 3), (v, len), 0, (out, 4)), None);
        }
    }
}
