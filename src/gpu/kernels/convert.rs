//! Conversion of elements to plain numbers, and of numbers to elements.

use super::pieces::{Job, OWN};
use super::trial::Trial;
use crate::dtype::Dtype;
use crate::gpu::pipelines::Kernel;

/// The elements of a workgroup.
const TILE: usize = 1024;

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
        cost: 16,
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
    Job { kernel: Kernel::Narrow, tile: TILE, parts: 1, cost: 16, sizes: [4 * numbers, 4, 4], own }
}

/// Integers of all sizes to their float16.
pub fn trial() -> Trial {
    let from: Vec<u64> =
        (0..500_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 64)).collect();
    let words = from.iter().flat_map(|&x| [x as u32, (x >> 32) as u32]).collect();
    let job = to_plain(Dtype::Int64, Dtype::Float16);
    Trial::new(job, [words, vec![0]], move |y, n| {
        y[n] == half::f16::from_f32(from[n] as i64 as f32).to_f32().to_bits()
    })
}

/// float32 of all exponents to float16.
pub fn trial_of_elements() -> Trial {
    let words: Vec<u32> = (0..1000_u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
    let numbers = words.clone();
    Trial::new(to_elements(Dtype::Float16), [words, vec![0]], move |y, n| {
        let want = [0, 1].map(|i| half::f16::from_f32(f32::from_bits(numbers[2 * n + i])));
        let got = [y[n] as u16, (y[n] >> 16) as u16].map(half::f16::from_bits);
        want.iter()
            .zip(got)
            .all(|(want, got)| want.to_bits() == got.to_bits() || want.is_nan() && got.is_nan())
    })
}
