//! Outputs at the signal's ends by vectors that slide out of it, where a vector at each end makes them all.

use std::ops::Range;

use super::{Short, Valid, few_rows, put};
use crate::cpu::Real;
use crate::cpu::direct::splat_tap;
use crate::cpu::vector::Vector;

/// [`Short`] with `LANES + 1` taps at most, if of `inner`, the outputs that read no zeros, there is a vector.
///
/// All outputs but those of some vectors in the middle, where there are many, are made at once: `inner` ones by loads, and
/// a vector at each end of the signal's first and last vector, which slide out of the signal. That keeps both the loads and
/// the units that permute and multiply busy.
#[inline(always)]
pub fn convolve<V: Vector>(simd: V::Simd, short: Short<V::Scalar>, inner: Range<usize>) -> bool {
    let Short { signal, filter: taps, first, out } = short;
    let (before, end) = (taps.len() - 1, first + out.len());
    let (has_head, has_tail) = (first < before, end > signal.len());
    let mut check = V::splat(simd, V::Scalar::default());
    if !(has_head || has_tail) {
        let x = &signal[first - before..end];
        return few_rows::<V>(simd, Valid { taps, x, out }, &mut check) & check.is_zero();
    }
    // What the vectors at the ends hold is left out here, unless less than a vector would be left.
    let start = if has_head { V::LANES } else { inner.start };
    let end = if has_tail { signal.len() + before - V::LANES } else { inner.end };
    let rest = if start + V::LANES <= end { start..end } else { inner };
    let vectors = rest.len().div_ceil(V::LANES);
    // So many are left to the kernel for many.
    let split = (vectors - 1) / 4 * 4 * V::LANES;
    let middle = (rest.start + split).min(rest.end - V::LANES)..rest.end;
    let ends = Ends { signal, first, middle };
    match vectors - split / V::LANES {
        1 => ends.make::<V, 1>(simd, taps, out, &mut check),
        2 => ends.make::<V, 2>(simd, taps, out, &mut check),
        3 => ends.make::<V, 3>(simd, taps, out, &mut check),
        _ => ends.make::<V, 4>(simd, taps, out, &mut check),
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
            // SAFETY: k <= before, so it is below taps.len(), and slides are by -before to before, which is LANES at most.
            // Of an output from `before` on, tap k reads k - before further on, and whole vectors of outputs end with the
            // signal at most.
            unsafe {
                let tap = splat_tap::<V>(simd, taps, k);
                head = low.slide(simd, k as isize - before as isize).mul_add(tap, head);
                tail = high.slide(simd, k as isize).mul_add(tap, tail);
                for r in 0..R {
                    let x = V::load_at(simd, signal.as_ptr().add(starts[r] - before + k));
                    sums[r] = x.mul_add(tap, sums[r]);
                }
            }
        }
        let to = out.as_mut_ptr_range();
        // SAFETY: slides are by less than `before`, which is LANES at most: `first` is, and so is `beyond`, as `end` is above
        // the signal's length. What is written are whole vectors of `out`: there is a vector in the middle, which is inside,
        // so out.len() >= LANES; and rows are from middle.start, which is `first` at least, to middle.end, which is `end` at
        // most. A block is an array, with the alignment of its elements.
        unsafe {
            if first < before {
                let head = if first > 0 { head.slide(simd, first as isize) } else { head };
                put(simd, head, &mut *to.start.cast(), check);
            }
            if end > signal.len() {
                let beyond = signal.len() + before - end;
                let tail = if beyond > 0 { tail.slide(simd, -(beyond as isize)) } else { tail };
                put(simd, tail, &mut *to.end.sub(V::LANES).cast(), check);
            }
            for r in 0..R {
                put(simd, sums[r], &mut *to.start.add(starts[r] - first).cast(), check);
            }
        }
    }
}
