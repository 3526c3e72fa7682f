//! Conversion of elements to plain numbers, and of numbers to elements.

use half::{bf16, f16};

use crate::dtype::{Dtype, Element, Truth};
use crate::gpu::kernels::work::cost::cost_of_sums;
use crate::gpu::kernels::work::pieces::{Job, OWN};
use crate::gpu::kernels::work::trial::Trial;
use crate::gpu::pipelines::Kernel;

/// The elements of a workgroup.
const TILE: usize = 1024;
const TILE_COST: u64 = cost_of_sums(TILE, 1, 16);

/// The bytes of a plain number of a dtype.
pub fn plain_size(dtype: Dtype) -> usize {
    dtype.size().max(4)
}

/// What the shaders call the elements of a dtype.
fn kind(dtype: Dtype) -> u32 {
    match dtype {
        Dtype::Bool => 0,
        Dtype::UInt8 | Dtype::UInt16 | Dtype::UInt32 | Dtype::UInt64 => 1,
        Dtype::Int8 | Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => 2,
        Dtype::Float16 => 3,
        Dtype::BFloat16 => 4,
        Dtype::Float32 => 5,
        Dtype::Complex64 => 6,
        // Only as an operand that becomes complex64.
        Dtype::Float64 => 7,
    }
}

/// Makes elements of a dtype plain numbers of another, to which it promotes.
pub fn to_plain(from: Dtype, to: Dtype) -> Job {
    let size = plain_size(to);
    let mut own = [0; OWN];
    own[..4].copy_from_slice(&[kind(from), from.size().ilog2(), kind(to), size as u32 / 4]);
    Job {
        kernel: Kernel::Convert,
        tile: TILE,
        parts: 1,
        tile_cost: TILE_COST,
        sizes: [from.size(), 4, size],
        own,
    }
}

/// Packs plain numbers into elements of a dtype of one or two bytes. Signal and outputs count words of
/// elements.
pub fn to_elements(dtype: Dtype) -> Job {
    let mut own = [0; OWN];
    own[0] = match dtype {
        Dtype::UInt8 | Dtype::Int8 => 1,
        Dtype::UInt16 | Dtype::Int16 => 2,
        _ => kind(dtype),
    };
    let numbers = 4 / dtype.size();
    let sizes = [4 * numbers, 4, 4];
    Job { kernel: Kernel::Narrow, tile: TILE, parts: 1, tile_cost: TILE_COST, sizes, own }
}

/// The words of the plain number of a dtype that an element is, on the host.
pub fn plain<T: Element>(element: T, to: Dtype) -> Vec<u32> {
    let float = |x: f32| vec![x.to_bits()];
    match to {
        Dtype::Float32 => float(element.to_f32()),
        Dtype::Float16 => float(f16::from_f32(element.to_f32()).to_f32()),
        Dtype::BFloat16 => float(bf16::from_f32(element.to_f32()).to_f32()),
        Dtype::Complex64 => vec![element.to_f32().to_bits(), element.imaginary().to_bits()],
        Dtype::Int64 | Dtype::UInt64 => {
            vec![element.to_bits() as u32, (element.to_bits() >> 32) as u32]
        }
        _ => vec![element.to_bits() as u32],
    }
}

/// Whether both are the same float32, or NaNs.
pub fn same_float(x: u32, y: u32) -> bool {
    x == y || f32::from_bits(x).is_nan() && f32::from_bits(y).is_nan()
}

/// A number of 64 bits without order.
fn any(i: u64) -> u64 {
    // Multiples of an odd number close to 2^64 over the golden ratio.
    i.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The low and the high words of numbers of 64 bits.
fn halves(numbers: impl Iterator<Item = u64>) -> Vec<u32> {
    numbers.flat_map(|x| [x as u32, (x >> 32) as u32]).collect()
}

/// Integers of all sizes, floats of all exponents and truths, with elements of 1, 2 and 8 bytes.
pub fn trials() -> [Trial; 5] {
    let words = || halves((0..500).map(any));
    // Between two float32, and in their middle. None is subnormal, as the host may take these for 0.
    let double = |i: u64| {
        let float = f32::from_bits((any(i) >> 32) as u32 | 1 << 23);
        f64::from(float).to_bits() + ((i % 5) << 27)
    };
    [
        trial::<i64>(halves((0..500).map(|i| any(i) >> (i % 64))), Dtype::Float16),
        trial::<f64>(halves((0..500).map(double)), Dtype::Complex64),
        trial::<f16>(words(), Dtype::Float32),
        trial::<i8>(words(), Dtype::Int32),
        trial::<Truth>(words().iter().map(|word| word & 0xff00_ff00).collect(), Dtype::UInt64),
    ]
}

fn trial<T: Element>(words: Vec<u32>, to: Dtype) -> Trial {
    let elements = bytemuck::pod_collect_to_vec::<u32, T>(&words);
    let want: Vec<u32> = elements.into_iter().flat_map(|element| plain(element, to)).collect();
    Trial::new(to_plain(T::DTYPE, to), [words, vec![0]], move |y, n| match to.is_exact() {
        true => y[n] == want[n],
        false => same_float(y[n], want[n]),
    })
}

/// An element of one or two bytes that a plain number makes, on the host.
pub fn packed(number: u32, dtype: Dtype) -> u32 {
    match dtype {
        Dtype::Bool => u32::from(number != 0),
        Dtype::Float16 => u32::from(f16::from_f32(f32::from_bits(number)).to_bits()),
        Dtype::BFloat16 => u32::from(bf16::from_f32(f32::from_bits(number)).to_bits()),
        _ => number & (u32::MAX >> (32 - 8 * dtype.size())),
    }
}

/// Whether both are the same element of a dtype, or NaNs.
pub fn same_element(x: u32, y: u32, dtype: Dtype) -> bool {
    let is_nan = |x: u32| match dtype {
        Dtype::Float16 => f16::from_bits(x as u16).is_nan(),
        Dtype::BFloat16 => bf16::from_bits(x as u16).is_nan(),
        _ => false,
    };
    x == y || is_nan(x) && is_nan(y)
}

/// Words of all kinds to elements of all kinds.
pub fn trials_of_elements() -> [Trial; 5] {
    [Dtype::Bool, Dtype::UInt8, Dtype::Int16, Dtype::Float16, Dtype::BFloat16].map(|dtype| {
        let bits = 8 * dtype.size();
        // A number in five is 0.
        let numbers: Vec<u32> =
            (0..1000).map(|i| if i % 5 == 3 { 0 } else { (any(i) >> 32) as u32 }).collect();
        let want: Vec<u32> = numbers.iter().map(|&number| packed(number, dtype)).collect();
        Trial::new(to_elements(dtype), [numbers, vec![0]], move |y, n| {
            let want = &want[32 / bits * n..][..32 / bits];
            want.iter().enumerate().all(|(i, &want)| {
                same_element(y[n] >> (bits * i) & (u32::MAX >> (32 - bits)), want, dtype)
            })
        })
    })
}
