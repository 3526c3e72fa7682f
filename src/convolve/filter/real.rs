//! A filter of floats: one part, or a real and an imaginary part.

use super::cut::CutSpectra;
use super::spectrum::Spectrum;
use super::taps::Taps;
use crate::convolve::block::sanitise;
use crate::convolve::nonfinite::Footprint;
use crate::convolve::wanted::Shape;
use crate::cpu::{Real, extent};
use crate::error::Result;
use crate::fft::Transform;
use crate::memory::{self, Aligned};
use crate::process::Once;

/// A filter of `PARTS` parts.
pub struct RealFilter<'t, T: Real, const PARTS: usize> {
    /// The taps of each part.
    pub parts: [RealTaps<'t, T>; PARTS],
    /// The parts transformed, if outputs are computed in blocks.
    pub transformed: Option<Transformed<T, PARTS>>,
    /// The parts in float64, if outputs are certified.
    pub certified: Option<Box<Certified<PARTS>>>,
}

/// A transformed filter.
pub struct Transformed<T: Real, const PARTS: usize> {
    /// The transform of a block.
    pub transform: Transform<T>,
    /// The spectrum of each part.
    pub spectra: [Spectrum<T>; PARTS],
}

/// A filter transformed for outputs that are certified.
pub struct Certified<const PARTS: usize> {
    /// The transform of a block.
    pub transform: Transform<f64>,
    /// The spectra of each part.
    pub spectra: [CutSpectra; PARTS],
}

impl<'t, T: Real, const PARTS: usize> RealFilter<'t, T, PARTS> {
    /// Prepares `parts` in a shape. Uses up to `threads` threads.
    ///
    /// # Errors
    /// `OutOfMemory`.
    #[inline(always)]
    pub fn new(parts: [Taps<'t, T>; PARTS], shape: Shape, threads: usize) -> Result<Self> {
        let (mut transformed, mut certified) = (None, None);
        match shape {
            Shape::Taps => {}
            Shape::Block(block_len) => {
                let transform = Transform::new(block_len, threads)?;
                let spectra = each(&parts, |taps| Spectrum::new(taps, &transform, threads))?;
                transformed = Some(Transformed { transform, spectra });
            }
            Shape::Parts(cut) => {
                let transform = Transform::new(cut.block_len, threads)?;
                let spectra = each(&parts, |taps| CutSpectra::new(taps, cut, &transform, threads))?;
                certified = Some(Box::new(Certified { transform, spectra }));
            }
        }
        let parts = parts.map(|taps| RealTaps::new(taps, shape.block_len()));
        Ok(Self { parts, transformed, certified })
    }

    /// Makes everything for infinities and NaNs now. Otherwise it is made at first use: if the
    /// filter is not finite, or if a signal has infinities or NaNs.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn make_footprints(&self) -> Result<()> {
        self.parts.iter().try_for_each(|part| {
            part.sanitised()?;
            part.footprint()?.complete(&part.taps)
        })
    }
}

/// Makes something of each part.
fn each<P, R, const PARTS: usize>(
    parts: &[P; PARTS],
    mut make: impl FnMut(&P) -> Result<R>,
) -> Result<[R; PARTS]> {
    let mut made = [const { None }; PARTS];
    for (made, part) in made.iter_mut().zip(parts) {
        *made = Some(make(part)?);
    }
    Ok(made.map(|made| made.expect("made above")))
}

/// Real taps, and what their infinities and NaNs do.
pub struct RealTaps<'t, T: Real> {
    taps: Taps<'t, T>,
    /// The most values that outputs marked together read.
    most_read: usize,
    /// The taps with zeros in place of non-finite taps. Holds `None` if all taps are finite. Boxed,
    /// because most calls only move the empty place and never fill it.
    sanitised: Once<Option<Box<Aligned<T>>>>,
    /// The taps in reverse order. Boxed, for the same reason.
    reversed: Once<Box<Aligned<T>>>,
    /// Boxed, for the same reason.
    footprint: Once<Box<Footprint>>,
}

impl<'t, T: Real> RealTaps<'t, T> {
    fn new(taps: Taps<'t, T>, block_len: Option<usize>) -> Self {
        // Direct sums mark only outputs that read beyond one end of the signal.
        let most_read = block_len.unwrap_or(2 * (taps.len() - 1));
        Self {
            taps,
            most_read,
            sanitised: Once::new(),
            reversed: Once::new(),
            footprint: Once::new(),
        }
    }

    /// The taps, tap 0 first.
    #[inline(always)]
    pub fn taps(&self) -> &[T] {
        &self.taps
    }

    /// The taps with zeros in place of non-finite taps. `None` if all taps are finite.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn sanitised(&self) -> Result<Option<&[T]>> {
        let sanitised = self.sanitised.get_or_try(|| {
            if extent(&self.taps).largest.is_finite() {
                return Ok(None);
            }
            let mut copy = Aligned::zeroed(self.taps.len(), "the finite taps")?;
            memory::copy(&self.taps, &mut copy);
            sanitise(&mut copy);
            Ok(Some(Box::new(copy)))
        })?;
        Ok(sanitised.as_deref().map(|taps| &**taps))
    }

    /// The taps in reverse order. They are made at first use.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn reversed(&self) -> Result<&[T]> {
        let reversed = self.reversed.get_or_try(|| {
            let mut reversed = Aligned::zeroed(self.taps.len(), "the filter in reverse order")?;
            memory::copy(&self.taps, &mut reversed);
            reversed.reverse();
            Ok(Box::new(reversed))
        })?;
        Ok(reversed)
    }

    /// Like [`Footprint::mark`].
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
        let make = || Footprint::new(&self.taps, self.most_read).map(Box::new);
        self.footprint.get_or_try(make).map(|footprint| &**footprint)
    }
}
