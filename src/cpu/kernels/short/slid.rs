//! Outputs at the signal's ends, from vectors that slide out of the signal.

use std::ops::Range;

use super::call::Short;
use super::few_rows::{few_rows, put};
use crate::cpu::kernels::direct::{Valid, next_run, splat_tap};
use crate::cpu::vector::{Real, Vector};

/// [`Short`] with at most `E * LANES + 1` taps, if `inner`, the outputs that read no zeros, holds
/// `E` vectors.
///
/// All outputs are made at once, except for some vectors in the middle if there are many. Outputs
/// of `inner` are made by loads. The `E` vectors at each end are made by loads, too, except where
/// their inputs cross the signal's first or last value: these inputs slide out of its first or last
/// vector. With `E` = 1, all inputs at the ends slide. This keeps both the loads and the units that
/// permute and multiply busy.
#[inline(always)]
pub fn convolve<V: Vector, const E: usize>(
    simd: V::Simd,
    short: Short<V::Scalar>,
    inner: Range<usize>,
) -> bool {
    let Short { signal, filter: taps, first, out } = short;
    let (before, end) = (taps.len() - 1, first + out.len());
    let (has_head, has_tail) = (first < before, end > signal.len());
    let mut check = V::splat(simd, V::Scalar::default());
    if !(has_head || has_tail) {
        let x = &signal[first - before..end];
        return few_rows::<V>(simd, Valid { taps, x, out }, &mut check) & check.is_zero();
    }
    // The outputs in the vectors at the ends are left out here, unless less than a vector would be
    // left.
    let start = if has_head { E * V::LANES } else { inner.start };
    let end = if has_tail { signal.len() + before - E * V::LANES } else { inner.end };
    let rest = if start + V::LANES <= end { start..end } else { inner.clone() };
    let vectors = rest.len().div_ceil(V::LANES);
    // `with_ends` vectors are made with the ends, and the kernel for many makes whole tiles. If
    // more than four vectors would be left over, that kernel makes all.
    let tile = if E == 1 || vectors <= V::TILE { 4 } else { V::TILE };
    let with_ends = (vectors - 1) % tile + 1;
    let with_ends = if with_ends <= 4 { with_ends } else { 0 };
    let split = if with_ends == 0 { rest.len() } else { (vectors - with_ends) * V::LANES };
    let middle = (rest.start + split).min(rest.end - V::LANES)..rest.end;
    let ends = Ends { signal, first, inner, middle };
    match with_ends {
        0 => ends.make::<V, E, 0>(simd, taps, out, &mut check),
        1 => ends.make::<V, E, 1>(simd, taps, out, &mut check),
        2 => ends.make::<V, E, 2>(simd, taps, out, &mut check),
        3 => ends.make::<V, E, 3>(simd, taps, out, &mut check),
        _ => ends.make::<V, E, 4>(simd, taps, out, &mut check),
    }
    if split == 0 {
        return check.is_zero();
    }
    let rest = rest.start..rest.start + split;
    let x = &signal[rest.start - before..rest.end];
    let out = &mut out[rest.start - first..rest.end - first];
    few_rows::<V>(simd, Valid { taps, x, out }, &mut check) & check.is_zero()
}

/// Vectors of outputs at the ends, and in the middle.
struct Ends<'a, T> {
    signal: &'a [T],
    first: usize,
    inner: Range<usize>,
    middle: Range<usize>,
}

