//! Roots of unity from exact fractions of a turn.

use crate::error::Result;
use crate::memory::Aligned;

/// `exp(2 pi i numerator / denominator)` as (cosine, sine), to about 0.6 units in the last place.
///
/// The fraction is reduced to an eighth of a turn in integers, and the angle's rounding error is made good
/// to first order: only the sine's and cosine's own errors and the final rounding are left.
///
/// `numerator < denominator < 2^53 / 8`.
pub fn root(numerator: u64, denominator: u64) -> (f64, f64) {
    let octant = 8 * numerator / denominator;
    let rest = 8 * numerator - octant * denominator;
    let rest = if octant.is_multiple_of(2) { rest } else { denominator - rest };

    // pi / 4 as the sum of two floats.
    const QUARTER_PI: f64 = std::f64::consts::FRAC_PI_4;
    const QUARTER_PI_REST: f64 = 3.061616997868383e-17;
    let (rest, denominator) = (rest as f64, denominator as f64);
    let fraction = rest / denominator;
    let fraction_rest = (-fraction).mul_add(denominator, rest) / denominator;
    let angle = fraction * QUARTER_PI;
    let angle_rest = fraction.mul_add(QUARTER_PI, -angle)
        + (fraction * QUARTER_PI_REST + fraction_rest * QUARTER_PI);
    let (sin, cos) = angle.sin_cos();
    let (sin, cos) = (angle_rest.mul_add(cos, sin), (-angle_rest).mul_add(sin, cos));

    match octant {
        0 => (cos, sin),
        1 => (sin, cos),
        2 => (-sin, cos),
        3 => (-cos, sin),
        4 => (-cos, -sin),
        5 => (-sin, -cos),
        6 => (sin, -cos),
        _ => (cos, -sin),
    }
}

/// All roots of one denominator, each from two tables of about its square root: `high * (1 + low)`.
///
/// `1 + low` is a root close to 1. As `low` is small, its errors and those of its product with `high`
/// vanish against the two roundings that are left, of `high` and of the sum: the result is as good as
/// [`root`]'s, and made in a tenth of the time.
pub struct Roots {
    low_bits: u32,
    low: Aligned<[f64; 2]>,
    high: Aligned<[f64; 2]>,
}

impl Roots {
    /// How many values both tables have together.
    pub fn count(denominator: u64) -> usize {
        let low_bits = denominator.ilog2() / 2;
        (1 << low_bits) + (denominator >> low_bits) as usize + 1
    }

    /// # Errors
    /// `OutOfMemory`.
    pub fn new(denominator: u64) -> Result<Self> {
        let low_bits = denominator.ilog2() / 2;
        let mut low = Aligned::zeroed(1 << low_bits, "twiddles")?;
        let mut high = Aligned::zeroed((denominator >> low_bits) as usize + 1, "twiddles")?;
        for (k, to) in low.iter_mut().enumerate() {
            let (_, sin) = root(k as u64, denominator);
            let (_, sin_of_half) = root(k as u64, 2 * denominator);
            *to = [-2.0 * sin_of_half * sin_of_half, sin];
        }
        for (k, to) in high.iter_mut().enumerate() {
            *to = root(((k as u64) << low_bits) % denominator, denominator).into();
        }
        Ok(Self { low_bits, low, high })
    }

    /// `exp(2 pi i numerator / denominator)` as (cosine, sine).
    #[inline]
    pub fn get(&self, numerator: u64) -> (f64, f64) {
        let [a, b] = self.high[(numerator >> self.low_bits) as usize];
        let [c, d] = self.low[(numerator & ((1 << self.low_bits) - 1)) as usize];
        (a + (a * c - b * d), b + (a * d + b * c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The remainder of pi / 4 and the octants are right if the roots obey the addition theorem and
    /// known values.
    #[test]
    fn roots_are_right_to_a_unit_in_the_last_place() {
        assert_eq!(root(0, 8), (1.0, 0.0));
        assert_eq!(root(1, 4), (0.0, 1.0));
        assert_eq!(root(1, 2), (-1.0, 0.0));
        assert_eq!(root(3, 4), (0.0, -1.0));
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let (cos, sin) = root(5, 8);
        assert!((cos + half).abs().max((sin + half).abs()) < f64::EPSILON);
        assert!((root(1, 12).1 - 0.5).abs() < f64::EPSILON / 2.0);
        for denominator in [64, 96, 160, 4096] {
            let roots = Roots::new(denominator).unwrap();
            for k in 0..denominator {
                let (cos, sin) = root(k, denominator);
                let (by_cos, by_sin) = roots.get(k);
                assert!((cos * cos + sin * sin - 1.0).abs() < 2.0 * f64::EPSILON);
                assert!((by_cos - cos).abs().max((by_sin - sin).abs()) <= f64::EPSILON);
                let direct = (k as f64 / denominator as f64 * std::f64::consts::TAU).sin_cos();
                // The unreduced angle is off by 2 pi halves of a unit.
                assert!((sin - direct.0).abs().max((cos - direct.1).abs()) < 8.0 * f64::EPSILON);
            }
        }
    }
}
