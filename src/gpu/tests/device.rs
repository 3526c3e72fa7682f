//! What the kernels' tests run on.

use crate::error::Result;
use crate::gpu::dispatch::Dispatch;
use crate::gpu::kernels::{self, Bounds, Floats, Job};
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

    /// Carries out a run on one buffer of so many bytes, and returns its words.
    fn run(&self, run: Dispatch, bytes: usize) -> Vec<u32>;

    /// Computes direct sums of rows of float32.
    fn direct(
        &self,
        bounds: Option<Bounds>,
        values: [&[f32]; 3],
        lens: Lens,
        rows: Spans,
    ) -> Result<Vec<f32>> {
        let words = values.map(bytemuck::cast_slice);
        let outputs =
            self.make(bounds, kernels::direct(lens.filter, Floats::default()), words, lens, rows)?;
        Ok(bytemuck::cast_vec(outputs))
    }
}

/// The kernels' tests, by file. `$on!` makes each of them a test on a device.
macro_rules! kernel_tests {
    ($on:ident) => {
        $on! {
            conversions {
                elements_of_all_dtypes_become_plain_numbers
                rows_of_elements_may_be_apart_and_backwards
                plain_numbers_are_packed
            }
            kernels {
                direct_sums_keep_their_bound_at_all_lengths
                rows_have_their_own_signal_and_filter
                elements_and_rows_may_be_apart_and_backwards
                windows_groups_and_submissions_may_be_small
                infinities_and_nans_have_the_footprint_of_the_direct_sum
                sums_overflow_only_where_their_value_does
                zeros_and_signs
            }
            numbers {
                complex_sums_are_those_of_their_parts
                complex_rows_may_be_apart_and_backwards
                many_taps_are_summed_in_chunks
                subnormal_numbers_are_zeros_where_they_are_flushed
            }
            words {
                sums_of_integers_are_exact_at_all_lengths
                extreme_integers_have_exact_sums
                rows_of_integers_may_be_anywhere
                windows_of_integers_may_be_small
            }
            bits {
                bools_are_exact_at_all_lengths
                bools_have_tens_of_thousands_of_taps
                rows_of_bools_may_be_anywhere
                windows_of_bools_may_be_small
            }
            blocks {
                blocks_keep_their_bound_at_all_lengths
                blocks_keep_their_bound_whatever_the_values
                blocks_of_rows_have_their_own_signal_and_filter
                blocks_may_be_apart_and_backwards
                windows_and_submissions_of_blocks_may_be_small
                infinities_and_nans_in_blocks_have_the_footprint_of_the_direct_sum
                finite_outputs_beside_infinities_keep_their_bound
                blocks_overflow_only_where_their_value_does
                zeros_and_signs_of_blocks
                roots_of_unity_are_right_to_a_rounding
            }
            passes {
                passes_keep_their_bound_at_all_lengths
                passes_of_rows_have_their_own_signal_and_filter
                passes_keep_their_bound_whatever_the_values
                infinities_and_nans_in_passes_have_the_footprint_of_the_direct_sum
                passes_overflow_only_where_their_value_does
                zeros_and_signs_of_passes
            }
        }
    };
}
pub(super) use kernel_tests;
