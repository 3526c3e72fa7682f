//! Floats keep the published error bounds, with room.

use bytemuck::Pod;
use half::{bf16, f16};

use super::support::*;
use crate::convolve::Mode;
use crate::convolve::plan::Plan;
use crate::convolve::wanted::{BlockRange, Geometry, Method, Tiling};
use crate::cpu::Real;
use crate::dtype::{Complex64, Dtype, Element};

/// The sum of output `n`, and the sum of the magnitudes of its products.
fn reference(n: usize, a: &[f64], v: &[f64]) -> (f64, f64) {
    // Neumaier's compensated sum. FMA splits each product exactly, so the error is below 2 eps^2
    // for each term.
    let (mut sum, mut error, mut magnitude) = (0.0f64, 0.0f64, 0.0f64);
    for (i, k) in pairs(n, a.len(), v.len()) {
        let product = a[i] * v[k];
        let product_error = a[i].mul_add(v[k], -product);
        let next = sum + product;
        error += if sum.abs() >= product.abs() {
            (sum - next) + product
        } else {
            (product - next) + sum
        };
        error += product_error;
        sum = next;
        magnitude += product.abs();
    }
    (sum + error, magnitude)
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Checks `got` against the bound of `method`. Returns the largest observed constant of the FFT
/// bound.
fn check<T: Real>(
    got: &[T],
    a: &[f64],
    v: &[f64],
    mode: Mode,
    method: Method,
    epsilon: f64,
    tiny: f64,
) -> f64 {
    let geometry = Geometry::new(a.len(), v.len(), mode).unwrap();
    let (taps, mut observed) = (v.len() as f64, 0.0f64);
    for (i, got) in got.iter().enumerate() {
        let n = geometry.first + i;
        let (want, magnitude) = reference(n, a, v);
        let error = (got.to_f64() - want).abs();
        match method {
            Method::Direct => {
                let bound = taps * epsilon * magnitude + taps * tiny;
                assert!(
                    error <= bound,
                    "{} x {} {mode:?} output {n}: {got:?}, not {want}: error {error:e}",
                    a.len(),
                    v.len()
                );
            }
            Method::Pieces { .. } | Method::Certified { .. } => {
                unreachable!("they have tests of their own")
            }
            Method::Transforms { tiling, block_len: block } => {
                let step = tiling.step(geometry, block);
                let start = geometry.first + i / step * step;
                let outputs = step.min(geometry.first + geometry.outputs - start);
                let BlockRange { origin, read: values, .. } =
                    tiling.block(geometry, start, outputs);
                let from = origin.max(0) as usize;
                let to = ((origin + values as isize) as usize).min(a.len());
                let unit = epsilon * (block as f64).log2() * norm(&a[from..to]) * norm(v);
                assert!(
                    error <= 0.2 * unit + taps * tiny,
                    "{} x {} {mode:?} {method:?} output {n}: {got:?}, not {want}: {error:e} > 0.2 x {unit:e}",
                    a.len(),
                    v.len()
                );
                if unit > 0.0 {
                    observed = observed.max((error - taps * tiny) / unit);
                }
            }
        }
    }
    observed
}

#[test]
fn every_method_keeps_its_bound_in_every_mode() {
    let mut random = Random(1);
    let mut observed = 0.0f64;
    for (n, k) in LENGTHS {
        let a: Vec<f64> = (0..n).map(|_| random.unit()).collect();
        let v: Vec<f64> = (0..k).map(|_| random.unit()).collect();
        let single = |x: &[f64]| x.iter().map(|&x| x as f32).collect::<Vec<_>>();
        let (a32, v32) = (single(&a), single(&v));
        let exact = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        for mode in MODES {
            for method in methods(Geometry::new(n, k, mode).unwrap()) {
                let got: Vec<f64> = by(&a, &v, Dtype::Float64, mode, method, 1);
                observed = observed.max(check(
                    &got,
                    &a,
                    &v,
                    mode,
                    method,
                    f64::EPSILON,
                    f64::MIN_POSITIVE,
                ));
                let got: Vec<f32> = by(&a32, &v32, Dtype::Float32, mode, method, 1);
                let tiny = f64::from(f32::MIN_POSITIVE);
                let (a, v) = (exact(&a32), exact(&v32));
                observed =
                    observed.max(check(&got, &a, &v, mode, method, f32::EPSILON.into(), tiny));
            }
        }
    }
    println!("largest observed constant of the FFT bound: {observed:.4}");
    assert!(observed < 0.2, "{observed}");
}

/// Threads work on separate blocks, and share a single block. The planes may be scaled or marked,
/// or may hold digits.
#[test]
fn threads_do_not_change_bits() {
    fn check<T: Element, O: Pod + PartialEq>(what: &str, a: &[T], v: &[T]) {
        for method in methods(Geometry::new(a.len(), v.len(), Mode::Same).unwrap()) {
            let one: Vec<O> = by(a, v, T::DTYPE, Mode::Same, method, 1);
            for threads in [2, 3, 7] {
                let many: Vec<O> = by(a, v, T::DTYPE, Mode::Same, method, threads);
                assert!(one == many, "{what}, {method:?}, {threads} threads");
            }
        }
    }
    let mut random = Random(2);
    let mut values = |len: usize| -> Vec<f64> { (0..len).map(|_| random.unit()).collect() };
    let (a, v) = (values(20_000), values(300));
    let scaled =
        |x: &[f64], scale: f64| -> Vec<f32> { x.iter().map(|&x| (x * scale) as f32).collect() };
    let (single, taps) = (scaled(&a, 1.0), scaled(&v, 1.0));
    check::<f32, u32>("float32", &single, &taps);
    check::<f32, u32>("large values", &scaled(&a, 1e35), &taps);
    check::<f32, u32>("large taps", &single, &scaled(&v, 1e35));
    for (what, at) in [("a NaN", f32::NAN), ("an infinity", f32::INFINITY)] {
        let (mut a, mut v) = (single.clone(), taps.clone());
        a[7777] = at;
        check::<f32, u32>(what, &a, &taps);
        v[77] = at;
        check::<f32, u32>(what, &single, &v);
    }
    check::<f64, u64>("float64", &a, &v);
    let half = |x: &[f64]| -> Vec<f16> { x.iter().map(|&x| f16::from_f64(x)).collect() };
    check::<f16, u16>("float16", &half(&a), &half(&v));
    let complex = |x: &[f64]| -> Vec<Complex64> {
        let at = |i: usize| x[i % x.len()] as f32;
        (0..x.len()).map(|i| Complex64 { re: at(i), im: at(3 * i + 1) }).collect()
    };
    check::<Complex64, [u32; 2]>("complex64", &complex(&a), &complex(&v));
    let integers = |x: &[f64]| -> Vec<i64> { x.iter().map(|&x| (x * 9e18) as i64).collect() };
    check::<i64, i64>("int64", &integers(&a), &integers(&v));
    // So many steps that threads take several at a time. The last step is short.
    let (a, v) = (values(300_000), values(5));
    check::<f32, u32>("many steps", &scaled(&a, 1.0), &scaled(&v, 1.0));
    check::<i64, i64>("many steps of int64", &integers(&a), &integers(&v));
    check::<Complex64, [u32; 2]>("many steps of complex64", &complex(&a), &complex(&v));
}

/// The sums of large values of both signs are finite, but some partial sums overflow. A NaN or an
/// infinity that outputs do not read does not change how they are computed.
#[test]
fn what_a_nan_or_an_infinity_does_not_reach_does_not_overflow() {
    let (n, k) = (1 << 16, 100);
    let v = vec![1f32; k];
    for bad in [0.0, f32::NAN, f32::INFINITY] {
        let mut a: Vec<f32> = (0..n).map(|i| if i / 25 % 2 == 0 { 3e37 } else { -3e37 }).collect();
        a[n - 1] = bad;
        let got: Vec<f32> = planned(&a, &v, Dtype::Float32, Mode::Valid, |plan: &mut Plan| {
            plan.method = Method::Transforms { tiling: Tiling::OverlapSave, block_len: 1024 };
            plan.direct_if_infinite = true;
        });
        assert!(got[..got.len() - 1].iter().all(|value| value.is_finite()), "{bad}");
    }
}

/// Large times small, small times small, and a block 80 dB below its neighbour.
#[test]
fn extreme_scales_neither_overflow_nor_leak() {
    let mut random = Random(3);
    let (n, k) = (6000, 700);
    for (scale_a, scale_v) in
        [(1e37, 1e-30), (1e-20, 1e-22), (3e38, 3e-4), (1e-42, 1e30), (1e-30, 1e38)]
    {
        let a: Vec<f32> = (0..n).map(|_| (random.unit() * scale_a) as f32).collect();
        let v: Vec<f32> = (0..k).map(|_| (random.unit() * scale_v) as f32).collect();
        let exact = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        for method in methods(Geometry::new(n, k, Mode::Full).unwrap()) {
            let got: Vec<f32> = by(&a, &v, Dtype::Float32, Mode::Full, method, 1);
            check(
                &got,
                &exact(&a),
                &exact(&v),
                Mode::Full,
                method,
                f32::EPSILON.into(),
                f32::MIN_POSITIVE.into(),
            );
        }
    }
    let a: Vec<f32> =
        (0..n).map(|i| random.unit() as f32 * if i / 500 % 2 == 0 { 1.0 } else { 1e-4 }).collect();
    let v: Vec<f32> = (0..100).map(|_| random.unit() as f32).collect();
    let exact = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    for block in [256, 512, 1024] {
        let method = Method::Transforms { tiling: Tiling::OverlapSave, block_len: block };
        let got: Vec<f32> = by(&a, &v, Dtype::Float32, Mode::Full, method, 1);
        check(
            &got,
            &exact(&a),
            &exact(&v),
            Mode::Full,
            method,
            f32::EPSILON.into(),
            f32::MIN_POSITIVE.into(),
        );
    }
}

/// A sum beyond the largest float is an infinity, never NaN.
#[test]
fn overflow_gives_infinity() {
    let (a, v) = (vec![1e38f32; 3000], vec![1e10f32; 400]);
    for method in methods(Geometry::new(a.len(), v.len(), Mode::Full).unwrap()) {
        let got: Vec<f32> = by(&a, &v, Dtype::Float32, Mode::Full, method, 1);
        assert!(got.iter().all(|&x| x == f32::INFINITY), "{method:?}");
    }
}

#[test]
fn halves_round_the_float32_sum_once() {
    let mut random = Random(4);
    let (n, k) = (3000, 200);
    let a: Vec<f32> = (0..n).map(|_| f16::from_f64(random.unit()).to_f32()).collect();
    let v: Vec<f32> = (0..k).map(|_| f16::from_f64(random.unit()).to_f32()).collect();
    let (a16, v16): (Vec<f16>, Vec<f16>) = (
        a.iter().map(|&x| f16::from_f32(x)).collect(),
        v.iter().map(|&x| f16::from_f32(x)).collect(),
    );
    let (ab, vb): (Vec<bf16>, Vec<bf16>) = (
        a.iter().map(|&x| bf16::from_f32(x)).collect(),
        v.iter().map(|&x| bf16::from_f32(x)).collect(),
    );
    let (a_rounded, v_rounded): (Vec<f32>, Vec<f32>) =
        (ab.iter().map(|x| x.to_f32()).collect(), vb.iter().map(|x| x.to_f32()).collect());
    for mode in MODES {
        for method in methods(Geometry::new(n, k, mode).unwrap()) {
            let sums: Vec<f32> = by(&a, &v, Dtype::Float32, mode, method, 1);
            let got: Vec<f16> = by(&a16, &v16, Dtype::Float16, mode, method, 1);
            assert!(got.iter().zip(&sums).all(|(&got, &sum)| got == f16::from_f32(sum)));
            let sums: Vec<f32> = by(&a_rounded, &v_rounded, Dtype::Float32, mode, method, 1);
            let got: Vec<bf16> = by(&ab, &vb, Dtype::BFloat16, mode, method, 1);
            assert!(got.iter().zip(&sums).all(|(&got, &sum)| got == bf16::from_f32(sum)));
        }
    }
}

fn complex(random: &mut Random, len: usize, re: f64, im: f64) -> Vec<Complex64> {
    let part = |random: &mut Random, scale: f64| (random.unit() * scale) as f32;
    (0..len).map(|_| Complex64 { re: part(random, re), im: part(random, im) }).collect()
}

fn part(x: &[Complex64], of: fn(&Complex64) -> f32) -> Vec<f32> {
    x.iter().map(of).collect()
}

#[test]
fn complex_is_four_real_sums() {
    let mut random = Random(5);
    for (n, k) in [(2000, 150), (5000, 33), (40, 7), (1, 1), (300, 300), (700, 690)] {
        let (a, v) = (complex(&mut random, n, 1.0, 1.0), complex(&mut random, k, 1.0, 1.0));
        for mode in MODES {
            let got: Vec<Complex64> = by(&a, &v, Dtype::Complex64, mode, Method::Direct, 1);
            let real = |a: &[f32], v: &[f32]| {
                by::<f32, f32>(a, v, Dtype::Float32, mode, Method::Direct, 1)
            };
            let (ar, ai, vr, vi) =
                (part(&a, |x| x.re), part(&a, |x| x.im), part(&v, |x| x.re), part(&v, |x| x.im));
            let (rr, ii, ri, ir) = (real(&ar, &vr), real(&ai, &vi), real(&ar, &vi), real(&ai, &vr));
            for (i, got) in got.iter().enumerate() {
                let want = (rr[i] - ii[i], ri[i] + ir[i]);
                assert_eq!((got.re, got.im), want, "{n} x {k} {mode:?} output {i}");
            }
        }
    }
}

/// Each part keeps the bounds of its two real sums, whatever the sizes of the parts. The noise of a
/// large part does not drown a small part. Parts outside of float32's middle range are scaled
/// separately.
#[test]
fn complex_parts_keep_the_bounds_of_their_real_sums() {
    let mut random = Random(6);
    let (n, k) = (3000, 150);
    for [a_re, a_im, v_re, v_im] in [
        [1.0, 1.0, 1.0, 1.0],
        [1.0, 0.0, 0.0, 1.0],
        [0.0, 0.0, 1.0, 1.0],
        [1.0, 1e-7, 1e-8, 1.0],
        [1e12, 1.0, 1.0, 1e-15],
        [1e30, 1e-30, 1e-20, 1e7],
    ] {
        let a = complex(&mut random, n, a_re, a_im);
        let v = complex(&mut random, k, v_re, v_im);
        let exact = |x: &[Complex64], of| -> Vec<f64> {
            part(x, of).iter().map(|&x| f64::from(x)).collect()
        };
        let (ar, ai) = (exact(&a, |x| x.re), exact(&a, |x| x.im));
        let (vr, vi) = (exact(&v, |x| x.re), exact(&v, |x| x.im));
        for method in methods(Geometry::new(n, k, Mode::Full).unwrap()) {
            let Method::Transforms { block_len: block, .. } = method else { continue };
            let got: Vec<Complex64> = by(&a, &v, Dtype::Complex64, Mode::Full, method, 1);
            let epsilon = f64::from(f32::EPSILON);
            let unit = |x: &[f64], y: &[f64]| epsilon * (block as f64).log2() * norm(x) * norm(y);
            let re_bound = 0.2 * (unit(&ar, &vr) + unit(&ai, &vi));
            let im_bound = 0.2 * (unit(&ar, &vi) + unit(&ai, &vr));
            let tiny = 2.0 * k as f64 * f64::from(f32::MIN_POSITIVE);
            for (i, got) in got.iter().enumerate() {
                let sum = |x: &[f64], y: &[f64]| reference(i, x, y).0;
                let re = sum(&ar, &vr) - sum(&ai, &vi);
                let im = sum(&ar, &vi) + sum(&ai, &vr);
                for (got, want, bound) in [(got.re, re, re_bound), (got.im, im, im_bound)] {
                    let error = (f64::from(got) - want).abs();
                    assert!(
                        error <= bound + epsilon * want.abs() + tiny,
                        "{method:?} output {i}: {got}, not {want}: {error:e} > {bound:e}"
                    );
                }
            }
        }
    }
}
