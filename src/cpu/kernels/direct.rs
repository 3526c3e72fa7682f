//! Direct convolution of floats.

#![allow(unsafe_code)]

use std::ops::Range;

use super::scan::extent;
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd, UNROLLED, Vector, unrolled};

/// `out[i] = sum over k of taps[K - 1 - k] * x[i + k]`, with the `K` taps of a filter, tap 0 first.
/// Each output is one chain of fused multiply-adds that starts from +0.
///
/// The order of k depends only on `K` and on the instruction set. So an output's bits depend only
/// on the values, not on its place in `out` or on alignment. Nothing outside `x` is read. Without
/// hardware for fused multiply-adds, each multiply-add is rounded twice. If a sum overflows for
/// this reason although a fused sum stays finite, the output is the fused sum.
///
/// Returns true if all outputs are finite, and false if an output or a tap is not finite.
///
/// # Panics
/// If `taps` is empty or `x.len() + 1 != out.len() + taps.len()`.
pub fn convolve_valid<T: Real>(taps: &[T], x: &[T], out: &mut [T]) -> bool {
    convolve_valid_on(isa(), taps, x, out)
}

pub(super) fn convolve_valid_on<T: Real>(isa: Isa, taps: &[T], x: &[T], out: &mut [T]) -> bool {
    assert!(!taps.is_empty() && x.len() + 1 == out.len() + taps.len());
    isa.run(Valid { taps, x, out })
}

/// ```text
/// tap(k) = taps[K - 1 - k]
/// for each tile of R vectors of outputs, the last one moved back so that it ends where `out` does:
///     for A * LANES taps at a time, with A = 8 while enough taps are left, then 4, then 2, then 1:
///         for k in LANES taps:
///             tile[r] += tap(k + a * LANES) * x[k + (r + a) * LANES ..]     a in 0..A
/// ```
///
/// 1. R independent sums hide the latency of a multiply-add (4 cycles, on 1 or 2 units).
/// 2. Inputs are unaligned. An input costs a load, or two if it crosses a cache line: more than the
///    multiply-adds cost. With taps `LANES` apart, a loaded input serves A taps, because `(r, a)`,
///    `(r - 1, a + 1)`... take the same input. A = 4 reached 84 % of the peak, A = 8 reached 97 %
///    (Intel's 4th generation). If there are only 16 registers, A = 8 does not fit.
/// 3. A tile that is moved back computes some outputs again, with the same bits. So there are no
///    masks.
/// 4. One multiply-add per vector tells whether its sums are finite: 0 times a sum is NaN if the
///    sum is not finite. A separate pass over the outputs would cost a tenth of the time of 16
///    taps.
pub(super) struct Valid<'a, T> {
    pub taps: &'a [T],
    pub x: &'a [T],
    pub out: &'a mut [T],
}

impl<T: Real> Kernel for Valid<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) -> bool {
        // A call of its own: loads and stores of less than a vector are much code, and tiles would
        // have to make room for that code.
        let finite = if self.out.len() < T::V::<S>::LANES {
            simd.run(LessThanAVector(&mut self))
        } else {
            tiles::<T::V<S>>(simd, &mut self)
        };
        if !(S::FUSED || finite) {
            self.redo_overflows();
        }
        finite
    }
}

/// [`Valid`] with fewer outputs than a vector has lanes.
struct LessThanAVector<'v, 'a, T>(&'v mut Valid<'a, T>);

impl<T: Real> Kernel for LessThanAVector<'_, '_, T> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let mut check = [T::V::splat(simd, T::default()); CHECKS];
        if self.0.out.is_empty() {
            return true;
        }
        tile::<T::V<S>, 1, true>(simd, self.0, &mut check, 0);
        check[0].is_zero()
    }
}

impl<T: Real> Valid<'_, T> {
    /// A product that is rounded on its own may overflow although the sum does not. The output is
    /// Inf or NaN then. If the inputs do not explain this, the sum is computed with fused
    /// multiply-adds. The decision depends only on the output and its inputs, so it is the same at
    /// every place.
    #[inline(never)]
    fn redo_overflows(&mut self) {
        if !extent(self.taps).largest.is_finite() {
            return;
        }
        let taps = self.taps;
        for (out, x) in self.out.iter_mut().zip(self.x.windows(taps.len())) {
            if !out.is_finite() && x.iter().all(|x| x.is_finite()) {
                let products = taps.iter().rev().zip(x);
                *out = products.fold(T::default(), |sum, (&tap, &x)| tap.mul_add(x, sum));
            }
        }
    }
}

