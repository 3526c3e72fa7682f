//! Direct sums in chains of some hundred taps, for an error that does not grow with the filter.

use crate::convolve::wanted::{CHAIN, CHAINED_OUTPUTS};
use crate::cpu::{Real, add_low, convolve_few, convolve_valid, extent, join_chain};

/// The same for few outputs, as long as so many taps are left. [`convolve_few`] computes their sums
/// in lanes, two at least, so no lane is longer than a chain.
const FEW: usize = 2 * CHAIN;

/// Memory for the outputs that are computed together: [`CHAINED_OUTPUTS`] values each.
pub struct Chains<'w, T> {
    /// The sums of one chain.
    pub chain: &'w mut [T],
    /// The parts that rounding cut off so far when chains were joined.
    pub low: &'w mut [T],
}

impl<T: Real> Chains<'_, T> {
    /// `out[i] = sum over k of taps[k] * x[i + taps.len() - 1 - k]`. `are_few` says whether the
    /// outputs are dot products. Returns whether all taps and outputs are finite.
    ///
    /// ```text
    /// for each chain of taps:
    ///     chain = sums over the chain, rounded after each product
    ///     out, rest = out + chain, exactly
    ///     low = low + rest
    /// out = out + low
    /// ```
    pub fn compute(&mut self, taps: &[T], x: &[T], out: &mut [T], are_few: bool) -> bool {
        let mut is_finite = true;
        for (at, out) in (0..).step_by(CHAINED_OUTPUTS).zip(out.chunks_mut(CHAINED_OUTPUTS)) {
            let (chain, low) = (&mut self.chain[..out.len()], &mut self.low[..out.len()]);
            low.fill(T::default());
            let mut k = 0;
            while k < taps.len() {
                let is_few = are_few && taps.len() - k >= FEW;
                let len = if is_few { FEW } else { CHAIN.min(taps.len() - k) };
                let part = &taps[k..k + len];
                let first = at + taps.len() - k - len;
                let x = &x[first..][..out.len() + part.len() - 1];
                let sums = if k == 0 { &mut *out } else { &mut *chain };
                is_finite &= match is_few {
                    true => convolve_few(part, x, sums),
                    false => convolve_valid(part, x, sums),
                };
                if k > 0 {
                    join_chain(chain, out, low);
                }
                k += len;
            }
            add_low(low, out);
            is_finite &= extent(out).largest.is_finite();
        }
        is_finite
    }
}
