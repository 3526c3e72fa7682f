//! What the kernels' tests run on.

use crate::error::Result;
use crate::gpu::kernels::{self, Bounds, Job};
use crate::gpu::{Lens, Spans};

/// A device: a real one, one in software, or the processor, which runs the kernels in Metal's language.
pub trait Device {
    /// Bytes to a multiple of which its bindings begin.
    fn alignment(&self) -> usize;

    /// Does a job on rows, within these bounds or the device's own. `words` are those of the signal,
    /// the filter and the outputs before; returns those of the outputs after.
    fn make(
        &self,
        bounds: Option<Bounds>,
        job: Job,
        words: [&[u32]; 3],
        lens: Lens,
        rows: Spans,
    ) -> Result<Vec<u32>>;

    /// Computes direct sums of rows of float32.
    fn direct(
        &self,
        bounds: Option<Bounds>,
        values: [&[f32]; 3],
        lens: Lens,
        rows: Spans,
    ) -> Result<Vec<f32>> {
        let words = values.map(bytemuck::cast_slice);
        let outputs = self.make(bounds, kernels::direct(lens.filter), words, lens, rows)?;
        Ok(bytemuck::cast_vec(outputs))
    }
}

/// The kernels' tests. `$on!` makes each of them a test on a device.
macro_rules! kernel_tests {
    ($on:ident) => {
        $on! {
            direct_sums_keep_their_bound_at_all_lengths
            rows_have_their_own_signal_and_filter
            elements_and_rows_may_be_apart_and_backwards
            windows_groups_and_submissions_may_be_small
            infinities_and_nans_have_the_footprint_of_the_direct_sum
            sums_overflow_only_where_their_value_does
            zeros_and_signs
        }
    };
}
pub(super) use kernel_tests;
