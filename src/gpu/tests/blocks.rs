//! The tests of overlap-save. `device.rs` lists them.

use super::device::Device;
use super::kernels::{footprint, full, len, numbers, odd_operands, reference, spans};
use crate::error::Status;
use crate::gpu::dispatch::Part;
use crate::gpu::kernels::{self, Bounds, Job};
use crate::gpu::pipelines::Kernel;
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// The kernels, and the points of their blocks.
const KERNELS: [(Kernel, usize); 2] = [(Kernel::Blocks1024, 1024), (Kernel::Blocks4096, 4096)];
const EPS: f64 = f32::EPSILON as f64;

fn job(kernel: Kernel, taps: usize) -> Job {
    kernels::blocks(kernel, taps).unwrap()
}

fn points(job: Job) -> usize {
    KERNELS.iter().find(|(kernel, _)| *kernel == job.kernel).unwrap().1
}

fn norm(values: &[f32]) -> f64 {
    let squares = values.iter().map(|&x| f64::from(x) * f64::from(x));
    squares.sum::<f64>().sqrt()
}

/// For each output, the norms of the block that it belongs to, and of the filter, multiplied.
fn norms(job: Job, lens: Lens, a: &[f32], v: &[f32]) -> Vec<f64> {
    let valid = job.tile / 2;
    let of_block = |o: usize| {
        let first = lens.first + o;
        let end = (first + valid.min(lens.outputs - o)).min(a.len());
        norm(&a[(first + 1).saturating_sub(v.len()).min(end)..end]) * norm(v)
    };
    (0..lens.outputs).step_by(valid).flat_map(|o| vec![of_block(o); valid]).collect()
}

/// The largest error in units of `eps log2(points)` times the norms, beyond K tiny.
fn largest_error(job: Job, lens: Lens, a: &[f32], v: &[f32], got: &[f32]) -> f64 {
    let unit = EPS * f64::from(points(job).ilog2());
    let tiny = v.len() as f64 * f64::from(f32::MIN_POSITIVE);
    let want = reference(a, v, lens.first, lens.outputs);
    let errors =
        want.iter().zip(got).zip(norms(job, lens, a, v)).map(|(([want, _], &got), norm)| {
            let error = (f64::from(got) - want).abs() - tiny;
            // No error needs no norm.
            if error <= 0.0 { 0.0 } else { error / (unit * norm) }
        });
    errors.fold(0.0, |most, error| if error.is_nan() { f64::NAN } else { most.max(error) })
}

/// Asserts a fifth of the bound, whose factor is 12.
fn assert_small(error: f64, what: impl std::fmt::Display) {
    println!("{error:.4} of eps log2(points) norm norm: {what}");
    assert!(error <= 2.4, "{error}: {what}");
}

/// All outputs, or those of `lens`, of one row.
fn made(device: &impl Device, job: Job, lens: Lens, a: &[f32], v: &[f32]) -> Vec<f32> {
    let before = vec![u32::MAX; lens.outputs];
    let words = [bytemuck::cast_slice(a), bytemuck::cast_slice(v), &before];
    let rows = Spans::one([0; 3], [1; 3]);
    bytemuck::cast_vec(device.make(None, job, words, lens, rows).unwrap())
}

fn check(device: &impl Device, job: Job, lens: Lens, a: &[f32], v: &[f32]) {
    let got = made(device, job, lens, a, v);
    let what = format!("{:?} {lens:?}", job.kernel);
    assert_small(largest_error(job, lens, a, v, &got), what);
}

/// Checks rows of numbers, and that nothing else is written.
fn check_rows(device: &impl Device, bounds: Option<Bounds>, job: Job, lens: Lens, rows: Spans) {
    let count = rows.count;
    let a = numbers(len(rows.signal, count, lens.signal), 1);
    let v = numbers(len(rows.filter, count, lens.filter), 2);
    let y = vec![-7.0_f32; len(rows.out, count, lens.outputs)];
    let words = [&a, &v, &y].map(|x| bytemuck::cast_slice(x));
    let mut got: Vec<f32> =
        bytemuck::cast_vec(device.make(bounds, job, words, lens, rows).unwrap());
    for row in 0..count {
        let index =
            |span: Span, i: usize| span.row(row).wrapping_add_signed(span.stride * i as isize);
        let part = |values: &[f32], span: Span, len: usize| -> Vec<f32> {
            (0..len).map(|i| values[index(span, i)]).collect()
        };
        let a = part(&a, rows.signal, lens.signal);
        let v = part(&v, rows.filter, lens.filter);
        let outputs = part(&got, rows.out, lens.outputs);
        let error = largest_error(job, lens, &a, &v, &outputs);
        assert!(error <= 2.4, "{error}: {lens:?} {rows:?}, row {row}");
        (0..lens.outputs).for_each(|i| got[index(rows.out, i)] = -7.0);
    }
    assert!(got.iter().all(|&untouched| untouched == -7.0), "{lens:?} {rows:?}");
}

