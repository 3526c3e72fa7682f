//! Sums of many chains, with the parts that rounding cuts off.

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd};

/// The rounded sum of two numbers, and the part that rounding cuts off it, which is exact if the sum
/// is finite (TwoSum: D. E. Knuth, *The Art of Computer Programming*, volume 2, section 4.2.2).
#[inline(always)]
pub fn two_sum<T: Real>(a: T, b: T) -> (T, T) {
    let sum = a + b;
    let added = sum - a;
    (sum, (a - (sum - added)) + (b - added))
}

/// Adds `chain` to `sums`, and the part that rounding cuts off each sum to `low`. Where a sum is not
/// finite, `low` is unspecified.
///
/// # Panics
/// If the lengths differ.
pub fn join_chain<T: Real>(chain: &[T], sums: &mut [T], low: &mut [T]) {
    join_on(isa(), chain, sums, low);
}

fn join_on<T: Real>(isa: Isa, chain: &[T], sums: &mut [T], low: &mut [T]) {
    struct Join<'a, T>(&'a [T], &'a mut [T], &'a mut [T]);
    impl<T: Real> Kernel for Join<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for ((&chain, sum), low) in self.0.iter().zip(self.1).zip(self.2) {
                let (joined, rest) = two_sum(*sum, chain);
                *low = *low + rest;
                *sum = joined;
            }
        }
    }
    assert!(chain.len() == sums.len() && low.len() == sums.len());
    isa.run(Join(chain, sums, low));
}

/// Adds `low` to `sums`. Sums that are not finite stay as they are.
///
/// # Panics
/// If the lengths differ.
pub fn add_low<T: Real>(low: &[T], sums: &mut [T]) {
    struct Add<'a, T>(&'a [T], &'a mut [T]);
    impl<T: Real> Kernel for Add<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for (&low, sum) in self.0.iter().zip(self.1) {
                let total = *sum + low;
                // Where a sum is not finite, `low` is NaN.
                *sum = if total.is_nan() { *sum } else { total };
            }
        }
    }
    assert_eq!(low.len(), sums.len());
    isa().run(Add(low, sums));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;

    #[test]
    fn nothing_is_lost_between_chains() {
        for isa in each_isa() {
            for len in [1, 2, 15, 16, 17, 40] {
                // 2^k, then many halves of its last digit, then -2^k.
                let large = 2f32.powi(24);
                let (mut sums, mut low) = (vec![large; len], vec![0.0; len]);
                for _ in 0..7 {
                    join_on(isa, &vec![0.75; len], &mut sums, &mut low);
                }
                join_on(isa, &vec![-large; len], &mut sums, &mut low);
                add_low(&low, &mut sums);
                assert!(sums.iter().all(|&sum| sum == 5.25), "{len}: {sums:?}");
            }
        }
    }

    #[test]
    fn infinities_and_nans_stay() {
        let mut sums = [1e308f64, f64::INFINITY, f64::INFINITY, f64::NAN, 1.0];
        let mut low = [0.0; 5];
        join_chain(&[1e308, 1.0, f64::NEG_INFINITY, 1.0, f64::INFINITY], &mut sums, &mut low);
        add_low(&low, &mut sums);
        assert_eq!([sums[0], sums[1], sums[4]], [f64::INFINITY; 3]);
        assert!(sums[2].is_nan() && sums[3].is_nan());
    }
}
