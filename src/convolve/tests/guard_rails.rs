//! Promises that every method keeps at each output: zeros, signs, overflow, subnormal numbers.

use bytemuck::Pod;
use half::{bf16, f16};

use super::support::{LENGTHS, MODES, Random, by, methods, pairs};
use crate::convolve::Mode;
use crate::convolve::wanted::{Geometry, Method};
use crate::dtype::{Complex64, Dtype, Element};

/// Values in runs, with runs of zeros of either sign between them.
fn runs(random: &mut Random, len: usize, most: usize) -> Vec<f64> {
    let mut values = Vec::new();
    while values.len() < len {
        let run = 1 + random.below(most);
        let is_zero = random.below(2) == 0;
        values.extend((0..run).map(|_| match is_zero {
            true => 0f64.copysign(random.unit()),
            false => random.unit() * 1000.0 + 0.5,
        }));
    }
    values.truncate(len);
    values
}

/// A filter with zeros at its ends.
fn padded(random: &mut Random, len: usize) -> Vec<f64> {
    let mut taps: Vec<f64> = (0..len).map(|_| random.unit()).collect();
    let (head, tail) = (random.below(len), random.below(len));
    if random.below(4) != 0 {
        taps[..head].fill(0.0);
        taps[len - tail..].fill(-0.0);
    }
    taps
}