pub fn blocks_keep_their_bound_at_all_lengths(device: &impl Device) {
    let check = |kernel, lens: Lens| {
        let (a, v) = (numbers(lens.signal, 1), numbers(lens.filter, 2));
        check(device, job(kernel, lens.filter), lens, &a, &v);
    };
    for (kernel, points) in KERNELS {
        for k in [1, 2, 31, 32, 33, 200, points / 2, points * 3 / 4] {
            let valid = (points + 1 - k) / 32 * 32;
            for outputs in [valid - 1, valid, valid + 1, 2 * valid, 2 * valid + 1, 5 * valid + 7] {
                if outputs >= k {
                    check(kernel, full(outputs - k + 1, k));
                }
            }
        }
        check(kernel, full(300, 300));
        let part = |first, outputs| Lens { signal: 3 * points, filter: 150, first, outputs };
        check(kernel, part(149, 3 * points - 149));
        check(kernel, part(points, 1));
        check(kernel, part(points + 7, points));
        check(kernel, part(3 * points + 100, 49));
    }
}

pub fn blocks_keep_their_bound_whatever_the_values(device: &impl Device) {
    for (kernel, points) in KERNELS {
        let k = points / 4;
        let job = job(kernel, k);
        let (n, valid) = (4 * points, job.tile / 2);
        let lens = full(n, k);
        let v = numbers(k, 4);
        // Neighbouring blocks: 80 dB apart, and one of zeros but for a single value.
        for most in [1.0, 1e37, 1e-33] {
            let loud: Vec<f32> = numbers(n, 3).iter().map(|x| x * most).collect();
            let blocks = |quiet: &dyn Fn(usize) -> f32| -> Vec<f32> {
                let of = |(i, x): (usize, &f32)| if i / valid % 2 == 1 { x * quiet(i) } else { *x };
                loud.iter().enumerate().map(of).collect()
            };
            let single = |i: usize| if i % valid == valid / 2 { 1.0 } else { 0.0 };
            // Constants have the largest transforms.
            let constant = |i| if i / valid % 2 == 1 { single(i) } else { 1.1 } * most;
            let constants: Vec<f32> = (0..n).map(constant).collect();
            for a in [blocks(&|_| 1e-4), blocks(&single), constants] {
                for scale in [0.3, 1e-3] {
                    let v: Vec<f32> = v.iter().map(|x| x * scale).collect();
                    check(device, job, lens, &a, &v);
                }
            }
        }
        // A block that reads nothing but a single value, and its partner.
        let (few, mut a) = (points / 16, vec![0.0; 2 * points]);
        let job_of_few = self::job(kernel, few);
        let valid = job_of_few.tile / 2;
        a[..valid - few + 1].fill(1.1);
        a[valid + few] = 1.1;
        let (of_few, v_few) = (full(a.len(), few), vec![0.9; few]);
        let got = made(device, job_of_few, of_few, &a, &v_few);
        let error = largest_error(job_of_few, of_few, &a, &v_few, &got);
        assert!(error <= 0.2, "{error}: the noise of the partner");
        // Single values, whose transforms have no small parts, and constants, which have one large one.
        let single = |len: usize, at: usize, x: f32| -> Vec<f32> {
            (0..len).map(|i| if i == at { x } else { 0.0 }).collect()
        };
        check(device, job, lens, &single(n, 1234, 3e38), &single(k, 7, 1e-30));
        check(device, job, lens, &vec![1.1; n], &vec![0.9; k]);
        check(device, job, lens, &vec![3.0e38; n], &single(k, 0, -1.0));
        // Results that are subnormal, and operands that are.
        check(device, job, lens, &vec![1e-30; n], &vec![1e-12; k]);
        check(device, job, lens, &vec![1e-41; n], &v);
    }
}

