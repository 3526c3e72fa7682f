//! Direct sums of float32 and complex64.

use crate::gpu::kernels::work::cost::cost_of_sums;
use crate::gpu::kernels::work::pieces::{Job, OWN};
use crate::gpu::kernels::work::trial::{Trial, is_near, numbers, signal_and_taps, sum};
use crate::gpu::pipelines::Kernel;

/// The outputs of a workgroup.
pub const TILE: usize = 1024;

/// The numbers that are summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floats {
    /// Whether they are complex: pairs of float32.
    pub are_complex: bool,
    /// Whether zeros stand for subnormal numbers.
    pub flush: bool,
    /// Whether conjugates stand for the numbers of the signal, and of the filter.
    pub are_conjugated: [bool; 2],
}

/// The direct sums of a filter of `taps`.
pub fn job(taps: usize, numbers: Floats) -> Job {
    let Floats { are_complex, flush, are_conjugated: [signal, filter] } = numbers;
    let parts = if are_complex { 2 } else { 1 };
    let mut own = [0; OWN];
    // Products of numbers with these biased exponents are below 2^(sum - 252).
    own[0] = 379 - (parts * taps).next_power_of_two().ilog2();
    own[1] = parts as u32;
    own[2] = u32::from(flush);
    own[3] = u32::from(signal) | u32::from(filter) << 1;
    Job {
        kernel: Kernel::Direct,
        tile: TILE,
        parts,
        tile_cost: cost_of_sums(TILE, taps, 8 * parts as u64),
        sizes: [4 * parts; 3],
        own,
    }
}

/// Sums of numbers, infinities and NaNs among them. The complex ones are conjugated, and so large that
/// some sums overflow.
pub fn trials() -> [Trial; 2] {
    [trial(signal_and_taps(), Floats::default()), trial(large_complex_numbers(), CONJUGATED)]
}

const CONJUGATED: Floats =
    Floats { are_complex: true, flush: false, are_conjugated: [true, false] };

/// Complex values up to 3e38, and taps with which a sum in ten overflows.
fn large_complex_numbers() -> [Vec<f32>; 2] {
    let [mut signal, mut taps] = numbers(2000, 74);
    signal.iter_mut().for_each(|x| *x *= 1.5e38);
    taps.iter_mut().for_each(|x| *x /= 8.0);
    [signal, taps]
}

fn trial([signal, taps]: [Vec<f32>; 2], numbers: Floats) -> Trial {
    let words = [&signal, &taps].map(|x| x.iter().map(|x| x.to_bits()).collect());
    let count = if numbers.are_complex { 2 } else { 1 };
    let job = job(taps.len() / count, numbers);
    let [signal, taps] = [parts(&signal, count), parts(&taps, count)];
    Trial::new(job, words, move |y, at| {
        let [want, all] = sum_of_parts([&signal, &taps], numbers.are_conjugated, at);
        let error = (count * taps[0].len()) as f64 * f64::from(f32::EPSILON) * all;
        is_near(want, error, f32::from_bits(y[at]))
    })
}

/// The parts of numbers, each by itself.
fn parts(x: &[f32], count: usize) -> Vec<Vec<f32>> {
    (0..count).map(|part| x.iter().skip(part).step_by(count).copied().collect()).collect()
}

/// As [`sum`], for the word at `at` of outputs, of which each has as many parts as an operand.
fn sum_of_parts(
    [signal, taps]: [&[Vec<f32>]; 2],
    are_conjugated: [bool; 2],
    at: usize,
) -> [f64; 2] {
    let (n, part) = (at / signal.len(), at % signal.len());
    // re = re re - im im, im = re im + im re.
    let products = (0..signal.len()).map(|of_signal| {
        let of_tap = part ^ of_signal;
        let is_turned = (of_signal & of_tap == 1)
            ^ (of_signal == 1 && are_conjugated[0])
            ^ (of_tap == 1 && are_conjugated[1]);
        let [sum, all] = sum([&signal[of_signal], &taps[of_tap]], n);
        [if is_turned { -sum } else { sum }, all]
    });
    products.fold([0.0, 0.0], |[x, all], [y, more]| [x + y, all + more])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_complex_numbers_have_sums_of_all_kinds() {
        let [signal, taps] = large_complex_numbers().map(|x| parts(&x, 2));
        let sums: Vec<f64> = (0..2 * (1000 + 36))
            .map(|at| sum_of_parts([&signal, &taps], CONJUGATED.are_conjugated, at)[0])
            .collect();
        let largest = f64::from(f32::MAX);
        let count = |is_kind: &dyn Fn(f64) -> bool| sums.iter().filter(|&&x| is_kind(x)).count();
        assert!(count(&|x| x.is_finite() && x.abs() > largest) > 20);
        assert!(count(&|x| x.abs() > largest / 100.0 && x.abs() < largest) > 200);
        assert!(count(&f64::is_nan) > 20 && count(&|x| x.is_infinite()) > 20);
        let [_, trial] = trials();
        let words: Vec<u32> = sums.iter().map(|&x| (x as f32).to_bits()).collect();
        assert_eq!(trial.first_wrong(&words), None);
        for at in (0..words.len()).filter(|&at| sums[at].is_finite()) {
            let mut wrong = words.clone();
            wrong[at] ^= 1 << 31;
            assert_eq!(trial.first_wrong(&wrong), (sums[at] != 0.0).then_some(at));
        }
    }
}
