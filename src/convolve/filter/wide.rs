//! Taps in blocks of float64.

use std::ops::DerefMut;

use crate::convolve::block::Planes;
use crate::cpu::{Real, nonzero};

/// Fills a block with taps, and returns their largest magnitude. Where subnormal numbers are
/// flushed, zeros stand for them.
pub fn fill<T: Real, V: DerefMut<Target = [f64]>>(
    planes: &mut Planes<V>,
    taps: &[T],
    map: impl Fn(f64) -> f64,
) -> f64 {
    let counts = nonzero();
    planes.clear();
    planes.fill(0, taps, |tap| if counts(tap) { map(tap.to_f64()) } else { 0.0 });
    planes.extent(taps.len()).largest
}
