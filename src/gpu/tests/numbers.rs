//! Tests of direct sums of complex numbers, of many taps, and of subnormal numbers. `device.rs` lists them.

use super::device::Device;
use super::kernels::{full, numbers};
use crate::gpu::kernels::{Floats, direct};
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// All sums of a row.
fn sums(device: &impl Device, floats: Floats, [a, v]: [&[f32]; 2]) -> Vec<f32> {
    let size = if floats.are_complex { 2 } else { 1 };
    let lens = full(a.len() / size, v.len() / size);
    let room = vec![7.0_f32; size * lens.outputs];
    let words = [a, v, &room].map(bytemuck::cast_slice);
    let rows = Spans::one([0; 3], [1; 3]);
    let job = direct(lens.filter, floats);
    bytemuck::pod_collect_to_vec(&device.make(None, job, words, lens, rows).unwrap())
}

/// A part of a complex output: its products, in float64.
fn products<'a>(
    [a, v]: [&'a [f32]; 2],
    conjugated: [bool; 2],
    n: usize,
    part: usize,
) -> impl Iterator<Item = f64> + 'a {
    let (a_len, v_len) = (a.len() / 2, v.len() / 2);
    let taps = (n + 1).saturating_sub(a_len)..v_len.min(n + 1);
    taps.flat_map(move |k| {
        let sign = |is_negative: bool| if is_negative { -1.0 } else { 1.0 };
        let number = |x: &[f32], i: usize, is_conjugated| {
            [f64::from(x[2 * i]), f64::from(x[2 * i + 1]) * sign(is_conjugated)]
        };
        let x = number(a, n - k, conjugated[0]);
        let y = number(v, k, conjugated[1]);
        match part {
            0 => [x[0] * y[0], -(x[1] * y[1])],
            _ => [x[0] * y[1], x[1] * y[0]],
        }
    })
}

fn check_complex(device: &impl Device, [a, v]: [&[f32]; 2], are_conjugated: [bool; 2]) {
    let floats = Floats { are_complex: true, flush: false, are_conjugated };
    let got = sums(device, floats, [a, v]);
    assert_eq!(got.len(), a.len() + v.len() - 2);
    for (i, &got) in got.iter().enumerate() {
        let products = || products([a, v], are_conjugated, i / 2, i % 2);
        let (want, all): (f64, f64) = (products().sum(), products().map(f64::abs).sum());
        let bound = v.len() as f64 * f64::from(f32::EPSILON) * all;
        let got = f64::from(got);
        let largest = f64::from(f32::MAX);
        let is_right = if all.is_finite() {
            let beyond = |x: f64| if x.abs() > largest { x.signum() * f64::INFINITY } else { x };
            (got - want).abs() <= bound
                || got == beyond(want + bound)
                || got == beyond(want - bound)
        } else {
            got == want || got.is_nan() && want.is_nan()
        };
        assert!(is_right, "{} x {} {are_conjugated:?}, {i}: {got} {want}", a.len(), v.len());
    }
}

pub fn complex_sums_are_those_of_their_parts(device: &impl Device) {
    for (n, k) in [(1, 1), (5, 2), (1024, 3), (1500, 127), (3000, 300)] {
        let (a, v) = (numbers(2 * n, 1), numbers(2 * k, 2));
        for conjugated in [[false; 2], [false, true], [true, false], [true; 2]] {
            check_complex(device, [&a, &v], conjugated);
        }
    }
    let (mut a, mut v) = (numbers(4000, 3), numbers(90, 4));
    for (i, odd) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().enumerate() {
        (100 + i..4000).step_by(700).for_each(|at| a[at] = odd);
    }
    (v[10], v[11], v[20]) = (0.0, -0.0, 0.0);
    check_complex(device, [&a, &v], [false, true]);
    v[50] = f32::INFINITY;
    check_complex(device, [&a, &v], [false; 2]);
    // Parts that overflow by themselves cancel, or not.
    let large = |values: Vec<f32>| -> Vec<f32> { values.iter().map(|x| x * 3e38).collect() };
    check_complex(device, [&large(numbers(3000, 5)), &numbers(60, 6)], [false; 2]);
    check_complex(device, [&[3e38; 2000], &[1.0; 40]], [false; 2]);
}

