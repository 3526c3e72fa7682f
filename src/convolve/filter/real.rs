//! A filter of floats, of one part or of two, real and imaginary.

use std::sync::OnceLock;

use super::spectrum::Spectrum;
use super::taps::Taps;
use crate::convolve::block::sanitise;
use crate::convolve::nonfinite::Footprint;
use crate::cpu::{Real, largest};
use crate::error::Result;
use crate::fft::Transform;
use crate::memory::{self, Aligned};
use crate::process::get_or_try_init;

/// A filter of `PARTS` parts.
pub struct RealFilter<'t, T: Real, const PARTS: usize> {
    /// The taps of each part.
    pub parts: [RealTaps<'t, T>; PARTS],
    /// What transforms them, and the spectrum of each part, if outputs are computed in blocks.
    pub transformed: Option<(Transform<T>, [Spectrum<T>; PARTS])>,
}

impl<'t, T: Real, const PARTS: usize> RealFilter<'t, T, PARTS> {
    /// Of `parts`, for blocks of `block_len` points, if outputs are computed in blocks. Up to `threads` threads make it.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        parts: [Taps<'t, T>; PARTS],
        block_len: Option<usize>,
        threads: usize,
    ) -> Result<Self> {
        let transformed = match block_len {
            None => None,
            Some(block_len) => {
                let transform = Transform::new(block_len, threads)?;
                let mut spectra = [const { None }; PARTS];
                for (spectrum, taps) in spectra.iter_mut().zip(&parts) {
                    *spectrum = Some(Spectrum::new(taps, &transform, threads)?);
                }
                Some((transform, spectra.map(|spectrum| spectrum.expect("made above"))))
            }
        };
        Ok(Self { parts: parts.map(|taps| RealTaps::new(taps, block_len)), transformed })
    }

    /// Makes now what the filter's infinities and NaNs need, which is else made when they are met first: with all outputs that a
    /// filter with such taps gives, and with a signal's infinities.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn make_footprints(&self) -> Result<()> {
        self.parts.iter().try_for_each(|part| {
            part.sanitised()?;
            part.footprint().map(drop)
        })
    }
}

/// Real taps, and what their infinities and NaNs do.
pub struct RealTaps<'t, T: Real> {
    taps: Taps<'t, T>,
    /// The most values that outputs marked together read.
    block_len: usize,
    /// The taps with zeros in the place of those that are not finite, if there are such.
    sanitised: OnceLock<Option<Aligned<T>>>,
    /// Boxed, as most calls move a place for it and never fill it.
    footprint: OnceLock<Box<Footprint>>,
}

impl<'t, T: Real> RealTaps<'t, T> {
    fn new(taps: Taps<'t, T>, block_len: Option<usize>) -> Self {
        // Direct sums mark the outputs that read beyond one end of the signal.
        let block_len = block_len.unwrap_or(2 * (taps.len() - 1));
        Self { taps, block_len, sanitised: OnceLock::new(), footprint: OnceLock::new() }
    }

    /// The taps, tap 0 first.
    #[inline(always)]
    pub fn taps(&self) -> &[T] {
        &self.taps
    }

    /// The taps with zeros in the place of those that are not finite, if there are such.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn sanitised(&self) -> Result<Option<&[T]>> {
        let sanitised = get_or_try_init(&self.sanitised, || {
            if largest(&self.taps).is_finite() {
                return Ok(None);
            }
            let mut copy = Aligned::zeroed(self.taps.len(), "the finite taps")?;
            memory::copy(&self.taps, &mut copy);
            sanitise(&mut copy);
            Ok(Some(copy))
        })?;
        Ok(sanitised.as_deref())
    }

    /// As [`Footprint::mark`].
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn mark(
        &self,
        signal_len: usize,
        pieces: (isize, [&[T]; 2]),
        start: usize,
        flags: &mut [u8],
    ) -> Result<()> {
        self.footprint()?.mark(&self.taps, signal_len, pieces, start, flags)
    }

    fn footprint(&self) -> Result<&Footprint> {
        let make = || Footprint::new(&self.taps, self.block_len).map(Box::new);
        get_or_try_init(&self.footprint, make).map(|footprint| &**footprint)
    }
}
