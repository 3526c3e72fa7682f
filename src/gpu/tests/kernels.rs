//! Tests of direct sums of float32. `device.rs` lists them.

use super::device::Device;
use crate::error::Status;
use crate::gpu::kernels::Bounds;
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// Numbers in -1 .. 1, a different sequence for each seed.
pub fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// Each output, and the sum of the magnitudes of its products.
pub fn reference(a: &[f32], v: &[f32], first: usize, outputs: usize) -> Vec<[f64; 2]> {
    let output = |n: usize| {
        let taps = (n + 1).saturating_sub(a.len())..v.len().min(n + 1);
        let products = taps.map(|k| f64::from(v[k]) * f64::from(a[n - k]));
        products.fold([0.0, 0.0], |[sum, all], x| [sum + x, all + x.abs()])
    };
    (first..first + outputs).map(output).collect()
}

/// Rows one after another, with gaps.
pub fn spans(lens: Lens, count: usize, shares_filter: bool) -> Spans {
    Spans {
        count,
        signal: Span { at: 3, step: (lens.signal + 5) as isize, stride: 1 },
        filter: Span {
            at: 1,
            step: if shares_filter { 0 } else { (lens.filter + 2) as isize },
            stride: 1,
        },
        out: Span { at: 0, step: lens.outputs as isize, stride: 1 },
    }
}

/// The elements of a buffer that rows of `len` elements reach.
pub fn len(span: Span, count: usize, len: usize) -> usize {
    let [first, reach] = span.reach(count, 0, len);
    first + reach
}

/// Checks the direct sums of rows of numbers.
pub fn check(
    device: &impl Device,
    bounds: Option<Bounds>,
    lens: Lens,
    count: usize,
    shares_filter: bool,
) {
    check_rows(device, bounds, lens, spans(lens, count, shares_filter));
}

fn check_rows(device: &impl Device, bounds: Option<Bounds>, lens: Lens, rows: Spans) {
    let count = rows.count;
    let a = numbers(len(rows.signal, count, lens.signal), 1);
    let v = numbers(len(rows.filter, count, lens.filter), 2);
    let y = vec![-7.0; len(rows.out, count, lens.outputs)];
    let mut got = device.direct(bounds, [&a, &v, &y], lens, rows).unwrap();
    for row in 0..count {
        let index =
            |span: Span, i: usize| span.row(row).wrapping_add_signed(span.stride * i as isize);
        let part = |values: &[f32], span: Span, len: usize| -> Vec<f32> {
            (0..len).map(|i| values[index(span, i)]).collect()
        };
        let a = part(&a, rows.signal, lens.signal);
        let v = part(&v, rows.filter, lens.filter);
        for (i, [want, all]) in reference(&a, &v, lens.first, lens.outputs).into_iter().enumerate()
        {
            let got = std::mem::replace(&mut got[index(rows.out, i)], -7.0);
            let bound = lens.filter as f64 * f64::from(f32::EPSILON) * all;
            let error = (f64::from(got) - want).abs();
            assert!(error <= bound, "{lens:?} row {row} of {count}, output {i}: {got} {want}");
        }
    }
    assert!(got.iter().all(|&untouched| untouched == -7.0), "{lens:?} {rows:?}");
}

/// All outputs of a convolution.
pub fn full(signal: usize, filter: usize) -> Lens {
    Lens { signal, filter, first: 0, outputs: signal + filter - 1 }
}

pub fn direct_sums_keep_their_bound_at_all_lengths(device: &impl Device) {
    for (n, k) in [(1, 1), (2, 1), (5, 5), (100, 3), (1023, 2), (1024, 1), (1025, 4), (1500, 127)] {
        check(device, None, full(n, k), 1, true);
    }
    for (n, k) in [(3000, 128), (3000, 129), (5000, 1000), (4096, 4096), (70_000, 33)] {
        check(device, None, full(n, k), 1, true);
    }
    check(device, None, Lens { signal: 3000, filter: 200, first: 199, outputs: 2801 }, 1, true);
    check(device, None, Lens { signal: 3000, filter: 200, first: 1500, outputs: 1 }, 1, true);
}