pub fn complex_rows_may_be_apart_and_backwards(device: &impl Device) {
    let lens = full(1100, 20);
    let (a, v) = (numbers(2 * 5000, 7), numbers(2 * 100, 8));
    let rows = Spans {
        count: 3,
        signal: Span { at: 4000, step: -1200, stride: -1 },
        filter: Span { at: 5, step: 30, stride: 1 },
        out: Span { at: 0, step: 1, stride: 3 },
    };
    let room = vec![7.0_f32; 2 * 3 * lens.outputs];
    let words = [&a, &v, &room].map(|x| bytemuck::cast_slice(x));
    let floats = Floats { are_complex: true, ..Floats::default() };
    let job = direct(lens.filter, floats);
    let got = device.make(None, job, words, lens, rows).unwrap();
    for row in 0..3 {
        let part = |x: &[f32], span: Span, len| -> Vec<f32> {
            let at = |i| 2 * span.row(row).wrapping_add_signed(span.stride * i);
            (0..len).flat_map(|i| [x[at(i)], x[at(i) + 1]]).collect()
        };
        let (a, v) = (part(&a, rows.signal, 1100), part(&v, rows.filter, 20));
        let want: Vec<u32> = sums(device, floats, [&a, &v]).iter().map(|x| x.to_bits()).collect();
        for (i, want) in want.chunks(2).enumerate() {
            assert_eq!(&got[2 * (3 * i + row)..][..2], want, "row {row}, output {i}");
        }
    }
}

/// Products go through 128 roundings in their chunk, and one for each chunk: 256 in all.
pub fn many_taps_are_summed_in_chunks(device: &impl Device) {
    for (seed, place) in [(1, 1.0), (2, 0.0)] {
        let [a, v] = [(3000, seed), (16384, seed + 5)].map(|(len, seed)| {
            numbers(len, seed).into_iter().map(|x| x + place).collect::<Vec<_>>()
        });
        let lens = Lens { signal: 16384, filter: 3000, first: 0, outputs: 19383 };
        let room = vec![0_u32; lens.outputs];
        let words = [bytemuck::cast_slice(&v), bytemuck::cast_slice(&a), &room];
        let rows = Spans::one([0; 3], [1; 3]);
        let swapped = device.make(None, direct(3000, Floats::default()), words, lens, rows);
        for (long, got) in [
            (false, swapped.unwrap()),
            (true, {
                let lens = Lens { signal: 16384, filter: 16384, first: 15000, outputs: 2000 };
                let words = [bytemuck::cast_slice(&v), bytemuck::cast_slice(&v), &room[..2000]];
                device.make(None, direct(16384, Floats::default()), words, lens, rows).unwrap()
            }),
        ] {
            let (taps, first) = if long { (&v, 15000) } else { (&a, 0) };
            for (i, got) in got.into_iter().enumerate().step_by(7) {
                let n = first + i;
                let all = (n + 1).saturating_sub(v.len())..taps.len().min(n + 1);
                let products = all.map(|k| f64::from(taps[k]) * f64::from(v[n - k]));
                let [want, all] = products.fold([0.0, 0.0], |[x, y], z| [x + z, y + z.abs()]);
                let error = (f64::from(f32::from_bits(got)) - want).abs();
                assert!(error <= 256.0 * f64::from(f32::EPSILON) * all, "output {n}");
            }
        }
    }
}

pub fn subnormal_numbers_are_zeros_where_they_are_flushed(device: &impl Device) {
    let tiny = f32::MIN_POSITIVE;
    let mut a = numbers(2000, 9);
    (0..2000).step_by(3).for_each(|i| a[i] *= tiny);
    let zeros = |x: &[f32]| -> Vec<f32> {
        x.iter().map(|&x| if x.is_subnormal() { 0.0 * x } else { x }).collect()
    };
    let v = numbers(60, 10);
    let flush = Floats { flush: true, ..Floats::default() };
    let bits = |x: Vec<f32>| x.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    let want = bits(sums(device, flush, [&zeros(&a), &v]));
    assert_eq!(bits(sums(device, flush, [&a, &v])), want);
    // No subnormal results; Inf times a number that counts as zero is NaN.
    let small: Vec<f32> = a.iter().map(|x| x * tiny * 4.0).collect();
    let got = sums(device, flush, [&small, &[0.5, 0.25]]);
    assert!(got.iter().all(|x| !x.is_subnormal()));
    assert!(got.iter().any(|x| x.is_normal()));
    let odd = sums(device, flush, [&[f32::INFINITY, 1.0], &[tiny / 2.0, 1.0]]);
    assert!(odd[0].is_nan() && odd[1] == f32::INFINITY && odd[2] == 1.0, "{odd:?}");
}
