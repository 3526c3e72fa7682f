//! Direct sums in chains of some hundred taps, for an error that does not grow with the filter.

use super::scaling::Scaling;
use crate::convolve::wanted::{CHAIN, CHAIN_OF_FEW, CHAINED_OUTPUTS};
use crate::cpu::{Real, add_low, convolve_few, convolve_valid, extent, join_chain};

/// Memory for the outputs that are computed together, at most [`CHAINED_OUTPUTS`]: for the sums of
/// one chain, for what rounding cut off so far when chains were joined, and for a chain's taps and
/// the values under them, scaled.
pub struct Chains<'w, T>(pub &'w mut [T]);

impl<T: Real> Chains<'_, T> {
    /// `out[i] = sum over k of taps[k] * x[i + taps.len() - 1 - k]`. `are_few` says whether the
    /// outputs are dot products. Returns whether all taps and outputs are finite.
    /// The sums are scaled meanwhile if there is a `scaling`.
    pub fn compute(
        &mut self,
        taps: &[T],
        x: &[T],
        out: &mut [T],
        (are_few, scaling): (bool, Option<Scaling>),
    ) -> bool {
        let mut is_finite = true;
        for (at, out) in (0..).step_by(CHAINED_OUTPUTS).zip(out.chunks_mut(CHAINED_OUTPUTS)) {
            let x = &x[at..][..out.len() + taps.len() - 1];
            is_finite &= match scaling {
                None => self.join(taps, x, out, (are_few, None)),
                Some(scaling) => {
                    let sums = scaling.run(|| self.join(taps, x, out, (are_few, Some(scaling))));
                    scaling.back(out);
                    sums
                }
            };
        }
        is_finite
    }

    /// The same for outputs that are computed together. If there is a `scaling`, taps, values and
    /// outputs are scaled.
    ///
    /// ```text
    /// for each chain of taps:
    ///     chain = sums over the chain, rounded after each product
    ///     out, rest = out + chain, exactly
    ///     low = low + rest
    /// out = out + low
    /// ```
    fn join(
        &mut self,
        taps: &[T],
        x: &[T],
        out: &mut [T],
        (are_few, scaling): (bool, Option<Scaling>),
    ) -> bool {
        let (chain, space) = self.0.split_at_mut(out.len());
        let (low, scaled) = space.split_at_mut(out.len());
        let mut is_finite = true;
        let mut k = 0;
        while k < taps.len() {
            let is_few = are_few && taps.len() - k >= CHAIN_OF_FEW;
            let len = if is_few { CHAIN_OF_FEW } else { CHAIN.min(taps.len() - k) };
            let part = &taps[k..k + len];
            let x = &x[taps.len() - k - len..][..out.len() + len - 1];
            let [part, x] = match scaling {
                None => [part, x],
                Some(scaling) => scaling.scaled(part, x, scaled),
            };
            let sums = if k == 0 { &mut *out } else { &mut *chain };
            is_finite &= match is_few {
                true => convolve_few(part, x, sums),
                false => convolve_valid(part, x, sums),
            };
            match k {
                0 => low.fill(T::default()),
                _ => join_chain(chain, out, low),
            }
            k += len;
        }
        if taps.len() <= CHAIN {
            return is_finite;
        }
        add_low(low, out);
        is_finite && extent(out).largest.is_finite()
    }
}