/// Computes all outputs, at least a vector of them. Returns the same as [`convolve_valid`].
#[inline(always)]
fn tiles<V: Vector>(simd: V::Simd, args: &mut Valid<V::Scalar>) -> bool {
    let len = args.out.len();
    let mut check = [V::splat(simd, V::Scalar::default()); CHECKS];
    let mut at = 0;
    while at < len {
        let left = len - at;
        // The narrowest tile that computes the rest, moved back to where it fits. A wider tile
        // costs little more than a narrow one, because a narrow tile waits for its own sums.
        let makes = |vectors: usize, narrower: usize| {
            left > narrower * V::LANES && len >= vectors * V::LANES
        };
        at = if V::TILE == 12 && makes(12, 8) {
            tile::<V, 12, false>(simd, args, &mut check, at.min(len - 12 * V::LANES))
        } else if makes(8, 4) {
            tile::<V, 8, false>(simd, args, &mut check, at.min(len - 8 * V::LANES))
        } else if makes(4, 2) {
            tile::<V, 4, false>(simd, args, &mut check, at.min(len - 4 * V::LANES))
        } else if makes(2, 1) {
            tile::<V, 2, false>(simd, args, &mut check, at.min(len - 2 * V::LANES))
        } else {
            tile::<V, 1, false>(simd, args, &mut check, at.min(len - V::LANES))
        };
    }
    check[0].add(check[1]).add(check[2].add(check[3])).is_zero()
}

/// The number of chains of checks. Several chains do not wait for each other.
const CHECKS: usize = 4;

/// The next taps in the order of a sum, if `left` taps are left: how many taps go together, `LANES`
/// apart, and how often this is repeated, each time one tap further on.
#[inline(always)]
pub(super) fn next_run<V: Vector>(left: usize) -> (usize, usize) {
    if V::TILE >= 12 && left >= 8 * V::LANES {
        (8, V::LANES)
    } else if left >= 4 * V::LANES {
        (4, V::LANES)
    } else if left >= 2 * V::LANES {
        (2, V::LANES)
    } else {
        (1, V::LANES.min(left))
    }
}

/// Runs the body with the number of taps that go together, from [`next_run`], as a constant.
macro_rules! with_apart {
    ($apart:expr => $constant:ident, $body:block) => {
        match $apart {
            8 => with_apart!($constant = 8, $body),
            4 => with_apart!($constant = 4, $body),
            2 => with_apart!($constant = 2, $body),
            _ => with_apart!($constant = 1, $body),
        }
    };
    ($constant:ident = $value:literal, $body:block) => {{
        const $constant: usize = $value;
        $body
    }};
}

pub(super) use with_apart;

/// Makes `R` vectors of outputs from `at` on, and returns where they end. If `SHORT`, makes one
/// vector, and `out` may hold only its first lanes.
#[inline(always)]
fn tile<V: Vector, const R: usize, const SHORT: bool>(
    simd: V::Simd,
    args: &mut Valid<V::Scalar>,
    check: &mut [V; CHECKS],
    at: usize,
) -> usize {
    let Valid { taps, x, out } = args;
    let (x, out) = (&x[at..], &mut out[at..]);
    // The loads in `step` rely on this.
    assert!(x.len() + 1 >= taps.len() + if SHORT { 1 } else { R * V::LANES });
    let mut sums = [V::splat(simd, V::Scalar::default()); R];
    let mut k = 0;
    while k < taps.len() {
        let (apart, count) = next_run::<V>(taps.len() - k);
        with_apart!(apart => A, {
            // SAFETY: A * count <= taps.len() - k.
            unsafe {
                if A == 1 && V::SHIFTED > 0 && R >= 8 {
                    single_taps::<V, R>(simd, taps, x, k..k + count, &mut sums);
                } else {
                    for k in k..k + count {
                        step::<V, R, A, SHORT>(simd, taps, x, k, &mut sums);
                    }
                }
            }
        });
        k += apart * count;
    }
    let zero = V::splat(simd, V::Scalar::default());
    for r in 0..R {
        check[r % CHECKS] = sums[r].mul_add(zero, check[r % CHECKS]);
    }
    if SHORT {
        sums[0].store_partial(simd, out);
    } else {
        let (blocks, _) = V::blocks_mut(out);
        for r in 0..R {
            sums[r].store(&mut blocks[r]);
        }
    }
    at + R * V::LANES
}