pub fn blocks_of_rows_have_their_own_signal_and_filter(device: &impl Device) {
    for (n, k, count) in [(1000, 200, 9), (3000, 200, 3), (40, 30, 300)] {
        for (kernel, _) in KERNELS {
            for shares_filter in [true, false] {
                let lens = full(n, k);
                let rows = spans(lens, count, shares_filter);
                check_rows(device, None, job(kernel, k), lens, rows);
            }
        }
    }
}

pub fn blocks_may_be_apart_and_backwards(device: &impl Device) {
    let lens = full(1500, 270);
    let span = |at, step, stride| Span { at, step, stride };
    let one = [span(0, 0, 1), span(0, 0, 1)];
    let (apart, backwards) =
        ([span(2, 0, 3), span(1, 0, 2)], [span(1499, 0, -1), span(269, 0, -1)]);
    let (constant, interleaved) = ([span(5, 0, 0), span(0, 0, 1)], [span(0, 1, 4), span(0, 1, 4)]);
    let upwards = [span(1600 * 3, -1600, 1), span(2 * 280 * 3 + 540, -2 * 280, -2)];
    let alignment = device.alignment();
    let small = Bounds { bytes: 1 << 16, alignment, groups: 2, at_once: 1 << 20 };
    let job = job(Kernel::Blocks1024, 270);
    for bounds in [None, Some(small)] {
        for [signal, filter] in [one, apart, backwards, constant] {
            for out in [span(0, 0, 1), span(7, 0, 2), span(1768, 0, -1)] {
                check_rows(device, bounds, job, lens, Spans { count: 1, signal, filter, out });
            }
        }
        for [signal, filter] in [interleaved, upwards] {
            for out in [span(0, 1769, 1), span(0, 1, 4), span(3 * 1769, -1769, 1)] {
                check_rows(device, bounds, job, lens, Spans { count: 4, signal, filter, out });
            }
        }
    }
}

pub fn windows_and_submissions_of_blocks_may_be_small(device: &impl Device) {
    let alignment = device.alignment();
    for bytes in [1 << 13, 12000, 1 << 15, 1 << 22] {
        for (groups, at_once) in [(1, 1), (3, 1 << 17), (65535, 1 << 40)] {
            let bounds = Some(Bounds { bytes, alignment, groups, at_once });
            let (long, short) = (full(5000, 600), full(300, 10));
            let job = |taps| job(Kernel::Blocks1024, taps);
            check_rows(device, bounds, job(600), long, spans(long, 1, true));
            check_rows(device, bounds, job(10), short, spans(short, 30, false));
        }
    }
    let bounds = Bounds { bytes: 8000, alignment, groups: 8, at_once: 1 << 32 };
    let rows = Spans::one([0; 3], [1; 3]);
    let job = job(Kernel::Blocks4096, 2100);
    let refused = device.make(Some(bounds), job, [&[0; 6000]; 3], full(3000, 2100), rows);
    assert_eq!(refused.unwrap_err().status, Status::Unsupported);
}

/// Asserts that outputs have the footprint of the direct sum.
fn assert_footprint(got: &[f32], a: &[f32], v: &[f32], what: &str) {
    for (i, &got) in got.iter().enumerate() {
        let same = match footprint(a, v, i) {
            None => got.is_finite(),
            Some(want) => got == want || got.is_nan() && want.is_nan(),
        };
        assert!(same, "{what}, output {i}: {got} {:?}", footprint(a, v, i));
    }
}

pub fn infinities_and_nans_in_blocks_have_the_footprint_of_the_direct_sum(device: &impl Device) {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    for (kernel, n, k, every) in [
        (Kernel::Blocks1024, 3000, 300, 1900),
        (Kernel::Blocks1024, 2500, 40, 11),
        (Kernel::Blocks1024, 2500, 500, 3),
        (Kernel::Blocks4096, 6000, 1100, 700),
    ] {
        for kinds in [&odd[..], &odd[1..2], &odd[2..], &odd[1..]] {
            // Taps that are not finite: none, two, many.
            for in_taps in 0..3 {
                // Zeros among the numbers or none, numbers of one sign or of both.
                for family in 0..4 {
                    let taps = [0, 2, k / 3][in_taps];
                    let [a, v] = odd_operands([n, k], (kinds, every), taps, family, [7, 5]);
                    let got = made(device, job(kernel, k), full(n, k), &a, &v);
                    let what =
                        format!("{n} x {k}, {kinds:?} each {every}, {taps} taps, family {family}");
                    assert_footprint(&got, &a, &v, &what);
                }
            }
        }
    }
}

