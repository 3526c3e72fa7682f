//! Proves outputs componentwise exact from a bound of their error, one by one.

use crate::convolve::block::{exponent, two_factors};
use crate::cpu::Real;

/// The bound that outputs in `T` keep: `terms eps (abs(a) conv abs(v)) + taps tiny`.
#[derive(Clone, Copy)]
pub struct Certificate {
    /// `terms`.
    terms: f64,
    /// Half of eps: the error of a rounding to `T`.
    rounding: f64,
    /// `taps tiny`.
    tiny: f64,
}

impl Certificate {
    /// The bound of sums over `taps` taps, of which a chain has `chain` at most.
    pub fn new<T: Real>(taps: usize, chain: usize) -> Self {
        let rounding = 2f64.powi(T::MIN_SUBNORMAL - T::MIN_NORMAL - 1);
        let tiny = taps as f64 * 2f64.powi(T::MIN_NORMAL);
        Self { terms: taps.min(chain) as f64, rounding, tiny }
    }

    /// Magnitudes from this one on are proven, of float64 outputs with an error up to `error`. The
    /// outputs are multiplied by 2^exponent and then rounded to `T`.
    ///
    /// With u the rounding and m the terms, the error of a value y becomes `error + u |y|` at most.
    /// The sum of magnitudes is `|y| - error` at least. So y is proven where
    /// `error + u |y| <= 2 m u (|y| - error)`. The slack covers smaller terms.
    pub fn least(self, error: f64, exponent: i32) -> f64 {
        if self.is_negligible(error, exponent) {
            return 0.0;
        }
        self.least_after(error, 0.0)
    }

    /// Magnitudes from this one on are proven, whatever the exponent, if the outputs have another
    /// error of `spent` u times the sum of magnitudes. Infinite if this leaves nothing to prove.
    pub fn least_after(self, error: f64, spent: f64) -> f64 {
        const SLACK: f64 = 1.03;
        let Self { terms, rounding, .. } = self;
        match 2.0 * terms - 1.0 - spent {
            left if left > 0.0 => {
                SLACK * error * (1.0 + 2.0 * terms * rounding) / (left * rounding)
            }
            _ => f64::INFINITY,
        }
    }

    /// Outputs that are multiplied by 2^e, with this e or below, are proven by their error alone,
    /// whatever their magnitude.
    pub fn negligible_exponent(self, error: f64) -> i32 {
        exponent(0.25 * self.tiny) - exponent(error) - 1
    }

    /// Whether the error is below `taps tiny` for outputs that nothing else proves.
    fn is_negligible(self, error: f64, exponent: i32) -> bool {
        // Scaled, the numbers may be beyond the range of float64. A zero then proves nothing.
        let [first, second] = two_factors(-exponent);
        error < 0.25 * self.tiny * first * second
    }
}
