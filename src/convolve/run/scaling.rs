//! Direct sums of numbers so small that they, or their sums, are subnormal.

use crate::convolve::block::exponent;
use crate::convolve::wanted::CHAIN_OF_FEW;
use crate::cpu::{
    FloatEnvironment, Magnitudes, Real, Subnormals, dot_reversed, extent, magnitudes_of,
    minds_subnormals, probe, scale, two_sum,
};

/// Powers of two by which taps and values are multiplied before they are summed. Many processors
/// need some hundred cycles for each multiply-add of a subnormal number, and for each that gives
/// one. Scaled sums meet hardly any, and those that they meet are flushed.
///
/// ```text
/// 2^a <= largest tap < 2^(a + 1),  2^b <= largest value < 2^(b + 1)
/// sums = (taps 2^(E - a)) conv (values 2^(E - b)), with subnormal numbers flushed
/// out = sums 2^(a + b - 2 E), rounded once
/// ```
///
/// With E = `PEAK` no sum of 2^9 products overflows, and no output does if a + b <= E - 3. What is
/// flushed then changes an output by less than half of the smallest normal number for each tap:
/// docs/accuracy.md, "Subnormal numbers".
#[derive(Clone, Copy)]
pub struct Scaling {
    taps: i32,
    values: i32,
}

impl Scaling {
    /// The powers for sums of products of `taps` and `values`. `None` if there is no need: the
    /// processor does not mind, no number that was looked at is subnormal, and the largest product is
    /// far from it. `None`, too, if they would not help: the products are too large, a number is not
    /// finite, or subnormal numbers are flushed anyway.
    pub fn of<T: Real>(taps: &[T], values: &(impl Values<T> + ?Sized)) -> Option<Self> {
        if minds_subnormals() { Self::if_needed(taps, values) } else { None }
    }

    fn if_needed<T: Real>(taps: &[T], values: &(impl Values<T> + ?Sized)) -> Option<Self> {
        let probes = [taps.probed(), values.probed()];
        if !any_small(probes) && !are_close(probes.map(|it| it.largest)) {
            return None;
        }
        let largest = [taps.largest(), values.largest()];
        let needed = any_small(probes) || are_close(largest);
        let count = largest.iter().all(|&x| x != T::default() && x.is_finite());
        let ([a, b], peak) = (largest.map(exponent), peak::<T>());
        let helps = a + b <= peak - 3 && FloatEnvironment::subnormals() == Subnormals::Keep;
        (needed && count && helps).then_some(Self { taps: peak - a, values: peak - b })
    }

    /// Copies taps and values, scaled. Returns the scaled copies, which lie in `space`.
    pub fn scaled<'s, T: Real>(self, taps: &[T], values: &[T], space: &'s mut [T]) -> [&'s [T]; 2] {
        let (of_taps, rest) = space.split_at_mut(taps.len());
        let of_values = &mut rest[..values.len()];
        let operands = [(taps, &mut *of_taps, self.taps), (values, &mut *of_values, self.values)];
        for (from, to, exponent) in operands {
            to.copy_from_slice(from);
            FloatEnvironment::run(|| scale(to, exponent));
        }
        [of_taps, of_values]
    }

    /// Runs `sums`, which computes with scaled operands.
    pub fn run<R>(self, sums: impl FnOnce() -> R) -> R {
        FloatEnvironment::run_with(Subnormals::Flush, sums)
    }

    fn dot<T: Real>(self, x: &[T], reversed: &[T], space: &mut [T]) -> T {
        let (mut sum, mut low) = (T::default(), T::default());
        let at_once = |values| <[T]>::chunks(values, CHAIN_OF_FEW);
        for (x, reversed) in at_once(x).zip(at_once(reversed)) {
            let [reversed, x] = self.scaled(reversed, x, space);
            let (joined, rest) = self.run(|| two_sum(sum, dot_reversed(x, reversed)));
            (sum, low) = (joined, low + rest);
        }
        let mut sum = [sum + low];
        self.back(&mut sum);
        sum[0]
    }

    /// Scales sums of scaled operands back.
    pub fn back<T: Real>(self, sums: &mut [T]) {
        scale(sums, -(self.taps + self.values));
    }
}

/// Whether [`Scaling::of`] may find a need, whatever part of the operands is looked at.
pub fn may_scale<T: Real>(taps: &[T], values: &[T]) -> bool {
    let all = || [taps, values].map(magnitudes_of);
    minds_subnormals() && (any_small(all()) || are_close(all().map(|it| it.largest)))
}

/// Values that are looked at before they are summed.
pub trait Values<T> {
    /// The magnitudes of some of the values.
    fn probed(&self) -> Magnitudes<T>;
    /// The largest magnitude of all values. Not finite if a value is not finite.
    fn largest(&self) -> T;
}

impl<T: Real> Values<T> for [T] {
    fn probed(&self) -> Magnitudes<T> {
        probe(self)
    }