pub fn finite_outputs_beside_infinities_keep_their_bound(device: &impl Device) {
    for (kernel, points) in KERNELS {
        let k = points / 8;
        let (mut a, v) = (numbers(3 * points, 5), numbers(k, 6));
        (points / 2..3 * points).step_by(points).for_each(|i| a[i] = f32::INFINITY);
        let lens = full(a.len(), k);
        let got = made(device, job(kernel, k), lens, &a, &v);
        let finite: Vec<f32> = a.iter().map(|&x| if x.is_finite() { x } else { 0.0 }).collect();
        let norms = norms(job(kernel, k), lens, &finite, &v);
        let want = reference(&finite, &v, 0, lens.outputs);
        for (n, (&got, [want, _])) in got.iter().zip(want).enumerate() {
            if footprint(&a, &v, n).is_none() {
                let unit = EPS * f64::from(points.ilog2()) * norms[n];
                assert!((f64::from(got) - want).abs() <= 2.4 * unit, "output {n}: {got} {want}");
            }
        }
    }
}

pub fn blocks_overflow_only_where_their_value_does(device: &impl Device) {
    let largest = f64::from(f32::MAX);
    let check = |kernel, points: usize, a: &[f32], v: &[f32]| {
        let (lens, job) = (full(a.len(), v.len()), job(kernel, v.len()));
        let got = made(device, job, lens, a, v);
        let norms = norms(job, lens, a, v);
        let want = reference(a, v, 0, lens.outputs);
        for (n, (&got, [want, all])) in got.iter().zip(want).enumerate() {
            let got = f64::from(got);
            let bound = 12.0 * EPS * f64::from(points.ilog2()) * norms[n];
            let sums_to_finite = all * (1.0 + v.len() as f64 * EPS) < largest;
            let context = format!("{points} points, output {n}: {got} {want} {all} {bound}");
            if sums_to_finite {
                assert!(got.is_finite(), "{context}");
            }
            if want.abs() - bound > largest {
                assert!(got == want.signum() * f64::INFINITY, "{context}");
            } else if got.is_finite() {
                assert!((got - want).abs() <= bound, "{context}");
            } else {
                assert!(want.abs() + bound > largest && got.signum() == want.signum(), "{context}");
            }
        }
    };
    for (kernel, points) in KERNELS {
        let k = 60;
        let scaled = |len, seed, most: f32| -> Vec<f32> {
            numbers(len, seed).iter().map(|x| x * most).collect()
        };
        // Sums near the largest float, cancelled and not.
        let large = f32::MAX / k as f32;
        check(kernel, points, &vec![large * 0.99999; 2 * points], &vec![1.0; k]);
        check(kernel, points, &vec![large * 1.0001; 2 * points], &vec![-1.0; k]);
        check(kernel, points, &vec![f32::MAX; 2 * points], &vec![-1.0; k]);
        check(kernel, points, &scaled(2 * points, 9, 3e38), &scaled(k, 10, 1.0));
        check(kernel, points, &scaled(2 * points, 9, 3e38), &scaled(k, 10, 3e38));
        check(kernel, points, &scaled(2 * points, 9, 2e38), &scaled(k, 10, 0.3));
        // Ones that are small beside others that overflow.
        let mut a = scaled(2 * points, 11, 1.0);
        (a[100], a[101], a[points + 500]) = (3e38, 2e38, -3e38);
        check(kernel, points, &a, &scaled(k, 12, 3e38));
        check(kernel, points, &a, &scaled(k, 12, 2.0));
    }
    // Many equal products, whose roundings all go the same way.
    for beyond in [-1e-5, 2.65e-5] {
        let values = vec![f32::MAX / 3072.0 * (1.0 + beyond); 6000];
        check(Kernel::Blocks4096, 4096, &values, &[1.0; 3072]);
    }
    // Small outputs beside those that overflow are their direct sums.
    let (mut a, mut v) = (vec![0.0; 2000], vec![0.0; 200]);
    (a[0], a[1000], v[0], v[1]) = (2_f32.powi(-80), 2_f32.powi(127), 2_f32.powi(60), 1.5);
    let got = made(device, job(Kernel::Blocks4096, 200), full(2000, 200), &a, &v);
    assert_eq!((got[0], got[1]), (2_f32.powi(-20), 1.5 * 2_f32.powi(-80)));
    assert_eq!((got[1000], got[1001]), (f32::INFINITY, 1.5 * 2_f32.powi(127)));
}

