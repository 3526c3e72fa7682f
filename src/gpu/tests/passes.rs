//! The tests of overlap-save in passes through memory. `device.rs` lists them.

use super::device::Device;
use super::kernels::{footprint, full, len, numbers, odd_operands};
use crate::gpu::kernels::{self, Bounds, Job};
use crate::gpu::pipelines::Kernel;
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

const EPS: f64 = f32::EPSILON as f64;

fn log2(job: Job) -> f64 {
    if job.kernel == Kernel::Rows256 { 16.0 } else { 20.0 }
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

/// Output `n` of the full convolution.
fn output(a: &[f32], v: &[f32], n: usize) -> f64 {
    let taps = (n + 1).saturating_sub(a.len())..v.len().min(n + 1);
    taps.map(|k| f64::from(v[k]) * f64::from(a[n - k])).sum()
}

/// Asserts a fifth of the bound for some outputs of each block: the first, the last, and some between.
fn assert_bound(job: Job, lens: Lens, a: &[f32], v: &[f32], got: &[f32], what: &str) {
    let tiny = v.len() as f64 * f64::from(f32::MIN_POSITIVE);
    let mut largest = 0.0_f64;
    for begin in (0..lens.outputs).step_by(job.tile / 2) {
        let end = lens.outputs.min(begin + job.tile / 2);
        let read =
            (lens.first + begin + 1).saturating_sub(v.len())..(lens.first + end).min(a.len());
        let unit = EPS * log2(job) * norm(&a[read]) * norm(v);
        let some = (begin..end).step_by((end - begin).div_ceil(60)).chain([end - 1]);
        for n in some {
            let want = output(a, v, lens.first + n);
            let error = (f64::from(got[n]) - want).abs() - tiny;
            assert!(error <= 2.4 * unit, "{what}: output {n}: {} {want}", got[n]);
            if error > 0.0 {
                largest = largest.max(error / unit);
            }
        }
    }
    println!("{largest:.4} of eps log2(points) norm norm: {:?} {what}", job.kernel);
}

/// The outputs of a row, mended a pair at a time.
fn made(device: &impl Device, job: Job, lens: Lens, a: &[f32], v: &[f32]) -> Vec<f32> {
    let before = vec![u32::MAX; lens.outputs];
    let words = [bytemuck::cast_slice(a), bytemuck::cast_slice(v), &before];
    let rows = Spans::one([0; 3], [1; 3]);
    let alignment = device.alignment();
    let bounds = Bounds { bytes: 1 << 27, alignment, groups: 65535, at_once: 1 << 17 };
    bytemuck::cast_vec(device.make(Some(bounds), job, words, lens, rows).unwrap())
}

fn check(device: &impl Device, kernel: Kernel, lens: Lens, a: &[f32], v: &[f32]) {
    let job = kernels::passes(kernel, lens).unwrap();
    let got = made(device, job, lens, a, v);
    assert_bound(job, lens, a, v, &got, &format!("{lens:?}"));
}

pub fn passes_keep_their_bound_at_all_lengths(device: &impl Device) {
    let check = |kernel, lens: Lens| {
        check(device, kernel, lens, &numbers(lens.signal, 1), &numbers(lens.filter, 2));
    };
    for k in [1, 33, 5000, 30_000] {
        let valid = ((1 << 16) + 1 - k) / 32 * 32;
        for outputs in [valid, 2 * valid + 1] {
            if outputs >= 2 * k {
                check(Kernel::Rows256, full(outputs - k + 1, k));
            }
        }
    }
    check(Kernel::Rows256, full(300, 300));
    check(Kernel::Rows256, Lens { signal: 200_000, filter: 9000, first: 70_000, outputs: 99_999 });
    check(Kernel::Rows4096, full(1_100_000, 70_000));
}

pub fn passes_of_rows_have_their_own_signal_and_filter(device: &impl Device) {
    let alignment = device.alignment();
    let small = Bounds { bytes: 3 << 19, alignment, groups: 7, at_once: 1 << 28 };
    let (lens, count) = (full(40_000, 4000), 3);
    let job = kernels::passes(Kernel::Rows256, lens).unwrap();
    for bounds in [None, Some(small)] {
        for (filter_step, backwards) in [(0, false), (4003, false), (4003, true)] {
            let signal = match backwards {
                false => Span { at: 3, step: 40_005, stride: 1 },
                true => Span { at: 120_010, step: -40_005, stride: -1 },
            };
            let rows = Spans {
                count,
                signal,
                filter: Span { at: 1, step: filter_step, stride: 1 },
                out: Span { at: 0, step: 1, stride: count as isize },
            };
            let a = numbers(len(rows.signal, count, lens.signal), 1);
            let v = numbers(len(rows.filter, count, lens.filter), 2);
            let y = vec![-7.0_f32; len(rows.out, count, lens.outputs)];
            let words = [&a, &v, &y].map(|x| bytemuck::cast_slice(x));
            let got: Vec<f32> =
                bytemuck::cast_vec(device.make(bounds, job, words, lens, rows).unwrap());
            for row in 0..count {
                let part = |values: &[f32], span: Span, len: usize| -> Vec<f32> {
                    let index =
                        |i: usize| span.row(row).wrapping_add_signed(span.stride * i as isize);
                    (0..len).map(|i| values[index(i)]).collect()
                };
                let a = part(&a, rows.signal, lens.signal);
                let v = part(&v, rows.filter, lens.filter);
                let got = part(&got, rows.out, lens.outputs);
                assert_bound(job, lens, &a, &v, &got, &format!("{rows:?}, row {row}"));
            }
        }
    }
}

pub fn passes_keep_their_bound_whatever_the_values(device: &impl Device) {
    let (n, k) = (150_000, 5000);
    let lens = full(n, k);
    let check = |a: &[f32], v: &[f32]| check(device, Kernel::Rows256, lens, a, v);
    let scaled = |len, seed, most: f32| -> Vec<f32> {
        numbers(len, seed).iter().map(|x| x * most).collect()
    };
    // Neighbouring blocks: one of constants, and one that reads nothing but a single value.
    let valid = ((1 << 16) + 1 - k) / 32 * 32;
    let mut a = vec![0.0; n];
    a[..valid - k + 1].fill(1.1);
    a[valid + k] = 1.1;
    check(&a, &vec![0.9; k]);
    check(&vec![1.1; n], &vec![0.9; k]);
    // The same without order, so that the noise of the first would reach the second.
    let signs: Vec<f32> = numbers(valid - k + 1, 6).iter().map(|x| 1.1 * x.signum()).collect();
    a[..signs.len()].copy_from_slice(&signs);
    check(&a, &numbers(k, 7));
    // Large and small numbers.
    check(&scaled(n, 3, 1e36), &scaled(k, 4, 1.0));
    check(&scaled(n, 3, 1e-33), &scaled(k, 4, 1e30));
    check(&scaled(n, 3, 3e38), &scaled(k, 4, 1e-30));
    check(&vec![1e-30; n], &vec![1e-13; k]);
}

pub fn infinities_and_nans_in_passes_have_the_footprint_of_the_direct_sum(device: &impl Device) {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    let (n, k) = (80_000, 4000);
    let job = kernels::passes(Kernel::Rows256, full(n, k)).unwrap();
    for (kinds, every) in [(&odd[..], 9000), (&odd[1..2], 700), (&odd[1..2], 9001), (&odd[1..], 7)]
    {
        for in_taps in 0..3 {
            for family in 0..4 {
                let taps = [0, 2, k / 3][in_taps];
                let [a, v] = odd_operands([n, k], (kinds, every), taps, family, [1700, 1300]);
                let got = made(device, job, full(n, k), &a, &v);
                let around =
                    (0..n).step_by(9000).flat_map(|i| [i + 4499, i + 4500, i + 8499, i + 8500]);
                for i in (0..got.len()).step_by(701).chain(around).filter(|&i| i < got.len()) {
                    let same = match footprint(&a, &v, i) {
                        None => got[i].is_finite(),
                        Some(want) => got[i] == want || got[i].is_nan() && want.is_nan(),
                    };
                    let what = format!("{kinds:?} each {every}, {taps} taps, family {family}");
                    assert!(same, "{what}, output {i}: {} {:?}", got[i], footprint(&a, &v, i));
                }
            }
        }
    }
    // Each infinity meets a zero, but only the last of the masks that are compared tells.
    let sign = |i: usize| if i.is_multiple_of(32) { f32::INFINITY } else { f32::NEG_INFINITY };
    let a: Vec<f32> =
        (0..60_000_usize).map(|i| if i.is_multiple_of(16) { sign(i) } else { 0.5 }).collect();
    let tap = |j: usize| [0.0, -1.0, 1.0][(j % 16).min(2)];
    let v: Vec<f32> = (0..24_000).map(tap).collect();
    let lens = Lens { signal: a.len(), filter: v.len(), first: 30_000, outputs: 4096 };
    let job = kernels::passes(Kernel::Rows256, lens).unwrap();
    assert!(made(device, job, lens, &a, &v).iter().all(|y| y.is_nan()));
}

pub fn passes_overflow_only_where_their_value_does(device: &impl Device) {
    let (n, k) = (70_000, 3500);
    let scaled = |len, seed, most: f32| -> Vec<f32> {
        numbers(len, seed).iter().map(|x| x * most).collect()
    };
    let large = f32::MAX / k as f32;
    // The errors of transforms are larger than what the outputs are below the largest float.
    let largest: Vec<f32> =
        numbers(n, 11).iter().map(|x| x.signum() * f32::MAX * (1.0 - 4e-7)).collect();
    for (a, v) in [
        (largest, vec![1.0]),
        (vec![large * 0.9999; n], vec![1.0; k]),
        (vec![large * 1.01; n], vec![-1.0; k]),
        (vec![f32::MAX; n], vec![-1.0; k]),
        (scaled(n, 9, 3e38), scaled(k, 10, 1.0)),
        (scaled(n, 9, 3e38), scaled(k, 10, 3e38)),
        (scaled(n, 9, 3e38), scaled(k, 10, 0.1)),
    ] {
        let (k, lens) = (v.len(), full(n, v.len()));
        let job = kernels::passes(Kernel::Rows256, lens).unwrap();
        let got = made(device, job, lens, &a, &v);
        for begin in (0..lens.outputs).step_by(job.tile / 2) {
            let end = lens.outputs.min(begin + job.tile / 2);
            let read = (begin + 1).saturating_sub(k)..end.min(n);
            let bound = 12.0 * EPS * log2(job) * norm(&a[read]) * norm(&v);
            for i in (begin..end).step_by(331) {
                let (got, want) = (f64::from(got[i]), output(&a, &v, i));
                let magnitudes = |x: &[f32]| x.iter().map(|x| x.abs()).collect::<Vec<_>>();
                let largest = f64::from(f32::MAX);
                let what = format!("output {i}: {got} {want} {bound}");
                if want.abs() - bound > largest {
                    assert!(got == want.signum() * f64::INFINITY, "{what}");
                } else if got.is_finite() {
                    assert!((got - want).abs() <= bound, "{what}");
                } else {
                    assert!(
                        got.signum() == want.signum() && want.abs() + bound > largest,
                        "{what}"
                    );
                    let all = output(&magnitudes(&a), &magnitudes(&v), i);
                    assert!(all * (1.0 + k as f64 * EPS) >= largest, "{what} {all}");
                }
            }
        }
    }
}

pub fn zeros_and_signs_of_passes(device: &impl Device) {
    let (n, k) = (150_000, 4000);
    let lens = full(n, k);
    let job = kernels::passes(Kernel::Rows256, lens).unwrap();
    for (begin, end) in [(0, k), (100, k - 1500)] {
        let mut v = vec![0.0_f32; k];
        v[begin..end].copy_from_slice(&numbers(end - begin, 3));
        let span = end - begin;
        let mut a = numbers(n, 4);
        let runs = [
            (20_000, span - 1),
            (40_000, span),
            (60_000, span + 1),
            (90_000, 3 * span),
            (135_000, span + 100),
        ];
        runs.iter().for_each(|&(at, len)| a[at..at + len].fill(-0.0));
        let got = made(device, job, lens, &a, &v);
        // The outputs whose taps that are not 0 lie over a run, and all others are not 0.
        for (at, len) in runs {
            let around = at + begin..at + len + end;
            for (i, got) in around.clone().zip(&got[around]) {
                let is_empty = i + 1 >= at + end && i < at + len + begin;
                assert_eq!(got.to_bits() == 0, is_empty, "{span} taps, output {i}: {got}");
            }
        }
        assert!(got[..begin].iter().all(|y| y.to_bits() == 0));
    }
    let mut a: Vec<f32> = numbers(n, 5).iter().map(|x| x.abs().powi(9)).collect();
    let v: Vec<f32> = numbers(k, 6).iter().map(|x| x.abs().powi(9)).collect();
    (0..n).step_by(3).for_each(|i| a[i] = -0.0);
    a[1000] = 1e10;
    assert!(made(device, job, lens, &a, &v).iter().all(|y| y.is_sign_positive()));
    a[80_000] = -1e10;
    assert!(made(device, job, lens, &a, &v).iter().any(|y| y.is_sign_negative()));
    for zero in [0.0, -0.0] {
        let sums = made(device, job, lens, &vec![zero; n], &vec![-1.0; k]);
        assert!(sums.iter().all(|y| y.to_bits() == 0));
        let sums = made(device, job, lens, &vec![-1.0; n], &vec![zero; k]);
        assert!(sums.iter().all(|y| y.to_bits() == 0));
    }
}
