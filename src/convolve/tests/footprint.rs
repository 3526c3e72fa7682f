//! Infinities and NaNs: with every method, each output has the class that the direct sum gives.

use super::support::*;
use crate::convolve::Mode;
use crate::convolve::nonfinite::counts::Counts;
use crate::convolve::nonfinite::flags::{NAN, NEGATIVE, POSITIVE};
use crate::convolve::nonfinite::runs::Piece;
use crate::convolve::wanted::Geometry;
use crate::dtype::{Complex64, Dtype};

/// The class of a value: NaN, an infinity, or 0 for any finite value.
fn class(x: f64) -> f64 {
    if x.is_finite() { 0.0 } else { x }
}

fn same_class(x: f64, y: f64) -> bool {
    (x.is_nan() && y.is_nan()) || class(x) == class(y)
}

/// Zeros and small numbers, and with probability `share` infinities, also NaNs if `nans`.
fn spoiled(random: &mut Random, len: usize, share: f64, nans: bool, one_sign: bool) -> Vec<f64> {
    (0..len)
        .map(|_| {
            if random.unit().abs() >= share {
                return if random.below(4) == 0 { 0.0 } else { random.unit() };
            }
            match random.below(if nans { 5 } else { 4 }) {
                0 | 1 => f64::INFINITY,
                2 | 3 => {
                    if one_sign {
                        f64::INFINITY
                    } else {
                        f64::NEG_INFINITY
                    }
                }
                _ => f64::NAN,
            }
        })
        .collect()
}

#[test]
fn every_method_has_the_footprint_of_the_direct_sum() {
    let mut random = Random(20);
    for (n, k) in LENGTHS {
        for (share_a, share_v) in
            [(0.001, 0.0), (0.0, 0.01), (0.02, 0.02), (0.5, 0.0), (0.0, 0.5), (1.0, 1.0)]
        {
            let nans = random.below(2) == 0;
            let one_sign = random.below(2) == 0;
            let mut a = spoiled(&mut random, n, share_a, nans, one_sign);
            let v = spoiled(&mut random, k, share_v, nans, one_sign);
            // Makes sure that short operands have an infinity, too.
            if share_a > 0.0 {
                a[n / 2] = f64::INFINITY;
            }
            let mode = MODES[random.below(3)];
            let geometry = Geometry::new(n, k, mode).unwrap();
            let want: Vec<f64> = (geometry.first..geometry.first + geometry.outputs)
                .map(|at| pairs(at, n, k).map(|(i, k)| a[i] * v[k]).sum())
                .collect();
            let single = |x: &[f64]| x.iter().map(|&x| x as f32).collect::<Vec<_>>();
            for method in methods(geometry) {
                let label = format!("{n} x {k} {mode:?} {method:?} shares {share_a} {share_v}");
                let got: Vec<f64> = by(&a, &v, Dtype::Float64, mode, method, 1);
                for (i, (&got, &want)) in got.iter().zip(&want).enumerate() {
                    assert!(same_class(got, want), "{label}: output {i} is {got}, not {want}");
                    assert!(
                        !want.is_finite() || (got - want).abs() < 1e-11,
                        "{label}: {got} {want}"
                    );
                }
                for direct_if_infinite in [false, true] {
                    let (a, v) = (single(&a), single(&v));
                    let got: Vec<f32> = planned(&a, &v, Dtype::Float32, mode, |plan| {
                        (plan.method, plan.threads) = (method, 1);
                        plan.direct_if_infinite = direct_if_infinite;
                    });
                    for (i, (&got, &want)) in got.iter().zip(&want).enumerate() {
                        assert!(
                            same_class(got.into(), want),
                            "{label} {direct_if_infinite}: output {i} is {got}, not {want}"
                        );
                    }
                }
            }
        }
    }
}

