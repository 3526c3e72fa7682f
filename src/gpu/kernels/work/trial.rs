//! Trials of kernels: small operands, and what their outputs have to be.

use super::pieces::Job;
use crate::gpu::Lens;

/// Whether the word of a number is right, of all words of outputs.
type IsRight = Box<dyn Fn(&[u32], usize) -> bool>;

/// A row of small operands, and what its outputs have to be.
pub struct Trial {
    /// What is done.
    pub job: Job,
    /// The lengths of the row.
    pub lens: Lens,
    /// The words of the signal.
    pub signal: Vec<u32>,
    /// The words of the filter.
    pub filter: Vec<u32>,
    is_right: IsRight,
}

impl Trial {
    /// All outputs of operands with elements of the job's sizes. `is_right` says of all words of
    /// outputs whether that of a number is right.
    pub fn new(
        job: Job,
        [signal, filter]: [Vec<u32>; 2],
        is_right: impl Fn(&[u32], usize) -> bool + 'static,
    ) -> Self {
        let len = |words: &Vec<u32>, i: usize| words.len() * 4 / job.sizes[i];
        let (n, k) = (len(&signal, 0), len(&filter, 1));
        let lens = Lens { signal: n, filter: k, first: 0, outputs: n + k - 1 };
        Self { job, lens, signal, filter, is_right: Box::new(is_right) }
    }

    /// The first word of outputs that is wrong.
    pub fn first_wrong(&self, outputs: &[u32]) -> Option<usize> {
        (0..outputs.len()).find(|&n| !(self.is_right)(outputs, n))
    }
}

/// Some 1000 values and 37 taps, with infinities, NaNs and zeros among them.
pub fn signal_and_taps() -> [Vec<f32>; 2] {
    numbers(1000, 37)
}

/// So many values and taps, with infinities, NaNs and zeros among them.
pub fn numbers(values: usize, taps: usize) -> [Vec<f32>; 2] {
    // Multiples of 1/64 without order, all different in their last digits.
    let number = |i: usize| ((i * 7919 + 13) % 257) as f32 / 64.0 - 2.0 + i as f32 * 1e-5;
    let mut signal: Vec<f32> = (0..values).map(number).collect();
    let mut taps: Vec<f32> = (values..values + taps).map(number).collect();
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY];
    let places = (values / 5..values / 5 * 4).step_by(61);
    places.zip(odd.into_iter().cycle()).for_each(|(i, odd)| signal[i] = odd);
    signal[values / 10 * 9..values / 100 * 99].fill(0.0);
    (taps[5], taps[20]) = (0.0, -0.0);
    [signal, taps]
}

/// Whether a float32 is a sum, given in float64, to `error`. It may be infinite if the sum may be beyond
/// the largest float32.
pub fn is_near(want: f64, error: f64, got: f32) -> bool {
    let largest = f64::from(f32::MAX);
    match want.is_finite() {
        true if got.is_infinite() => f64::from(got.signum()) * want + error > largest,
        true => (f64::from(got) - want).abs() <= error,
        false => f64::from(got) == want || got.is_nan() && want.is_nan(),
    }
}

/// Output `n` of the full convolution in float64, and the sum of the magnitudes of its products.
pub fn sum([signal, taps]: [&[f32]; 2], n: usize) -> [f64; 2] {
    let all = (n + 1).saturating_sub(signal.len())..taps.len().min(n + 1);
    let products = all.map(|k| f64::from(taps[k]) * f64::from(signal[n - k]));
    products.fold([0.0, 0.0], |[sum, all], x| [sum + x, all + x.abs()])
}
