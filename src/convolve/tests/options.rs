//! Calls with options: every boundary, operation, mode, dtype and range, by every method.

use super::naive::{Elements, Number, kept, outputs, pairs_of};
use super::support::*;
use crate::array::View;
use crate::convolve::plan::{Plan, is_short};
use crate::convolve::request::executor::Executor;
use crate::convolve::wanted::{Geometry, Method, Reading, Subnormals};
use crate::convolve::{
    Accuracy, Boundary, Mode, Operation, Options, convolve_plain_with, explain, explain_with,
    wanted_len,
};
use crate::dtype::Dtype;
use crate::error::Status;

const DTYPES: [Dtype; 7] = [
    Dtype::Float16,
    Dtype::Float32,
    Dtype::Float64,
    Dtype::Complex64,
    Dtype::Int8,
    Dtype::Int64,
    Dtype::Bool,
];

fn all_options() -> impl Iterator<Item = Options> {
    Boundary::ALL.into_iter().flat_map(|boundary| {
        [Operation::Convolve, Operation::Correlate].into_iter().flat_map(move |operation| {
            MODES.map(move |mode| Options { mode, boundary, operation, ..Options::default() })
        })
    })
}

/// Small integers, different from one another where they can be. In bool, they have zeros.
fn numbers(random: &mut Random, len: usize, most: usize, dtype: Dtype) -> Vec<Number> {
    let mut number = || random.below(2 * most + 1) as i64 - most as i64;
    let mut pair = || (number(), if dtype == Dtype::Complex64 { number() } else { 0 });
    let numbers: Vec<Number> = (0..len).map(|_| pair()).collect();
    match dtype {
        // About one in four is true, so that outputs are true and false.
        Dtype::Bool => numbers.into_iter().map(|(x, _)| (i64::from(x == 1) * 3, 0)).collect(),
        _ => numbers,
    }
}

fn plain(a: &[Number], v: &[Number], dtype: Dtype, options: &Options) -> Vec<Number> {
    let (a, v) = (Elements::of(a, dtype), Elements::of(v, dtype));
    let len = wanted_len(a.numbers(dtype).len(), v.numbers(dtype).len(), options).unwrap();
    let mut out = Elements::zeroed(len, dtype);
    convolve_plain_with(a.bytes(), v.bytes(), dtype, options, out.bytes_mut()).unwrap();
    out.numbers(dtype)
}

#[test]
fn outputs_are_the_sums_of_the_contract() {
    let mut random = Random(40);
    for dtype in DTYPES {
        for (a_len, v_len) in (1..=12).flat_map(|a_len| (1..=12).map(move |v_len| (a_len, v_len))) {
            let a = numbers(&mut random, a_len, 3, dtype);
            let v = numbers(&mut random, v_len, 3, dtype);
            for options in all_options() {
                let label = format!("{} {a_len} x {v_len} {options:?}", dtype.name());
                match outputs(&a, &v, dtype, &options) {
                    Some(want) => assert_eq!(plain(&a, &v, dtype, &options), want, "{label}"),
                    None => assert!(wanted_len(a_len, v_len, &options).is_err(), "{label}"),
                }
            }
        }
    }
}

#[test]
fn ranges_are_a_part_of_the_whole() {
    let mut random = Random(41);
    for dtype in [Dtype::Float32, Dtype::Complex64, Dtype::Int8, Dtype::Bool] {
        for (a_len, v_len) in (1..=6).flat_map(|a_len| (1..=6).map(move |v_len| (a_len, v_len))) {
            let a = numbers(&mut random, a_len, 3, dtype);
            let v = numbers(&mut random, v_len, 3, dtype);
            for options in all_options() {
                let Some(whole) = outputs(&a, &v, dtype, &options) else { continue };
                for first in 0..=whole.len() {
                    for count in 0..=whole.len() - first {
                        let options = Options { first, count: Some(count), ..options };
                        assert_eq!(
                            plain(&a, &v, dtype, &options),
                            whole[first..][..count],
                            "{} {a_len} x {v_len} {options:?}",
                            dtype.name()
                        );
                    }
                    let options = Options { first, ..options };
                    assert_eq!(plain(&a, &v, dtype, &options), whole[first..]);
                }
            }
        }
    }
}

/// The outputs by a given method, in whole bytes.
fn by_method(
    [a, v]: [View<'_>; 2],
    dtype: Dtype,
    options: &Options,
    method: Method,
    threads: usize,
) -> Elements {
    let reading = Reading::new(a.len, v.len, options).unwrap();
    let mut plan = Plan::new(reading.geometry, dtype);
    (plan.method, plan.threads, plan.direct_if_infinite) = (method, threads, false);
    let mut out = Elements::zeroed(reading.geometry.outputs, dtype);
    let operands = reading.operands(a, v);
    let row = row(out.bytes_mut(), dtype);
    Executor::Cpu.convolve(&plan, operands, Subnormals::Keep, row).unwrap();
    out
}

fn contiguous(elements: &Elements, dtype: Dtype) -> View<'_> {
    let bytes = elements.bytes();
    View { bytes, dtype, offset: 0, stride: 1, len: bytes.len() / dtype.size() }
}

