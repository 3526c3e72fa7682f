//! The numbers in which each dtype is computed.

use super::rates::Rates;
use crate::cpu;
use crate::dtype::Dtype;

/// The numbers in which a dtype is computed, and their cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arithmetic {
    /// The name of the numbers, for people.
    pub name: &'static str,
    /// Bytes of a value in the direct method.
    pub width: usize,
    /// Multiply-adds in a nanosecond.
    pub direct_rate: f64,
    /// Taps are computed at this rate in groups of this size. The remaining taps take longer.
    pub group: usize,
    /// Nanoseconds for each tap, if each tap makes its own pass over all outputs.
    pub each_tap: f64,
    /// Whether the sums are sums of floats.
    pub is_float: bool,
    /// Real numbers in an element. A complex product takes `parts * parts` real sums.
    pub parts: usize,
}

impl Arithmetic {
    /// The arithmetic of `dtype`, with the instruction set in use.
    pub fn of(dtype: Dtype) -> Self {
        let &Rates { reals, words, bools, .. } = Rates::here();
        let (name, width, direct_rate, parts) = match dtype {
            Dtype::Bool => ("bool", 1, bools, 1),
            Dtype::UInt8 | Dtype::Int8 => ("integer8", 1, words[0], 1),
            Dtype::UInt16 | Dtype::Int16 => ("integer16", 2, words[1], 1),
            Dtype::UInt32 | Dtype::Int32 => ("integer32", 4, words[2], 1),
            Dtype::UInt64 | Dtype::Int64 => ("integer64", 8, words[3], 1),
            Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 => ("float32", 4, reals[0], 1),
            Dtype::Float64 => ("float64", 8, reals[1], 1),
            Dtype::Complex64 => ("float32", 4, reals[0], 2),
        };
        let is_float = !dtype.is_integer() && dtype != Dtype::Bool;
        // If a vector is as long as a cache line, loads that cross lines are expensive.
        let is_line = cpu::isa().vector_bytes() == 64;
        let group = if is_float && is_line { 4 * 64 / width } else { 1 };
        let each_tap = if dtype == Dtype::Bool { 5.0 } else { 0.0 };
        Self { name, width, direct_rate, group, each_tap, is_float, parts }
    }
}
