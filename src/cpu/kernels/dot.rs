//! Few outputs of many taps: dot products.

#![allow(unsafe_code)]

use super::direct::Valid;
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd, Vector};

/// The most outputs that [`convolve_few`] takes.
const OUTPUTS: usize = 32;
/// With fewer taps, adding up lanes does not pay.
const TAPS: usize = 512;
/// The number of taps that are reversed at a time. They stay in a first-level cache for all
/// outputs.
const PIECE: usize = 1024;
/// From this many bytes of taps on, the next piece is prefetched. A processor prefetches by itself,
/// but not while it waits for the current piece. On Zen 5, 11 outputs of 2^20 taps took 0.87 to
/// 0.93 of the time with taps in no cache, and 1.01 to 1.03 with taps in a cache.
const FAR: usize = 1 << 20;
/// The number of vectors of sums, which do not wait for each other.
const SUMS: usize = 8;

/// Whether [`convolve_few`] is meant for this many outputs of this many taps.
pub fn are_few(outputs: usize, taps: usize) -> bool {
    outputs <= OUTPUTS && taps >= TAPS
}

/// Like [`convolve_valid`](super::convolve_valid), except for the order of an output's sum. The
/// order depends only on the numbers of taps and outputs and on the instruction set, not on any
/// value that only other outputs read. An output that is not finite is the one of `convolve_valid`.
///
/// # Panics
/// If `taps` or `out` is empty, if `out` is longer than [`are_few`] allows, or if
/// `x.len() + 1 != out.len() + taps.len()`.
pub fn convolve_few<T: Real>(taps: &[T], x: &[T], out: &mut [T]) -> bool {
    convolve_few_on(isa(), taps, x, out)
}

fn convolve_few_on<T: Real>(isa: Isa, taps: &[T], x: &[T], out: &mut [T]) -> bool {
    assert!(!taps.is_empty() && (1..=OUTPUTS).contains(&out.len()));
    assert!(x.len() + 1 == out.len() + taps.len());
    isa.run(Few { taps, x, out })
}

/// ```text
/// for PIECE taps at a time:
///     for R outputs at a time, the last ones moved back so that they end where `out` does:
///         for A * LANES taps at a time, from tap(0) on, and a in 0..A:
///             sums[a, r] += taps * x[r ..]            lane by lane
/// out[r] = the lanes of sums[0, r] + .. + sums[A - 1, r], added up by halves,
///          + the sum of the taps that are left, in turn
/// ```
///
/// 1. A vector of outputs, each a chain of all taps, would wait for itself: a multiply-add takes 4
///    cycles, and there are 2 units. R * A = 8 sums do not wait. R is the largest power of two for
///    which there are enough outputs, because R outputs share a load of taps.
/// 2. If some lanes overflow to Inf and others to -Inf, their sum is NaN, but a chain gives no NaN.
///    So outputs that are not finite are computed again, as chains.
struct Few<'a, T> {
    taps: &'a [T],
    x: &'a [T],
    out: &'a mut [T],
}

impl<T: Real> Kernel for Few<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let Self { taps, x, out } = self;
        match out.len() {
            1 => dots::<T::V<S>, 1, 8>(simd, taps, x, out),
            2..4 => dots::<T::V<S>, 2, 4>(simd, taps, x, out),
            4..8 => dots::<T::V<S>, 4, 2>(simd, taps, x, out),
            _ => dots::<T::V<S>, 8, 1>(simd, taps, x, out),
        }
        if out.iter().all(|value| value.is_finite()) {
            return true;
        }
        let mut chains = [T::default(); OUTPUTS];
        let chains = &mut chains[..out.len()];
        simd.run(Valid { taps, x, out: chains });
        let mut finite = true;
        for (out, &chain) in out.iter_mut().zip(chains.iter()) {
            if !out.is_finite() {
                *out = chain;
            }
            finite &= out.is_finite();
        }
        finite
    }
}

