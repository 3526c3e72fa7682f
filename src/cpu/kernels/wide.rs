//! float64 for the sake of its range or its precision.

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd};

/// The sum of the products `(x[i] * factor) * (y[i] * factor)` in float64.
///
/// # Panics
/// If the lengths differ.
pub fn dot_in_float64<T: Real>(x: &[T], y: &[T], factor: f64) -> f64 {
    dot_on(isa(), x, y, factor)
}

fn dot_on<T: Real>(isa: Isa, x: &[T], y: &[T], factor: f64) -> f64 {
    assert_eq!(x.len(), y.len());
    isa.run(Dot { x, y, factor })
}

struct Dot<'a, T> {
    x: &'a [T],
    y: &'a [T],
    factor: f64,
}

impl<T: Real> Kernel for Dot<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> f64 {
        /// Sums that do not wait for each other. The order of the additions is the same on every
        /// instruction set.
        const SUMS: usize = 16;
        let Self { x, y, factor } = self;
        let (x, x_rest) = x.as_chunks::<SUMS>();
        let (y, y_rest) = y.as_chunks::<SUMS>();
        let mut sums = [0.0; SUMS];
        for (x, y) in x.iter().zip(y) {
            for i in 0..SUMS {
                sums[i] += (x[i].to_f64() * factor) * (y[i].to_f64() * factor);
            }
        }
        for (i, (x, y)) in x_rest.iter().zip(y_rest).enumerate() {
            sums[i] += (x.to_f64() * factor) * (y.to_f64() * factor);
        }
        let mut sum = 0.0;
        for each in sums {
            sum += each;
        }
        sum
    }
}

/// Converts `from` to float64.
///
/// # Panics
/// If the lengths differ.
pub fn to_float64<T: Real>(from: &[T], to: &mut [f64]) {
    struct Convert<'a, T>(&'a [T], &'a mut [f64]);
    impl<T: Real> Kernel for Convert<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for (to, from) in self.1.iter_mut().zip(self.0) {
                *to = from.to_f64();
            }
        }
    }
    assert_eq!(from.len(), to.len());
    isa().run(Convert(from, to));
}

/// Rounds `from` to `T`.
///
/// # Panics
/// If the lengths differ.
pub fn from_float64<T: Real>(from: &[f64], to: &mut [T]) {
    struct Convert<'a, T>(&'a [f64], &'a mut [T]);
    impl<T: Real> Kernel for Convert<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for (to, &from) in self.1.iter_mut().zip(self.0) {
                *to = T::from_f64(from);
            }
        }
    }
    assert_eq!(from.len(), to.len());
    isa().run(Convert(from, to));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;

    #[test]
    fn sums_stay_finite_and_have_the_same_bits_everywhere() {
        for len in 0..70 {
            let x: Vec<f32> = (0..len).map(|i| 5e36 * (i as f32 - 20.5)).collect();
            let y: Vec<f32> = (0..len).map(|i| 3e37 * (i % 7) as f32).collect();
            let exact: f64 = x.iter().zip(&y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
            let first = dot_on(Isa::PORTABLE, &x, &y, 1.0);
            assert!((first - exact).abs() <= 1e-12 * exact.abs().max(1e76), "{len}");
            for isa in each_isa() {
                assert_eq!(dot_on(isa, &x, &y, 1.0).to_bits(), first.to_bits());
            }
        }
        assert_eq!(dot_on(isa(), &[f64::MAX; 3], &[-f64::MAX; 3], 2f64.powi(-544)), {
            let each = f64::MAX * 2f64.powi(-544);
            -3.0 * each * each
        });
    }
}
