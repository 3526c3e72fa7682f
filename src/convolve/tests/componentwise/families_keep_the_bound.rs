//! Each output of every family of operands keeps the componentwise bound.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use super::call::Call;
use super::families::Family;
use crate::array::{Rows, View};
use crate::convolve::request::convolution::Convolution;
use crate::convolve::request::executor::Executor;
use crate::convolve::tests::naive::{Elements, kept};
use crate::convolve::tests::support::{MODES, Random, row, view};
use crate::convolve::wanted::{Method, Parts, Tiling};
use crate::convolve::{
    Accuracy, Boundary, Mode, Operation, Options, Subnormals, convolve_plain_with, convolve_rows,
    wanted_len,
};
use crate::cpu::Real;
use crate::dtype::{Dtype, Element};
use crate::fft::Transform;
use crate::memory::{Grid, RowsMut};

const DTYPES: [Dtype; 5] =
    [Dtype::Float32, Dtype::Float64, Dtype::Float16, Dtype::BFloat16, Dtype::Complex64];

/// The largest error of each dtype and each pair of families, in units of the bound.
#[derive(Default)]
struct Worst(BTreeMap<String, (f64, String)>);

impl Worst {
    fn add(&mut self, call: &Call, outputs: &Elements) {
        let ratio = call.worst(outputs);
        let [name, label] = [call.name(), format!("{call:?}")];
        assert!(ratio <= 1.0, "{ratio} times the bound: {label}");
        let worst = self.0.entry(name).or_default();
        if ratio >= worst.0 {
            *worst = (ratio, label);
        }
    }

    fn print(&self) {
        for (name, (ratio, label)) in &self.0 {
            println!("{name}: {ratio:.4} of the bound ({label})");
        }
        assert!(!self.0.is_empty());
    }
}

/// Any mode, boundary and operation, and all outputs or a range of them.
fn any_options(random: &mut Random, [a_len, v_len]: [usize; 2]) -> Options {
    loop {
        let boundary = if random.below(2) == 0 { 0 } else { random.below(Boundary::ALL.len()) };
        let options = Options {
            mode: MODES[random.below(3)],
            boundary: Boundary::ALL[boundary],
            operation: [Operation::Convolve, Operation::Correlate][random.below(2)],
            accuracy: Accuracy::Componentwise,
            subnormals: if random.below(4) == 0 { Subnormals::Flush } else { Subnormals::Keep },
            ..Options::default()
        };
        let Some((whole, _)) = kept(a_len, v_len, &options) else { continue };
        if random.below(3) > 0 {
            return options;
        }
        let first = random.below(whole);
        return Options { first, count: Some(1 + random.below(whole - first)), ..options };
    }
}

fn outputs(call: &Call) -> Elements {
    let [a_len, v_len] = call.lens;
    let len = wanted_len(a_len, v_len, &call.options).unwrap();
    let mut out = Elements::zeroed(len, call.dtype);
    let [a, v] = call.operands.each_ref().map(Elements::bytes);
    convolve_plain_with(a, v, call.dtype, &call.options, out.bytes_mut()).unwrap();
    out
}

/// The outputs by a plan that a call may have: a method, or that of the call itself, and a number
/// of threads. `None` if calls of these lengths have no plan.
fn planned(call: &Call, method: Option<Method>, threads: usize) -> Option<Elements> {
    let [a, v] = call.views();
    let lens = (a.len, v.len);
    let convolution = Convolution::new(Executor::Cpu, lens, call.dtype, &call.options).unwrap();
    let mut plan = convolution.plan()?;
    (plan.method, plan.threads) = (method.unwrap_or(plan.method), threads);
    if method.is_some() {
        // As if transforms took no time. So they are tried, whatever the values are.
        plan.estimates = (1.0, 0.0);
    }
    let mut out = Elements::zeroed(convolution.geometry().outputs, call.dtype);
    convolution.run(Some(&plan), a, v, row(out.bytes_mut(), call.dtype)).unwrap();
    Some(out)
}

