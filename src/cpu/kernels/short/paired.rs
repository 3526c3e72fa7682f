//! Outputs in pairs: each window that slides out of the signal's even values or out of its odd
//! values serves two outputs.

use super::call::Short;
use super::few_rows::put;
use crate::cpu::kernels::direct::splat_tap;
use crate::cpu::vector::Vector;

/// [`Short`] with fewer than twice `LANES` taps. For so few taps,
/// [`Valid`](crate::cpu::kernels::direct::Valid) also takes one tap after another.
///
/// ```text
/// x(n) = signal[n], 0 beyond its ends;  tap(k) = taps[K - 1 - k]
/// for each row of outputs n to n + 2 * LANES - 1:
///     of even and odd ones, lane i:  n + 2i  and  n + 2i + 1
///     for k in K taps:               even += tap(k) * x(n + 2i - (K - 1) + k)
///                                    odd  += tap(k) * x(n + 2i - (K - 1) + k + 1)
/// ```
///
/// 1. `odd` takes for `k` the values that `even` takes for `k + 1`. So one window serves two
///    multiply-adds. Windows come from the signal's even values and from its odd values by turns.
/// 2. A window slides out of two vectors: the values under a row, and the values under the row
///    before. This takes one permutation, whose indices lie in memory, aligned. If a vector is as
///    long as a cache line, unaligned loads cross a line each and cost more than the permutation.
/// 3. The signal's ends need no code of their own: a row's values are 0 beyond the ends.
/// 4. Three rows at a time hide the latency of a multiply-add, and share taps and indices.
///
/// On Intel's 4th generation, in float32, 1024 x 16 takes 0.86 of the time of loads, and 1024 x 31
/// takes 0.77. docs/performance.md has the figures for Zen 5, where pairs pay for few outputs, and
/// names the instruction sets for which pairs are not built.
#[inline(always)]
pub fn convolve<V: Vector>(simd: V::Simd, short: Short<V::Scalar>) -> bool {
    let Short { signal, filter: taps, first, out } = short;
    let zero = V::splat(simd, V::Scalar::default());
    let pair = 2 * V::LANES;
    // A signal or an output of less than a vector is staged in a vector. Zeros behind the signal
    // change nothing, and outputs behind the last one are left out.
    let mut stages: [V::Block; 2] = bytemuck::Zeroable::zeroed();
    let [stage, staged_out] = &mut stages;
    let signal = if signal.len() < V::LANES {
        V::load_partial(simd, signal).store(stage);
        bytemuck::cast_slice(std::slice::from_ref(stage))
    } else {
        signal
    };
    let is_staged = out.len() < V::LANES;
    let to = match is_staged {
        true => bytemuck::cast_slice_mut(std::slice::from_mut(staged_out)),
        false => &mut *out,
    };
    let mut pairs = Pairs { simd, signal, taps, first, last: [zero; 2], stored: zero, check: zero };
    if first > 0 {
        pairs.last = pairs.split(first as isize - pair as isize);
    }
    let mut at = 0;
    while at < to.len() {
        let rows = (to.len() - at).div_ceil(pair);
        at += pair
            * match rows {
                1 => pairs.make::<1>(to, at),
                // Four rows go two and two, because a single row takes as long as two.
                2 | 4 => pairs.make::<2>(to, at),
                _ => pairs.make::<3>(to, at),
            };
    }
    if is_staged {
        V::load(simd, staged_out).store_partial(simd, out);
    }
    pairs.check.is_zero()
}

/// The state of the loop over the outputs.
struct Pairs<'a, V: Vector> {
    simd: V::Simd,
    /// At least a vector.
    signal: &'a [V::Scalar],
    taps: &'a [V::Scalar],
    first: usize,
    /// The even and the odd values under the last row so far.
    last: [V; 2],
    /// The last vector of outputs so far.
    stored: V,
    /// 0 as long as outputs are finite.
    check: V,
}

