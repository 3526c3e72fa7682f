//! Transforms of integers modulo 2^bits, cut into digits. The sums are exact:
//! [`Digits`](crate::convolve::wanted::Digits) has the proof.

use smallvec::SmallVec;

use super::blocks::Blocks;
use super::steps::Steps;
use crate::convolve::block::{Planes, Source, from_digits, into_digits};
use crate::convolve::filter::DigitSpectra;
use crate::convolve::wanted::BlockRange;
use crate::cpu::{Fence, Word};
use crate::error::Result;
use crate::fft::{MAX_COORDINATES, Product, coordinates};
use crate::memory::Workspace;

/// Convolves integers modulo 2^bits by transforms.
pub struct FftWords<'a, W> {
    pub blocks: &'a Blocks<'a, f64>,
    pub signal: &'a Source<'a, W>,
    pub filter: &'a DigitSpectra,
}

impl<W: Word> Steps for FftWords<'_, W> {
    type Element = W;

    fn step(&self) -> usize {
        self.blocks.step()
    }

    /// For each digit, one block.
    fn workspace_bytes(&self, _outputs: usize) -> usize {
        self.blocks.workspace_bytes(self.filter.digits.count, 0)
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [W],
        mut work: Workspace<'_>,
        _: &Fence<'o>,
    ) -> Result<()> {
        let Blocks { transform, threads, .. } = *self.blocks;
        let DigitSpectra { digits, ref planes, .. } = *self.filter;
        let mut of_signal: SmallVec<[_; MAX_COORDINATES]> =
            (0..digits.count).map(|_| Planes::in_workspace(&mut work, transform.block())).collect();
        // Cuts the whole block, even if the outputs read only its first values: the further values
        // do not wrap round to these outputs.
        let BlockRange { origin, skip, .. } = self.blocks.range(start, out.len());
        into_digits(digits, self.signal, origin, 1.0, &mut of_signal, threads);
        let blocks = &mut coordinates(of_signal.iter_mut().map(Planes::block_mut))[..digits.count];
        let filter = &coordinates(planes.iter().map(Planes::block))[..digits.count];
        transform.convolve(blocks, filter, Product::Powers, threads);
        from_digits(digits, &of_signal, skip, out, threads);
        Ok(())
    }
}
