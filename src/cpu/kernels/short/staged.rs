//! Outputs at the signal's ends, from copies of the ends between zeros.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ops::Range;

use super::call::{MAX_TAPS, Short};
use super::few_rows::few_rows;
use crate::cpu::kernels::direct::Valid;
use crate::cpu::vector::{MAX_LANES, Simd, Vector};

/// The outputs at the ends read a copy of the signal's end between zeros. An infinite tap shows in
/// every output, because zeros are multiplied by it, too.
#[inline(always)]
pub fn convolve<V: Vector>(simd: V::Simd, short: Short<V::Scalar>) -> bool {
    let Short { signal, filter: taps, first, out } = short;
    let lanes = V::LANES;
    let (len, before) = (out.len(), taps.len() - 1);
    // The outputs that read before the signal's first value, and behind its last value, in whole
    // vectors.
    let head = before.saturating_sub(first).min(len).div_ceil(lanes) * lanes;
    let tail = (first + len).saturating_sub(signal.len()).min(len).div_ceil(lanes) * lanes;
    let mut stages = [[MaybeUninit::uninit(); STAGE]; 2];
    let [one, other] = &mut stages;
    if head + lanes + tail > len {
        // Too few outputs are left in between to treat them separately.
        let x = window::<V>(simd, signal, first..first + len, before, one);
        return simd.run(Valid { taps, x, out });
    }
    let (start, end) = (first + head, first + len - tail);
    // Both ends are copied first and read last, because values that were just stored are slow to
    // load.
    let at_head = window::<V>(simd, signal, first..start, before, one);
    let at_tail = window::<V>(simd, signal, end..first + len, before, other);
    let (out_head, rest) = out.split_at_mut(head);
    let (out, out_tail) = rest.split_at_mut(end - start);
    let mut check = V::splat(simd, V::Scalar::default());
    let middle = Valid { taps, x: &signal[start - before..end], out };
    let mut finite = few_rows::<V>(simd, middle, &mut check);
    for (x, out) in [(at_head, out_head), (at_tail, out_tail)] {
        finite &= few_rows::<V>(simd, Valid { taps, x, out }, &mut check);
    }
    finite & check.is_zero()
}

/// The most outputs that are computed from a stage: an end, or all outputs if there are only ends.
const STAGED: usize = 2 * (MAX_TAPS + MAX_LANES);
/// Values of a stage. Whole vectors are written, and may go beyond the values that are needed.
const STAGE: usize = STAGED + MAX_TAPS + MAX_LANES;

/// Copies the signal under some outputs of `full` to `stage`, with zeros beyond the signal's ends.
#[inline(always)]
fn window<'s, V: Vector>(
    simd: V::Simd,
    signal: &[V::Scalar],
    outputs: Range<usize>,
    before: usize,
    stage: &'s mut [MaybeUninit<V::Scalar>; STAGE],
) -> &'s [V::Scalar] {
    let Range { start, end } = outputs;
    if start == end {
        return &[];
    }
    let len = end - start + before;
    assert!(len <= STAGE - MAX_LANES);
    // The window starts at index `start - before` of the signal.
    let zeros = before.saturating_sub(start);
    let values = &signal[(start + zeros - before).min(signal.len())..end.min(signal.len())];
    let to = stage.as_mut_ptr().cast::<V::Scalar>();
    // Hides from the compiler that the value is 0. Otherwise the loop becomes a call that takes
    // longer than all the rest.
    let zero = V::splat(simd, black_box(V::Scalar::default()));
    // SAFETY: a vector of zeros starts below `len`, so it ends inside the stage. `zeros` and
    // `values` together are at most `len`. The vector that ends with the values starts with them or
    // after their start. All lent values are written.
    unsafe {
        let mut at = 0;
        while at < len {
            zero.store(&mut *to.add(at).cast());
            at += V::LANES;
        }
        if let Some(last) = values.len().checked_sub(V::LANES) {
            let mut at = 0;
            while at < last {
                let block = V::load_at(simd, values.as_ptr().add(at));
                block.store(&mut *to.add(zeros + at).cast());
                at += V::LANES;
            }
            let block = V::load_at(simd, values.as_ptr().add(last));
            block.store(&mut *to.add(zeros + last).cast());
        } else {
            to.add(zeros).copy_from_nonoverlapping(values.as_ptr(), values.len());
        }
        std::slice::from_raw_parts(to, len)
    }
}