pub fn rows_have_their_own_signal_and_filter(device: &impl Device) {
    for (n, k, count) in [(1, 1, 300), (40, 7, 50), (1100, 60, 9), (2500, 130, 3)] {
        check(device, None, full(n, k), count, true);
        check(device, None, full(n, k), count, false);
    }
}

pub fn elements_and_rows_may_be_apart_and_backwards(device: &impl Device) {
    let lens = full(1500, 70);
    let span = |at, step, stride| Span { at, step, stride };
    let one = [span(0, 0, 1), span(0, 0, 1)];
    let (apart, backwards) = ([span(2, 0, 3), span(1, 0, 2)], [span(1499, 0, -1), span(69, 0, -1)]);
    let (constant, interleaved) = ([span(5, 0, 0), span(0, 0, 1)], [span(0, 1, 4), span(0, 1, 4)]);
    let upwards = [span(1600 * 3, -1600, 1), span(2 * 80 * 3 + 140, -2 * 80, -2)];
    let alignment = device.alignment();
    let small = Bounds { bytes: 1 << 16, alignment, groups: 2, at_once: 1 << 20 };
    let smallest = Bounds { bytes: 1 << 12, alignment: 256, groups: 7, at_once: 1 << 20 };
    for bounds in [None, Some(small), Some(smallest)] {
        for [signal, filter] in [one, apart, backwards, constant] {
            for out in [span(0, 0, 1), span(7, 0, 2), span(1568, 0, -1)] {
                check_rows(device, bounds, lens, Spans { count: 1, signal, filter, out });
            }
        }
        for [signal, filter] in [interleaved, upwards] {
            for out in [span(0, 1569, 1), span(0, 1, 4), span(3 * 1569, -1569, 1)] {
                check_rows(device, bounds, lens, Spans { count: 4, signal, filter, out });
            }
        }
    }
}

pub fn windows_groups_and_submissions_may_be_small(device: &impl Device) {
    let alignment = device.alignment();
    for bytes in [1 << 13, 12000, 1 << 15, 1 << 22] {
        for groups in [1, 3, 65535] {
            for at_once in [1, 1 << 17, 1 << 40] {
                let bounds = Bounds { bytes, alignment, groups, at_once };
                check(device, Some(bounds), full(5000, 100), 1, true);
                check(device, Some(bounds), full(300, 10), 30, false);
            }
        }
    }
    let bounds = Bounds { bytes: 8000, alignment, groups: 8, at_once: 1 << 32 };
    let rows = Spans::one([0; 3], [1; 3]);
    let refused = device.direct(Some(bounds), [&[0.0; 6000]; 3], full(3000, 2100), rows);
    let refused = refused.unwrap_err();
    assert_eq!(refused.status, Status::Unsupported);
    assert_eq!(refused.to_string(), "v: the GPU reaches 2000 values at once, not 2100 taps");
}

/// All direct sums of two operands.
fn all_sums(device: &impl Device, a: &[f32], v: &[f32]) -> Vec<f32> {
    let (lens, rows) = (full(a.len(), v.len()), Spans::one([0; 3], [1; 3]));
    device.direct(None, [a, v, &vec![f32::NAN; lens.outputs]], lens, rows).unwrap()
}

/// What the direct sum makes of infinities and NaNs: each product by itself, in float32.
pub fn footprint(a: &[f32], v: &[f32], n: usize) -> Option<f32> {
    let taps = (n + 1).saturating_sub(a.len())..v.len().min(n + 1);
    let products = taps.map(|k| (v[k], a[n - k]));
    let odd = products.filter(|(x, y)| !x.is_finite() || !y.is_finite());
    odd.map(|(x, y)| x * y).reduce(|sum, x| sum + x)
}

pub fn infinities_and_nans_have_the_footprint_of_the_direct_sum(device: &impl Device) {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    for (n, k, every) in [(300, 5, 40), (2500, 140, 900), (2500, 300, 11), (1200, 40, 3)] {
        for kinds in [&odd[..], &odd[1..2], &odd[2..], &odd[1..]] {
            for in_taps in [false, true] {
                let (mut a, mut v) = (numbers(n, 5), numbers(k, 6));
                (0..n).step_by(7).for_each(|i| a[i] = 0.0);
                (0..k).step_by(5).for_each(|i| v[i] = -0.0);
                (every / 2..n).step_by(every).for_each(|i| a[i] = kinds[i % kinds.len()]);
                if in_taps {
                    v[k / 2] = kinds[0];
                    v[k - 1] = kinds[kinds.len() - 1];
                }
                for (i, got) in all_sums(device, &a, &v).into_iter().enumerate() {
                    let same = match footprint(&a, &v, i) {
                        None => got.is_finite(),
                        Some(want) => got == want || got.is_nan() && want.is_nan(),
                    };
                    assert!(same, "{n} x {k} {kinds:?} {in_taps} output {i}: {got}");
                }
            }
        }
    }
}

