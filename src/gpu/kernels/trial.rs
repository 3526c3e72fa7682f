//! A trial of a kernel, before it is trusted: drivers differ, and nobody has tried them all.

/// A signal and taps, with infinities, NaNs and zeros among them.
pub struct Trial {
    /// The signal.
    pub signal: Vec<f32>,
    /// The taps.
    pub taps: Vec<f32>,
}

impl Trial {
    /// Some 1000 values and 37 taps.
    pub fn new() -> Self {
        // Multiples of 1/64 without order, all different in their last digits.
        let number = |i: usize| ((i * 7919 + 13) % 257) as f32 / 64.0 - 2.0 + i as f32 * 1e-5;
        let mut signal: Vec<f32> = (0..1000).map(number).collect();
        let mut taps: Vec<f32> = (1000..1037).map(number).collect();
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY];
        (200..800).step_by(61).zip(odd.into_iter().cycle()).for_each(|(i, odd)| signal[i] = odd);
        (900..990).for_each(|i| signal[i] = 0.0);
        (taps[5], taps[20]) = (0.0, -0.0);
        Self { signal, taps }
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.signal.len() + self.taps.len() - 1
    }

    /// The first output that differs from the direct sum by more than its bound, and that sum.
    pub fn first_wrong(&self, outputs: &[f32]) -> Option<(usize, f64)> {
        outputs.iter().enumerate().find_map(|(n, &got)| {
            let [want, all] = self.sum(n);
            let error = (f64::from(got) - want).abs();
            let bound = self.taps.len() as f64 * f64::from(f32::EPSILON) * all;
            let is_right = match want.is_finite() {
                true => error <= bound,
                false => f64::from(got) == want || got.is_nan() && want.is_nan(),
            };
            (!is_right).then_some((n, want))
        })
    }

    /// Output `n` in float64, and the sum of the magnitudes of its products.
    fn sum(&self, n: usize) -> [f64; 2] {
        let taps = (n + 1).saturating_sub(self.signal.len())..self.taps.len().min(n + 1);
        let products = taps.map(|k| f64::from(self.taps[k]) * f64::from(self.signal[n - k]));
        products.fold([0.0, 0.0], |[sum, all], x| [sum + x, all + x.abs()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_output_is_found_wherever_it_is() {
        let trial = Trial::new();
        let right: Vec<f32> = (0..trial.outputs()).map(|n| trial.sum(n)[0] as f32).collect();
        assert_eq!(trial.first_wrong(&right), None);
        let kinds = [f32::is_nan, f32::is_infinite, |x: f32| x == 0.0, f32::is_finite];
        assert!(kinds.iter().all(|is_kind| right.iter().any(|&x| is_kind(x))));
        for n in 0..right.len() {
            for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, right[n] + 0.01] {
                let mut outputs = right.clone();
                outputs[n] = wrong;
                let differs =
                    wrong.to_bits() != right[n].to_bits() && !(wrong.is_nan() && right[n].is_nan());
                assert_eq!(trial.first_wrong(&outputs).map(|(n, _)| n), differs.then_some(n));
            }
        }
    }
}
