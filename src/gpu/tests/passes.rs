//! The tests of overlap-save in passes through memory. `device.rs` lists them.

use super::device::Device;
use super::kernels::{full, len, numbers};
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

fn check(device: &impl Device, kernel: Kernel, lens: Lens, a: &[f32], v: &[f32]) {
    let job = kernels::passes(kernel, lens).unwrap();
    let before = vec![u32::MAX; lens.outputs];
    let words = [bytemuck::cast_slice(a), bytemuck::cast_slice(v), &before];
    let rows = Spans::one([0; 3], [1; 3]);
    let got: Vec<f32> = bytemuck::cast_vec(device.make(None, job, words, lens, rows).unwrap());
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
    // Large and small numbers.
    check(&scaled(n, 3, 1e36), &scaled(k, 4, 1.0));
    check(&scaled(n, 3, 1e-33), &scaled(k, 4, 1e30));
    check(&scaled(n, 3, 3e38), &scaled(k, 4, 1e-30));
    check(&vec![1e-30; n], &vec![1e-13; k]);
}