/// The class of each part is that of the difference or the sum of two real convolutions.
#[test]
fn complex_footprints_are_those_of_the_four_real_sums() {
    let mut random = Random(23);
    for (n, k) in [(1, 1), (64, 8), (255, 31), (1000, 77), (8200, 129)] {
        for (share_a, share_v) in [(0.002, 0.0), (0.0, 0.02), (0.02, 0.02), (0.5, 0.5)] {
            let mut plane = |len, share| -> Vec<f32> {
                spoiled(&mut random, len, share, true, false).iter().map(|&x| x as f32).collect()
            };
            let [ar, ai, vr, vi] =
                [plane(n, share_a), plane(n, 0.0), plane(k, share_v), plane(k, share_v)];
            let complex = |re: &[f32], im: &[f32]| -> Vec<Complex64> {
                re.iter().zip(im).map(|(&re, &im)| Complex64 { re, im }).collect()
            };
            let (a, v) = (complex(&ar, &ai), complex(&vr, &vi));
            for method in methods(Geometry::new(n, k, Mode::Full).unwrap()) {
                let got: Vec<Complex64> = by(&a, &v, Dtype::Complex64, Mode::Full, method, 1);
                let real = |x: &[f32], y: &[f32]| {
                    by::<f32, f32>(x, y, Dtype::Float32, Mode::Full, method, 1)
                };
                let (rr, ii) = (real(&ar, &vr), real(&ai, &vi));
                let (ri, ir) = (real(&ar, &vi), real(&ai, &vr));
                for (i, got) in got.iter().enumerate() {
                    let want = [(got.re, rr[i] - ii[i]), (got.im, ri[i] + ir[i])];
                    for (got, want) in want {
                        assert!(
                            same_class(got.into(), want.into()),
                            "{n} x {k} {method:?} shares {share_a} {share_v}: output {i} is {got}, not {want}"
                        );
                    }
                }
            }
        }
    }
}

/// Counting is for long filters with many infinities. Here it is also checked for short ones.
#[test]
fn counts_agree_with_the_direct_sum() {
    let mut random = Random(21);
    for round in 0..40 {
        let (n, k) = (1 + random.below(200), 1 + random.below(60));
        let nans = round % 2 == 0;
        let x = spoiled(&mut random, n, 0.3, nans, round % 3 == 0);
        let v =
            spoiled(&mut random, k, if round % 4 == 0 { 0.0 } else { 0.3 }, nans, round % 3 == 0);
        let counts = Counts::new(&v, n + k - 1).unwrap();
        let mut flags = vec![0; n + k - 1];
        let (head, tail) = x.split_at(n / 3);
        let runs = [(7, head), (7 + n / 3, tail)].map(|(at, values)| Piece { at, values });
        counts.mark(runs.into_iter(), 0, 7, &mut flags).unwrap();
        for (at, &flags) in flags.iter().enumerate() {
            let mut want = 0;
            for (i, k) in pairs(at, n, k) {
                let product = x[i] * v[k];
                // NaN operands are marked elsewhere. Here their pairs may count as anything.
                if x[i].is_nan() || v[k].is_nan() || product.is_finite() {
                    continue;
                }
                want |= if product.is_nan() {
                    NAN
                } else if product > 0.0 {
                    POSITIVE
                } else {
                    NEGATIVE
                };
            }
            assert_eq!(flags & want, want, "round {round} output {at}: {flags} lacks {want}");
            let nan_read = pairs(at, n, k).any(|(i, k)| x[i].is_nan() || v[k].is_nan());
            assert!(nan_read || flags == want, "round {round} output {at}: {flags}, not {want}");
        }
    }
}

/// Infinities at every third index. With a filter of one sign they give runs of infinities. If the
/// last tap is zero, a third of the outputs is NaN, and the other outputs stay open until the rows'
/// budget is spent, so all contributions are counted.
#[test]
fn many_infinities_and_a_long_filter_are_counted() {
    let mut random = Random(22);
    let (n, k) = (60_000, 20_000);
    let a: Vec<f64> =
        (0..n).map(|i| if i % 3 == 0 { f64::INFINITY } else { random.unit() }).collect();
    for last_tap in [0.5, 0.0] {
        let mut v: Vec<f64> = (0..k).map(|_| 1.5 + random.unit()).collect();
        v[k - 1] = last_tap;
        for method in methods(Geometry::new(n, k, Mode::Full).unwrap()) {
            let got: Vec<f64> = by(&a, &v, Dtype::Float64, Mode::Full, method, 1);
            // Every output from 0 on reads an infinity, up to the last output that reads the last
            // infinity.
            let last = (n - 1) / 3 * 3 + k - 1;
            for (i, &x) in got.iter().enumerate() {
                let nan = last_tap == 0.0 && (k - 1..=last).contains(&i) && (i - (k - 1)) % 3 == 0;
                let want = if nan {
                    f64::NAN
                } else if i <= last {
                    f64::INFINITY
                } else {
                    0.0
                };
                assert!(
                    same_class(x, want),
                    "{method:?} last tap {last_tap}: output {i} is {x}, not {want}"
                );
            }
        }
    }
}
