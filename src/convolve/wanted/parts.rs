//! How float64 operands are cut into parts, so that transforms give the largest products exactly.
//!
//! Values x of a block are cut into `x[0] + x[1] + ..`, and taps v alike. `x[0]` holds multiples of a
//! unit q, with q so large that the product of the leading parts is known to half a unit: rounded to
//! multiples of the unit, it is exact. With three parts, the same holds for `x[0] v[1] + x[1] v[0]`
//! and a smaller unit. Only the rest, the products of small parts, carries an error
//! (docs/accuracy.md has the proof).

/// How operands are cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The number of parts: 1 to [`Self::MOST`].
    pub count: usize,
    /// Points of a block.
    pub block_len: usize,
}

/// The parts of some values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    /// The Euclidean norms of the parts. 0 for parts that there are none of.
    pub norms: [f64; Parts::MOST],
    /// The unit of the first part, and of the second one if there are three.
    pub units: [f64; Parts::MOST - 1],
    /// Whether values may have become 0, or subnormal and so less exact, when they were scaled.
    pub lost_some: bool,
}

impl Parts {
    /// The most parts. Three are exact beyond the range that a float64 resolves.
    pub const MOST: usize = 3;
    /// Below one half by more than the rounding error of the bounds themselves.
    const LIMIT: f64 = 0.499;

    /// Whether values are scaled before they are cut. Values in one part are those of float32, or of
    /// its halves. No product or sum of these leaves the range of float64.
    pub fn are_scaled(self) -> bool {
        self.count > 1
    }

    /// The unit of the first part of values with this norm, a power of two. 0 for values without
    /// norm.
    pub fn unit(self, norm: f64) -> f64 {
        let most = (Self::LIMIT / error_factor(self.block_len, 1)).sqrt();
        power_above(norm / most)
    }

    /// The unit of the second part as a multiple of the unit of the first. `None` if the products
    /// of so many taps would not be exact.
    pub fn finer(self, filter_len: usize) -> Option<f64> {
        let most = (Self::LIMIT / error_factor(self.block_len, 1)).sqrt();
        // Values that were rounded to units are off by half a unit at most.
        let second = 1.01 * ((self.block_len as f64).sqrt() + (filter_len as f64).sqrt()) / 2.0;
        let finer = power_above(error_factor(self.block_len, 2) * most * second / Self::LIMIT);
        (finer < 0.5).then_some(finer)
    }

    /// About the error of every output, of a block whose values have this norm, and a filter cut by
    /// `v`, before the block is cut.
    pub fn expected_error(self, norm: f64, finer: f64, v: Cut) -> f64 {
        let mut x = Cut::default();
        x.norms[0] = norm;
        let mut unit = self.unit(norm);
        for (i, to) in x.units[..self.count - 1].iter_mut().enumerate() {
            *to = unit;
            // Values that were rounded to units are off by a twelfth of a squared unit, on average.
            x.norms[i + 1] = unit * (self.block_len as f64 / 12.0).sqrt();
            unit *= finer;
        }
        self.error(x, v)
    }

    /// A bound on the magnitude of every output, of a block cut by `x` and a filter cut by `v`.
    pub fn largest(self, x: Cut, v: Cut) -> f64 {
        let [x, v] = [x, v].map(|cut| cut.norms.iter().sum::<f64>());
        2.0 * x * v
    }

    /// A bound on the error of sums of the magnitudes of all products, by one transform.
    pub fn error_of_magnitudes(self, x: Cut, v: Cut) -> f64 {
        error_factor(self.block_len, 1) * self.largest(x, v)
    }

    /// A bound on the error of every output, of a block cut by `x` and a filter cut by `v`.
    /// Infinite if a product of parts that should be exact might not be. 0 only if all outputs are
    /// exact.
    pub fn error(self, x: Cut, v: Cut) -> f64 {
        /// Covers the rounding of the norms and of this bound.
        const SLACK: f64 = 1.001;
        /// Covers what underflows, in blocks and filters that were scaled: the transforms take
        /// subnormal numbers for zeros, and scaling may have made some. 2^-900, where the norms of
        /// the block and of the filter are at least 2^-30.
        const UNDERFLOW: f64 = f64::from_bits((1023 - 900) << 52);
        let last = self.count - 1;
        let norms = |of_level: &dyn Fn(usize) -> bool| {
            let products = (0..self.count).flat_map(|i| (0..self.count).map(move |j| (i, j)));
            let products = products.filter(|&(i, j)| of_level(i + j));
            SLACK * products.map(|(i, j)| x.norms[i] * v.norms[j]).sum::<f64>()
        };
        for level in 0..last {
            let error = error_factor(self.block_len, level + 1) * norms(&|it| it == level);
            // The products of two levels have the units of both.
            let unit = x.units[0] * v.units[level];
            if error > 0.5 * unit {
                return f64::INFINITY;
            }
        }
        // Products of norms may underflow, so the norms themselves are compared with 0.
        let are_inexact = (0..self.count)
            .any(|i| (last - i..self.count).any(|j| x.norms[i] != 0.0 && v.norms[j] != 0.0));
        let underflow = match self.are_scaled() {
            true if are_inexact || x.lost_some || v.lost_some => UNDERFLOW,
            _ => 0.0,
        };
        let pairs = self.count * (self.count + 1) / 2;
        error_factor(self.block_len, pairs) * norms(&|it| it >= last) + underflow
    }
}

/// The error of an output of a block of `block_len` points, as a multiple of the norms, if `pairs`
/// products are added before the inverse transform. docs/accuracy.md, "Integers", counts it.
pub fn error_factor(block_len: usize, pairs: usize) -> f64 {
    // The logarithm of 1 + x is below the parabola: the sum is exact for powers of two, and never
    // too small.
    let whole = (block_len as u64).ilog2();
    let x = block_len as f64 / (1u64 << whole) as f64 - 1.0;
    let levels = f64::from(whole) + x + 0.45 * x * (1.0 - x);
    (4.75 * levels + 1.5 * pairs as f64 + 14.0) * f64::EPSILON
}

/// The smallest power of two that is not below `value`; 0 for 0. `value` is a normal number.
fn power_above(value: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    f64::from_bits((value.to_bits() + FRACTION) & !FRACTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_from_below() {
        for e in [-300, -1, 0, 1, 52, 300] {
            let power = 2f64.powi(e);
            assert_eq!(power_above(power), power);
            assert_eq!(power_above(power.next_up()), 2.0 * power);
            assert_eq!(power_above(power.next_down()), power);
        }
        assert_eq!(power_above(0.0), 0.0);
    }
}
