//! Estimates, in nanoseconds of one thread.

use super::arithmetic::Arithmetic;
use super::rates::{LARGE_BLOCKS, Rates};
use crate::convolve::wanted::{Digits, Geometry, InPlace, stretches, transform_width};
use crate::cpu;
use crate::dtype::Dtype;

/// Nanoseconds to allocate and to find a transform's tables.
pub const SETUP: f64 = 150.0;
/// Shorter blocks do not fill the registers that a leaf has. A point takes [`Rates::short`] times
/// as long.
const SHORT_BLOCK: usize = 512;
/// Still shorter blocks do not fill the vectors either.
const SHORTEST_BLOCK: usize = 128;
/// How many times longer still a point takes there.
const SHORTEST_FACTOR: f64 = 4.0;

/// Nanoseconds for direct sums.
pub fn direct_cost(geometry: Geometry, dtype: Dtype, arithmetic: Arithmetic) -> f64 {
    /// If outputs are few and taps are many, the additions of a sum wait for each other. This costs
    /// as much as this many more outputs at most.
    const WAITING: f64 = 120.0;
    /// And at most this many nanoseconds a tap: an addition takes four cycles.
    const ADDITION: f64 = 1.0;
    /// The same for sums in lanes, which wait for memory.
    const MEMORY: f64 = 40.0;
    let taps = geometry.filter_len as f64;
    let left = (geometry.filter_len % arithmetic.group) as f64;
    let &Rates { output, rest, end_apart, .. } = Rates::here();
    let output = output + (taps + rest * left) / arithmetic.direct_rate;
    // Outputs that read beyond the signal's ends are staged, and do not fill large tiles.
    let [before, behind] = geometry.beyond();
    let ends = (before + behind) as f64 / 2.0 * output;
    let waiting = match arithmetic.is_float && cpu::are_few(geometry.outputs, geometry.filter_len) {
        true => MEMORY.min(taps) * output,
        false => (WAITING.min(taps) * output).min(ADDITION * taps),
    };
    let sums = (arithmetic.parts * arithmetic.parts) as f64;
    let sums = sums * (geometry.outputs as f64 * output + ends.max(waiting));
    // Only signals that need no conversion are read in place, apart from the ends.
    let in_place = match dtype {
        Dtype::Float32 | Dtype::Float64 => InPlace { start: 0, end: geometry.signal_len },
        _ => InPlace::NOTHING,
    };
    let runs = stretches(geometry, in_place, geometry.first, geometry.outputs);
    let apart = runs.iter().filter(|run| !run.is_empty()).count() - 1;
    SETUP + apart as f64 * end_apart + sums + arithmetic.each_tap * taps
}

/// Nanoseconds for a block: forward and inverse transform.
pub fn block_cost(geometry: Geometry, dtype: Dtype, block_len: usize) -> f64 {
    /// Reading and storing cost about as much as this many levels, in float32 and float64.
    const ENDS: [f64; 2] = [10.0, 7.0];
    /// Nanoseconds to begin and end the conversion of a block of other floats and of bools.
    const CONVERTED: f64 = 50.0;
    /// The same for the digits of a block of integers.
    const CUT: f64 = 150.0;
    let width = transform_width(dtype, geometry.filter_len, block_len);
    let Some(digits) = Digits::blocks(dtype, geometry.filter_len, block_len) else {
        return f64::INFINITY;
    };
    let bytes = block_len.saturating_mul(width);
    let levels = log2(block_len) + ENDS[width / 8];
    let &Rates { point, digit, each_block, short, odd, beyond, .. } = Rates::here();
    let when = |is_so: bool, factor: f64| if is_so { factor } else { 1.0 };
    let large = LARGE_BLOCKS.iter().zip(beyond).map(|(&most, factor)| when(bytes > most, factor));
    let point = point[width / 8]
        * large.product::<f64>()
        * when(block_len < SHORT_BLOCK, short[width / 8])
        * when(block_len < SHORTEST_BLOCK, SHORTEST_FACTOR)
        * when(!block_len.is_power_of_two(), odd);
    let transforms = each_block + block_len as f64 * levels * point;
    match dtype {
        Dtype::Float32 | Dtype::Float64 => transforms,
        _ if dtype.is_integer() => CUT + digits as f64 * digit * transforms,
        _ => CONVERTED + transforms,
    }
}

/// The logarithm at powers of two, and straight lines between them.
fn log2(block: usize) -> f64 {
    let whole = block.ilog2();
    f64::from(whole) + block as f64 / (1u64 << whole) as f64 - 1.0
}