/// `R * A` is [`SUMS`], and `out` holds at least `R` outputs.
#[inline(always)]
fn dots<V: Vector, const R: usize, const A: usize>(
    simd: V::Simd,
    taps: &[V::Scalar],
    x: &[V::Scalar],
    out: &mut [V::Scalar],
) {
    const { assert!(R * A == SUMS && PIECE.is_multiple_of(A * V::LANES)) };
    // The loads below rely on this.
    assert!(out.len() >= R && x.len() + 1 == out.len() + taps.len());
    let zero = V::Scalar::default();
    let last = out.len() - R;
    let groups = out.len().div_ceil(R);
    let mut sums = [[V::splat(simd, zero); SUMS]; OUTPUTS / SUMS];
    let mut reversed = [zero; PIECE];
    let is_long = size_of_val(taps) >= FAR;
    let whole = taps.len() / (A * V::LANES) * (A * V::LANES);
    for k in (0..whole).step_by(PIECE) {
        let reversed = &mut reversed[..PIECE.min(whole - k)];
        let piece = &taps[taps.len() - k - reversed.len()..taps.len() - k];
        for (to, &tap) in reversed.iter_mut().zip(piece.iter().rev()) {
            *to = tap;
        }
        for (group, sums) in sums[..groups].iter_mut().enumerate() {
            let start = (group * R).min(last);
            let mut here = *sums;
            for j in (0..reversed.len()).step_by(A * V::LANES) {
                for a in 0..A {
                    let j = j + a * V::LANES;
                    if group == 0 && is_long {
                        // The next piece reads these values. A prefetch follows no pointer, so the
                        // address may be beyond the end.
                        V::prefetch(simd, x.as_ptr().wrapping_add(k + PIECE + j));
                        V::prefetch(simd, piece.as_ptr().wrapping_add(j).wrapping_sub(PIECE));
                    }
                    // SAFETY: `reversed` holds whole groups of A * LANES, so
                    // j + LANES <= reversed.len().
                    let tap = unsafe { V::load_at(simd, reversed.as_ptr().add(j)) };
                    for r in 0..R {
                        // SAFETY: k + j + LANES <= taps.len() and start + r < out.len(), so the
                        // vector ends at x.len() at most.
                        let x = unsafe { V::load_at(simd, x.as_ptr().add(start + r + k + j)) };
                        here[a * R + r] = x.mul_add(tap, here[a * R + r]);
                    }
                }
            }
            *sums = here;
        }
    }
    let rest = &taps[..taps.len() - whole];
    for (group, sums) in sums[..groups].iter().enumerate() {
        let start = (group * R).min(last);
        for r in 0..R {
            let mut lanes = sums[r];
            for a in 1..A {
                lanes = lanes.add(sums[a * R + r]);
            }
            let mut left = zero;
            for (&tap, &x) in rest.iter().rev().zip(&x[start + r + whole..]) {
                left = if V::Simd::FUSED { tap.mul_add(x, left) } else { tap * x + left };
            }
            out[start + r] = total(lanes) + left;
        }
    }
}

