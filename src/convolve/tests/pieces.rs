//! Few outputs of long filters, with the filter in pieces.

use half::f16;

use super::support::*;
use crate::convolve::plan::Plan;
use crate::convolve::request::executor::Executor;
use crate::convolve::wanted::{Method, Pieces, Reading, Subnormals};
use crate::convolve::{Boundary, Operation, Options};
use crate::dtype::{Dtype, Element};
use crate::fft::Transform;

fn range(first: usize, count: usize) -> Options {
    Options { first, count: Some(count), ..Options::default() }
}

/// The outputs by blocks of at least `block` points, in one to three pieces a group and more.
fn in_pieces<T: Element>(
    a: &[T],
    v: &[T],
    options: &Options,
    block: usize,
    threads: usize,
) -> Option<(Pieces, Vec<T>)> {
    let reading = Reading::new(a.len(), v.len(), options).unwrap();
    let block_len = Transform::<f64>::block_for(block).unwrap();
    let pieces = Pieces::new(reading.geometry, block_len)?;
    let mut plan = Plan::new(reading.geometry, T::DTYPE);
    (plan.method, plan.threads) = (Method::Pieces { block_len }, threads);
    let mut out = vec![T::zeroed(); reading.geometry.outputs];
    let target = row(bytemuck::cast_slice_mut(&mut out), T::DTYPE);
    let operands = reading.operands(view(a), view(v));
    Executor::Cpu.convolve(&plan, operands, Subnormals::Keep, target).unwrap();
    Some((pieces, out))
}

/// Ranges at the start, inside and at the end, with signals that are longer and shorter.
const RANGES: [(usize, usize, usize, usize); 7] = [
    (1000, 1000, 990, 19),
    (1000, 777, 0, 300),
    (1000, 777, 1600, 176),
    (300, 1200, 800, 40),
    (3000, 500, 1700, 1),
    (5000, 4000, 4990, 70),
    (700, 700, 3, 100),
];

