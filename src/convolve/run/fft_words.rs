//! Transforms of integers modulo 2^bits, cut into digits. The sums are exact:
//! [`Digits`](crate::convolve::wanted::Digits) has the proof.

use smallvec::SmallVec;

use super::steps::Steps;
use crate::convolve::block::{Planes, Source, cut, join};
use crate::convolve::filter::DigitSpectra;
use crate::convolve::wanted::{BlockRange, BlockSpace, Geometry, Tiling};
use crate::cpu::{Fence, Word};
use crate::error::Result;
use crate::fft::{MAX_COORDINATES, Product, coordinates};
use crate::memory::Workspace;

/// Convolves integers modulo 2^bits by transforms.
pub struct FftWords<'a, W> {
    geometry: Geometry,
    tiling: Tiling,
    signal: &'a Source<'a, W>,
    filter: &'a DigitSpectra,
    /// The number of threads that work on one block.
    threads: usize,
}

impl<'a, W: Word> FftWords<'a, W> {
    /// Convolves `signal` with `filter`. If there is only one block, up to `threads` threads share
    /// it.
    pub fn new(
        geometry: Geometry,
        (tiling, threads): (Tiling, usize),
        signal: &'a Source<'a, W>,
        filter: &'a DigitSpectra,
    ) -> Self {
        let threads = tiling.threads_inside(geometry, filter.transform.block(), threads);
        Self { geometry, tiling, signal, filter, threads }
    }
}

impl<W: Word> Steps for FftWords<'_, W> {
    type Element = W;

    fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.filter.transform.block())
    }

    /// For each digit, one block.
    fn workspace_bytes(&self, _outputs: usize) -> usize {
        let DigitSpectra { digits, transform, .. } = self.filter;
        let space = BlockSpace { blocks: digits.count, block_len: transform.block(), flags: 0 };
        space.bytes(size_of::<f64>())
    }

    fn compute(
        &self,
        start: usize,
        out: &mut [W],
        mut work: Workspace<'_>,
        _: &Fence,
    ) -> Result<()> {
        let &Self { geometry, tiling, signal, filter, threads } = self;
        let DigitSpectra { digits, ref transform, ref planes } = *filter;
        let mut of_signal: SmallVec<[_; MAX_COORDINATES]> =
            (0..digits.count).map(|_| Planes::in_workspace(&mut work, transform.block())).collect();
        // Cuts the whole block, even if the outputs read only its first values: the further values
        // do not wrap round to these outputs.
        let BlockRange { origin, skip, .. } = tiling.block(geometry, start, out.len());
        cut(digits, signal, origin, 1.0, &mut of_signal, threads);
        let blocks = &mut coordinates(of_signal.iter_mut().map(Planes::block_mut))[..digits.count];
        let filter = &coordinates(planes.iter().map(Planes::block))[..digits.count];
        transform.convolve(blocks, filter, Product::Powers, threads);
        join(digits, &of_signal, skip, out, threads);
        Ok(())
    }
}
