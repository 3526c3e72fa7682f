//! How long kernels take, in multiply-adds of float32.

/// Multiply-adds that take as long as to load and to store an output.
const LEAST_TAPS: usize = 64;
/// Multiply-adds that take as long as a step of a transform at a point. So all of many outputs are summed
/// directly up to some 250 taps.
const STEP: u64 = 40;

/// Multiply-adds of float32 that take as long as a tile of direct sums, each of `taps` products that take
/// as long as `eighths` of one.
pub const fn cost_of_sums(tile: usize, taps: usize, eighths: u64) -> u64 {
    let taps = if taps < LEAST_TAPS { LEAST_TAPS } else { taps };
    ((tile * taps) as u64 * eighths).div_ceil(8)
}

/// Multiply-adds of float32 that take as long as the transforms of a pair of blocks.
pub const fn cost_of_transforms(points: usize) -> u64 {
    (STEP * points.ilog2() as u64) << points.ilog2()
}
