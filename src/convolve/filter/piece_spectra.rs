//! The spectra of a long filter in pieces, in float64.

use super::wide::fill;
use crate::convolve::block::Planes;
use crate::convolve::wanted::{PIECE_TAPS, planes_len};
use crate::cpu::Real;
use crate::error::Result;
use crate::fft::{Block, Transform};
use crate::memory::Reused;

/// Real taps in float64, in pieces of [`Self::TAPS`] taps, and each piece transformed.
pub struct PieceSpectra {
    /// The transform of a block.
    pub transform: Transform<f64>,
    /// The transforms of the pieces, one after another.
    values: Reused<f64>,
    /// The norms of the pieces.
    pub norms: Reused<f64>,
}

impl PieceSpectra {
    /// Taps of a piece. The last piece may be shorter.
    pub const TAPS: usize = PIECE_TAPS;
    /// Points of a block. It gives as many outputs as a piece has taps.
    pub const BLOCK: usize = 2 * Self::TAPS;

    /// Transforms `taps`, which are finite.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(taps: &[T]) -> Result<Self> {
        let transform = Transform::new(Self::BLOCK, 1)?;
        let pieces = taps.len().div_ceil(Self::TAPS);
        let each = planes_len(Self::BLOCK);
        let mut values = Reused::unspecified(pieces * each, "the spectra of the filter's pieces")?;
        let mut norms = Reused::unspecified(pieces, "the norms of the filter's pieces")?;
        let blocks = values.chunks_exact_mut(each).zip(norms.iter_mut());
        for (taps, (values, norm)) in taps.chunks(Self::TAPS).zip(blocks) {
            let mut planes = Planes::over(values, Self::BLOCK);
            fill(&mut planes, taps, |tap| tap);
            *norm = planes.norm_bound(taps.len());
            planes.forward_filter(taps.len(), &transform, 1);
        }
        Ok(Self { transform, values, norms })
    }

    /// The number of pieces.
    pub fn count(&self) -> usize {
        self.norms.len()
    }

    /// The transform of piece `index`.
    pub fn block(&self, index: usize) -> Block<'_, f64> {
        let each = planes_len(Self::BLOCK);
        Planes::over(&self.values[index * each..][..each], Self::BLOCK).into_block()
    }
}
