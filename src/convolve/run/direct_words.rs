//! Direct sums of integers and bools.

use super::reach::Reach;
use super::steps::Steps;
use crate::convolve::block::Source;
use crate::convolve::wanted::{DirectSpace, Geometry, Method};
use crate::cpu::{Fence, Word, or_into};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::memory::Workspace;

/// The number of outputs in a step.
const STEP: usize = Method::direct_step(Dtype::Int32);

/// Computes outputs from the taps in reverse order and the values under the outputs.
pub type DirectKernel<W> = fn(&[W], &[W], &mut [W]);

/// Integers modulo 2^bits, or bools, by direct sums.
pub struct DirectWords<'a, W> {
    pub geometry: Geometry,
    pub signal: &'a Source<'a, W>,
    /// The taps in reverse order.
    pub reversed: &'a [W],
    pub kernel: DirectKernel<W>,
}

/// The kernel of bools: the OR of the signal shifted to each true tap.
pub fn or_shifted(reversed: &[u8], x: &[u8], out: &mut [u8]) {
    out.fill(0);
    for (j, _) in reversed.iter().enumerate().filter(|&(_, &tap)| tap != 0) {
        or_into(&x[j..][..out.len()], out);
    }
}

impl<W: Word> DirectWords<'_, W> {
    fn space(&self, outputs: usize) -> DirectSpace {
        DirectSpace::of_words(self.geometry, outputs.min(STEP), self.signal.in_memory())
    }
}

impl<W: Word> Steps for DirectWords<'_, W> {
    type Element = W;

    fn step(&self) -> usize {
        STEP
    }

    fn workspace_bytes(&self, outputs: usize) -> usize {
        self.space(outputs).bytes(size_of::<W>())
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [W],
        mut work: Workspace<'_>,
        _: &Fence<'o>,
    ) -> Result<()> {
        let stage = work.cut(self.space(out.len()).stage);
        let Self { geometry, signal, .. } = *self;
        Reach { geometry, signal }.for_each(start, out, stage, |_, x, out| {
            (self.kernel)(self.reversed, x, out);
            Ok(())
        })
    }
}
