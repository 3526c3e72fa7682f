//! Exact scaling by powers of two, which keeps transforms away from overflow and underflow.

use crate::cpu::Real;

/// A power of two as two factors, because the power itself may be out of range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale<T>(T, T);

impl<T: Real> Scale<T> {
    /// The factor 1.
    pub const ONE: Self = Self(T::ONE, T::ONE);

    /// 2^exponent. |exponent| is at most twice that of the smallest `T`.
    pub fn power_of_two(exponent: i32) -> Self {
        // Within the range of float32's normal numbers, one factor is enough.
        if exponent.abs() < 126 {
            return Self(T::from_f64(power_of_two(exponent)), T::ONE);
        }
        let half = exponent / 2;
        Self(T::from_f64(power_of_two(half)), T::from_f64(power_of_two(exponent - half)))
    }

    /// `value` times this scale.
    #[inline(always)]
    pub fn of(self, value: T) -> T {
        value * self.0 * self.1
    }

    /// Multiplies all `values` by this scale.
    pub fn apply(self, values: &mut [T]) {
        for value in values {
            *value = self.of(*value);
        }
    }
}

/// Values are transformed unscaled if their largest magnitude is 2^e with |e| up to this. Sums of
/// 2^60 products of such values stay inside float32's range at both ends.
const UNSCALED_EXPONENT: i32 = 30;

/// How to normalise values whose largest magnitude is `magnitude`: the exponent to take out, and
/// the scale that takes it out.
pub fn normalisation<T: Real>(magnitude: T) -> (i32, Scale<T>) {
    let exponent = exponent(magnitude);
    if exponent.abs() <= UNSCALED_EXPONENT {
        return (0, Scale::ONE);
    }
    (exponent, Scale::power_of_two(-exponent))
}

/// The e with `2^e <= |value| < 2^(e + 1)`; 0 for 0.
pub fn exponent<T: Real>(value: T) -> i32 {
    let value = value.to_f64().abs();
    if value == 0.0 {
        return 0;
    }
    let biased = |x: f64| (x.to_bits() >> 52) as i32;
    match biased(value) {
        0 => biased(value * power_of_two(64)) - 64 - 1023,
        normal => normal - 1023,
    }
}

/// 2^exponent, exact down to the subnormals.
fn power_of_two(exponent: i32) -> f64 {
    match exponent {
        -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
        -1074..=-1023 => f64::from_bits(1 << (exponent + 1074)),
        _ => unreachable!("no float64 is 2^{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_of_normal_and_subnormal_values() {
        for e in -1074..=1023 {
            assert_eq!(exponent(power_of_two(e)), e);
        }
        assert_eq!(exponent(f64::MAX), 1023);
        assert_eq!(exponent(f32::from_bits(1)), -149);
        assert_eq!(exponent(-3.0f32), 1);
        assert_eq!(exponent(0.0f64), 0);
    }

    #[test]
    fn scales_beyond_the_range_of_one_factor() {
        assert_eq!(Scale::<f32>::power_of_two(-250).of(2f32.powi(127)), 2f32.powi(-123));
        assert_eq!(Scale::<f32>::power_of_two(250).of(2f32.powi(-140)), 2f32.powi(110));
        assert_eq!(Scale::<f64>::power_of_two(-2000).of(2f64.powi(1000)), 2f64.powi(-1000));
        assert_eq!(Scale::<f64>::power_of_two(5).of(3.0), 96.0);
    }
}
