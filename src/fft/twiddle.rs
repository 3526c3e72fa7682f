//! Roots of unity from exact fractions of a turn.
//!
//! They are computed in integers, so nothing depends on the machine. A `sin` has the bits of the
//! machine's mathematics library, which change from version to version. Only the last step rounds
//! to floats.

use crate::error::Result;
use crate::memory::Aligned;

/// 1 in the units of a [`root`]. The sum of two squares in a product stays within 64 bits.
const ONE: i64 = 1 << 62;

/// `exp(2 pi i numerator / denominator)` as (cosine, sine) in units of 2^-62. Each is off by less
/// than 3 units.
///
/// `numerator < denominator < 2^53 / 8`.
fn root(numerator: u64, denominator: u64) -> [i64; 2] {
    let octant = 8 * numerator / denominator;
    let rest = 8 * numerator - octant * denominator;
    let rest = if octant.is_multiple_of(2) { rest } else { denominator - rest };

    /// pi / 4 in units of 2^-64.
    const QUARTER_PI: u128 = 0xc90f_daa2_2168_c235;
    let angle = (u128::from(rest) * QUARTER_PI / u128::from(denominator)) as u64;
    let square = times(angle, angle);
    let cos = (series(&EVEN, square) >> 2) as i64;
    let sin = (times(angle, series(&ODD, square)) >> 2) as i64;

    match octant {
        0 => [cos, sin],
        1 => [sin, cos],
        2 => [-sin, cos],
        3 => [-cos, sin],
        4 => [-cos, -sin],
        5 => [-sin, -cos],
        6 => [sin, -cos],
        _ => [cos, -sin],
    }
}

/// The number of terms of a series in the square of an angle, which is an eighth of a turn or less.
/// The next term is below 2^-64.
const TERMS: usize = 10;
/// The series of the cosine.
const EVEN: [u64; TERMS] = inverse_factorials(0);
/// The series of the sine, as a multiple of the angle.
const ODD: [u64; TERMS] = inverse_factorials(1);

/// `1 / n!` of every other `n`, in units of 2^-64. The value 1 itself is one unit less.
const fn inverse_factorials(mut n: u128) -> [u64; TERMS] {
    let mut inverses = [u64::MAX; TERMS];
    let (mut term, mut factorial) = (1, 1);
    while term < TERMS {
        factorial *= (n + 1) * (n + 2);
        n += 2;
        inverses[term] = ((1 << 64) / factorial) as u64;
        term += 1;
    }
    inverses
}

/// The sum of the terms times powers of `x`, with alternating signs.
fn series(terms: &[u64; TERMS], x: u64) -> u64 {
    terms.iter().rev().fold(0, |sum, term| term - times(x, sum))
}

/// A product of numbers in units of 2^-64, rounded down.
fn times(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 64) as u64
}

/// All roots of one denominator. Each is the product of two roots from tables, whose lengths are
/// about the square root of the denominator. This takes a fraction of the time that [`root`] takes.
pub struct Roots {
    low_bits: u32,
    low: Aligned<[i64; 2]>,
    high: Aligned<[i64; 2]>,
}

impl Roots {
    /// The number of values in both tables together.
    pub fn count(denominator: u64) -> usize {
        let (_, [low, high]) = Self::sizes(denominator);
        low + high
    }

    /// The bits of a numerator that select from the low table, and the sizes of both tables.
    fn sizes(denominator: u64) -> (u32, [usize; 2]) {
        let low_bits = denominator.ilog2() / 2;
        (low_bits, [1 << low_bits, (denominator >> low_bits) as usize + 1])
    }

    /// # Errors
    /// `OutOfMemory`.
    pub fn new(denominator: u64) -> Result<Self> {
        let (low_bits, [low, high]) = Self::sizes(denominator);
        let mut low = Aligned::zeroed(low, "twiddles")?;
        let mut high = Aligned::zeroed(high, "twiddles")?;
        for (k, to) in low.iter_mut().enumerate() {
            *to = root(k as u64, denominator);
        }
        for (k, to) in high.iter_mut().enumerate() {
            *to = root(((k as u64) << low_bits) % denominator, denominator);
        }
        Ok(Self { low_bits, low, high })
    }

    /// `exp(2 pi i numerator / denominator)` as (cosine, sine). Each is off by at most 2^-58 before
    /// it is rounded.
    #[inline]
    pub fn get(&self, numerator: u64) -> (f64, f64) {
        let [a, b] = self.high[(numerator >> self.low_bits) as usize];
        let [c, d] = self.low[(numerator & ((1 << self.low_bits) - 1)) as usize];
        // The upper half of a product is in units of 2^-60.
        let upper = |a: i64, b: i64| ((i128::from(a) * i128::from(b)) >> 64) as i64;
        let round = |sum: i64| sum as f64 / (ONE >> 2) as f64;
        (round(upper(a, c) - upper(b, d)), round(upper(a, d) + upper(b, c)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENOMINATORS: [u64; 5] = [64, 96, 160, 4096, 3 << 14];

    /// The next root is the current root times the first. If this holds for all roots, up to some
    /// units of 2^-62, then all are right, whatever the series, pi and the octants are.
    #[test]
    fn roots_are_powers_of_the_first() {
        for denominator in DENOMINATORS {
            let [c, d] = root(1, denominator).map(i128::from);
            let (sin, cos) = (std::f64::consts::TAU / denominator as f64).sin_cos();
            assert!((c as f64 / ONE as f64 - cos).abs() < 1e-15);
            assert!((d as f64 / ONE as f64 - sin).abs() < 1e-15);
            for k in 0..denominator {
                let [a, b] = root(k, denominator).map(i128::from);
                let next = root((k + 1) % denominator, denominator);
                let product = [(a * c - b * d) >> 62, (a * d + b * c) >> 62];
                for (x, y) in product.into_iter().zip(next) {
                    assert!((x - i128::from(y)).abs() <= 8, "{k} of {denominator}");
                }
            }
        }
    }

    /// The error is at most 2^-54 for rounding to floats, and 2^-58 for the product.
    #[test]
    fn products_of_two_roots_are_roots() {
        for denominator in DENOMINATORS {
            let roots = Roots::new(denominator).unwrap();
            for k in 0..denominator {
                let (cos, sin) = roots.get(k);
                for (got, want) in [cos, sin].into_iter().zip(root(k, denominator)) {
                    let error = (got * ONE as f64) as i64 - want;
                    assert!(error.abs() <= (1 << 8) + (1 << 4), "{k} of {denominator}: {error}");
                }
            }
        }
    }

    /// Checksums. Every machine must compute the same ones.
    #[test]
    fn bits_are_the_same_everywhere() {
        let sums = DENOMINATORS.map(|denominator| {
            let roots = Roots::new(denominator).unwrap();
            (0..denominator).fold(0u64, |sum, k| {
                let (cos, sin) = roots.get(k);
                let sum = sum.wrapping_mul(31).wrapping_add(cos.to_bits());
                sum.wrapping_mul(31).wrapping_add(sin.to_bits())
            })
        });
        let want = [
            0xb5fd_20ca_aedb_8880,
            0xaea0_b917_7dff_bd80,
            0x9a74_41b5_0eb4_db80,
            0x565c_c522_9696_9544,
            0xb196_e167_64f3_1dfe,
        ];
        assert_eq!(sums, want);
    }
}