/// The sum of the lanes. It adds one half of the lanes to the other until one lane is left.
#[inline(always)]
pub fn total<V: Vector>(vector: V) -> V::Scalar {
    let mut block = <V::Block as bytemuck::Zeroable>::zeroed();
    vector.store(&mut block);
    let lanes: &mut [V::Scalar] = bytemuck::cast_slice_mut(std::slice::from_mut(&mut block));
    let mut half = V::LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = lanes[i] + lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::cpu::kernels::direct::convolve_valid_on;
    use crate::cpu::kernels::direct::tests::{Shape, random};
    use crate::process::guard_page::BeforeGuardPage;

    /// One of `outputs` outputs, as the kernel's comment gives it.
    fn dot<T: Real>(
        (lanes, _, fused): (usize, usize, bool),
        outputs: usize,
        taps: &[T],
        x: &[T],
    ) -> T {
        let apart = 8 / [1, 2, 4, 8].into_iter().rfind(|&together| outputs >= together).unwrap();
        let mul_add = |a: T, b: T, c: T| if fused { a.mul_add(b, c) } else { a * b + c };
        let whole = taps.len() / (apart * lanes) * (apart * lanes);
        let tap = |k: usize| taps[taps.len() - 1 - k];
        let mut sums = vec![T::default(); apart * lanes];
        for k in 0..whole {
            let sum = &mut sums[k % (apart * lanes)];
            *sum = mul_add(tap(k), x[k], *sum);
        }
        for a in 1..apart {
            for lane in 0..lanes {
                sums[lane] = sums[lane] + sums[a * lanes + lane];
            }
        }
        let mut half = lanes / 2;
        while half > 0 {
            for lane in 0..half {
                sums[lane] = sums[lane] + sums[lane + half];
            }
            half /= 2;
        }
        sums[0] + (whole..taps.len()).fold(T::default(), |sum, k| mul_add(tap(k), x[k], sum))
    }

    fn check<T: Real>() {
        let mut random = random::<T>();
        for count in [1, 127, 128, 129, 512, 1023, 1024, 1025, 2500] {
            let mut taps = BeforeGuardPage::new(count);
            taps.fill_with(&mut random);
            for outputs in 1..=OUTPUTS {
                let mut x = BeforeGuardPage::new(outputs + count - 1);
                x.fill_with(&mut random);
                for isa in each_isa() {
                    let shape = isa.run(Shape::<T>(std::marker::PhantomData));
                    let mut out = BeforeGuardPage::new(outputs);
                    assert!(convolve_few_on(isa, &taps, &x, &mut out));
                    for (i, &out) in out.iter().enumerate() {
                        let want = dot(shape, outputs, &taps, &x[i..]);
                        let name = isa.name();
                        assert!(out == want, "{name} {outputs} of {count}, {i}: {out:?} {want:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_output_is_its_dot_product() {
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn what_is_not_finite_changes_no_bit_of_outputs_that_do_not_read_it() {
        let mut random = random();
        let (mut taps, mut x) = ([0.0f32; 2000], [0.0; 2010]);
        taps.fill_with(&mut random);
        x.fill_with(&mut random);
        for isa in each_isa() {
            let mut want = [0.0; 11];
            assert!(convolve_few_on(isa, &taps, &x, &mut want));
            for (at, value) in
                [(0, f32::NAN), (4, f32::INFINITY), (2009, f32::NAN), (700, f32::NAN)]
            {
                let (mut x, mut out) = (x, [0.0; 11]);
                x[at] = value;
                assert!(!convolve_few_on(isa, &taps, &x, &mut out));
                for (i, (out, want)) in out.into_iter().zip(want).enumerate() {
                    let is_right = match (i..i + 2000).contains(&at) {
                        true => !out.is_finite(),
                        false => out == want,
                    };
                    assert!(is_right, "{} {at} {i}: {out:?} {want:?}", isa.name());
                }
            }
        }
    }

    #[test]
    fn lanes_that_overflow_both_ways_make_no_nan() {
        // Some lanes add up to Inf, and their neighbours to -Inf. A chain adds their products in
        // turn.
        let mut taps = [0.0; 600];
        for k in (0..600).step_by(128) {
            (taps[599 - k], taps[598 - k]) = (1.0, -1.0);
        }
        let (x, mut want) = ([f32::MAX; 600], [1.0]);
        for isa in each_isa() {
            let mut out = [0.0];
            convolve_few_on(isa, &taps, &x, &mut out);
            convolve_valid_on(isa, &taps, &x, &mut want);
            assert!(out == [0.0] && want == [0.0], "{} {out:?} {want:?}", isa.name());
        }
    }
}
