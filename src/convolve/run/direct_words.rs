//! Direct sums of integers and bools.

use super::reach::Reach;
use super::steps::Steps;
use crate::convolve::block::Source;
use crate::convolve::wanted::{DirectSpace, Geometry, Method};
use crate::cpu::{Fence, Word, correlate_words, or_into};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::memory::Workspace;

/// The number of outputs in a step.
const STEP: usize = Method::direct_step(Dtype::Int32);

/// Computes integers modulo 2^bits, or bools. `kernel` computes a run of outputs from the reversed
/// taps and the values under the outputs.
pub struct DirectWords<'a, W> {
    reach: Reach<'a, W>,
    reversed: &'a [W],
    kernel: fn(&[W], &[W], &mut [W]),
}

impl<'a, W: Word> DirectWords<'a, W> {
    /// Convolves integers modulo 2^bits.
    pub fn integers(geometry: Geometry, signal: &'a Source<'a, W>, reversed: &'a [W]) -> Self {
        Self { reach: Reach { geometry, signal }, reversed, kernel: correlate_words }
    }

    fn space(&self, outputs: usize) -> DirectSpace {
        let in_place = self.reach.signal.is_in_place();
        DirectSpace::of_words(self.reach.geometry, outputs.min(STEP), in_place)
    }
}

impl<'a> DirectWords<'a, u8> {
    /// Convolves bools: the OR of the signal, shifted to each true tap.
    pub fn truths(geometry: Geometry, signal: &'a Source<'a, u8>, reversed: &'a [u8]) -> Self {
        Self { reach: Reach { geometry, signal }, reversed, kernel: or_shifted }
    }
}

fn or_shifted(reversed: &[u8], x: &[u8], out: &mut [u8]) {
    out.fill(0);
    for (j, _) in reversed.iter().enumerate().filter(|&(_, &tap)| tap != 0) {
        or_into(&x[j..][..out.len()], out);
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

    fn compute(
        &self,
        start: usize,
        out: &mut [W],
        mut work: Workspace<'_>,
        _: &Fence,
    ) -> Result<()> {
        let stage = work.cut(self.space(out.len()).stage);
        self.reach.for_each(start, out.len(), stage, |outputs, x| {
            let out = &mut out[outputs.start - start..outputs.end - start];
            (self.kernel)(self.reversed, x, out);
            Ok(())
        })
    }
}