/// Certified transforms of the call, in short blocks and in a single one, with each number of parts
/// that the plan may choose.
fn certified(call: &Call) -> Vec<Method> {
    let lens = (call.lens[0], call.lens[1]);
    let convolution = Convolution::new(Executor::Cpu, lens, call.dtype, &call.options).unwrap();
    let geometry = convolution.geometry();
    let counts = match call.dtype {
        Dtype::Float64 => 2..=3,
        _ => 1..=1,
    };
    let short = (Tiling::OverlapSave, 2 * geometry.filter_len);
    let single = (Tiling::Single, Tiling::Single.points(geometry, geometry.outputs));
    let methods = counts.flat_map(|count| {
        [short, single].map(|(tiling, at_least)| {
            let block_len = Transform::<f64>::block_for(at_least).unwrap();
            Method::Certified { tiling, parts: Parts { count, block_len } }
        })
    });
    methods.collect()
}

#[test]
fn every_pair_of_families_keeps_the_bound() {
    let (mut random, mut worst) = (Random(60), Worst::default());
    for dtype in DTYPES {
        for (i, families) in pairs().enumerate() {
            let taps = [1, 2, 17, 64, 255, 256, 257, 300][i % 8];
            let mut lens = [taps + random.below(400), taps];
            if random.below(4) == 0 {
                lens.reverse();
            }
            let options = any_options(&mut random, lens);
            let call = Call::new(random.bits(), dtype, families, lens, options);
            worst.add(&call, &outputs(&call));
        }
    }
    worst.print();
}

fn pairs() -> impl Iterator<Item = [Family; 2]> {
    Family::ALL.into_iter().flat_map(|a| Family::ALL.map(|v| [a, v]))
}

/// Many taps, few and many outputs, by each method, with one and two threads.
#[test]
fn long_filters_keep_the_bound_by_every_method_and_threads_change_no_bit() {
    const LENS: [[usize; 2]; 9] = [
        [3000, 255],
        [5000, 257],
        [20_000, 300],
        [4000, 512],
        [700, 9000],
        [6000, 1000],
        [2048, 2048],
        [6000, 4096],
        [20_000, 4096],
    ];
    let (mut random, mut worst) = (Random(61), Worst::default());
    for dtype in DTYPES {
        for (i, lens) in LENS.into_iter().enumerate() {
            // Every other family, and every sixth if there are many products.
            let apart = if lens[0] * lens[1] > 50_000_000 { 6 } else { 2 };
            for (j, family) in Family::ALL.into_iter().enumerate().skip(i % apart).step_by(apart) {
                let other =
                    if i % 2 == 0 { family } else { Family::ALL[(i + 3 * j) % Family::ALL.len()] };
                let options = any_options(&mut random, lens);
                let call = Call::new(random.bits(), dtype, [family, other], lens, options);
                let own = outputs(&call);
                worst.add(&call, &own);
                for threads in [1, 2] {
                    let Some(planned) = planned(&call, None, threads) else { continue };
                    assert!(own.bytes() == planned.bytes(), "{threads} threads: {call:?}");
                }
                for method in std::iter::once(Method::Direct).chain(certified(&call)) {
                    let [one, two] = [1, 2].map(|threads| planned(&call, Some(method), threads));
                    let (Some(one), Some(two)) = (one, two) else { continue };
                    assert!(one.bytes() == two.bytes(), "{method:?}: {call:?}");
                    if one.bytes() != own.bytes() {
                        worst.add(&call, &one);
                    }
                }
            }
        }
    }
    worst.print();
}

/// Outputs that are far below others of their block.
#[test]
fn steep_operands_keep_the_bound() {
    const FAMILIES: [Family; 4] =
        [Family::Tails, Family::Decay, Family::Polynomial, Family::Probabilities];
    let (mut random, mut worst) = (Random(65), Worst::default());
    for (i, lens) in [[5000, 3000], [9000, 4096], [4096, 12_000]].into_iter().enumerate() {
        for (j, family) in FAMILIES.into_iter().enumerate() {
            for other in [family, FAMILIES[(i + j + 1) % FAMILIES.len()]] {
                let options = any_options(&mut random, lens);
                let call = Call::new(random.bits(), Dtype::Float64, [family, other], lens, options);
                for method in certified(&call) {
                    let [one, two] = [1, 2].map(|threads| planned(&call, Some(method), threads));
                    let (Some(one), Some(two)) = (one, two) else { continue };
                    assert!(one.bytes() == two.bytes(), "{method:?}: {call:?}");
                    worst.add(&call, &one);
                }
            }
        }
    }
    worst.print();
}

