//! Multiplication by powers of two whose exponents grow or fall evenly.
//!
//! Exponents are integers in units of 2^-16.

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Simd};

/// The number of exponents from one power of two to the next.
const UNITS: i64 = 1 << 16;

/// The largest difference of two neighbouring exponents, in magnitude.
pub const STEEPEST: i64 = 8 * UNITS;

/// 2^(exponent / 2^16) as a number from 1 to 2, and the exponent of a power of two. The number is
/// off by at most 3.1 u of itself, where u is 2^-53: both tables by 1.04 u, and their product by u.
#[inline(always)]
fn fractional_power(exponent: i64) -> (f64, i64) {
    let fraction = (exponent & (UNITS - 1)) as usize;
    let [coarse, fine] = POWERS;
    (coarse[fraction >> 8] * fine[fraction & 255], exponent >> 16)
}

/// `value * 2^(exponent / 2^16)`, for a normal value between 2^-500 and 2^500 in magnitude, or 0.
/// It is off by at most 4.1 u of itself: 3.1 u for the power, and u for the product. If it is
/// subnormal, it is rounded up to two more times. If it is too large, it is infinite.
#[inline(always)]
pub fn tilt_back(value: f64, exponent: i64) -> f64 {
    let (power, whole) = fractional_power(exponent);
    let [low, high] = two_powers(whole);
    value * power * low * high
}

/// `2^(k / 2^8)` and `2^(k / 2^16)` for k from 0 to 255.
const POWERS: &[[f64; 256]; 2] = &[powers(8), powers(16)];

/// `2^(k / 2^bits)` for k from 0 to 255. They are computed in integers, so nothing depends on the
/// machine's mathematics library.
const fn powers(bits: usize) -> [f64; 256] {
    // Roots are in units of 2^-63. Each is the square root of the one before it, rounded down, so
    // it is off by less than 2 units.
    let mut roots: [u128; 17] = [2 << 63; 17];
    let mut bit = 1;
    while bit < 17 {
        roots[bit] = (roots[bit - 1] << 63).isqrt();
        bit += 1;
    }
    let mut powers = [0.0; 256];
    let mut k = 0;
    while k < 256 {
        // Up to 8 factors, with an error of 2 units each and of 1 for the product: less than 2^-58.
        let mut product: u128 = 1 << 63;
        let mut bit = 0;
        while bit < 8 {
            if k >> bit & 1 == 1 {
                product = (product * roots[bits - bit]) >> 63;
            }
            bit += 1;
        }
        powers[k] = product as f64 / (1u64 << 63) as f64;
        k += 1;
    }
    powers
}

/// Multiplies value `i` by 2^((first + i slope) / 2^16).
///
/// A product is off by at most 8.2 u of itself: 3.1 u for each of two powers, u for their product,
/// and u for the product with the value. If the product is below 2^-500 in magnitude, it may be off
/// by 2^-500, and if that is beyond 2^500, the product is unspecified. `slope` is at most
/// [`STEEPEST`] in magnitude.
pub fn tilt(values: &mut [f64], first: i64, slope: i64) {
    tilt_on(isa(), values, first, slope);
}

fn tilt_on(isa: Isa, values: &mut [f64], first: i64, slope: i64) {
    assert!(slope.abs() <= STEEPEST);
    isa.run(Tilt { values, first, slope });
}

/// Values whose powers are made of one power. The largest exponent inside is 32 * 8.
const GROUP: usize = 32;

struct Tilt<'a> {
    values: &'a mut [f64],
    first: i64,
    slope: i64,
}

impl Kernel for Tilt<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { values, mut first, slope } = self;
        let mut inside = [1.0; GROUP];
        for (i, inside) in inside.iter_mut().enumerate() {
            let (power, whole) = fractional_power(i as i64 * slope);
            *inside = power * whole_power(whole);
        }
        let (groups, rest) = values.as_chunks_mut::<GROUP>();
        for group in groups {
            multiply(group, &inside, first);
            first += GROUP as i64 * slope;
        }
        multiply(rest, &inside, first);
    }
}

/// Multiplies values by the powers of their group.
#[inline(always)]
fn multiply(values: &mut [f64], inside: &[f64; GROUP], first: i64) {
    let (power, whole) = fractional_power(first);
    // The value comes first, so that it may be subnormal. With smaller or larger powers than
    // those of two factors, the products are too small or too large anyway.
    let [low, high] = two_powers(whole);
    for (value, inside) in values.iter_mut().zip(inside) {
        *value = *value * low * high * (power * inside);
    }
}

