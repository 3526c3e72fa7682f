//! Direct convolution of inputs so short that calls and allocations would take most of the time.

#![allow(unsafe_code)]

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ops::Range;

use super::direct::{Correlate, next_run, splat_tap, with_apart};
use super::vector::{Kernel, MAX_LANES, Simd, Vector};
use super::{Isa, Real, isa};

/// Values of the signal, at most.
const SIGNAL: usize = 2048;
/// Taps, at most.
const TAPS: usize = 64;

/// Whether [`convolve_short`] takes inputs of these lengths.
#[inline]
pub fn is_short(signal: usize, taps: usize) -> bool {
    taps <= TAPS && signal <= SIGNAL
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
    assert!(!filter.is_empty() && is_short(signal.len(), filter.len()));
    assert!(first + out.len() < signal.len() + filter.len());
    isa.run(Short { signal, filter, first, out })
}

/// Everything in one function, compiled for one instruction set. The outputs at the ends read a copy of the signal's end
/// between zeros. An infinite tap shows in every output, as zeros are multiplied by it, too.
struct Short<'a, T> {
    signal: &'a [T],
    filter: &'a [T],
    first: usize,
    out: &'a mut [T],
}

/// Correlation with the filter back to front.
type Part<'a, T> = Correlate<'a, T, true>;

impl<T: Real> Kernel for Short<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let Self { signal, filter: taps, first, out } = self;
        let lanes = T::V::<S>::LANES;
        let (len, before) = (out.len(), taps.len() - 1);
        // Outputs that read before the signal's first value and behind its last, in whole vectors.
        let head = before.saturating_sub(first).min(len).div_ceil(lanes) * lanes;
        let tail = (first + len).saturating_sub(signal.len()).min(len).div_ceil(lanes) * lanes;
        let mut stages = [[MaybeUninit::uninit(); STAGE]; 2];
        let [one, other] = &mut stages;
        if head + lanes + tail > len {
            // What is left in between, if anything, is not worth being told apart.
            let x = window::<T::V<S>>(simd, signal, first..first + len, before, one);
            return simd.run(Part { taps, x, out });
        }
        let (start, end) = (first + head, first + len - tail);
        // Both ends are copied first and read last: what was just stored is slow to load.
        let at_head = window::<T::V<S>>(simd, signal, first..start, before, one);
        let at_tail = window::<T::V<S>>(simd, signal, end..first + len, before, other);
        let (out_head, rest) = out.split_at_mut(head);
        let (out, out_tail) = rest.split_at_mut(end - start);
        let mut check = T::V::splat(simd, T::default());
        let middle = Part { taps, x: &signal[start - before..end], out };
        let mut finite = few_rows::<T::V<S>>(simd, middle, &mut check);
        if head == lanes && tail == lanes {
            let rows = Rows::<T::V<S>, 2> { taps, x: [at_head, at_tail] };
            let [head, tail] = rows.sums(simd);
            put(head, out_head, &mut check);
            put(tail, out_tail, &mut check);
        } else {
            for (x, out) in [(at_head, out_head), (at_tail, out_tail)] {
                finite &= few_rows::<T::V<S>>(simd, Part { taps, x, out }, &mut check);
            }
        }
        finite & check.is_zero()
    }
}

/// Outputs of a vector each where they are few, without the preparations that pay for many. Whether they are finite is
/// told by `check`, or, where they are many, by the result.
#[inline(always)]
fn few_rows<V: Vector>(simd: V::Simd, part: Part<V::Scalar>, check: &mut V) -> bool {
    let last = part.out.len().saturating_sub(V::LANES);
    let (b, c) = (V::LANES, 2 * V::LANES);
    match part.out.len().div_ceil(V::LANES) {
        0 => {}
        1 => rows::<V, 1>(simd, part, [0], check),
        2 => rows::<V, 2>(simd, part, [0, last], check),
        3 => rows::<V, 3>(simd, part, [0, b, last], check),
        4 => rows::<V, 4>(simd, part, [0, b, c, last], check),
        _ => return simd.run(part),
    }
    true
}

/// Makes the vectors of outputs that begin at `starts`.
#[inline(always)]
fn rows<V: Vector, const R: usize>(
    simd: V::Simd,
    part: Part<V::Scalar>,
    starts: [usize; R],
    check: &mut V,
) {
    let Part { taps, x, out } = part;
    let sums = Rows::<V, R> { taps, x: starts.map(|start| &x[start..]) }.sums(simd);
    for r in 0..R {
        put(sums[r], &mut out[starts[r]..], check);
    }
}

/// Writes a vector of outputs, and adds it to `check`, which stays 0 while they are finite.
#[inline(always)]
fn put<V: Vector>(sums: V, out: &mut [V::Scalar], check: &mut V) {
    *check = sums.sub(sums).add(*check);
    let (blocks, _) = V::blocks_mut(&mut out[..V::LANES]);
    sums.store(&mut blocks[0]);
}

/// Vectors of outputs: the taps back to front, and for each the inputs from those of the first tap on.
struct Rows<'a, V: Vector, const R: usize> {
    taps: &'a [V::Scalar],
    x: [&'a [V::Scalar]; R],
}

impl<V: Vector, const R: usize> Rows<'_, V, R> {
    /// Their sums, each in the order of [`super::direct`].
    #[inline(always)]
    fn sums(&self, simd: V::Simd) -> [V; R] {
        let taps = self.taps;
        for x in self.x {
            assert!(x.len() + 1 >= taps.len() + V::LANES);
        }
        let mut sums = [V::splat(simd, V::Scalar::default()); R];
        let mut k = 0;
        while k < taps.len() {
            let (apart, count) = next_run::<V>(taps.len() - k);
            with_apart!(apart => A, { self.add::<A>(simd, k, count, &mut sums) });
            k += apart * count;
        }
        sums
    }

    /// Adds `count` times `A` taps, `LANES` apart, from `k` on.
    #[inline(always)]
    fn add<const A: usize>(&self, simd: V::Simd, k: usize, count: usize, sums: &mut [V; R]) {
        assert!(k + (A - 1) * V::LANES + count <= self.taps.len());
        for k in k..k + count {
            for a in 0..A {
                let k = k + a * V::LANES;
                // SAFETY: k < taps.len(), as was just checked; `x` is LANES - 1 longer than the taps, as `sums` checked.
                unsafe {
                    let tap = splat_tap::<V, true>(simd, self.taps, k);
                    for (sum, x) in sums.iter_mut().zip(self.x) {
                        *sum = V::load_at(simd, x.as_ptr().add(k)).mul_add(tap, *sum);
                    }
                }
            }
        }
    }
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
    // Not known to be 0, or the loop becomes a call that takes longer than all the rest.
    let zero = V::splat(simd, black_box(V::Scalar::default()));
    // SAFETY: a vector begins below `len`, so it ends inside the stage; `zeros` and `values` together are no more than
    // `len`, and a vector that ends with the values begins with or after them. All that is lent is written.
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
        for (n, k) in [
            (1, 1),
            (2, 1),
            (5, 5),
            (64, 8),
            (129, 64),
            (130, 64),
            (100, 17),
            (33, 32),
            (300, 48),
            (1000, 16),
        ] {
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
