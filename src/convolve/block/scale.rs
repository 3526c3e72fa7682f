//! Exact scaling by powers of two, which keeps transforms away from overflow and underflow.

use crate::cpu::Real;

/// Values are transformed unscaled if their largest magnitude is 2^e with |e| up to this. Sums of
/// 2^60 products of such values stay inside float32's range at both ends.
const UNSCALED_EXPONENT: i32 = 30;

/// The exponent to take out of values whose largest magnitude is `magnitude`, before they are
/// transformed.
pub fn normalisation<T: Real>(magnitude: T) -> i32 {
    let exponent = exponent(magnitude);
    if is_near_one(exponent) { 0 } else { exponent }
}

/// 2^exponent as two factors, because the power itself may be out of range.
pub fn two_factors(exponent: i32) -> [f64; 2] {
    let half = exponent / 2;
    [half, exponent - half].map(|exponent| 2f64.powi(exponent))
}

/// Whether values whose largest magnitude has this exponent are transformed unscaled.
pub fn is_near_one(exponent: i32) -> bool {
    exponent.abs() <= UNSCALED_EXPONENT
}

/// The e with `2^e <= |value| < 2^(e + 1)`; 0 for 0.
pub fn exponent<T: Real>(value: T) -> i32 {
    let value = value.to_f64().abs();
    if value == 0.0 {
        return 0;
    }
    let biased = |x: f64| (x.to_bits() >> 52) as i32;
    match biased(value) {
        0 => biased(value * 2f64.powi(64)) - 64 - 1023,
        normal => normal - 1023,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_of_normal_and_subnormal_values() {
        for e in -1022..=1023 {
            assert_eq!(exponent(2f64.powi(e)), e);
        }
        for bit in 0..52 {
            assert_eq!(exponent(f64::from_bits(1 << bit)), bit - 1074);
        }
        assert_eq!(exponent(f64::MAX), 1023);
        assert_eq!(exponent(f32::from_bits(1)), -149);
        assert_eq!(exponent(-3.0f32), 1);
        assert_eq!(exponent(0.0f64), 0);
    }

    #[test]
    fn values_near_one_are_not_scaled() {
        assert_eq!([1e9f32, -1e-9, 0.0].map(normalisation), [0; 3]);
        assert_eq!([1e10f32, -1e-10].map(normalisation), [33, -34]);
    }
}
