//! The spectrum of real taps.

use crate::convolve::block::{
    OwnPlanes, Source, exponent, is_infinite, normalisation, two_factors,
};
use crate::cpu::{Real, nonzero};
use crate::error::Result;
use crate::fft::Transform;

/// The first and the last tap that is not 0. `None` if all taps are 0.
pub fn span<T: Real>(taps: &[T]) -> Option<[usize; 2]> {
    let counts = nonzero();
    let first = taps.iter().position(|&tap| counts(tap))?;
    let last = taps.iter().rposition(|&tap| counts(tap))?;
    Some([first, last])
}

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
    /// Whether no finite tap is below 0.
    pub is_nonnegative: bool,
    /// The first and the last tap that is not 0. `None` if all taps are 0.
    pub span: Option<[usize; 2]>,
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
        let source = Source::from(taps);
        let mut planes = OwnPlanes::unspecified(transform.block())?;
        let mut extent = planes.read(&source, 0, len, threads);
        let is_finite = extent.largest.is_finite();
        let mut has_infinities = false;
        if !is_finite {
            has_infinities = planes.any(len, is_infinite);
            extent = planes.sanitise(len);
        }
        let is_nonnegative = !(extent.has_sign && planes.any_negative(len));
        let taken = normalisation(extent.largest);
        if taken != 0 {
            planes.scale(len, -taken, threads);
        }
        planes.forward_filter(len, transform, threads);
        Ok(Self {
            planes,
            exponent: taken,
            is_finite,
            has_infinities,
            is_nonnegative,
            span: span(taps),
            largest: exponent(extent.largest),
        })
    }

    /// The Euclidean norm of the finite `taps`, which are those of the spectrum, normalised.
    pub fn norm(&self, taps: &[T]) -> f64 {
        let factors = two_factors(-self.exponent);
        let finite = taps.iter().filter(|tap| tap.is_finite());
        let scaled = finite.map(|tap| tap.to_f64() * factors[0] * factors[1]);
        scaled.map(|tap| tap * tap).sum::<f64>().sqrt()
    }

    /// Whether direct sums stay finite in any order, for signals of magnitudes up to `magnitude`.
    /// Transforms are scaled, so their sums stay finite.
    pub fn sums_stay_finite(&self, taps: usize, magnitude: T) -> bool {
        self.sum_exponent(taps, magnitude) < T::MAX_EXPONENT
    }

    /// An e so that sums of finite products over so many taps are below 2^e, for signals of
    /// magnitudes up to `magnitude`.
    pub fn sum_exponent(&self, taps: usize, magnitude: T) -> i32 {
        let taps = taps.next_power_of_two().trailing_zeros() as i32;
        exponent(magnitude) + 1 + self.largest + 1 + taps
    }
}