/// `taps[K - 1 - k]` in every lane.
///
/// # Safety
/// `k < taps.len()`.
#[inline(always)]
pub(super) unsafe fn splat_tap<V: Vector>(simd: V::Simd, taps: &[V::Scalar], k: usize) -> V {
    // SAFETY: the caller's promise.
    V::splat(simd, unsafe { *taps.get_unchecked(taps.len() - 1 - k) })
}

/// `sums[r] += tap(k + a * LANES) * x[k + (r + a) * LANES ..]` for `r` below `R`, `a` below `A`.
///
/// # Safety
/// `k + (A - 1) * LANES < taps.len()`, and `x.len() + 1 >= taps.len() + R * LANES` unless `SHORT`.
#[inline(always)]
unsafe fn step<V, const R: usize, const A: usize, const SHORT: bool>(
    simd: V::Simd,
    taps: &[V::Scalar],
    x: &[V::Scalar],
    k: usize,
    sums: &mut [V; R],
) where
    V: Vector,
{
    let zero = V::splat(simd, V::Scalar::default());
    let mut tap = [zero; A];
    unrolled!(a < A, {
        // SAFETY: k + a * LANES <= k + (A - 1) * LANES < taps.len().
        tap[a] = unsafe { splat_tap::<V>(simd, taps, k + a * V::LANES) };
    });
    unrolled!(j < R + A - 1, {
        let from = k + j * V::LANES;
        let x = if SHORT && from + V::LANES > x.len() {
            V::load_partial(simd, &x[from..])
        } else {
            // SAFETY: if SHORT, the condition was just checked. Otherwise from + LANES is the sum
            // of k + (j - R + 1) * LANES and R * LANES. As j - R + 1 < A, this sum is below
            // taps.len() + R * LANES, and so it is at most x.len().
            unsafe { V::load_at(simd, x.as_ptr().add(from)) }
        };
        // Each sum takes its products in the order of `a`, and no two products in a row go to the
        // same sum.
        unrolled!(a < A, {
            if j >= a && j - a < R {
                sums[j - a] = x.mul_add(tap[a], sums[j - a]);
            }
        });
    });
}

