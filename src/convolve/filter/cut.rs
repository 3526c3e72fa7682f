//! The spectra of real taps that are cut into parts.

use smallvec::SmallVec;

use super::piece_spectra::PieceSpectra;
use super::spectrum::span;
use super::wide::fill;
use crate::convolve::block::{OwnPlanes, cut, normalisation, write_filter_profile};
use crate::convolve::wanted::{Chunks, Cut, Parts};
use crate::cpu::Real;
use crate::error::{Error, Result};
use crate::fft::{Block, Transform};
use crate::process::Once;

/// Real taps in float64, cut into parts, and each part transformed.
pub struct CutSpectra {
    /// How blocks are cut.
    pub parts: Parts,
    /// The unit of the second part as a multiple of the unit of the first.
    pub finer: f64,
    /// The transforms of the parts, the largest part first, normalised, and scaled by the factor
    /// that the inverse transform leaves out.
    planes: SmallVec<[OwnPlanes<f64>; Parts::MOST]>,
    /// The units and norms of the parts, normalised.
    pub cut: Cut,
    /// The chunks in which the filter meets a block, and the filter's profile, normalised. `None` if
    /// the taps are in both planes of a block.
    pub profile: Option<(Chunks, [f64; Chunks::MOST_OF_FILTER])>,
    /// The exponent that normalising took out.
    pub exponent: i32,
    /// Whether all taps are finite. If not, the spectra are unspecified.
    pub is_finite: bool,
    /// Whether no tap is below 0.
    pub is_nonnegative: bool,
    /// The first and the last tap that is not 0. `None` if all taps are 0.
    pub span: Option<[usize; 2]>,
    /// The transform of the magnitudes of all taps, if it was asked for.
    magnitudes: Once<OwnPlanes<f64>>,
    /// The spectra of pieces of the filter, if they were asked for.
    pieces: Once<PieceSpectra>,
}

impl CutSpectra {
    /// Transforms `taps`, on up to `threads` threads.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(
        taps: &[T],
        parts: Parts,
        transform: &Transform<f64>,
        threads: usize,
    ) -> Result<Self> {
        let finer = match parts.count {
            Parts::MOST => parts.finer(taps.len()),
            _ => Some(1.0),
        };
        let finer = finer.ok_or_else(|| Error::internal("taps too many for exact parts"))?;
        let planes: Result<SmallVec<_>> =
            (0..parts.count).map(|_| OwnPlanes::unspecified(parts.block_len)).collect();
        let mut planes: SmallVec<[_; Parts::MOST]> = planes?;
        let len = taps.len();
        let rest = planes.last_mut().expect("there is a part");
        let extent = fill(rest, taps, |tap| tap);
        let is_finite = extent.is_finite();
        let is_nonnegative = !rest.any_negative(len);
        let scales = is_finite && parts.are_scaled();
        let exponent = if scales { normalisation(extent) } else { 0 };
        rest.scale(len, -exponent, threads);
        let profile = match rest.runs(0, len) {
            (taps, []) if is_finite => {
                let chunks = Chunks::new(len);
                let mut profile = [0.0; Chunks::MOST_OF_FILTER];
                let len = chunks.filter_profile_len();
                write_filter_profile(chunks, taps, &mut profile[..len]);
                Some((chunks, profile))
            }
            _ => None,
        };
        let norm = rest.norm_bound(len);
        let mut cut = match is_finite {
            true => cut(parts, (norm, finer), &mut planes),
            false => Cut::default(),
        };
        cut.lost_some = exponent > 0;
        for planes in &mut planes {
            planes.forward_filter(len, transform, threads);
        }
        Ok(Self {
            parts,
            finer,
            planes,
            cut,
            profile,
            exponent,
            is_finite,
            is_nonnegative,
            span: span(taps),
            magnitudes: Once::new(),
            pieces: Once::new(),
        })
    }

    /// The transforms of the parts.
    pub fn blocks(&self) -> SmallVec<[Block<'_, f64>; Parts::MOST]> {
        self.planes.iter().map(OwnPlanes::block).collect()
    }

    /// The transform of the magnitudes of `taps`, which are those of the spectra, scaled alike.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn magnitudes<T: Real>(
        &self,
        taps: &[T],
        transform: &Transform<f64>,
    ) -> Result<&OwnPlanes<f64>> {
        self.magnitudes.get_or_try(|| {
            let mut planes = OwnPlanes::unspecified(self.parts.block_len)?;
            fill(&mut planes, taps, f64::abs);
            planes.scale(taps.len(), -self.exponent, 1);
            planes.forward_filter(taps.len(), transform, 1);
            Ok(planes)
        })
    }

    /// The spectra of pieces of the filter `taps`, which is not scaled.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn pieces<T: Real>(&self, taps: &[T]) -> Result<&PieceSpectra> {
        self.pieces.get_or_try(|| PieceSpectra::new(taps))
    }
}