/// Sums of so many products by two methods are seldom the same, so outputs that are the same were
/// summed directly.
#[test]
fn few_outputs_of_steep_operands_are_summed_directly() {
    let (mut random, mut worst) = (Random(66), Worst::default());
    let options = Options { accuracy: Accuracy::Componentwise, ..Options::default() };
    for families in [[Family::Decay; 2], [Family::Tails; 2], [Family::Noise, Family::Decay]] {
        let call = Call::new(random.bits(), Dtype::Float64, families, [30_000, 9000], options);
        let values = |method| {
            let outputs = planned(&call, Some(method), 1).unwrap();
            let values = outputs.bytes().chunks_exact(8);
            let values = values.map(|bytes| f64::from_ne_bytes(bytes.try_into().unwrap()));
            (values.collect::<Vec<_>>(), outputs)
        };
        let (direct, _) = values(Method::Direct);
        let normal = direct.iter().filter(|x| x.is_normal()).count();
        for method in certified(&call) {
            let (values, outputs) = values(method);
            let same = values.iter().zip(&direct).filter(|(x, y)| x == y && x.is_normal()).count();
            assert!(3 * same < normal, "{same} of {normal}: {method:?} {call:?}");
            worst.add(&call, &outputs);
        }
    }
    worst.print();
}

/// A check that never fails would not notice these.
#[test]
fn default_accuracy_breaks_the_bound() {
    let (mut random, options) = (Random(63), Options::default());
    // The signs, and which end comes first, are drawn.
    let mut worst = |dtype, families, lens, method| {
        let one = |_| {
            let call = Call::new(random.bits(), dtype, families, lens, options);
            call.worst(&planned(&call, Some(method), 1).unwrap())
        };
        (0..6).map(one).fold(0.0, f64::max)
    };
    let tiling = Tiling::OverlapSave;
    for dtype in DTYPES {
        let transforms = Method::Transforms { tiling, block_len: 8192 };
        for family in [Family::Spikes, Family::Decay, Family::Tails, Family::Wild] {
            let worst = worst(dtype, [family; 2], [9000, 700], transforms);
            assert!(worst > 10.0, "{} {family:?}: {worst}", dtype.name());
        }
    }
    for dtype in [Dtype::Float32, Dtype::Float64, Dtype::Complex64] {
        let families = [Family::Drops, Family::Constant];
        let worst = worst(dtype, families, [9000, 4096], Method::Direct);
        assert!(worst > 2.0, "{}: {worst}", dtype.name());
    }
}

#[test]
fn many_taps_below_the_last_place_are_not_lost() {
    let (mut random, mut worst) = (Random(64), Worst::default());
    for dtype in DTYPES {
        for mode in MODES {
            for families in [[Family::Drops, Family::Constant], [Family::Constant, Family::Drops]] {
                let accuracy = Accuracy::Componentwise;
                let options = Options { mode, accuracy, ..Options::default() };
                let call = Call::new(random.bits(), dtype, families, [9000, 4096], options);
                worst.add(&call, &outputs(&call));
            }
        }
    }
    worst.print();
}

/// Zeros at the ends of both operands are left out of direct sums, but not where an infinity meets
/// them: the product is NaN.
#[test]
fn zeros_that_meet_infinities_are_not_left_out() {
    let mut random = Random(67);
    let accuracy = Accuracy::Componentwise;
    for (n, k) in [(900, 300), (6000, 700), (40, 30)] {
        for round in 0..40 {
            let padded = |random: &mut Random, len: usize| -> Vec<f64> {
                let [before, behind] = [0; 2].map(|_| random.below(len / 2));
                let is_inside = |i: usize| (before..len - behind).contains(&i);
                let one = |i| if is_inside(i) { random.unit() } else { 0.0 };
                (0..len).map(one).collect()
            };
            let (mut a, v) = (padded(&mut random, n), padded(&mut random, k));
            if round % 4 > 0 {
                let values = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
                (0..round % 4).for_each(|i| a[random.below(n)] = values[i]);
            }
            for mode in MODES {
                let outputs = |accuracy| {
                    let options = Options { mode, accuracy, ..Options::default() };
                    let mut out = vec![0.0f64; wanted_len(n, k, &options).unwrap()];
                    let [a, v] = [&a, &v].map(|x| bytemuck::cast_slice::<f64, u8>(x));
                    let bytes = bytemuck::cast_slice_mut(&mut out[..]);
                    convolve_plain_with(a, v, Dtype::Float64, &options, bytes).unwrap();
                    out
                };
                let [got, want] = [accuracy, Accuracy::Normwise].map(outputs);
                for (i, (got, want)) in got.iter().zip(&want).enumerate() {
                    let same = match want.is_finite() {
                        true => (got - want).abs() < 1e-9,
                        false => got.to_bits() == want.to_bits(),
                    };
                    assert!(same, "{n} x {k} {mode:?} {round} {i}: {got} {want}");
                }
            }
        }
    }
}