/// Each output's sum in float64, and the norms of what all outputs read.
fn reference(a: &[f64], v: &[f64], options: &Options) -> Vec<f64> {
    let first = options.first;
    (first..first + options.count.unwrap())
        .map(|n| pairs(n, a.len(), v.len()).map(|(i, k)| a[i] * v[k]).sum())
        .collect()
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Signals and filters whose parts differ in magnitude, at both ends of the dtype's range.
#[test]
fn pieces_keep_the_bound_of_transforms_at_every_magnitude() {
    let mut random = Random(60);
    let (mut groups, mut observed) = (0, 0f64);
    for (a_len, v_len, first, count) in RANGES {
        let options = range(first, count);
        // Exponents of the first and of the last values of the signal and of the filter.
        for [a_low, a_high, v_low, v_high] in [
            [0; 4],
            [-20, 20, 5, -5],
            [110, 120, -100, -110],
            [-120, 60, 0, 0],
            [-70, -60, -70, -66],
        ] {
            let values = |random: &mut Random, len: usize, low: i32, high: i32| -> Vec<f32> {
                let value = |i: usize| {
                    let exponent = low + (high - low) * i as i32 / len as i32;
                    (random.unit() * 2f64.powi(exponent)) as f32
                };
                (0..len).map(value).collect()
            };
            let a = values(&mut random, a_len, a_low, a_high);
            let v = values(&mut random, v_len, v_low, v_high);
            let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
            let (wide_a, wide_v) = (wide(&a), wide(&v));
            let want = reference(&wide_a, &wide_v, &options);
            let tiny = a_len.min(v_len) as f64 * f64::from(f32::MIN_POSITIVE);
            for block in [2 * count, 4 * count, 300] {
                let Some((pieces, got)) = in_pieces(&a, &v, &options, block.max(32), 1) else {
                    continue;
                };
                groups = groups.max(pieces.groups());
                let levels = (pieces.block_len as f64).log2();
                let unit = f64::from(f32::EPSILON) * levels * norm(&wide_a) * norm(&wide_v);
                for (&got, &want) in got.iter().zip(&want) {
                    let error = (f64::from(got) - want).abs();
                    assert!(
                        error <= 0.2 * unit + tiny,
                        "{a_len} x {v_len} {pieces:?}: {got} {want}"
                    );
                    observed = observed.max((error - tiny) / unit);
                }
                for threads in [2, 3] {
                    let (_, same) = in_pieces(&a, &v, &options, block.max(32), threads).unwrap();
                    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                    assert_eq!(bits(&got), bits(&same));
                }
                let (_, got) = in_pieces(&wide_a, &wide_v, &options, block.max(32), 1).unwrap();
                let unit = f64::EPSILON * levels * norm(&wide_a) * norm(&wide_v);
                for (&got, &want) in got.iter().zip(&want) {
                    // The reference has errors of its own.
                    assert!((got - want).abs() <= 2.0 * unit, "{pieces:?}: {got} {want}");
                }
            }
        }
    }
    assert!(groups >= 3 && observed > 0.0, "{groups} groups, {observed}");
}

#[test]
fn pieces_have_the_footprint_of_the_direct_sum() {
    let mut random = Random(61);
    let special = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0];
    for (a_len, v_len, first, count) in RANGES {
        for (a_share, v_share) in [(500, 100_000), (100_000, 700), (300, 300), (3, 3), (2, 100_000)]
        {
            let mut values = |len: usize, share: usize| -> Vec<f64> {
                let value = |_| match random.below(share) {
                    0 => special[random.below(4)],
                    _ => random.unit(),
                };
                (0..len).map(value).collect()
            };
            let (a, v) = (values(a_len, a_share), values(v_len, v_share));
            let options = range(first, count);
            let want = reference(&a, &v, &options);
            for block in [2 * count, 300] {
                let Some((pieces, got)) = in_pieces(&a, &v, &options, block.max(32), 2) else {
                    continue;
                };
                for (i, (&got, &want)) in got.iter().zip(&want).enumerate() {
                    let is_same = (got.is_nan() && want.is_nan())
                        || got == want
                        || (got - want).abs() < 1e-10;
                    assert!(
                        is_same,
                        "{a_len} x {v_len} {pieces:?}: output {i} is {got}, not {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn values_that_no_output_reads_change_no_bit() {
    let mut random = Random(62);
    let (a_len, v_len, first, count) = (2000, 1500, 1700, 20);
    let mut values = |len: usize| (0..len).map(|_| random.unit() as f32).collect::<Vec<_>>();
    let (mut a, mut v) = (values(a_len), values(v_len));
    let want = in_pieces(&a, &v, &range(first, count), 64, 1).unwrap().1;
    a[first + count..].fill(f32::NAN);
    a[..first + 1 - v_len].fill(f32::INFINITY);
    let got = in_pieces(&a, &v, &range(first, count), 64, 1).unwrap().1;
    assert_eq!(got, want);
    v[..].reverse();
    let correlate = Options { operation: Operation::Correlate, ..range(first, count) };
    assert_eq!(in_pieces(&a, &v, &correlate, 64, 1).unwrap().1, want);
}

#[test]
fn halves_and_continued_signals_are_read_piece_by_piece() {
    let mut random = Random(63);
    let whole = |random: &mut Random, len: usize| -> Vec<f64> {
        (0..len).map(|_| random.below(3) as f64 - 1.0).collect()
    };
    let (a, v) = (whole(&mut random, 30), whole(&mut random, 900));
    let half = |x: &[f64]| x.iter().map(|&x| f16::from_f64(x)).collect::<Vec<_>>();
    for boundary in [Boundary::Edge, Boundary::Symmetric, Boundary::Reflect, Boundary::Wrap] {
        let options = Options { boundary, ..range(100, 40) };
        let want: Vec<f64> = super::naive::pairs_of(a.len(), v.len(), &options)
            .unwrap()
            .iter()
            .map(|pairs| pairs.iter().map(|&[i, k]| a[i] * v[k]).sum())
            .collect();
        let (_, got) = in_pieces(&half(&a), &half(&v), &options, 128, 1).unwrap();
        let got: Vec<f64> = got.iter().map(|&x| x.to_f64()).collect();
        // Sums of small integers are exact in float16, and transforms are off by much less than one.
        let rounded: Vec<f64> = got.iter().map(|x| x.round()).collect();
        assert_eq!(rounded, want, "{boundary:?}");
    }
}

#[test]
fn few_outputs_of_long_filters_are_computed_in_pieces() {
    let method = |count: usize| {
        let len = 1 << 20;
        let options = range(len - count / 2, count);
        let geometry = Reading::new(len, len, &options).unwrap().geometry;
        Plan::new(geometry, Dtype::Float32).method
    };
    assert_eq!(method(5), Method::Direct);
    assert_eq!(method(32), Method::Direct);
    assert!(matches!(method(1000), Method::Pieces { .. }));
    assert!(matches!(method(20_000), Method::Pieces { .. }));
    assert!(matches!(method(1 << 20), Method::Transforms { .. }));
}