    fn largest(&self) -> T {
        extent(self).largest
    }
}

/// Whether a number is subnormal.
fn any_small<T: Real>(operands: [Magnitudes<T>; 2]) -> bool {
    let tiny = T::from_f64(2f64.powi(T::MIN_NORMAL));
    operands.iter().any(|it| it.smallest < tiny)
}

/// Whether the product of the largest numbers is close to subnormal.
fn are_close<T: Real>(largest: [T; 2]) -> bool {
    /// Below the smallest normal number times 2^32, products are close to subnormal.
    const CLOSE: i32 = 32;
    let [a, b] = largest.map(exponent);
    largest.iter().all(|&x| x != T::default()) && a + b < T::MIN_NORMAL + CLOSE
}

/// Values of the space that [`dot`] takes for so many taps.
pub fn dot_space(taps: usize) -> usize {
    2 * taps.min(CHAIN_OF_FEW)
}

/// The sum of the products `x[i] * reversed[i]`, scaled if there is a need. No product goes through
/// more roundings than in [`dot_reversed`].
pub fn dot<T: Real>(x: &[T], reversed: &[T], space: &mut [T]) -> T {
    match Scaling::of(reversed, x) {
        None => dot_reversed(x, reversed),
        Some(scaling) => scaling.dot(x, reversed, space),
    }
}

/// The exponent that the largest tap and the largest value are given.
fn peak<T: Real>() -> i32 {
    T::MAX_EXPONENT / 2 - 6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(taps: &[f64], values: &[f64]) -> bool {
        FloatEnvironment::run(|| Scaling::if_needed(taps, values)).is_some()
    }

    #[test]
    fn only_small_numbers_are_scaled() {
        assert!(!needs(&[1.0, 0.0], &[3e-308, -3.0, 0.0]));
        assert!(needs(&[1.0], &[1e-308, -3.0]) && needs(&[1e-310, 1e100], &[1.0]));
        assert!(needs(&[1e-160], &[1e-150, 0.0]) && !needs(&[1e-140], &[1e-150]));
        let mut values = [1e-150; 200];
        assert!(needs(&[1e-150], &values));
        // It is not looked at, but found in time.
        values[100] = 1.0;
        assert!(!needs(&[1e-150], &values));
    }

    #[test]
    fn only_finite_numbers_are_scaled_whose_products_are_not_large() {
        assert!(needs(&[1e-310, 1e100], &[1e20]) && !needs(&[1e-310, 1e100], &[1e100]));
        assert!(!needs(&[1e-310], &[0.0]) && !needs(&[0.0], &[1e-310]) && !needs(&[], &[]));
        assert!(!needs(&[f64::INFINITY], &[1e-310]) && !needs(&[1.0], &[1e-310, f64::NAN]));
        let flushed = || Scaling::if_needed(&[1.0f64], &[1e-310][..]);
        assert!(FloatEnvironment::run_with(Subnormals::Flush, flushed).is_none());
    }

    #[test]
    fn scaled_sums_do_not_overflow_and_come_back_exactly() {
        fn check<T: Real>(largest: f64, least: f64) {
            let (taps, values) = ([T::from_f64(largest); 512], [T::from_f64(least); 513]);
            let scaling = FloatEnvironment::run(|| Scaling::if_needed(&taps, &values[..])).unwrap();
            let mut space = [T::default(); 1025];
            let [scaled_taps, scaled] = scaling.scaled(&taps, &values, &mut space);
            let products = scaled_taps.iter().zip(scaled).map(|(&x, &y)| x * y);
            let sum = products.fold(T::default(), |sum, x| sum + x);
            let mut sums = [sum, scaled_taps[0] * scaled[0]];
            assert!(sums[0].is_finite());
            FloatEnvironment::run(|| scaling.back(&mut sums));
            assert_eq!(sums[1], T::from_f64(largest * least));
        }
        check::<f32>(2f64.powi(127) * 1.5, 2f64.powi(-140));
        check::<f32>(1.75, 2f64.powi(-149));
        check::<f64>(2f64.powi(1023) * 1.5, 2f64.powi(-1060));
        check::<f64>(1.5, 2f64.powi(-1074) * 8.0);
    }

    #[test]
    fn dot_products_are_the_same_scaled() {
        let unit = 2f64.powi(-1074);
        for len in [1, 7, 511, 512, 513, 2000] {
            let integers: Vec<f64> = (0..len).map(|i| (i * i % 41) as f64 - 20.0).collect();
            let small: Vec<f64> = integers.iter().map(|x| x * unit).collect();
            let want: f64 = integers.iter().map(|x| x * x).sum();
            let scaling =
                FloatEnvironment::run(|| Scaling::if_needed(&integers, &small[..])).unwrap();
            let mut space = vec![0.0; dot_space(len)];
            let got = FloatEnvironment::run(|| scaling.dot(&small, &integers, &mut space));
            assert_eq!(got, want * unit, "{len}");
        }
    }
}