/// Runs the body for each number of lanes to shift by, as a constant.
macro_rules! for_each_shift {
    ($shift:ident, $body:block) => {
        for_each_shift!($shift, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    ($shift:ident, $body:block, $($value:literal)*) => {$({
        const $shift: usize = $value;
        $body
    })*};
}

/// `sums[r] += tap(k) * x[k + r * LANES ..]` for `r` below `R` and each `k` of `run` in turn, up to
/// `LANES` taps. The inputs of the first rows, `SHIFTED` rows of a whole tile, are shifted out of
/// vectors that were loaded once.
///
/// With AVX-512, an unaligned load takes both of the accesses of a cycle, and a shift takes one of
/// the two units that multiply and add. At 16 taps, loads alone reached 41 to 44 % of the peak, 4
/// shifted rows of 12 reached 53 %, and 6 reached 55 %. Tiles of 6, 10, 14, 16 and 20 rows reached
/// no more (Intel's 4th generation, 15360 and 1920 outputs).
///
/// # Safety
/// `x.len() + 1 >= taps.len() + R * LANES`; `run` is not empty and ends at `taps.len()` at most.
#[inline(always)]
unsafe fn single_taps<V: Vector, const R: usize>(
    simd: V::Simd,
    taps: &[V::Scalar],
    x: &[V::Scalar],
    run: Range<usize>,
    sums: &mut [V; R],
) {
    assert!(V::SHIFTED < R && R < UNROLLED);
    let shifted = V::SHIFTED * R / V::TILE;
    let mut near = [V::splat(simd, V::Scalar::default()); UNROLLED + 1];
    unrolled!(r < shifted + 1, {
        // SAFETY: run.start + (r + 1) * LANES <= taps.len() - 1 + R * LANES <= x.len().
        near[r] = unsafe { V::load_at(simd, x.as_ptr().add(run.start + r * V::LANES)) };
    });
    for_each_shift!(K, {
        let k = run.start + K;
        if !(K < V::LANES && k < run.end) {
            return;
        }
        // SAFETY: k < run.end <= taps.len().
        let tap = unsafe { splat_tap::<V>(simd, taps, k) };
        unrolled!(r < R, {
            let window = if r < shifted {
                near[r].shift::<{ K as i32 }>(near[r + 1], simd)
            } else {
                // SAFETY: k + (r + 1) * LANES <= taps.len() - 1 + R * LANES <= x.len().
                unsafe { V::load_at(simd, x.as_ptr().add(k + r * V::LANES)) }
            };
            sums[r] = window.mul_add(tap, sums[r]);
        });
    });
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    /// The chain of one output, in the order that the kernel's comment gives.
    fn chain<T: Real>((lanes, registers, fused): (usize, usize, bool), taps: &[T], x: &[T]) -> T {
        let (mut order, mut k) = (Vec::new(), 0);
        while k < taps.len() {
            let left = taps.len() - k;
            let most = if registers == 32 { 8 } else { 4 };
            let apart = [8, 4, 2].into_iter().find(|&a| a <= most && left >= a * lanes);
            let (apart, span) = apart.map_or((1, 1), |apart| (apart, lanes));
            order.extend((0..span).flat_map(|i| (0..apart).map(move |a| k + i + a * lanes)));
            k += apart * span;
        }
        assert_eq!(order.len(), taps.len());
        order.into_iter().fold(T::default(), |sum, k| {
            let tap = taps[taps.len() - 1 - k];
            if fused { x[k].mul_add(tap, sum) } else { x[k] * tap + sum }
        })
    }

    /// Asks an instruction set for the lanes of a vector, for the number of registers, and whether
    /// multiply-adds are fused.
    pub struct Shape<T>(pub std::marker::PhantomData<T>);
    impl<T: Real> Kernel for Shape<T> {
        type Output = (usize, usize, bool);
        fn run<S: Simd>(self, _: S) -> Self::Output {
            let registers = if T::V::<S>::HAS_FEW_REGISTERS { 16 } else { 32 };
            (T::V::<S>::LANES, registers, S::FUSED)
        }
    }

    /// Values between -0.5 and 0.5, the same sequence each time.
    pub fn random<T: Real>() -> impl FnMut() -> T {
        let mut seed = 7u64;
        move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            T::from_f64((seed >> 20) as f64 / (1u64 << 44) as f64 - 0.5)
        }
    }

    fn check<T: Real>() {
        let mut random = random::<T>();
        // Every number of outputs up to more than a full tile, with taps for every run and rest.
        for k in [1, 2, 3, 5, 16, 31, 32, 47, 64, 65, 113, 128, 200] {
            let mut taps = BeforeGuardPage::new(k);
            taps.fill_with(&mut random);
            for len in (1..210).chain([400, 777]) {
                let mut x = BeforeGuardPage::new(len + k - 1);
                x.fill_with(&mut random);
                for isa in each_isa() {
                    let shape = isa.run(Shape::<T>(std::marker::PhantomData));
                    let mut out = BeforeGuardPage::new(len);
                    convolve_valid_on(isa, &taps, &x, &mut out);
                    for i in 0..len {
                        let want = chain(shape, &taps, &x[i..]);
                        assert!(
                            out[i] == want,
                            "{} {len} x {k}: {:?} {want:?}",
                            isa.name(),
                            out[i]
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_output_is_its_chain() {
        for isa in each_isa() {
            println!("runs on {}", isa.name());
        }
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn overflowing_products_stay_finite_where_sums_do() {
        // The second product is 2^128, past the largest float32; the sum is not.
        let large = 2f32.powi(127);
        for isa in each_isa() {
            let mut out = [0.0; 3];
            convolve_valid_on(isa, &[2.0, -1.5], &[large, large, large, f32::NAN], &mut out);
            assert_eq!(out[..2], [0.5 * large; 2], "{}", isa.name());
            assert!(out[2].is_nan());
        }
    }
}
