//! Direct convolution of inputs so short that calls and allocations would take most of the time.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use super::direct::{Correlate, tiles};
use super::vector::{Kernel, MAX_LANES, Simd, Vector};
use super::{Isa, Real, isa};

/// Values of the signal, at most: with the zeros beyond its ends they are copied to the stack.
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

/// Everything in one function, compiled for one instruction set: the filter back to front, the signal between
/// zeros, the sums, and the look at them.
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
        let mut taps = [T::default(); TAPS];
        let taps = &mut taps[..filter.len()];
        for (tap, &value) in taps.iter_mut().rev().zip(filter) {
            *tap = value;
        }
        let mut stage = [MaybeUninit::uninit(); STAGE];
        let before = filter.len() - 1;
        let x = padded::<T::V<S>>(simd, signal, before, &mut stage);
        let x = &x[first..][..out.len() + before];
        tiles::<T::V<S>>(simd, &mut Correlate { taps, x, out })
            && are_finite::<T::V<S>>(simd, filter)
    }
}

/// Whole vectors are written, and may go beyond what is needed.
const STAGE: usize = SIGNAL + 2 * (TAPS + MAX_LANES);

/// The signal between `before` zeros and as many behind, in `stage`.
#[inline(always)]
fn padded<'s, V: Vector>(
    simd: V::Simd,
    signal: &[V::Scalar],
    before: usize,
    stage: &'s mut [MaybeUninit<V::Scalar>; STAGE],
) -> &'s [V::Scalar] {
    assert!(before <= TAPS && signal.len() <= SIGNAL);
    let start = stage.as_mut_ptr().cast::<V::Scalar>();
    let zero = V::splat(simd, V::Scalar::default());
    // SAFETY: a vector begins at most at `SIGNAL + 2 * TAPS`, so all lie in the stage. Everything that is lent is
    // written: zeros to `before` and beyond, from there the signal and up to LANES - 1 zeros, and from its end on
    // zeros again.
    unsafe {
        let put = |vector: V, at: usize| vector.store(&mut *start.add(at).cast());
        let zeros = |from: usize| (0..before).step_by(V::LANES).for_each(|i| put(zero, from + i));
        zeros(0);
        for (i, values) in signal.chunks(V::LANES).enumerate() {
            put(V::load_partial(simd, values), before + i * V::LANES);
        }
        zeros(before + signal.len());
        std::slice::from_raw_parts(start, signal.len() + 2 * before)
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
