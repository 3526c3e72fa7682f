//! Random operands, with cases that shrink. Strides change no bit, and the planner's choice is
//! exact around every length at which it changes.

use proptest::prelude::*;

use super::support::*;
use crate::array::View;
use crate::convolve::plan::Plan;
use crate::convolve::request::convolution::Convolution;
use crate::convolve::request::executor::Executor;
use crate::convolve::wanted::{Geometry, Method, Options};
use crate::convolve::{Mode, output_len};
use crate::dtype::{Dtype, Element};

fn run(a: View<'_>, v: View<'_>, dtype: Dtype, mode: Mode) -> Vec<u8> {
    let len = output_len(a.len, v.len, mode).unwrap();
    // Words of 8 bytes, so that the bytes are aligned for every dtype.
    let mut out = vec![0u64; (len * dtype.size()).div_ceil(8)];
    let bytes = &mut bytemuck::cast_slice_mut(&mut out)[..len * dtype.size()];
    let options = Options::of_mode(mode);
    let convolution = Convolution::new(Executor::Cpu, (a.len, v.len), dtype, &options).unwrap();
    let plan = convolution.plan();
    convolution.run(plan.as_ref(), a, v, row(bytes, dtype)).unwrap();
    bytes.to_vec()
}

/// A view of `data` with `len` elements, `stride` apart. A negative stride starts at the last
/// element.
fn strided<T: Element>(data: &[T], stride: isize, len: usize) -> View<'_> {
    let offset = if stride < 0 { data.len() - 1 } else { 0 };
    View { offset, stride, len, ..view(data) }
}

fn gathered<T: Element>(view: View<'_>) -> Vec<T> {
    let data: &[T] = bytemuck::cast_slice(view.bytes);
    (0..view.len)
        .map(|i| data[(view.offset as isize + i as isize * view.stride) as usize])
        .collect()
}

fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(&MODES[..])
}

/// The number of elements, `stride` apart, that fit into 3000 elements, at most `wanted`.
fn fitting(stride: isize, wanted: usize) -> usize {
    match stride.unsigned_abs() {
        0 => wanted,
        apart => wanted.min(2999 / apart + 1),
    }
}

/// Outputs that are stored past the caches, because they are long, equal the outputs of pieces,
/// which are not. Both methods.
#[test]
fn long_outputs_are_those_of_their_pieces() {
    fn check<T: Element>(signal: &[T], filter: &[T], dtype: Dtype) {
        let (n, k) = (signal.len(), filter.len());
        let whole = run(view(signal), view(filter), dtype, Mode::Full);
        let size = size_of::<T>();
        for end in (1 << 14..n).step_by((1 << 20) + 77).chain([n]) {
            let piece = &signal[end - (1 << 14)..end];
            let part = run(view(piece), view(filter), dtype, Mode::Valid);
            let at = (end - (1 << 14) + k - 1) * size;
            let values = |bytes: &[u8]| -> Vec<f64> {
                let values = bytes.chunks_exact(size).map(bytemuck::pod_read_unaligned::<T>);
                values.map(|value| value.to_f64().round()).collect()
            };
            // Transforms are off by much less than one half.
            let same = values(&whole[at..][..part.len()]) == values(&part);
            assert!(same, "{} {k} to {end}", dtype.name());
        }
    }
    let mut random = Random(3);
    // Small integers, whose sums are exact in any order and in any block.
    let signal: Vec<f32> = (0..(1 << 23) + 5).map(|_| random.below(9) as f32 - 4.0).collect();
    let wide: Vec<f64> = signal[..(1 << 22) + 9].iter().map(|&x| f64::from(x)).collect();
    for k in [5, 1000] {
        let filter: Vec<f64> = (0..k).map(|i| (i % 7) as f64 - 3.0).collect();
        check(&wide, &filter, Dtype::Float64);
        if k == 5 {
            let filter: Vec<f32> = filter.iter().map(|&tap| tap as f32).collect();
            check(&signal, &filter, Dtype::Float32);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn strides_change_no_bit(
        seed: u64,
        strides in (-4isize..=4, -4isize..=4),
        lengths in (1usize..3000, 1usize..400),
        mode in mode(),
    ) {
        let mut random = Random(seed);
        let (a_len, v_len) = (fitting(strides.0, lengths.0), fitting(strides.1, lengths.1));
        let floats: Vec<f32> = (0..3000).map(|_| random.unit() as f32).collect();
        let (a, v) = (strided(&floats, strides.0, a_len), strided(&floats, strides.1, v_len));
        let (a_flat, v_flat) = (gathered::<f32>(a), gathered::<f32>(v));
        for dtype in [Dtype::Float32, Dtype::Float64, Dtype::Float16, Dtype::Complex64] {
            let flat = run(view(&a_flat), view(&v_flat), dtype, mode);
            prop_assert!(run(a, v, dtype, mode) == flat, "{dtype:?}");
        }
        let integers: Vec<i32> = (0..3000).map(|_| random.bits() as i32).collect();
        let (a, v) = (strided(&integers, strides.0, a_len), strided(&integers, strides.1, v_len));
        let flat = run(view(&gathered::<i32>(a)), view(&gathered::<i32>(v)), Dtype::Int32, mode);
        prop_assert!(run(a, v, Dtype::Int32, mode) == flat);
    }
}

/// The lengths at which the planner's method or block changes, for a number of taps.
fn thresholds(taps: usize, dtype: Dtype) -> Vec<usize> {
    let method = |n| Plan::new(Geometry::new(n, taps, Mode::Full).unwrap(), dtype).method;
    let mut found = Vec::new();
    let mut n = taps;
    while n < 40_000 {
        let next = n + n / 16 + 1;
        if method(n) != method(next) {
            let (mut low, mut high) = (n, next);
            while high - low > 1 {
                let middle = low.midpoint(high);
                if method(middle) == method(n) { low = middle } else { high = middle }
            }
            found.push(high);
        }
        n = next;
    }
    found
}

#[test]
fn the_planners_choice_is_exact_around_every_threshold() {
    let mut random = Random(30);
    let mut checked = 0;
    for taps in [33, 64, 127, 128, 129, 300, 1024] {
        for threshold in thresholds(taps, Dtype::Int32) {
            for n in threshold - 1..=threshold + 1 {
                if n < taps {
                    continue;
                }
                let a: Vec<i32> = (0..n).map(|_| random.bits() as i32).collect();
                let v: Vec<i32> = (0..taps).map(|_| random.bits() as i32).collect();
                for mode in MODES {
                    let want: Vec<i32> = by(&a, &v, Dtype::Int32, mode, Method::Direct, 1);
                    let got = run(view(&a), view(&v), Dtype::Int32, mode);
                    assert!(got == bytemuck::cast_slice::<_, u8>(&want), "{n} x {taps} {mode:?}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 50, "{checked} comparisons: the planner should change its mind more often");
}
