//! Direct sums of floats.

use super::left_over::DirectSums;
use super::overflow::Overflow;
use super::reach::{Reach, Under};
use super::scaling::{dot, dot_space};
use super::steps::Steps;
use super::sums::{SumSpace, Sums};
use crate::convolve::block::{AsComputed, Finish, Source, Store};
use crate::convolve::filter::RealTaps;
use crate::convolve::wanted::{Accuracy, DirectNeeds, DirectSpace, Geometry, Method};
use crate::cpu::{Fence, Real};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::memory::{Workspace, bytes_for};

/// The number of outputs in a step.
const STEP: usize = Method::direct_step(Dtype::Float32);

/// Computes each output as one sum over the taps.
pub struct Direct<'a, T: Real, S> {
    reach: Reach<'a, T>,
    sums: Sums<'a, T>,
    store: S,
}

impl<'a, T: Real, S: Store<T>> Direct<'a, T, S> {
    /// The number of outputs, within a step, that are computed and then stored together.
    const PIECE: usize = if S::PIECE < STEP { S::PIECE } else { STEP };

    /// Convolves `signal` with `filter`.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        signal: &'a Source<'a, T>,
        filter: &'a RealTaps<'a, T>,
        store: S,
        accuracy: Accuracy,
    ) -> Result<Self> {
        let reach = Reach { geometry, signal };
        Ok(Self { reach, sums: Sums::new(geometry, filter, accuracy)?, store })
    }

    /// Bytes of normwise sums' workspace with any filter, if there are `outputs` outputs in all.
    pub fn most_bytes(geometry: Geometry, signal: &Source<'_, T>, outputs: usize) -> usize {
        Self::space(geometry, signal, outputs, (true, Accuracy::Normwise)).bytes(size_of::<T>())
    }

    #[inline(always)]
    fn space(
        geometry: Geometry,
        signal: &Source<'_, T>,
        outputs: usize,
        (mends_ends, accuracy): (bool, Accuracy),
    ) -> DirectSpace {
        let (in_place, stored_as_is) = (signal.in_memory(), S::IS_NATIVE);
        let needs = DirectNeeds { in_place, stored_as_is, mends_ends, accuracy };
        DirectSpace::of_reals(geometry, outputs.min(Self::PIECE), needs)
    }

    #[inline(always)]
    fn own_space(&self, outputs: usize) -> DirectSpace {
        let Reach { geometry, signal } = self.reach;
        let needs = (self.sums.mends_ends(), self.sums.accuracy());
        Self::space(geometry, signal, outputs, needs)
    }

    /// Computes outputs `start .. start + out.len()`.
    fn sums(
        &self,
        start: usize,
        out: &mut [T],
        stage: &mut [T],
        space: &mut SumSpace<'_, T>,
    ) -> Result<()> {
        let Reach { geometry, signal } = self.reach;
        let scaling = self.sums.scaling(&Under(&self.reach, start..start + out.len()));
        let mut finite = true;
        self.reach.for_each(start, out, stage, |outputs, x, out| {
            finite &= self.sums.compute(outputs, x, out, (scaling, space))?;
            Ok(())
        })?;
        if !finite {
            let read = |at, [values]: [&mut [T]; 1]| signal.read(at, values);
            Overflow { geometry, taps: [self.sums.taps()], read }.mend(start, out);
        }
        Ok(())
    }
}

impl<T: Real> DirectSums for Direct<'_, T, AsComputed> {
    fn taps(&self) -> usize {
        self.reach.geometry.filter_len
    }

    fn single_bytes(&self) -> usize {
        let [x, space] =
            [self.taps(), dot_space(self.taps())].map(|len| bytes_for(len, size_of::<T>()));
        x.saturating_add(space)
    }

    fn single(&self, output: usize, mut work: Workspace<'_>) -> Result<T> {
        let Reach { geometry, signal } = self.reach;
        // The values under the output that exist, and the taps that meet them.
        let first = (output + 1).saturating_sub(geometry.filter_len);
        let end = (output + 1).min(geometry.signal_len);
        let reversed = &self.sums.reversed()?[first + geometry.filter_len - (output + 1)..];
        let reversed = &reversed[..end - first];
        let space = work.cut(dot_space(geometry.filter_len));
        let x = match signal.in_place(first as isize, end - first) {
            Some(x) => x,
            None => {
                let x = work.cut(end - first);
                signal.read(first as isize, x);
                x
            }
        };
        let mut sum = [dot(x, reversed, space)];
        if !sum[0].is_finite() {
            let read = |at, [values]: [&mut [T]; 1]| signal.read(at, values);
            Overflow { geometry, taps: [self.sums.taps()], read }.mend(output, &mut sum);
        }
        Ok(sum[0])
    }
}

impl<T: Real, S: Store<T>> Steps for Direct<'_, T, S> {
    type Element = S::Element;

    fn step(&self) -> usize {
        STEP
    }

    fn workspace_bytes(&self, outputs: usize) -> usize {
        self.own_space(outputs).bytes(size_of::<T>())
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [S::Element],
        mut work: Workspace<'_>,
        fence: &Fence<'o>,
    ) -> Result<()> {
        let space = self.own_space(out.len());
        let (stage, sums) = (work.cut(space.stage), work.cut(space.sums));
        let mut space = SumSpace::cut(space, &mut work);
        if let Some(out) = self.store.native(out) {
            return self.sums(start, out, stage, &mut space);
        }
        for (i, out) in out.chunks_mut(Self::PIECE).enumerate() {
            let sums = &mut sums[..out.len()];
            self.sums(start + i * Self::PIECE, sums, stage, &mut space)?;
            self.store.put(out, sums, Finish::NOTHING, fence);
        }
        Ok(())
    }
}