/// Lengths around the direct step, around blocks, and filters longer than the signal.
const LONG: [(usize, usize); 8] =
    [(1000, 77), (77, 1000), (300, 700), (3, 900), (1, 300), (513, 513), (4500, 40), (9000, 129)];

#[test]
fn every_method_gives_the_outputs_of_the_contract() {
    let mut random = Random(42);
    for (a_len, v_len) in LONG {
        for dtype in DTYPES {
            let a = numbers(&mut random, a_len, 1, dtype);
            let v = numbers(&mut random, v_len, 1, dtype);
            let (in_a, in_v) = (Elements::of(&a, dtype), Elements::of(&v, dtype));
            let views = [contiguous(&in_a, dtype), contiguous(&in_v, dtype)];
            for options in all_options() {
                let Some((whole, _)) = kept(a_len, v_len, &options) else { continue };
                // The whole of one mode, and a range of the others.
                let (first, count) = match options.mode {
                    Mode::Same => (0, None),
                    _ => (whole / 3, Some((whole / 2).max(1).min(whole - whole / 3))),
                };
                let options = Options { first, count, ..options };
                let want = outputs(&a, &v, dtype, &options).unwrap();
                let geometry = Reading::new(a_len, v_len, &options).unwrap().geometry;
                for method in methods(geometry) {
                    let threads = 1 + random.below(2);
                    let got = by_method(views, dtype, &options, method, threads).numbers(dtype);
                    let label =
                        format!("{} {a_len} x {v_len} {options:?} {method:?}", dtype.name());
                    assert!(got == want, "{label}");
                }
            }
        }
    }
}

/// Signals that are read through strides, forwards and backwards, give the same bits.
#[test]
fn strides_change_no_bit_of_calls_with_options() {
    let mut random = Random(43);
    for dtype in DTYPES {
        for (a_len, v_len) in [(5, 3), (200, 33), (40, 90), (1500, 300)] {
            let a = numbers(&mut random, a_len, 3, dtype);
            let v = numbers(&mut random, v_len, 3, dtype);
            let apart = |numbers: &[Number], stride: isize| {
                let gap = stride.unsigned_abs();
                let mut spread = vec![(1, 1); numbers.len() * gap];
                let in_order: Vec<Number> = if stride < 0 {
                    numbers.iter().rev().copied().collect()
                } else {
                    numbers.to_vec()
                };
                in_order.iter().enumerate().for_each(|(i, &number)| spread[i * gap] = number);
                Elements::of(&spread, dtype)
            };
            for options in all_options() {
                let Ok(reading) = Reading::new(a_len, v_len, &options) else { continue };
                for method in methods(reading.geometry).into_iter().step_by(2) {
                    let (flat_a, flat_v) = (Elements::of(&a, dtype), Elements::of(&v, dtype));
                    let views = [contiguous(&flat_a, dtype), contiguous(&flat_v, dtype)];
                    let want = by_method(views, dtype, &options, method, 1);
                    for (a_stride, v_stride) in [(1, -1), (-1, 3), (2, 1), (-3, -2)] {
                        let (in_a, in_v) = (apart(&a, a_stride), apart(&v, v_stride));
                        let strided = |elements, stride: isize, len: usize| {
                            let gap = stride.unsigned_abs();
                            let offset = if stride < 0 { (len - 1) * gap } else { 0 };
                            View { offset, stride, len, ..contiguous(elements, dtype) }
                        };
                        let views =
                            [strided(&in_a, a_stride, a_len), strided(&in_v, v_stride, v_len)];
                        let got = by_method(views, dtype, &options, method, 1);
                        assert!(got.bytes() == want.bytes(), "{} {options:?}", dtype.name());
                    }
                }
            }
        }
    }
}