pub fn zeros_and_signs_of_blocks(device: &impl Device) {
    for (kernel, points) in KERNELS {
        let (n, k) = (3 * points, 300);
        let lens = full(n, k);
        let of = |a: &[f32], v: &[f32]| made(device, job(kernel, v.len()), lens, a, v);
        // Zeros as long as the filter's taps that are not 0, a little longer, and a little shorter.
        for (begin, end) in [(0, k), (17, k - 40), (100, 101)] {
            let mut v = vec![0.0_f32; k];
            v[begin..end].copy_from_slice(&numbers(end - begin, 3));
            let span = end - begin;
            let mut a = numbers(n, 4);
            for (i, len) in [span - 1, span, span + 1, 3 * span + 2].into_iter().enumerate() {
                let at = points / 5 + i * points * 3 / 5;
                a[at..at + len].fill(if i % 2 == 0 { 0.0 } else { -0.0 });
            }
            let got = of(&a, &v);
            let mut empty = 0;
            for (n, got) in got.iter().enumerate() {
                let mut taps = (begin..end).filter(|&k| n >= k && n - k < a.len());
                let is_empty = taps.all(|k| a[n - k] == 0.0);
                empty += usize::from(is_empty);
                assert!(!is_empty || got.to_bits() == 0, "{span} taps, output {n}: {got}");
            }
            assert!(empty > 2 * span, "{empty}");
            let error = largest_error(job(kernel, k), lens, &a, &v, &got);
            assert!(error <= 2.4, "{error}");
        }
        // No negative value, no negative output; -0 is not negative.
        let mut a: Vec<f32> = numbers(n, 5).iter().map(|x| x.abs().powi(9)).collect();
        let v: Vec<f32> = numbers(k, 6).iter().map(|x| x.abs().powi(9)).collect();
        (0..n).step_by(3).for_each(|i| a[i] = -0.0);
        a[points] = 1e10;
        assert!(of(&a, &v).iter().all(|y| y.is_sign_positive()));
        a[points] = f32::NAN;
        a[points + 1] = f32::INFINITY;
        assert!(of(&a, &v).iter().all(|y| y.is_nan() || y.is_sign_positive()));
        a[2 * points] = -f32::from_bits(0x7f80_0001);
        assert!(of(&a, &v).iter().all(|y| y.is_nan() || y.is_sign_positive()));
        // With a negative value there are negative outputs.
        a[2 * points] = -1e3;
        assert!(of(&a, &v).iter().any(|y| y.is_sign_negative()));
        for zero in [0.0, -0.0] {
            assert!(of(&vec![zero; n], &vec![-1.0; k]).iter().all(|y| y.to_bits() == 0));
            assert!(of(&vec![-1.0; n], &vec![zero; k]).iter().all(|y| y.to_bits() == 0));
        }
        // A block of zeros beside another.
        for scale in [1.0, 1e30] {
            let mut a = numbers(n, 7);
            let v: Vec<f32> = numbers(k, 8).iter().map(|x| x * scale).collect();
            a[..points].fill(0.0);
            assert!(of(&a, &v)[..points].iter().all(|y| y.to_bits() == 0));
        }
    }
}

pub fn roots_of_unity_are_right_to_a_rounding(device: &impl Device) {
    for (_, points) in KERNELS {
        let count = points + points / 16;
        let all = Part { buffer: 0, from: 0, len: 8 * count };
        let words = device.run(kernels::making_roots(points, all), 8 * count);
        let roots: Vec<f32> = bytemuck::cast_vec(words);
        let mut largest = 0.0_f64;
        for (i, root) in roots.chunks(2).enumerate() {
            let (len, i) = if i < points { (points, i) } else { (points / 16, i - points) };
            let turns = (i / (len / 16) * (i % (len / 16))) as f64 / len as f64;
            let (sin, cos) = (-std::f64::consts::TAU * turns).sin_cos();
            let error = (f64::from(root[0]) - cos).hypot(f64::from(root[1]) - sin);
            largest = largest.max(error / (EPS / 2.0));
        }
        assert!(largest <= 1.2, "{largest}");
    }
}