/// Few outputs are dot products, and chains of zeros are left out. Neither may depend on where the
/// signal lies.
#[test]
fn strides_change_no_bit() {
    let mut random = Random(68);
    for round in 0..200 {
        let taps = [300, 600, 1000][round % 3];
        let lens = [taps + 1 + random.below(2500), taps];
        let whole = lens[0] + lens[1] - 1;
        let count = 1 + random.below(if round % 2 == 0 { 40 } else { 3000 });
        let first = random.below(whole).min(whole - count.min(whole));
        let accuracy = [Accuracy::Normwise, Accuracy::Componentwise][round / 2 % 2];
        let count = Some(count.min(whole));
        let options = Options { accuracy, first, count, ..Options::default() };
        let family = [Family::Noise, Family::Zeros, Family::Tails][round % 3];
        let call = Call::new(random.bits(), Dtype::Float64, [family; 2], lens, options);
        let [a, v] = call.views();
        let mut spread = vec![0u64; 2 * lens[0]];
        for (to, from) in spread.chunks_exact_mut(2).zip(a.bytes.chunks_exact(8)) {
            to[0] = u64::from_ne_bytes(from.try_into().unwrap());
        }
        let bytes = bytemuck::cast_slice(&spread);
        let apart = View { bytes, stride: 2, ..a };
        let outputs = |a| {
            let lens = (lens[0], lens[1]);
            let convolution = Convolution::new(Executor::Cpu, lens, call.dtype, &options).unwrap();
            let mut plan = convolution.plan();
            plan.iter_mut().for_each(|plan| plan.method = Method::Direct);
            let mut out = Elements::zeroed(convolution.geometry().outputs, call.dtype);
            convolution.run(plan.as_ref(), a, v, row(out.bytes_mut(), call.dtype)).unwrap();
            out
        };
        assert!(outputs(a).bytes() == outputs(apart).bytes(), "{call:?}");
    }
}

#[test]
fn subnormal_numbers_of_float32_are_not_flushed_in_float64() {
    let a = [f32::from_bits(1), 2f32.powi(-140), 1.0];
    let options = Options {
        dtype: Some(Dtype::Float64),
        subnormals: Subnormals::Flush,
        ..Options::default()
    };
    let convolution = Convolution::new(Executor::Cpu, (3, 1), Dtype::Float64, &options).unwrap();
    let mut out = [0.0f64; 3];
    let bytes = bytemuck::cast_slice_mut(&mut out[..]);
    convolution.run(None, view(&a), view(&[1.0f32]), row(bytes, Dtype::Float64)).unwrap();
    assert_eq!(out, a.map(f64::from));
}

/// Rows of one family each.
#[test]
fn rows_have_the_bits_of_their_own_calls() {
    let mut random = Random(62);
    for dtype in DTYPES {
        for lens in [[40, 9], [300, 256], [900, 400], [100, 700], [3000, 600]] {
            let options = any_options(&mut random, lens);
            let calls: Vec<Call> = Family::ALL
                .into_iter()
                .map(|family| Call::new(random.bits(), dtype, [family; 2], lens, options))
                .collect();
            let joined = |i: usize| {
                let mut rows = Elements::zeroed(lens[i] * calls.len(), dtype);
                let targets = rows.bytes_mut().chunks_exact_mut(lens[i] * dtype.size());
                for (to, call) in targets.zip(&calls) {
                    to.copy_from_slice(call.operands[i].bytes());
                }
                rows
            };
            let operands = [joined(0), joined(1)];
            let [a, v] = [0, 1].map(|i| Rows {
                bytes: operands[i].bytes(),
                dtype,
                offset: 0,
                stride: 1,
                step: lens[i] as isize,
                len: lens[i],
            });
            let want: Vec<Elements> = calls.iter().map(outputs).collect();
            let len = want[0].bytes().len() / dtype.size();
            let grid = Grid { len, stride: 1, count: calls.len(), step: len as isize };
            let mut out = Elements::zeroed(len * calls.len(), dtype);
            let mut rows = RowsMut::within(out.bytes_mut(), dtype.size(), 0, grid).unwrap();
            convolve_rows(&a, &v, &options, dtype, &mut rows).unwrap();
            let rows = out.bytes().chunks_exact(len * dtype.size());
            for ((row, want), call) in rows.zip(&want).zip(&calls) {
                assert!(row == want.bytes(), "{call:?}");
            }
        }
    }
}

