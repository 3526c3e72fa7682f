//! Single outputs of many taps, from taps in reverse order.

use super::chains::two_sum;
use super::dot::total;
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd, Vector};

/// The sum of the products `x[i] * reversed[i]`.
///
/// A product goes through 129 multiply-adds at most, with those of its lane. Then eight sums of
/// lanes, and the lanes, are added up in pairs. The sums of further products are joined without loss
/// (TwoSum). So the error does not grow with the number of products.
///
/// # Panics
/// If the lengths differ.
pub fn dot_reversed<T: Real>(x: &[T], reversed: &[T]) -> T {
    dot_on(isa(), x, reversed)
}

fn dot_on<T: Real>(isa: Isa, x: &[T], reversed: &[T]) -> T {
    assert_eq!(x.len(), reversed.len());
    isa.run(Dot { x, reversed })
}

struct Dot<'a, T> {
    x: &'a [T],
    reversed: &'a [T],
}

/// Vectors of sums that do not wait for each other.
const SUMS: usize = 8;
/// Multiply-adds of a lane.
const CHAIN: usize = 128;

impl<T: Real> Kernel for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> T {
        let Self { x, reversed } = self;
        let piece = CHAIN * SUMS * T::V::<S>::LANES;
        let (mut sum, mut low) = (T::default(), T::default());
        for (x, reversed) in x.chunks(piece).zip(reversed.chunks(piece)) {
            let (joined, rest) = two_sum(sum, dot_of_piece::<T::V<S>>(simd, x, reversed));
            sum = joined;
            low = low + rest;
        }
        sum + low
    }
}

#[inline(always)]
fn dot_of_piece<V: Vector>(simd: V::Simd, x: &[V::Scalar], reversed: &[V::Scalar]) -> V::Scalar {
    let mut sums = [V::splat(simd, V::Scalar::default()); SUMS];
    let ((x, x_rest), (taps, taps_rest)) = (V::blocks(x), V::blocks(reversed));
    let (x_groups, x) = x.as_chunks::<SUMS>();
    let (taps_groups, taps) = taps.as_chunks::<SUMS>();
    for (x, taps) in x_groups.iter().zip(taps_groups) {
        for i in 0..SUMS {
            sums[i] = V::load(simd, &x[i]).mul_add(V::load(simd, &taps[i]), sums[i]);
        }
    }
    for (i, (x, tap)) in x.iter().zip(taps).enumerate() {
        sums[i] = V::load(simd, x).mul_add(V::load(simd, tap), sums[i]);
    }
    let [x, taps] = [x_rest, taps_rest].map(|rest| V::load_partial(simd, rest));
    sums[SUMS - 1] = x.mul_add(taps, sums[SUMS - 1]);
    let mut half = SUMS / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] = sums[i].add(sums[i + half]);
        }
        half /= 2;
    }
    total(sums[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    fn check<T: Real>() {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            T::from_f64((state >> 40) as f64 / 2f64.powi(23) - 1.0)
        };
        for len in (0..300).chain([8191, 16384, 16385, 50_000]) {
            let (mut x, mut taps) = (BeforeGuardPage::new(len), BeforeGuardPage::new(len));
            x.fill_with(&mut random);
            taps.fill_with(&mut random);
            let products = || x.iter().zip(&*taps).map(|(x, tap)| x.to_f64() * tap.to_f64());
            let (want, most): (f64, f64) = (products().sum(), products().map(f64::abs).sum());
            for isa in each_isa() {
                let got = dot_on(isa, &x, &taps).to_f64();
                let epsilon = 2f64.powi(T::MIN_SUBNORMAL - T::MIN_NORMAL);
                // Sums in float64 are less exact than chains in float64, if these are long.
                let terms = 20.0 + if size_of::<T>() == 8 { len as f64 / 100.0 } else { 0.0 };
                let label = format!("{} {len}: {got} {want}", isa.name());
                assert!((got - want).abs() <= terms * epsilon * most, "{label}");
            }
        }
    }

    #[test]
    fn the_sum_of_the_products_is_near_the_exact_sum() {
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn products_below_the_last_place_are_not_lost() {
        for isa in each_isa() {
            let mut x = vec![2f32.powi(-25); 1 << 20];
            x[0] = 1.0;
            let got = dot_on(isa, &x, &vec![1.0; x.len()]);
            let want = 1.0 + (x.len() - 1) as f32 * x[1];
            assert!((got - want).abs() < 64.0 * f32::EPSILON, "{} {got} {want}", isa.name());
        }
    }
}