/// 2^exponent as two factors, for exponents up to 2044 in magnitude. Others count as the nearest of
/// these.
#[inline(always)]
fn two_powers(exponent: i64) -> [f64; 2] {
    let exponent = exponent.clamp(-2044, 2044);
    [exponent / 2, exponent - exponent / 2].map(whole_power)
}

/// 2^exponent, which is a normal number.
#[inline(always)]
fn whole_power(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    const U: f64 = f64::EPSILON / 2.0;

    /// 2^(exponent / 2^16), for exponents from 0 to 2^16, off by 2 u of itself at most.
    fn power(exponent: i64) -> f64 {
        (exponent as f64 / UNITS as f64).exp2()
    }

    #[test]
    fn powers_are_as_accurate_as_they_say() {
        for exponent in (0..UNITS).step_by(7).chain(UNITS - 300..UNITS).chain(0..300) {
            let want = power(exponent);
            for whole in [-5000, -1, 0, 3] {
                let (got, exponent) = fractional_power(exponent + whole * UNITS);
                assert_eq!(exponent, whole);
                assert!((got - want).abs() <= 5.1 * U * want, "{exponent}: {got} {want}");
            }
        }
    }

    #[test]
    fn numbers_are_tilted_back_into_the_whole_range() {
        for whole in [-1 << 40, -2000, -1075, -1030, -1022, -5, 0, 7, 1000, 1023, 1 << 40] {
            for (value, fraction) in [(1.7, 0), (-1.3e90, 1), (1.1e-90, 40_000), (0.0, 7)] {
                let third = 2f64.powi((whole.clamp(-3000, 3000) / 3) as i32);
                let rest = 2f64.powi((whole.clamp(-3000, 3000) % 3) as i32);
                let want = value * power(fraction) * rest * third * third * third;
                let got = tilt_back(value, whole * UNITS + fraction);
                let is_near = (got - want).abs() <= 7.1 * U * want.abs() + 2f64.powi(-1072);
                assert!(got == want || is_near, "{value} {fraction} 2^{whole}: {got} {want}");
            }
        }
    }

    #[test]
    fn values_are_multiplied_by_their_own_powers() {
        for isa in each_isa() {
            for len in 0..200 {
                for (first, slope) in [(0, 0), (-3 * UNITS - 1, 77), (12345, -4321), (1, STEEPEST)]
                {
                    let mut values = BeforeGuardPage::<f64>::new(len);
                    for (i, x) in values.iter_mut().enumerate() {
                        *x = if i % 2 == 0 { 1.0 } else { -1.0 } / (i + 1) as f64;
                    }
                    // Products stay in the range.
                    let first = if slope == STEEPEST { -slope * len as i64 } else { first };
                    let want: Vec<f64> = values
                        .iter()
                        .enumerate()
                        .map(|(i, x)| {
                            let exponent = first + i as i64 * slope;
                            let power = power(exponent.rem_euclid(UNITS));
                            let whole = (exponent.div_euclid(UNITS) / 2) as i32;
                            let other = exponent.div_euclid(UNITS) as i32 - whole;
                            x * power * 2f64.powi(whole) * 2f64.powi(other)
                        })
                        .collect();
                    tilt_on(isa, &mut values, first, slope);
                    for (i, (got, want)) in values.iter().zip(&want).enumerate() {
                        let most = 10.2 * U * want.abs() + 2f64.powi(-500);
                        let name = isa.name();
                        assert!(
                            (got - want).abs() <= most,
                            "{name} {len} {slope} {i}: {got} {want}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn exponents_may_be_beyond_the_range() {
        for isa in each_isa() {
            // The largest and the smallest numbers, and zeros, with their opposite powers.
            for (x, whole, want) in [
                (f64::MAX, -1024, 1.0),
                (f64::from_bits(1), 1074, 1.0),
                (f64::from_bits(1), 2044, 2f64.powi(970)),
                (-1.0, -2000, 0.0),
                (0.0, 1 << 40, 0.0),
                (0.0, -(1 << 40), 0.0),
                (1.0, -(1 << 40), 0.0),
            ] {
                let mut values = [x; 40];
                tilt_on(isa, &mut values, whole * UNITS, 0);
                for got in values {
                    let is_near = (got - want).abs() <= 10.2 * U * want + 2f64.powi(-500);
                    assert!(is_near, "{} {x} 2^{whole}: {got}", isa.name());
                }
            }
        }
    }
}
