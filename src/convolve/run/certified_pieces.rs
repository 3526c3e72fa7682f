//! Proves outputs again, with the filter in pieces: where the operands have a wide range.
//!
//! The bound of a block's error is a product of the norms of the block and of the filter. Large
//! values and large taps count, even if no output multiplies them. With the filter in pieces, each
//! piece meets only the values under it.

use smallvec::SmallVec;

use super::certified::Certified;
use super::left_over::OPEN;
use crate::convolve::block::{Planes, Store};
use crate::convolve::filter::PieceSpectra;
use crate::convolve::wanted::{PIECES_AT_A_TIME, error_factor};
use crate::cpu::{Real, clamp, from_float64, mark_below};
use crate::error::Result;
use crate::fft::{BlockMut, Product};
use crate::memory::Workspace;

impl<T: Real, S: Store<T>> Certified<'_, T, S> {
    /// Computes outputs `start .. start + values.len()` that are open, and clears the flags of those
    /// that are proven. There are as many outputs as a piece has taps, at most.
    pub(super) fn prove_by_pieces(
        &self,
        start: usize,
        values: &mut [T],
        flags: &mut [u8],
        mut work: Workspace<'_>,
    ) -> Result<()> {
        let outputs = values.len();
        let taps = self.taps.taps();
        let spectra = self.spectra.pieces(taps)?;
        let (sums, more) = (work.cut::<f64>(outputs), work.cut::<f64>(outputs));
        let still_open = work.cut::<u8>(outputs);
        let before = PieceSpectra::TAPS - 1;
        let origin = |piece: usize| start as isize - (piece * PieceSpectra::TAPS + before) as isize;
        // A piece is read by no output if the values under it are all beyond the signal's ends.
        let is_read = |&piece: &usize| {
            let first = origin(piece);
            first < self.signal.len() as isize && first + (before + outputs) as isize > 0
        };
        let count = spectra.count();
        let first = (0..count).find(is_read).unwrap_or(count);
        let end = (first..count).rfind(is_read).map_or(first, |piece| piece + 1);
        let (mut norms, mut has_sign) = (0.0, false);
        sums.fill(0.0);
        for group in (first..end).step_by(PIECES_AT_A_TIME) {
            let pieces = group..end.min(group + PIECES_AT_A_TIME);
            let mut work = work.again();
            let mut blocks: SmallVec<[_; PIECES_AT_A_TIME]> = SmallVec::new();
            for piece in pieces.clone() {
                let mut block = Planes::in_workspace(&mut work, PieceSpectra::BLOCK);
                let extent = block.read(self.signal, origin(piece), before + outputs, 1);
                norms += block.norm_bound(before + outputs) * spectra.norms[piece];
                has_sign |= extent.has_sign;
                blocks.push(block);
            }
            let mut of_signal: SmallVec<[BlockMut<'_, f64>; PIECES_AT_A_TIME]> =
                blocks.iter_mut().map(Planes::block_mut).collect();
            let of_taps: SmallVec<[_; PIECES_AT_A_TIME]> =
                pieces.map(|piece| spectra.block(piece)).collect();
            spectra.transform.convolve(&mut of_signal, &of_taps, Product::Sum, 1);
            drop(of_signal);
            let (first, second) = blocks[0].runs(before, outputs);
            let (more_first, more_second) = more.split_at_mut(first.len());
            more_first.copy_from_slice(first);
            more_second.copy_from_slice(second);
            sums.iter_mut().zip(&*more).for_each(|(sum, more)| *sum += more);
        }
        // The sums of groups are added, too: one rounding for each group, less than for each piece.
        let error = error_factor(PieceSpectra::BLOCK, end - first) * norms;
        still_open.fill(0);
        mark_below(sums, self.certificate.least(error, 0), OPEN, still_open);
        if self.spectra.is_nonnegative && !has_sign {
            clamp(sums);
        }
        // The other sums are no longer needed.
        let rounded = bytemuck::cast_slice_mut::<f64, T>(more);
        let rounded = &mut rounded[..outputs];
        from_float64(sums, rounded);
        for ((value, flags), (&proven, &open)) in
            values.iter_mut().zip(flags).zip(rounded.iter().zip(&*still_open))
        {
            if *flags == OPEN && open == 0 && proven.is_finite() {
                *value = proven;
                *flags = 0;
            }
        }
        Ok(())
    }
}
