//! The spectrum of real taps.

use crate::convolve::block::{OwnPlanes, Source, exponent, is_infinite, normalisation};
use crate::cpu::Real;
use crate::error::Result;
use crate::fft::Transform;

/// Transformed real taps.
pub struct Spectrum<T: Real> {
    /// The transform of the finite taps, normalised, and scaled by the factor that the inverse
    /// transform leaves out.
    pub planes: OwnPlanes<T>,
    /// The exponent that normalising took out.
    pub exponent: i32,
    /// Whether all taps are finite.
    pub is_finite: bool,
    /// Whether any tap is infinite.
    pub has_infinities: bool,
    /// The exponent of the largest finite tap, before normalising.
    largest: i32,
}

impl<T: Real> Spectrum<T> {
    /// Transforms `taps`, on up to `threads` threads.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(taps: &[T], transform: &Transform<T>, threads: usize) -> Result<Self> {
        let len = taps.len();
        let source = Source::InPlace(taps);
        let mut planes = OwnPlanes::unspecified(transform.block())?;
        let norm = T::from_f64(2.0 / transform.block() as f64);
        let mut magnitude = planes.read(&source, 0, len, norm, threads);
        let is_finite = magnitude.is_finite();
        let (mut taken, mut has_infinities) = (0, false);
        if !is_finite || normalisation(magnitude).0 != 0 {
            // Reads the taps again, because scaled values may have left the range of normal
            // numbers.
            planes.read(&source, 0, len, T::ONE, threads);
            has_infinities = planes.any(len, is_infinite);
            magnitude = planes.sanitise(len);
            let scale;
            (taken, scale) = normalisation(magnitude);
            planes.map(len, threads, |value| scale.of(value) * norm);
        }
        planes.forward(transform, threads);
        let largest = exponent(magnitude);
        Ok(Self { planes, exponent: taken, is_finite, has_infinities, largest })
    }

    /// Whether direct sums stay finite in any order, for signals of magnitudes up to `magnitude`.
    /// Transforms are scaled, so their sums stay finite.
    pub fn sums_stay_finite(&self, taps: usize, magnitude: T) -> bool {
        let most = if size_of::<T>() == 4 { f32::MAX_EXP } else { f64::MAX_EXP };
        let taps = taps.next_power_of_two().trailing_zeros() as i32;
        exponent(magnitude) + 1 + self.largest + 1 + taps < most
    }
}