fn check_zeros<E: Element + PartialEq>(dtype: Dtype, from: impl Fn(f64, f64) -> E) {
    let mut random = Random(11);
    let bits = |x: &E| bytemuck::bytes_of(x).to_vec();
    for &(n, k) in LENGTHS.iter().filter(|&&(n, _)| n < 5000) {
        for most in [3, 3 * k, 10 * k] {
            let [a_re, a_im] = [(); 2].map(|()| runs(&mut random, n, most));
            let [v_re, v_im] = [(); 2].map(|()| padded(&mut random, k));
            let join = |re: &[f64], im: &[f64]| -> Vec<E> {
                re.iter().zip(im).map(|(&re, &im)| from(re, im)).collect()
            };
            let (a, v) = (join(&a_re, &a_im), join(&v_re, &v_im));
            let is_zero = |x: &E| *x == E::zeroed();
            let first = v.iter().position(|v| !is_zero(v));
            let last = v.iter().rposition(|v| !is_zero(v));
            for mode in MODES {
                let geometry = Geometry::new(n, k, mode).unwrap();
                for method in methods(geometry) {
                    let got: Vec<E> = by(&a, &v, dtype, mode, method, 2);
                    for (i, got) in got.iter().enumerate() {
                        let reads_zeros = pairs(geometry.first + i, n, k).all(|(at, tap)| {
                            let is_inside = first
                                .zip(last)
                                .is_some_and(|(first, last)| (first..=last).contains(&tap));
                            !is_inside || is_zero(&a[at])
                        });
                        if reads_zeros {
                            let want = bits(&E::zeroed());
                            assert_eq!(bits(got), want, "{n} x {k} {method:?} output {i}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn outputs_that_read_zeros_are_zeros() {
    check_zeros(Dtype::Float32, |re, _| re as f32);
    check_zeros(Dtype::Float64, |re, _| re);
    check_zeros(Dtype::Float16, |re, _| f16::from_f64(re));
    check_zeros(Dtype::BFloat16, |re, _| bf16::from_f64(re));
    check_zeros(Dtype::Complex64, |re, im| Complex64 { re: re as f32, im: im as f32 });
}

fn check_signs<E: Element>(dtype: Dtype, from: fn(f64) -> E, to: fn(E) -> f64) {
    let mut random = Random(12);
    for (n, k) in [(3000, 129), (700, 300), (5000, 2000)] {
        for scale in [1.0, 1e-30] {
            let mut not_negative = |len: usize| -> Vec<E> {
                let values = (0..len).map(|_| match random.below(4) {
                    0 => -0.0,
                    1 => random.unit().abs() * 1e-6,
                    _ => random.unit().abs(),
                });
                values.map(|x| from(x * scale)).collect()
            };
            // Large values, then small ones: an FFT's error is larger than the small sums.
            let (mut a, v) = (not_negative(n), not_negative(k));
            let v: Vec<E> = v.into_iter().map(|v| from(to(v) / scale)).collect();
            a[n / 2..].iter_mut().for_each(|a| *a = from(to(*a) * 1e-5));
            for nan in [false, true] {
                if nan {
                    a[n / 4] = from(-f64::NAN);
                }
                for mode in MODES {
                    for method in methods(Geometry::new(n, k, mode).unwrap()) {
                        let got: Vec<E> = by(&a, &v, dtype, mode, method, 1);
                        assert!(!got.iter().any(|&x| to(x) < 0.0), "{n} x {k} {method:?}");
                    }
                }
            }
            // One tiny negative number in the operand: now some outputs may be negative.
            a[n / 4] = from(0.0);
            a[n - 1] = from(-1e-3 * scale);
            for method in methods(Geometry::new(n, k, Mode::Full).unwrap()) {
                let got: Vec<E> = by(&a, &v, dtype, Mode::Full, method, 1);
                let ends = &got[n..];
                if to(from(1e-3 * scale)) != 0.0 && k > 1 {
                    assert!(ends.iter().any(|&x| to(x) < 0.0), "{n} x {k} {method:?}");
                }
            }
        }
    }
}

#[test]
fn sums_of_nothing_negative_are_not_negative() {
    check_signs::<f32>(Dtype::Float32, |x| x as f32, f64::from);
    check_signs::<f64>(Dtype::Float64, |x| x, |x| x);
    check_signs::<f16>(Dtype::Float16, f16::from_f64, f16::to_f64);
    check_signs::<bf16>(Dtype::BFloat16, bf16::from_f64, bf16::to_f64);
}

/// Sums past the largest float midway, and sums that stay past it, of both signs.
#[test]
fn sums_that_overflow_midway_have_the_true_sign_or_value() {
    let mut random = Random(13);
    for (n, k) in [(40, 17), (700, 129), (3000, 600), (600, 600)] {
        for (a_scale, v_scale) in [(3e38, 1.0), (1e38, 1e3), (1e30, 1e38), (1e-20, 1e38)] {
            let mut noise = |len: usize, scale: f64| -> Vec<f32> {
                (0..len).map(|_| (random.unit() * scale) as f32).collect()
            };
            let (mut a, v) = (noise(n, a_scale), noise(k, v_scale));
            // Small outputs beside large ones, and an infinity.
            a[n / 3..n / 2].iter_mut().for_each(|a| *a *= 1e-38);
            a[n - 1] = f32::NEG_INFINITY;
            for mode in MODES {
                let geometry = Geometry::new(n, k, mode).unwrap();
                for method in methods(geometry) {
                    let got: Vec<f32> = by(&a, &v, Dtype::Float32, mode, method, 2);
                    for (i, &got) in got.iter().enumerate() {
                        let products = pairs(geometry.first + i, n, k)
                            .map(|(at, tap)| f64::from(a[at]) * f64::from(v[tap]));
                        let (want, all) =
                            products.fold((0.0, 0.0), |(sum, all), x| (sum + x, all + x.abs()));
                        let context = format!("{n} x {k} {method:?} output {i}: {got} {want:e}");
                        if !want.is_finite() {
                            assert!(
                                got == want as f32 || got.is_nan() && want.is_nan(),
                                "{context}"
                            );
                        } else if all < f64::from(f32::MAX) {
                            assert!(got.is_finite(), "{context}");
                        } else if want.abs() > f64::from(f32::MAX) * 1.0001 && got.is_infinite() {
                            assert_eq!(got > 0.0, want > 0.0, "{context}");
                        } else {
                            assert!(!got.is_nan(), "{context}");
                        }
                        // Direct sums know each value that they overflow to.
                        if method == Method::Direct && got.is_infinite() {
                            assert!(want.abs() > f64::from(f32::MAX) * 0.9999, "{context}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn float64_that_overflows_has_the_true_sign_or_value() {
    let top = f64::MAX;
    let (n, k) = (400, 200);
    // Direct: the sum passes the largest float, and comes back.
    let mut a = vec![0.0; n];
    let v: Vec<f64> = (0..k).map(|i| [top, top, -top, -top, -top, 3.0][i % 6]).collect();
    a[..6].copy_from_slice(&[2.0, 2.0, 2.0, 2.0, 2.0, 1.0]);
    for method in methods(Geometry::new(n, k, Mode::Full).unwrap()) {
        let got: Vec<f64> = by(&a, &v, Dtype::Float64, Mode::Full, method, 1);
        for (i, &got) in got.iter().enumerate() {
            // In units of `top`, exact but for the last taps.
            let units: f64 = pairs(i, n, k).map(|(at, tap)| a[at] * (v[tap] / top).round()).sum();
            assert!(!got.is_nan(), "{method:?} {i}");
            if units.abs() > 1.5 {
                assert_eq!(got, units.signum() * f64::INFINITY, "{method:?} {i}");
            } else if units == 0.0 {
                assert!(got.is_finite(), "{method:?} {i}: {got:e}");
            }
        }
    }
}

/// Neighbours of which some overflow, some only midway, some not at all, and some read an infinity or a
/// NaN. All sums of finite values are small integers times 2^exponent, and 16 of it is too large.
fn check_neighbours<E: Element + Pod>(
    dtype: Dtype,
    exponent: i32,
    [of_value, of_tap]: [fn(f64) -> E; 2],
    to: fn(E) -> f64,
) {
    let mut random = Random(16);
    let [value_unit, tap_unit] = [exponent - 10, 10].map(|exponent| 2f64.powi(exponent));
    let mut midway = 0;
    for (n, k) in [(900, 300), (2100, 257), (700, 690), (333, 20), (3000, 1100)] {
        for special in [None, Some(f64::INFINITY), Some(f64::NAN)] {
            if special.is_some() && dtype == Dtype::Complex64 {
                continue; // Infinity times a complex number is not one number.
            }
            let mut units = |len: usize, most: f64| -> Vec<f64> {
                (0..len).map(|_| (random.unit() * most).round()).collect()
            };
            let (mut a, mut v) = (units(n, 1.4), units(k, 1.4));
            // Some outputs read only zeros.
            for zeros in [n / 4..n / 4 + k + 5, n / 2..n / 2 + k + 90] {
                a[zeros.start.min(n)..zeros.end.min(n)].fill(0.0);
            }
            if k == 20 {
                v.iter_mut().for_each(|v| *v *= 4.0);
            }
            if let Some(special) = special {
                a[n / 3] = special;
            }
            let of_a: Vec<E> = a.iter().map(|a| of_value(a * value_unit)).collect();
            let of_v: Vec<E> = v.iter().map(|v| of_tap(v * tap_unit)).collect();
            for mode in MODES {
                let geometry = Geometry::new(n, k, mode).unwrap();
                let [got, threaded] = [1, 3]
                    .map(|threads| by::<E, E>(&of_a, &of_v, dtype, mode, Method::Direct, threads));
                assert_eq!(
                    bytemuck::cast_slice::<E, u8>(&got),
                    bytemuck::cast_slice::<E, u8>(&threaded)
                );
                for (i, &got) in got.iter().enumerate() {
                    let (mut want, mut most): (f64, f64) = (0.0, 0.0);
                    for (at, tap) in pairs(geometry.first + i, n, k) {
                        want += a[at] * v[tap];
                        most = most.max(want.abs());
                    }
                    midway += usize::from(want.abs() < 16.0 && most >= 16.0);
                    let want = if want.abs() < 16.0 {
                        want * 2f64.powi(exponent)
                    } else {
                        want * f64::INFINITY
                    };
                    let got = to(got);
                    let is_right = got == want || got.is_nan() && want.is_nan();
                    assert!(is_right, "{n} x {k} {mode:?} output {i}: {got:e} {want:e}");
                }
            }
        }
    }
    assert!(midway > 1000, "{midway}");
}

#[test]
fn neighbours_that_overflow_and_that_do_not_are_all_exact() {
    check_neighbours::<f32>(Dtype::Float32, 124, [|x| x as f32; 2], f64::from);
    check_neighbours::<f64>(Dtype::Float64, 1020, [|x| x; 2], |x| x);
    check_neighbours::<bf16>(Dtype::BFloat16, 124, [bf16::from_f64; 2], bf16::to_f64);
    let both = |x: f64| Complex64 { re: x as f32, im: -x as f32 };
    let real = |x: f64| Complex64 { re: x as f32, im: 0.0 };
    let to = |x: Complex64| if x.im == -x.re { x.re.into() } else { f64::NAN };
    check_neighbours::<Complex64>(Dtype::Complex64, 124, [both, real], to);
}

#[test]
fn complex_parts_that_overflow_have_the_true_sign() {
    let (n, k) = (300, 64);
    let mut random = Random(14);
    let mut noise = |len: usize, scale: f64| -> Vec<Complex64> {
        let mut part = || (random.unit() * scale) as f32;
        (0..len).map(|_| Complex64 { re: part(), im: part() }).collect()
    };
    let (a, v) = (noise(n, 1e38), noise(k, 1e2));
    for method in methods(Geometry::new(n, k, Mode::Full).unwrap()) {
        let got: Vec<Complex64> = by(&a, &v, Dtype::Complex64, Mode::Full, method, 1);
        for (i, got) in got.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (at, tap) in pairs(i, n, k) {
                let part = |x: f32, y: f32| f64::from(x) * f64::from(y);
                re += part(a[at].re, v[tap].re) - part(a[at].im, v[tap].im);
                im += part(a[at].re, v[tap].im) + part(a[at].im, v[tap].re);
            }
            for (got, want) in [(got.re, re), (got.im, im)] {
                assert!(!got.is_nan(), "{method:?} output {i}");
                if want.abs() > f64::from(f32::MAX) * 1.01 {
                    assert_eq!(got, want.signum() as f32 * f32::INFINITY, "{method:?} {i}");
                }
            }
        }
    }
}

/// Transforms of subnormal numbers give the bits of the same numbers scaled up.
fn check_scaled<E: Element + Pod>(dtype: Dtype, scaled: impl Fn(f64, i32) -> E, down: i32) {
    let mut random = Random(15);
    let (n, k) = (3000, 200);
    let mut numbers = |len: usize| -> Vec<f64> {
        // Integers, so that the scaled numbers are exact down to the smallest subnormal number.
        (0..len).map(|_| (random.unit() * 2e6).round()).collect()
    };
    let (a, v) = (numbers(n), numbers(k));
    let taps: Vec<E> = v.iter().map(|&v| scaled(v, -21)).collect();
    for method in methods(Geometry::new(n, k, Mode::Full).unwrap()).split_off(1) {
        let [small, large] = [down, down + 90].map(|exponent| {
            let a: Vec<E> = a.iter().map(|&a| scaled(a, exponent)).collect();
            by::<E, E>(&a, &taps, dtype, Mode::Full, method, 1)
        });
        let mut large = large;
        // Rounds once, from normal numbers to subnormal ones.
        let bytes = bytemuck::cast_slice_mut::<E, u8>(&mut large);
        if dtype == Dtype::Float64 {
            let values = bytemuck::cast_slice_mut::<u8, f64>(bytes);
            values.iter_mut().for_each(|value| *value *= 2f64.powi(-90));
        } else {
            let values = bytemuck::cast_slice_mut::<u8, f32>(bytes);
            values.iter_mut().for_each(|value| *value *= 2f32.powi(-90));
        }
        for (i, (small, large)) in small.iter().zip(&large).enumerate() {
            let [small, large] = [small, large].map(|x| bytemuck::bytes_of(x).to_vec());
            assert_eq!(small, large, "{method:?} output {i}");
        }
        assert!(bytemuck::cast_slice::<E, u8>(&small).iter().any(|&byte| byte != 0));
    }
}

#[test]
fn transforms_of_subnormal_numbers_give_the_bits_of_scaled_ones() {
    let power =
        |x: f64, exponent: i32| x * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
    check_scaled(Dtype::Float32, |x, exponent| power(x, exponent) as f32, -149);
    check_scaled(Dtype::Float64, power, -1074);
    check_scaled(
        Dtype::Complex64,
        |x, exponent| Complex64 {
            re: power(x, exponent) as f32,
            im: power(-2.0 * x, exponent) as f32,
        },
        -148,
    );
}