impl<T: Real> Ends<'_, T> {
    /// Makes `R` vectors in the middle, the last one moved back so that it ends where `middle`
    /// does. Also makes the first and the last `E` vectors of `full`, of which `out` may hold a
    /// part. If they overlap the middle, they are written before it. Each sum is in the order of
    /// [`Valid`].
    #[inline(always)]
    fn make<V: Vector<Scalar = T>, const E: usize, const R: usize>(
        &self,
        simd: V::Simd,
        taps: &[T],
        out: &mut [T],
        check: &mut V,
    ) {
        let Self { signal, first, ref inner, ref middle } = *self;
        let (before, end) = (taps.len() - 1, first + out.len());
        // So the middle holds a vector, of the signal and of `out`, and all rows but the last end
        // inside the middle.
        assert!(middle.start + V::LANES.max(R.saturating_sub(1) * V::LANES) <= middle.end);
        assert!(first.max(before) <= middle.start && middle.end <= end.min(signal.len()));
        assert!(before <= E * V::LANES);
        assert!(first.max(before) <= inner.start && inner.end <= end.min(signal.len()));
        assert!(inner.start + E * V::LANES <= inner.end);
        let lanes = V::LANES as isize;
        let mut starts = [middle.end - V::LANES; R];
        for (r, start) in starts[..R.saturating_sub(1)].iter_mut().enumerate() {
            *start = middle.start + r * V::LANES;
        }
        let zero = V::splat(simd, T::default());
        let (mut head, mut tail, mut sums) = ([zero; E], [zero; E], [zero; R]);
        // The signal's first and last vector.
        // SAFETY: `E` vectors of the signal, at least one, are under outputs of `inner`.
        let (begin, behind, low, high) = unsafe {
            let Range { start, end } = signal.as_ptr_range();
            (start, end, V::load_at(simd, start), V::load_at(simd, end.sub(V::LANES)))
        };
        let mut k = 0;
        while k < taps.len() {
            // Up to LANES + 1 taps go one by one.
            let (apart, count) =
                if E == 1 { (1, taps.len()) } else { next_run::<V>(taps.len() - k) };
            for k in k..k + count {
                for k in (k..).step_by(V::LANES).take(apart) {
                    // SAFETY: k < taps.len(), so both k and before - k are at most `before`, and at
                    // most E * LANES. Slides are by less than LANES; with E = 1, by at most LANES.
                    // Loads for the head start at the signal's start or later and end within its
                    // first E vectors. Loads for the tail are within its last E vectors. For an
                    // output from `before` on, tap k reads the value k - before further on. Whole
                    // vectors of outputs end where the signal ends, or earlier.
                    unsafe {
                        let tap = splat_tap::<V>(simd, taps, k);
                        for e in 0..E {
                            // Zeros are multiplied, too, so a sum of -0 becomes +0, as it does
                            // elsewhere.
                            let at = e as isize * lanes - (before - k) as isize;
                            let x = if E == 1 || (-lanes < at && at < 0) {
                                low.slide(simd, at)
                            } else if at >= 0 {
                                V::load_at(simd, begin.offset(at))
                            } else {
                                zero
                            };
                            head[e] = x.mul_add(tap, head[e]);
                            let at = k as isize - e as isize * lanes;
                            let x = if E == 1 || (0 < at && at < lanes) {
                                high.slide(simd, at)
                            } else if at <= 0 {
                                V::load_at(simd, behind.offset(at - lanes))
                            } else {
                                zero
                            };
                            tail[e] = x.mul_add(tap, tail[e]);
                        }
                        for r in 0..R {
                            let x = V::load_at(simd, begin.add(starts[r] - before + k));
                            sums[r] = x.mul_add(tap, sums[r]);
                        }
                    }
                }
            }
            k += apart * count;
        }
        let to = out.as_mut_ptr_range();
        // SAFETY: slides are by less than LANES. Only whole vectors of `out` are written, and `out`
        // holds the E vectors of `inner`. The vectors at the start of `out` end at E * LANES at
        // most. The vectors at its end start at most E * LANES before its end. The rows are from
        // middle.start, which is at least `first`, to middle.end, which is at most `end`. A block
        // is an array, with the alignment of its elements.
        unsafe {
            if first < before {
                for (e, head) in head.iter().enumerate() {
                    let at = e as isize * lanes - first as isize;
                    if at >= 0 {
                        put(simd, *head, &mut *to.start.offset(at).cast(), check);
                    } else if at > -lanes {
                        put(simd, head.slide(simd, -at), &mut *to.start.cast(), check);
                    }
                }
            }
            if end > signal.len() {
                let beyond = (signal.len() + before - end) as isize;
                for (e, tail) in tail.iter().enumerate() {
                    let at = e as isize * lanes - beyond;
                    if at >= 0 {
                        put(simd, *tail, &mut *to.end.offset(-at - lanes).cast(), check);
                    } else if at > -lanes {
                        put(simd, tail.slide(simd, at), &mut *to.end.offset(-lanes).cast(), check);
                    }
                }
            }
            for r in 0..R {
                put(simd, sums[r], &mut *to.start.add(starts[r] - first).cast(), check);
            }
        }
    }
}