/// `scripts/componentwise.sh` runs this for as long as it is told, from one seed.
#[test]
#[ignore = "takes as long as COMPONENTWISE_SECONDS says"]
fn random_calls_keep_the_bound() {
    let told = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let seconds = Duration::from_secs(told("COMPONENTWISE_SECONDS").unwrap_or(20));
    let clock = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let seed = told("COMPONENTWISE_SEED").unwrap_or_else(clock);
    println!("COMPONENTWISE_SEED={seed}");
    let (mut random, mut worst, start) = (Random(seed), Worst::default(), Instant::now());
    let mut calls = 0;
    while start.elapsed() < seconds {
        // Lengths of every magnitude, and not too many products.
        let len = |random: &mut Random| {
            let most = 1 << random.below(16);
            1 + random.below(most)
        };
        let lens = [len(&mut random), len(&mut random)];
        if lens[0] * lens[1] > 40_000_000 {
            continue;
        }
        let dtype = DTYPES[random.below(DTYPES.len())];
        let families = [0; 2].map(|_| Family::ALL[random.below(Family::ALL.len())]);
        let options = any_options(&mut random, lens);
        let call = Call::new(random.bits(), dtype, families, lens, options);
        worst.add(&call, &outputs(&call));
        let methods = certified(&call);
        let method = methods[random.below(methods.len())];
        if let Some(outputs) = planned(&call, Some(method), 1 + random.below(2)) {
            worst.add(&call, &outputs);
        }
        calls += 1;
    }
    worst.print();
    println!("{calls} calls");
}

/// Integers times the smallest number: products and sums are exact, so no digit is missing.
#[test]
fn subnormal_sums_are_exact() {
    fn check<T: Element + Real>(unit: f64) {
        let mut random = Random(63);
        let options = Options { accuracy: Accuracy::Componentwise, ..Options::default() };
        for lens in [[5, 1], [40, 9], [900, 48], [3000, 256], [2100, 300], [1210, 1200]] {
            for mode in [Mode::Full, Mode::Valid] {
                let mut integers = |len| -> Vec<f64> {
                    (0..len).map(|_| random.below(64) as f64 - 32.0).collect()
                };
                let [a, v] = lens.map(&mut integers);
                let full: Vec<f64> = (0..a.len() + v.len() - 1)
                    .map(|n| {
                        let taps = (n + 1).saturating_sub(a.len())..v.len().min(n + 1);
                        taps.map(|k| v[k] * a[n - k]).sum()
                    })
                    .collect();
                let cut = if mode == Mode::Full { 0 } else { v.len() - 1 };
                let want: Vec<f64> =
                    full[cut..full.len() - cut].iter().map(|sum| sum * unit).collect();
                // The unit in the signal, in the taps, and half of its exponent in each.
                let half = 2f64.powi(unit.log2() as i32 / 2);
                for [of_a, of_v] in [[unit, 1.0], [1.0, unit], [half, unit / half]] {
                    let times = |x: &[f64], unit| -> Vec<T> {
                        x.iter().map(|x| T::from_f64(x * unit)).collect()
                    };
                    let (a, v) = (times(&a, of_a), times(&v, of_v));
                    let mut out = vec![T::default(); want.len()];
                    let options = Options { mode, ..options };
                    let bytes = bytemuck::cast_slice_mut(&mut out);
                    let dtype = <T as Element>::DTYPE;
                    let operands = [&a, &v].map(|x| bytemuck::cast_slice(&x[..]));
                    convolve_plain_with(operands[0], operands[1], dtype, &options, bytes).unwrap();
                    let got: Vec<f64> = out.into_iter().map(Real::to_f64).collect();
                    assert!(got == want, "{lens:?} {mode:?} {of_a:e} {of_v:e}");
                }
            }
        }
    }
    check::<f32>(2f64.powi(-148));
    check::<f64>(2f64.powi(-1074));
}
