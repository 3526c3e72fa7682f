//! Calls with options, by the formulas of the contract, on small integers: exact in every dtype.

use half::{bf16, f16};

use crate::convolve::{Boundary, Mode, Operation, Options};
use crate::dtype::{Complex64, Dtype, Element, Truth, with_element};

/// A complex integer.
pub type Number = (i64, i64);

/// The number of outputs that the mode keeps, and the j of the first one: the table of modes.
pub fn kept(a_len: usize, v_len: usize, options: &Options) -> Option<(usize, usize)> {
    let is_zero = options.boundary == Boundary::Zero;
    let (n, k) = if is_zero { (a_len.max(v_len), a_len.min(v_len)) } else { (a_len, v_len) };
    match options.mode {
        Mode::Full => Some((a_len + v_len - 1, 0)),
        Mode::Valid if n < k => None,
        Mode::Valid => Some((n - k + 1, k - 1)),
        Mode::Same if options.operation == Operation::Correlate && is_zero && v_len > a_len => {
            Some((n, k / 2))
        }
        Mode::Same => Some((n, (k - 1) / 2)),
    }
}

/// The index in a signal of `len` elements that a boundary puts at position `i`.
pub fn index(boundary: Boundary, len: usize, i: i64) -> Option<usize> {
    let n = len as i64;
    let at = match boundary {
        Boundary::Zero => return usize::try_from(i).ok().filter(|&i| i < len),
        Boundary::Edge => i.clamp(0, n - 1),
        Boundary::Wrap => i.rem_euclid(n),
        Boundary::Symmetric => (i.rem_euclid(2 * n)).min(2 * n - 1 - i.rem_euclid(2 * n)),
        Boundary::Reflect if n == 1 => 0,
        Boundary::Reflect => (i.rem_euclid(2 * n - 2)).min(2 * n - 2 - i.rem_euclid(2 * n - 2)),
    };
    Some(at as usize)
}

/// For each wanted output, the pairs of indices into `a` and `v` whose products it sums. The
/// elements of `v` are conjugated in a correlation.
pub fn pairs_of(a_len: usize, v_len: usize, options: &Options) -> Option<Vec<Vec<[usize; 2]>>> {
    let (outputs, first_j) = kept(a_len, v_len, options)?;
    let count = options.count.unwrap_or(outputs - options.first);
    let of_output = |i: usize| {
        let j = (first_j + options.first + i) as i64;
        let pair = |k: usize| {
            let at = match options.operation {
                Operation::Convolve => j - k as i64,
                Operation::Correlate => j + k as i64 - (v_len as i64 - 1),
            };
            Some([index(options.boundary, a_len, at)?, k])
        };
        (0..v_len).filter_map(pair).collect()
    };
    Some((0..count).map(of_output).collect())
}

/// The outputs in `dtype`.
pub fn outputs(a: &[Number], v: &[Number], dtype: Dtype, options: &Options) -> Option<Vec<Number>> {
    let sign = if options.operation == Operation::Correlate { -1 } else { 1 };
    let sum = |pairs: Vec<[usize; 2]>| {
        let product = |[i, k]: [usize; 2]| {
            let ((ar, ai), (vr, vi)) = (a[i], (v[k].0, sign * v[k].1));
            (ar * vr - ai * vi, ar * vi + ai * vr)
        };
        if dtype == Dtype::Bool {
            return (i64::from(pairs.iter().any(|&[i, k]| a[i].0 != 0 && v[k].0 != 0)), 0);
        }
        let add = |(re, im), (more_re, more_im)| (re + more_re, im + more_im);
        pairs.into_iter().map(product).fold((0, 0), add)
    };
    Some(pairs_of(a.len(), v.len(), options)?.into_iter().map(sum).collect())
}

/// The numbers as elements of `dtype`. Words, so that they are aligned for every dtype.
pub struct Elements {
    words: Vec<u64>,
    bytes: usize,
}

impl Elements {
    pub fn zeroed(len: usize, dtype: Dtype) -> Self {
        let bytes = len * dtype.size();
        Self { words: vec![0; bytes.div_ceil(8)], bytes }
    }

    pub fn of(numbers: &[Number], dtype: Dtype) -> Self {
        let mut elements = Self::zeroed(numbers.len(), dtype);
        let targets = elements.bytes_mut().chunks_exact_mut(dtype.size());
        for (to, &number) in targets.zip(numbers) {
            encode(number, dtype, to);
        }
        elements
    }

    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.bytes]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.bytes]
    }

    /// The elements as numbers, which are rounded.
    pub fn numbers(&self, dtype: Dtype) -> Vec<Number> {
        let read = |bytes: &[u8]| {
            with_element!(dtype, T => {
                let value = bytemuck::pod_read_unaligned::<T>(bytes);
                (value.to_f64().round() as i64, value.imaginary().round() as i64)
            })
        };
        self.bytes().chunks_exact(dtype.size()).map(read).collect()
    }
}

fn encode((re, im): Number, dtype: Dtype, to: &mut [u8]) {
    match dtype {
        Dtype::Bool => to.copy_from_slice(bytemuck::bytes_of(&Truth(re as u8))),
        _ if !dtype.is_integer() => encode_float([re as f64, im as f64], dtype, to),
        _ if cfg!(target_endian = "big") => unimplemented!("only little-endian machines"),
        _ => to.copy_from_slice(&re.to_le_bytes()[..dtype.size()]),
    }
}

/// The bytes of a float or complex number.
pub fn encode_float([re, im]: [f64; 2], dtype: Dtype, to: &mut [u8]) {
    match dtype {
        Dtype::Float16 => to.copy_from_slice(bytemuck::bytes_of(&f16::from_f64(re))),
        Dtype::BFloat16 => to.copy_from_slice(bytemuck::bytes_of(&bf16::from_f64(re))),
        Dtype::Float32 => to.copy_from_slice(&(re as f32).to_ne_bytes()),
        Dtype::Float64 => to.copy_from_slice(&re.to_ne_bytes()),
        Dtype::Complex64 => {
            to.copy_from_slice(bytemuck::bytes_of(&Complex64 { re: re as f32, im: im as f32 }))
        }
        _ => unreachable!("no float"),
    }
}
