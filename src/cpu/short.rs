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
#[inline]
pub fn convolve_short<T: Real>(signal: &[T], filter: &[T], first: usize, out: &mut [T]) -> bool {
    convolve_short_on(isa(), signal, filter, first, out)
}

#[inline]
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

/// Everything in one function, compiled for one instruction set.
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
        let lanes = T::V::<S>::LANES;
        let inner = self.inner();
        if self.filter.len() <= lanes + 1 && inner.end >= inner.start + lanes {
            self.with_slid_ends::<T::V<S>>(simd, inner)
        } else {
            self.with_staged_ends::<T::V<S>>(simd)
        }
    }
}

impl<T: Real> Short<'_, T> {
    /// The outputs, counted as those of `full`, that read no zeros beyond the signal's ends.
    #[inline(always)]
    fn inner(&self) -> Range<usize> {
        let end = self.first + self.out.len();
        self.first.max(self.filter.len() - 1)..end.min(self.signal.len())
    }

    /// All outputs but those of some vectors in the middle, where there are many, are made at once: `inner` ones by loads, and
    /// a vector at each end of the signal's first and last vector, which slide out of the signal.
    #[inline(always)]
    fn with_slid_ends<V: Vector<Scalar = T>>(self, simd: V::Simd, inner: Range<usize>) -> bool {
        let Self { signal, filter: taps, first, out } = self;
        let (before, end) = (taps.len() - 1, first + out.len());
        let (has_head, has_tail) = (first < before, end > signal.len());
        // What the vectors at the ends hold is left out here, unless less than a vector would be left.
        let start = if has_head { V::LANES } else { inner.start };
        let end = if has_tail { signal.len() + before - V::LANES } else { inner.end };
        let rest = if start + V::LANES <= end { start..end } else { inner };
        let has_ends = has_head || has_tail;
        let vectors = rest.len().div_ceil(V::LANES);
        // So many are left to the kernel for many.
        let split = (vectors - 1) / 4 * 4 * V::LANES;
        let middle = (rest.start + split).min(rest.end - V::LANES)..rest.end;
        let ends = Ends { signal, first, middle };
        let mut check = V::splat(simd, T::default());
        match vectors - split / V::LANES {
            _ if !has_ends => {}
            1 => ends.make::<V, 1>(simd, taps, out, &mut check),
            2 => ends.make::<V, 2>(simd, taps, out, &mut check),
            3 => ends.make::<V, 3>(simd, taps, out, &mut check),
            _ => ends.make::<V, 4>(simd, taps, out, &mut check),
        }
        let rest = if has_ends { rest.start..rest.start + split } else { rest };
        if rest.is_empty() {
            return check.is_zero();
        }
        let x = &signal[rest.start - before..rest.end];
        let out = &mut out[rest.start - first..rest.end - first];
        few_rows::<V>(simd, Part { taps, x, out }, &mut check) & check.is_zero()
    }

    /// The outputs at the ends read a copy of the signal's end between zeros. An infinite tap shows in every output, as
    /// zeros are multiplied by it, too.
    #[inline(always)]
    fn with_staged_ends<V: Vector<Scalar = T>>(self, simd: V::Simd) -> bool {
        let Self { signal, filter: taps, first, out } = self;
        let lanes = V::LANES;
        let (len, before) = (out.len(), taps.len() - 1);
        // Outputs that read before the signal's first value and behind its last, in whole vectors.
        let head = before.saturating_sub(first).min(len).div_ceil(lanes) * lanes;
        let tail = (first + len).saturating_sub(signal.len()).min(len).div_ceil(lanes) * lanes;
        let mut stages = [[MaybeUninit::uninit(); STAGE]; 2];
        let [one, other] = &mut stages;
        if head + lanes + tail > len {
            // What is left in between, if anything, is not worth being told apart.
            let x = window::<V>(simd, signal, first..first + len, before, one);
            return simd.run(Part { taps, x, out });
        }
        let (start, end) = (first + head, first + len - tail);
        // Both ends are copied first and read last: what was just stored is slow to load.
        let at_head = window::<V>(simd, signal, first..start, before, one);
        let at_tail = window::<V>(simd, signal, end..first + len, before, other);
        let (out_head, rest) = out.split_at_mut(head);
        let (out, out_tail) = rest.split_at_mut(end - start);
        let mut check = V::splat(simd, T::default());
        let middle = Part { taps, x: &signal[start - before..end], out };
        let mut finite = few_rows::<V>(simd, middle, &mut check);
        for (x, out) in [(at_head, out_head), (at_tail, out_tail)] {
            finite &= few_rows::<V>(simd, Part { taps, x, out }, &mut check);
        }
        finite & check.is_zero()
    }
}

/// Vectors of outputs at the ends, and in the middle.
struct Ends<'a, T> {
    signal: &'a [T],
    first: usize,
    middle: Range<usize>,
}

