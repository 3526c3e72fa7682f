//! A call with operands of two families, and the largest error of its outputs, in units of the bound.

use std::fmt;

use half::{bf16, f16};

use super::exact_sum::{ExactSum, times_power};
use super::families::{Family, Range};
use crate::array::View;
use crate::convolve::tests::naive::{Elements, encode_float, index, kept};
use crate::convolve::tests::support::Random;
use crate::convolve::{Boundary, Operation, Options, Subnormals};
use crate::dtype::{Dtype, Element, with_element};

/// A plane of numbers, as float64 has them.
type Plane = Vec<f64>;

/// A call with operands of two families.
pub struct Call {
    pub dtype: Dtype,
    pub options: Options,
    pub families: [Family; 2],
    pub lens: [usize; 2],
    pub operands: [Elements; 2],
    /// The real numbers, then the imaginary numbers if there are any, of each operand.
    planes: [Vec<Plane>; 2],
    seed: u64,
}

/// What is needed to make the call again.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dtype, options, families, lens, seed, .. } = self;
        write!(f, "{} {families:?} {lens:?} seed {seed} {options:?}", dtype.name())
    }
}

impl Call {
    /// The operands depend on the seed, the families, the lengths and the dtype.
    pub fn new(
        seed: u64,
        dtype: Dtype,
        families: [Family; 2],
        lens: [usize; 2],
        options: Options,
    ) -> Self {
        let mut random = Random(seed);
        let parts = if dtype == Dtype::Complex64 { 2 } else { 1 };
        let planes = [0, 1].map(|i| {
            let plane = |_| families[i].draw(&mut random, lens[i], dtype);
            (0..parts).map(plane).collect::<Vec<_>>()
        });
        let operands = planes.each_ref().map(|planes| encode(planes, dtype));
        // Sums of flushed operands keep the bound of the operands without subnormal numbers.
        let planes = match options.subnormals {
            Subnormals::Keep => planes,
            Subnormals::Flush => planes.map(|planes| flushed(planes, dtype)),
        };
        Self { dtype, options, families, lens, operands, planes, seed }
    }

    /// The dtype, and the family of the operands, if it is one.
    pub fn name(&self) -> String {
        let [a, v] = self.families;
        let family = if a == v { format!("{a:?}") } else { "two families".into() };
        format!("{} {family}", self.dtype.name())
    }

    pub fn views(&self) -> [View<'_>; 2] {
        [0, 1].map(|i| View {
            bytes: self.operands[i].bytes(),
            dtype: self.dtype,
            offset: 0,
            stride: 1,
            len: self.lens[i],
        })
    }

    /// The largest error of an output, in units of the bound. Infinite if an output is NaN.
    ///
    /// For float64, sums are exact but take long: if there are more than a million products, only
    /// outputs in equal distances are looked at, and the last one.
    pub fn worst(&self, outputs: &Elements) -> f64 {
        let [a_len, v_len] = self.lens;
        let is_zero = self.options.boundary == Boundary::Zero;
        let taps = if is_zero { a_len.min(v_len) } else { v_len };
        let (signal, filter) = (self.signal(), self.filter());
        let negative = |plane: &Plane| plane.iter().map(|x| -x).collect();
        // The pairs of planes whose products are summed in each part of an output.
        let parts: Vec<Vec<[Plane; 2]>> = match (&signal[..], &filter[..]) {
            ([x], [h]) => vec![vec![[x.clone(), h.clone()]]],
            ([x, y], [g, h]) => vec![
                vec![[x.clone(), g.clone()], [y.clone(), negative(h)]],
                vec![[x.clone(), h.clone()], [y.clone(), g.clone()]],
            ],
            _ => unreachable!("both operands have the same dtype"),
        };
        let mut worst: f64 = 0.0;
        for (part, pairs) in parts.iter().enumerate() {
            let cells = cells(outputs, part, self.dtype);
            let terms = (taps * pairs.len()) as f64;
            let of_part = match self.dtype {
                Dtype::Float64 => worst_exact(&cells, &pairs[0], terms),
                _ => worst_in_float64(&cells, pairs, terms),
            };
            worst = worst.max(of_part);
        }
        worst
    }

    /// `a`, continued beyond its ends, as the outputs read it: output i is the sum over k of
    /// `filter[k] * signal[i + v_len - 1 - k]`.
    fn signal(&self) -> Vec<Plane> {
        let ([a_len, v_len], options) = (self.lens, &self.options);
        let (whole, first_j) = kept(a_len, v_len, options).unwrap();
        let count = options.count.unwrap_or(whole - options.first);
        let start = (first_j + options.first) as i64 - (v_len as i64 - 1);
        let places = start..start + (count + v_len - 1) as i64;
        let at = |plane: &Plane, i| index(options.boundary, a_len, i).map_or(0.0, |i| plane[i]);
        self.planes[0].iter().map(|plane| places.clone().map(|i| at(plane, i)).collect()).collect()
    }

    fn filter(&self) -> Vec<Plane> {
        let mut filter = self.planes[1].clone();
        if self.options.operation == Operation::Correlate {
            filter.iter_mut().for_each(|plane| plane.reverse());
            filter.iter_mut().skip(1).flatten().for_each(|x| *x = -*x);
        }
        filter
    }
}