impl<V: Vector> Pairs<'_, V> {
    /// Makes `R` rows of outputs from `at` on, and returns `R`. `out` holds at least a vector, and
    /// may hold only a part of the last row.
    #[inline(always)]
    fn make<const R: usize>(&mut self, out: &mut [V::Scalar], at: usize) -> usize {
        let Self { simd, taps, first, .. } = *self;
        let (pair, count) = (2 * V::LANES, taps.len());
        let zero = V::splat(simd, V::Scalar::default());
        let (mut before, mut under) = ([[zero; 2]; R], [[zero; 2]; R]);
        for r in 0..R {
            before[r] = self.last;
            under[r] = self.split((first + at + r * pair) as isize);
            self.last = under[r];
        }
        let (mut even, mut odd, mut window) = ([zero; R], [zero; R], [zero; R]);
        assert!(count < pair);
        // Output 0 reads K - 1 values before it: up to count / 2 lanes of each vector before the
        // row. The lanes before `from` are left out.
        let mut from = V::LANES - count / 2;
        let mut k = 0;
        // SAFETY: the loop always has an even number of taps left, so k and k + 1 are below count.
        // `from` starts at 1 at least and grows by 1 with every two taps, count / 2 times. So it
        // ends at LANES.
        unsafe {
            for r in 0..R {
                window[r] = before[r][1].between(under[r][1], simd, from);
            }
            if count % 2 == 1 {
                let tap = splat_tap::<V>(simd, taps, 0);
                for r in 0..R {
                    let x = before[r][0].between(under[r][0], simd, from);
                    even[r] = x.mul_add(tap, even[r]);
                    odd[r] = window[r].mul_add(tap, odd[r]);
                }
                k = 1;
            }
            while k < count {
                from += 1;
                let mut x = [zero; R];
                let tap = splat_tap::<V>(simd, taps, k);
                for r in 0..R {
                    x[r] = before[r][0].between(under[r][0], simd, from);
                    even[r] = window[r].mul_add(tap, even[r]);
                    odd[r] = x[r].mul_add(tap, odd[r]);
                }
                let tap = splat_tap::<V>(simd, taps, k + 1);
                for r in 0..R {
                    window[r] = before[r][1].between(under[r][1], simd, from);
                    even[r] = x[r].mul_add(tap, even[r]);
                    odd[r] = window[r].mul_add(tap, odd[r]);
                }
                k += 2;
            }
        }
        for r in 0..R {
            let (low, high) = even[r].zip(odd[r], simd);
            let at = at + r * pair;
            if r + 1 < R || at + pair <= out.len() {
                assert!(at + pair <= out.len());
                // SAFETY: two vectors of `out` start at `at`. A block is an array, with the
                // alignment of its elements.
                unsafe {
                    let to = out.as_mut_ptr().add(at);
                    put(simd, low, &mut *to.cast(), &mut self.check);
                    put(simd, high, &mut *to.add(V::LANES).cast(), &mut self.check);
                }
                self.stored = high;
            } else {
                self.end(out, at, low, high);
            }
        }
        R
    }

    /// Writes a row that begins at `at` and is cut short by the end of `out`. The row is written in
    /// whole vectors, the last one moved back to where `out` ends.
    #[inline(always)]
    fn end(&mut self, out: &mut [V::Scalar], at: usize, low: V, high: V) {
        let simd = self.simd;
        let zero = V::splat(simd, V::Scalar::default());
        let left = out.len() - at;
        assert!(left <= 2 * V::LANES && out.len() >= V::LANES);
        self.check = low.mul_add(zero, self.check);
        let to = out.as_mut_ptr_range();
        // SAFETY: `out` holds at least a vector. If it ends behind the row's first vector, it holds
        // that vector, too. A block is an array, with the alignment of its elements.
        unsafe {
            let last = if left > V::LANES {
                self.check = high.mul_add(zero, self.check);
                low.store(&mut *to.start.add(at).cast());
                low.between(high, simd, left - V::LANES)
            } else {
                self.stored.between(low, simd, left)
            };
            last.store(&mut *to.end.sub(V::LANES).cast());
        }
    }

    /// The even and the odd values among twice `LANES` values from `at` on. Values beyond the
    /// signal's ends are 0.
    #[inline(always)]
    fn split(&self, at: isize) -> [V; 2] {
        let Self { simd, signal, .. } = *self;
        let lanes = V::LANES as isize;
        let last = signal.len() as isize - lanes;
        assert!(last >= 0);
        let mut both = [V::splat(simd, V::Scalar::default()); 2];
        if 0 <= at && at + lanes <= last {
            // SAFETY: two vectors of the signal start at `at`.
            unsafe {
                let from = signal.as_ptr().offset(at);
                both = [V::load_at(simd, from), V::load_at(simd, from.offset(lanes))];
            }
        } else if at < last + lanes {
            for (i, values) in both.iter_mut().enumerate() {
                // The values slide out of the nearest vector that lies inside the signal.
                let at = at + i as isize * lanes;
                let start = at.min(last).max(0);
                // SAFETY: a vector of the signal starts at `last`, and at every place before.
                unsafe {
                    let vector = V::load_at(simd, signal.as_ptr().offset(start));
                    *values = vector.slide(simd, (at - start).clamp(-lanes, lanes));
                }
            }
        }
        let (even, odd) = both[0].unzip(both[1], simd);
        [even, odd]
    }
}