impl<T: Real> Ends<'_, T> {
    /// `R` vectors in the middle, the last one moved back so that it ends where `middle` does, and `full`'s first and last
    /// vector, of which `out` may hold a part: what they hold of others is written before the middle.
    #[inline(always)]
    fn make<V: Vector<Scalar = T>, const R: usize>(
        &self,
        simd: V::Simd,
        taps: &[T],
        out: &mut [T],
        check: &mut V,
    ) {
        let Self { signal, first, ref middle } = *self;
        let (before, end) = (taps.len() - 1, first + out.len());
        // So there is a vector in the middle, of the signal and of `out`, and all but the last row end inside.
        assert!(middle.start + V::LANES.max((R - 1) * V::LANES) <= middle.end);
        assert!(first.max(before) <= middle.start && middle.end <= end.min(signal.len()));
        // Signals slide by that much at most.
        assert!(before <= V::LANES);
        let mut starts = [middle.end - V::LANES; R];
        for (r, start) in starts[..R - 1].iter_mut().enumerate() {
            *start = middle.start + r * V::LANES;
        }
        let zero = V::splat(simd, T::default());
        let ([mut head, mut tail], mut sums) = ([zero; 2], [zero; R]);
        // SAFETY: both are whole vectors of the signal.
        let (low, high) = unsafe {
            let signal = signal.as_ptr_range();
            (V::load_at(simd, signal.start), V::load_at(simd, signal.end.sub(V::LANES)))
        };
        for k in 0..taps.len() {
            // SAFETY: k <= before. Of an output from `before` on, tap k reads k - before further on, and whole vectors of
            // outputs end with the signal at most.
            unsafe {
                let tap = splat_tap::<V, true>(simd, taps, k);
                head = low.slide(simd, k as isize - before as isize).mul_add(tap, head);
                tail = high.slide(simd, k as isize).mul_add(tap, tail);
                for r in 0..R {
                    let x = V::load_at(simd, signal.as_ptr().add(starts[r] - before + k));
                    sums[r] = x.mul_add(tap, sums[r]);
                }
            }
        }
        let to = out.as_mut_ptr_range();
        // SAFETY: slides are by less than `before`. What is written are whole vectors of `out`; a block is an array, with
        // the alignment of its elements.
        unsafe {
            if first < before {
                let head = if first > 0 { head.slide(simd, first as isize) } else { head };
                put(head, &mut *to.start.cast(), check);
            }
            if end > signal.len() {
                let beyond = signal.len() + before - end;
                let tail = if beyond > 0 { tail.slide(simd, -(beyond as isize)) } else { tail };
                put(tail, &mut *to.end.sub(V::LANES).cast(), check);
            }
            for r in 0..R {
                put(sums[r], &mut *to.start.add(starts[r] - first).cast(), check);
            }
        }
    }
}

/// Vectors of outputs where they are few, without the preparations that pay for many. Whether they are finite is told by
/// `check`, or, where they are many, by the result.
#[inline(always)]
fn few_rows<V: Vector>(simd: V::Simd, part: Part<V::Scalar>, check: &mut V) -> bool {
    match part.out.len().div_ceil(V::LANES) {
        0 => {}
        1 => rows::<V, 1>(simd, part, check),
        2 => rows::<V, 2>(simd, part, check),
        3 => rows::<V, 3>(simd, part, check),
        4 => rows::<V, 4>(simd, part, check),
        _ => return simd.run(part),
    }
    true
}

/// Makes `R` vectors of outputs side by side, the last one moved back so that it ends where `out` does. Each sum is in the
/// order of [`super::direct`].
#[inline(always)]
fn rows<V: Vector, const R: usize>(simd: V::Simd, part: Part<V::Scalar>, check: &mut V) {
    let Part { taps, x, out } = part;
    assert!(x.len() + 1 == out.len() + taps.len());
    // So all but the last row end inside, and the last one begins there.
    assert!(out.len() >= V::LANES.max((R - 1) * V::LANES));
    let mut starts = [out.len() - V::LANES; R];
    for (r, start) in starts[..R - 1].iter_mut().enumerate() {
        *start = r * V::LANES;
    }
    let mut sums = [V::splat(simd, V::Scalar::default()); R];
    let mut k = 0;
    while k < taps.len() {
        let (apart, count) = next_run::<V>(taps.len() - k);
        with_apart!(apart => A, {
            for k in k..k + count {
                for k in (k..).step_by(V::LANES).take(A) {
                    // SAFETY: k < taps.len(), as a run goes no further; start + LANES <= out.len(), so
                    // start + k + LANES <= out.len() + taps.len() - 1 = x.len().
                    unsafe {
                        let tap = splat_tap::<V, true>(simd, taps, k);
                        for r in 0..R {
                            let x = V::load_at(simd, x.as_ptr().add(starts[r] + k));
                            sums[r] = x.mul_add(tap, sums[r]);
                        }
                    }
                }
            }
        });
        k += apart * count;
    }
    for r in 0..R {
        // SAFETY: start + LANES <= out.len(). A block is an array, with the alignment of its elements.
        put(sums[r], unsafe { &mut *out.as_mut_ptr().add(starts[r]).cast() }, check);
    }
}

/// Writes a vector of outputs, and adds it to `check`, which stays 0 while they are finite.
#[inline(always)]
fn put<V: Vector>(sums: V, out: &mut V::Block, check: &mut V) {
    *check = sums.sub(sums).add(*check);
    sums.store(out);
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
        let long = [(129, 64), (130, 64), (100, 17), (300, 48), (1000, 16), (SIGNAL, TAPS)];
        let all = (1..83).flat_map(|n| (1..n.min(TAPS) + 1).map(move |k| (n, k)));
        for (n, k) in all.chain(long) {
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
                    assert!(out[..] == want[first..][..len], "{} {n} x {k} {first}", isa.name());
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