/// Calls that need no plan have the bits of direct sums, whether their operands are in place or not.
#[test]
fn short_calls_have_the_bits_of_direct_sums() {
    let (mut random, mut checked) = (Random(46), 0);
    for (a_len, v_len) in [(1, 1), (64, 8), (8, 64), (300, 33), (33, 300), (2000, 17), (60, 64)] {
        let mut values = |len: usize| -> Vec<f32> {
            // With infinities now and then.
            let odd = random.below(6) == 0;
            let value = |random: &mut Random| match random.below(len) {
                0 if odd => f32::INFINITY,
                _ => random.unit() as f32,
            };
            (0..len).map(|_| value(&mut random)).collect()
        };
        let (a, v) = (values(a_len), values(v_len));
        for options in all_options() {
            for dtype in [None, Some(Dtype::Float64)] {
                let options = Options { dtype, ..options };
                let result = dtype.unwrap_or(Dtype::Float32);
                let Ok(reading) = Reading::new(a_len, v_len, &options) else { continue };
                let Geometry { signal_len, filter_len, outputs: len, .. } = reading.geometry;
                if !is_short(signal_len, filter_len, result) {
                    continue;
                }
                checked += 1;
                let want = by_method([view(&a), view(&v)], result, &options, Method::Direct, 1);
                let mut got = Elements::zeroed(len, result);
                let [a, v] = [&a, &v].map(|x| bytemuck::cast_slice(x));
                convolve_plain_with(a, v, Dtype::Float32, &options, got.bytes_mut()).unwrap();
                assert!(got.bytes() == want.bytes(), "{a_len} x {v_len} {options:?}");
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

/// With every method, infinities and NaNs reach the outputs that the formulas say, and no others.
#[test]
fn infinities_and_nans_reach_the_outputs_of_the_contract() {
    let mut random = Random(44);
    let special = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0];
    for (a_len, v_len) in [(1, 1), (3, 2), (4, 9), (100, 17), (30, 200), (700, 80)] {
        for options in all_options() {
            let Some((whole, _)) = kept(a_len, v_len, &options) else { continue };
            let first = random.below(whole);
            let count = Some(1 + random.below(whole - first));
            for options in [options, Options { first, count, ..options }] {
                let mut values = |len: usize, share: usize| -> Vec<f64> {
                    let value = |random: &mut Random| match random.below(share) {
                        0 => special[random.below(4)],
                        _ => random.unit(),
                    };
                    (0..len).map(|_| value(&mut random)).collect()
                };
                let (a, v) = (values(a_len, 20), values(v_len, 60));
                let pairs = pairs_of(a_len, v_len, &options).unwrap();
                let want: Vec<f64> = pairs
                    .iter()
                    .map(|pairs| pairs.iter().map(|&[i, k]| a[i] * v[k]).sum())
                    .collect();
                let geometry = Reading::new(a_len, v_len, &options).unwrap().geometry;
                for method in methods(geometry) {
                    let views = [view(&a), view(&v)];
                    let got = by_method(views, Dtype::Float64, &options, method, 1);
                    let got: &[f64] = bytemuck::cast_slice(got.bytes());
                    for (i, (&got, &want)) in got.iter().zip(&want).enumerate() {
                        let is_same = (got.is_nan() && want.is_nan())
                            || got == want
                            || (got - want).abs() < 1e-11;
                        assert!(
                            is_same,
                            "{a_len} x {v_len} {options:?} {method:?}: output {i} is {got}, not {want}"
                        );
                    }
                }
            }
        }
    }
}

/// A part of a call with all outputs is the call itself; other spellings of one call have its bits.
#[test]
fn whole_ranges_and_wide_boundaries_have_the_bits_of_the_mode() {
    let mut random = Random(45);
    let a: Vec<f32> = (0..5000).map(|_| random.unit() as f32).collect();
    for v_len in [3, 40, 700] {
        let v: Vec<f32> = (0..v_len).map(|_| random.unit() as f32).collect();
        let run = |options: &Options| {
            let mut out = vec![0f32; wanted_len(a.len(), v.len(), options).unwrap()];
            let (a, v) = (bytemuck::cast_slice(&a), bytemuck::cast_slice(&v));
            let bytes = bytemuck::cast_slice_mut(&mut out);
            convolve_plain_with(a, v, Dtype::Float32, options, bytes).unwrap();
            out
        };
        for mode in MODES {
            let whole = Options::of_mode(mode);
            let want = run(&whole);
            assert!(run(&Options { count: Some(want.len()), ..whole }) == want);
            if mode == Mode::Valid {
                for boundary in Boundary::ALL {
                    assert!(run(&Options { boundary, ..whole }) == want, "{boundary:?}");
                }
            }
        }
    }
}

#[test]
fn lengths_follow_the_table_of_modes_and_ranges_are_not_clamped() {
    for (a_len, v_len) in (1..20).flat_map(|a_len| (1..20).map(move |v_len| (a_len, v_len))) {
        for options in all_options() {
            let whole = kept(a_len, v_len, &options).map(|(count, _)| count);
            assert_eq!(wanted_len(a_len, v_len, &options).ok(), whole);
            let Some(whole) = whole else { continue };
            for (first, count, want) in [
                (whole, None, Some(0)),
                (whole, Some(0), Some(0)),
                (whole, Some(1), None),
                (whole + 1, None, None),
                (whole + 1, Some(0), None),
                (0, Some(whole), Some(whole)),
                (0, Some(whole + 1), None),
                (1, Some(usize::MAX), None),
                (usize::MAX, Some(1), None),
                (usize::MAX, None, None),
            ] {
                let options = Options { first, count, ..options };
                assert_eq!(wanted_len(a_len, v_len, &options).ok(), want, "{options:?}");
            }
        }
    }
}

#[test]
fn refusals_name_the_argument_and_the_sizes() {
    let whole = Options::default();
    let most = isize::MAX as usize;
    let wrap = Options { boundary: Boundary::Wrap, ..whole };
    for (a_len, v_len, options, parts) in [
        (0, 3, whole, &["lengths: 0 and 3"][..]),
        (3, 0, wrap, &["lengths: 3 and 0"]),
        (most, 1, whole, &["lengths: "]),
        (usize::MAX, usize::MAX, wrap, &["lengths: "]),
        (1, most - 1, wrap, &["lengths: 1 and "]),
        (3, 4, Options { mode: Mode::Valid, ..wrap }, &["lengths: 3 and 4"]),
        (3, 4, Options { first: 7, ..whole }, &["first: 7", " 6 ", " 3 ", " 4"]),
        (3, 4, Options { first: 2, count: Some(5), ..whole }, &["count: 5", " 4", " 2 ", " 6 "]),
    ] {
        let error = wanted_len(a_len, v_len, &options).unwrap_err();
        assert_eq!(error.status, Status::InvalidArgument);
        let message = error.to_string();
        assert!(message.starts_with(parts[0]), "{message}");
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
    // The longest that is possible.
    assert_eq!(wanted_len(most - 1, 1, &wrap).ok(), Some(most - 1));
}

#[test]
fn the_result_has_the_dtype_asked_for() {
    let dtype = |dtype| Options { dtype: Some(dtype), ..Options::default() };
    assert_eq!(Options::default().result_dtype(Dtype::Int8, Dtype::Bool), Dtype::Int8);
    assert_eq!(dtype(Dtype::Int32).result_dtype(Dtype::Int8, Dtype::Bool), Dtype::Int32);
    let (a, v) = ([1i8, -2, 3], [100i8, 100]);
    let bytes = |x: &[i8]| bytemuck::cast_slice::<_, u8>(x).to_vec();
    let mut out = [0i32; 4];
    let target = bytemuck::cast_slice_mut(&mut out);
    convolve_plain_with(&bytes(&a), &bytes(&v), Dtype::Int8, &dtype(Dtype::Int32), target).unwrap();
    assert_eq!(out, [100, -100, 100, 300]);
}

#[test]
fn explanations_name_options_on_a_line_of_their_own() {
    let text =
        |options: &Options| explain_with(1000, 31, Dtype::Float32, options).unwrap().to_string();
    let default = explain(1000, 31, Dtype::Float32, Mode::Same).unwrap().to_string();
    let same = Options::of_mode(Mode::Same);
    assert_eq!(text(&same), default);
    assert!(
        default.starts_with("1000 x 31 -> 1000 float32\nmethod: ") && !default.contains("options")
    );
    let options = Options {
        boundary: Boundary::Reflect,
        operation: Operation::Correlate,
        subnormals: Subnormals::Flush,
        first: 5,
        count: Some(20),
        ..same
    };
    let first = "1000 x 31 -> 20 float32\noptions: correlate, boundary reflect, 20 of 1000 outputs, from 5 on, subnormals flushed\nmethod: ";
    assert!(text(&options).starts_with(first), "{}", text(&options));
    assert!(text(&Options { count: Some(0), ..same }).ends_with("method: none, for no outputs"));
}

#[test]
fn options_that_change_nothing_are_not_explained() {
    let text =
        |dtype, options: &Options| explain_with(1000, 31, dtype, options).unwrap().to_string();
    let default = Options::default();
    let flushed = Options { subnormals: Subnormals::Flush, ..default };
    let componentwise = Options { accuracy: Accuracy::Componentwise, ..default };
    for dtype in Dtype::ALL {
        let plain = text(dtype, &default);
        assert_eq!(text(dtype, &Options { axis: 0, ..default }), plain);
        assert_eq!(text(dtype, &Options { count: Some(1030), ..default }), plain);
        for (options, word) in
            [(flushed, ", subnormals flushed\n"), (componentwise, ", componentwise\n")]
        {
            let text = text(dtype, &options);
            match dtype.is_exact() {
                true => assert_eq!(text, plain),
                false => assert!(text.contains(word) && text.contains("\nin rows: "), "{text}"),
            }
        }
    }
    let both = Options { operation: Operation::Correlate, ..flushed };
    assert!(text(Dtype::Int32, &both).contains("\noptions: correlate, boundary zero\n"));
}