/// The sums of products of float32 numbers in float64: the products are exact, and the errors of
/// the sums are below 2^-26 of the bound.
fn worst_in_float64(cells: &[[f64; 2]], pairs: &[[Plane; 2]], terms: f64) -> f64 {
    let (mut sums, mut magnitudes) = (vec![0.0; cells.len()], vec![0.0; cells.len()]);
    for [signal, filter] in pairs {
        for (k, &tap) in filter.iter().enumerate().filter(|(_, tap)| **tap != 0.0) {
            let values = &signal[filter.len() - 1 - k..];
            for ((sum, magnitude), value) in sums.iter_mut().zip(&mut magnitudes).zip(values) {
                let product = tap * value;
                *sum += product;
                *magnitude += product.abs();
            }
        }
    }
    let (epsilon, tiny) = (f64::from(f32::EPSILON), f64::from(f32::MIN_POSITIVE));
    let ratio = |((&[low, high], sum), magnitude): ((&[f64; 2], f64), f64)| {
        let error = if sum < low { low - sum } else { (sum - high).max(0.0) };
        let error = if low.is_nan() { f64::INFINITY } else { error };
        error / (terms.min(256.0) * epsilon * magnitude + terms * tiny)
    };
    cells.iter().zip(sums).zip(magnitudes).map(ratio).fold(0.0, f64::max)
}

fn worst_exact(cells: &[[f64; 2]], [signal, filter]: &[Plane; 2], terms: f64) -> f64 {
    let every = (cells.len() * filter.len() / 1_000_000).max(1);
    let last = cells.len().saturating_sub(1);
    let mut worst: f64 = 0.0;
    for (i, &[low, high]) in cells.iter().enumerate() {
        if i % every != 0 && i != last {
            continue;
        }
        let (mut error, mut magnitude) = (ExactSum::zero(), ExactSum::zero());
        let values = &signal[i..][..filter.len()];
        for (&tap, &value) in filter.iter().rev().zip(values) {
            if tap != 0.0 && value != 0.0 {
                error.add(tap, value);
                magnitude.add(tap.abs(), value.abs());
            }
        }
        let nearest = if low.is_finite() { low } else { high };
        if nearest.is_nan() {
            return f64::INFINITY;
        }
        error.add(-nearest, 1.0);
        // So that a large bound is finite in float64.
        let exponent = if magnitude.times_power(-1000) > 2f64.powi(-500) { -1200 } else { 0 };
        let error = error.times_power(exponent);
        let is_beyond = (error > 0.0 && high.is_infinite()) || (error < 0.0 && low.is_infinite());
        let bound = terms.min(256.0) * f64::EPSILON * magnitude.times_power(exponent)
            + times_power(terms * f64::MIN_POSITIVE, exponent);
        worst = worst.max(if is_beyond { 0.0 } else { error.abs() / bound });
    }
    worst
}

/// For each output, the least and the largest number that round to it, if its computing type is
/// rounded to its dtype. Infinities come from the largest number and all beyond it.
fn cells(outputs: &Elements, part: usize, dtype: Dtype) -> Vec<[f64; 2]> {
    let size = dtype.size();
    let cell = |bytes: &[u8]| {
        let value = with_element!(dtype, T => {
            let value = bytemuck::pod_read_unaligned::<T>(bytes);
            if part == 0 { value.to_f64() } else { f64::from(value.imaginary()) }
        });
        let [low, high] = match dtype {
            _ if value.is_nan() => [f64::NAN; 2],
            Dtype::Float16 | Dtype::BFloat16 => {
                let bits = u16::from_ne_bytes(bytes.try_into().unwrap()) & 0x7fff;
                [edge(bits.wrapping_sub(1), dtype), edge(bits, dtype)]
            }
            _ if value.is_infinite() => [Range::of(dtype).largest(), f64::INFINITY],
            _ => [value.abs(); 2],
        };
        if value.is_sign_negative() { [-high, -low] } else { [low, high] }
    };
    outputs.bytes().chunks_exact(size).map(cell).collect()
}

/// The number half-way between a half of these bits and the next one.
fn edge(bits: u16, dtype: Dtype) -> f64 {
    let value = |bits| match dtype {
        Dtype::Float16 => f16::from_bits(bits).to_f64(),
        _ => bf16::from_bits(bits).to_f64(),
    };
    if bits == u16::MAX {
        return -value(1) / 2.0;
    }
    if value(bits).is_infinite() {
        return f64::INFINITY;
    }
    // The step is the one before, below infinity.
    let step = match value(bits + 1) - value(bits) {
        step if step.is_finite() => step,
        _ => value(bits) - value(bits - 1),
    };
    value(bits) + step / 2.0
}

/// Zeros in place of the subnormal numbers of the computing type.
fn flushed(mut planes: Vec<Plane>, dtype: Dtype) -> Vec<Plane> {
    let tiny = if dtype == Dtype::Float64 { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() };
    planes.iter_mut().flatten().filter(|x| x.abs() < tiny).for_each(|x| *x = 0.0);
    planes
}

fn encode(planes: &[Plane], dtype: Dtype) -> Elements {
    let mut elements = Elements::zeroed(planes[0].len(), dtype);
    let targets = elements.bytes_mut().chunks_exact_mut(dtype.size());
    for (i, to) in targets.enumerate() {
        let im = planes.get(1).map_or(0.0, |plane| plane[i]);
        encode_float([planes[0][i], im], dtype, to);
    }
    elements
}
