//! Direct convolution of inputs so short that calls and allocations would take most of the time.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ops::Range;

use super::direct::{Correlate, tiles};
use super::vector::{Kernel, MAX_LANES, Simd, Vector};
use super::{Isa, Real, isa};

/// Values of the signal, at most.
const SIGNAL: usize = 2048;
/// Taps, at most.
const TAPS: usize = 64;
/// Bytes of products, at most: half a microsecond and more of work.
const PRODUCTS: usize = 1 << 18;

/// Whether [`convolve_short`] takes inputs of these lengths, of values of `width` bytes.
pub fn is_short(signal: usize, taps: usize, width: usize) -> bool {
    taps <= TAPS && signal <= SIGNAL && (signal + taps) * taps * width <= PRODUCTS
}

/// `out[i] = sum over k of filter[k] * signal[first + i - k]`, the signal being zero beyond its ends, with the
/// bits that [`super::correlate`] gives.
///
/// Returns false if taps or outputs are not all finite: `out` is unspecified then.
///
/// # Panics
/// If the lengths are not short ([`is_short`]), or `out` ends behind the last output that reads the signal.
pub fn convolve_short<T: Real>(signal: &[T], filter: &[T], first: usize, out: &mut [T]) -> bool {
    convolve_short_on(isa(), signal, filter, first, out)
}

fn convolve_short_on<T: Real>(
    isa: Isa,
    signal: &[T],
    filter: &[T],
    first: usize,
    out: &mut [T],
) -> bool {
    assert!(!filter.is_empty() && is_short(signal.len(), filter.len(), size_of::<T>()));
    assert!(first + out.len() < signal.len() + filter.len());
    isa.run(Short { signal, filter, first, out })
}

/// Everything in one function, compiled for one instruction set: the filter back to front, the signal's ends
/// between zeros, the sums, and the look at them.
struct Short<'a, T> {
    signal: &'a [T],
    filter: &'a [T],
    first: usize,
    out: &'a mut [T],
}

impl<T: Real> Kernel for Short<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let Self { signal, filter, first, out } = self;
        let lanes = T::V::<S>::LANES;
        let mut taps = [T::default(); TAPS];
        let taps = &mut taps[..filter.len()];
        for (tap, &value) in taps.iter_mut().rev().zip(filter) {
            *tap = value;
        }
        let before = taps.len() - 1;
        // Outputs that read zeros beyond an end, and some more where that makes a vector of them.
        let end = first + out.len();
        let (mut head, mut tail) = (before.clamp(first, end), signal.len().clamp(first, end));
        if head > first {
            head = head.max(first + lanes);
        }
        if tail < end {
            tail = tail.min(end.wrapping_sub(lanes));
        }
        let mut stages = [[MaybeUninit::uninit(); STAGE]; 2];
        let [one, other] = &mut stages;
        let finite = if head < tail && tail <= end && tail - head >= lanes {
            // Both ends are staged first and read last: what was just stored is slow to load.
            let at_head = window::<T::V<S>>(simd, signal, first..head, before, one);
            let at_tail = window::<T::V<S>>(simd, signal, tail..end, before, other);
            let (out_head, rest) = out.split_at_mut(head - first);
            let (out, out_tail) = rest.split_at_mut(tail - head);
            sums::<T::V<S>>(simd, taps, &signal[head - before..tail], out)
                & sums::<T::V<S>>(simd, taps, at_head, out_head)
                & sums::<T::V<S>>(simd, taps, at_tail, out_tail)
        } else {
            // What is left in between, if anything, is not worth being told apart.
            let x = window::<T::V<S>>(simd, signal, first..end, before, one);
            sums::<T::V<S>>(simd, taps, x, out)
        };
        finite && are_finite::<T::V<S>>(simd, filter)
    }
}

#[inline(always)]
fn sums<V: Vector>(
    simd: V::Simd,
    taps: &[V::Scalar],
    x: &[V::Scalar],
    out: &mut [V::Scalar],
) -> bool {
    tiles::<V>(simd, &mut Correlate { taps, x, out })
}

/// Outputs that are computed from a stage, at most: an end, or all where there is nothing but ends.
const STAGED: usize = 2 * (TAPS + MAX_LANES);
/// Values of a stage. Whole vectors are written, and may go beyond what is needed.
const STAGE: usize = STAGED + TAPS + MAX_LANES;

/// The signal under some outputs of `full`, with zeros beyond its ends, in `stage`.
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
    // The first value of the window is `start - before` in the signal.
    let zeros = before.saturating_sub(start);
    let values = &signal[(start + zeros - before).min(signal.len())..end.min(signal.len())];
    let to = stage.as_mut_ptr().cast::<V::Scalar>();
    let mut at = 0;
    // SAFETY: a vector begins below `len`, so it ends inside the stage; `zeros` and `values` together are no more than
    // `len`. All that is lent is written.
    unsafe {
        while at < len {
            V::splat(simd, V::Scalar::default()).store(&mut *to.add(at).cast());
            at += V::LANES;
        }
        to.add(zeros).copy_from_nonoverlapping(values.as_ptr(), values.len());
        std::slice::from_raw_parts(to, len)
    }
}

#[inline(always)]
fn are_finite<V: Vector>(simd: V::Simd, values: &[V::Scalar]) -> bool {
    let zero = V::splat(simd, V::Scalar::default());
    let mut check = zero;
    for values in values.chunks(V::LANES) {
        check = V::load_partial(simd, values).mul_add(zero, check);
    }
    check.is_zero()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::direct::correlate_on;
    use crate::cpu::guarded::Guarded;

    fn check<T: Real>() {
        let mut value = 0.0;
        let mut next = || {
            value = (value * 7.0 + 0.37) % 1.0;
            T::from_f64(value - 0.5)
        };
        for (n, k) in
            [(1, 1), (2, 1), (5, 5), (64, 8), (129, 64), (130, 64), (100, 17), (33, 32), (1000, 16)]
        {
            let (mut signal, mut filter) = (Guarded::new(n), Guarded::new(k));
            signal.fill_with(&mut next);
            filter.fill_with(&mut next);
            let padded: Vec<T> = std::iter::repeat_n(T::default(), k - 1)
                .chain(signal.iter().copied())
                .chain(std::iter::repeat_n(T::default(), k - 1))
                .collect();
            let taps: Vec<T> = filter.iter().rev().copied().collect();
            for isa in Isa::available() {
                let mut want = vec![T::default(); n + k - 1];
                correlate_on(isa, &taps, &padded, &mut want);
                for (first, len) in [(0, n + k - 1), (k - 1, n - k + 1), ((k - 1) / 2, n)] {
                    let mut out = Guarded::new(len);
                    assert!(convolve_short_on(isa, &signal, &filter, first, &mut out));
                    assert!(out[..] == want[first..][..len], "{} {n} x {k}", isa.name());
                }
                let mut out = Guarded::new(n + k - 1);
                let infinite = [&signal[..n - 1], &[T::from_f64(f64::INFINITY)]].concat();
                assert!(!convolve_short_on(isa, &infinite, &filter, 0, &mut out));
                assert!(!convolve_short_on(isa, &signal, &infinite[n - 1..], 0, &mut out[..n]));
            }
        }
    }

    #[test]
    fn same_bits_as_the_general_kernel() {
        check::<f32>();
        check::<f64>();
    }
}