pub fn sums_overflow_only_where_their_value_does(device: &impl Device) {
    let check = |a: &[f32], v: &[f32]| {
        let got = all_sums(device, a, v);
        let want = reference(a, v, 0, got.len());
        for (got, [want, all]) in got.into_iter().zip(want) {
            let bound = v.len() as f64 * f64::from(f32::EPSILON) * all;
            let is_beyond = want.abs() - bound > f64::from(f32::MAX);
            match is_beyond {
                true => assert!(f64::from(got) == want.signum() * f64::INFINITY, "{got} {want}"),
                false => assert!(
                    (f64::from(got) - want).abs() <= bound
                        || got.abs() == f32::INFINITY && want.abs() + bound > f64::from(f32::MAX),
                    "{got} {want} {bound}"
                ),
            }
        }
    };
    // Half of the largest float times 1, 2, 3, then cancelled.
    let large = f32::MAX / 2.0;
    check(&[large; 50], &[1.0, 1.0, 1.5, -1.0, -1.0, -1.0]);
    check(&[f32::MAX; 2000], &[-1.0; 300]);
    let signs: Vec<f32> = numbers(3000, 9).iter().map(|x| x * 3e38).collect();
    check(&signs, &numbers(200, 10));
    check(&signs, &numbers(200, 11).iter().map(|x| x * 3e38).collect::<Vec<_>>());
    check(&signs, &[2e-38; 40]);
    // Small outputs beside those that overflow: scaling would make zeros of what they consist of.
    let power = |exponent: i32| 2f32.powi(exponent);
    check(&[power(-80), power(127)], &[power(60), power(127)]);
    let wide = |len, seed, most: f32| -> Vec<f32> {
        let exponents = numbers(len, seed + 1).into_iter().map(|x| x * (most + 10.0) / 2.0);
        let places = exponents.map(|x| 10f32.powf(x + (most - 10.0) / 2.0));
        numbers(len, seed).into_iter().zip(places).map(|(x, place)| x * place).collect()
    };
    for taps in [2, 30, 300] {
        check(&wide(3000, 20, 38.0), &wide(taps, 30, 20.0));
        check(&wide(3000, 40, 38.0), &wide(taps, 50, 1.0));
    }
}

pub fn zeros_and_signs(device: &impl Device) {
    for zero in [0.0, -0.0] {
        let sums = all_sums(device, &[zero; 100], &[-1.0; 4]);
        assert!(sums.iter().all(|y| y.to_bits() == 0));
    }
}

/// A signal with one of some kinds of numbers at each `every`th place, and a filter with `taps` of them.
/// In even families, zeros lie as far apart as `zeros` says; in the first two, the numbers of an operand
/// have one sign.
pub fn odd_operands(
    [n, k]: [usize; 2],
    (kinds, every): (&[f32], usize),
    taps: usize,
    family: usize,
    zeros: [usize; 2],
) -> [Vec<f32>; 2] {
    let (mut a, mut v) = (numbers(n, 5), numbers(k, 6));
    if family.is_multiple_of(2) {
        (0..n).step_by(zeros[0]).for_each(|i| a[i] = 0.0);
        (0..k).step_by(zeros[1]).for_each(|i| v[i] = -0.0);
    }
    if family / 2 == 0 {
        a.iter_mut().for_each(|x| *x = x.abs());
        v.iter_mut().for_each(|x| *x = -x.abs());
    }
    (every / 2..n).step_by(every).for_each(|i| a[i] = kinds[i % kinds.len()]);
    (0..taps).for_each(|i| v[k - 1 - i * k / taps] = kinds[i % kinds.len()]);
    [a, v]
}
