//! Chunks of values, from whose sums the sizes of outputs are estimated.

/// The most chunks of a filter.
const CHUNKS: usize = 32;
/// Filters of some 1000 taps have this many chunks. With fewer, a gap between bursts that is hardly
/// longer than the filter would be missed.
const FEWEST: usize = 8;
/// The shortest chunk, and the longest of filters with [`FEWEST`] chunks. In shorter chunks, adding
/// up lanes would take most of the time. Longer chunks would save little.
const LENGTHS: [usize; 2] = [96, 128];
/// The length of a chunk is a multiple of this: whole vectors.
const WHOLE: usize = 16;

/// The chunks of a filter, and of the blocks of a signal that it meets.
#[derive(Clone, Copy, Debug)]
pub struct Chunks {
    /// Values of a chunk.
    pub len: usize,
    /// Chunks of the filter.
    pub of_filter: usize,
}

impl Chunks {
    /// The longest profile of a filter.
    pub const MOST_OF_FILTER: usize = CHUNKS + 1;

    /// Chunks for a filter of `filter_len` taps.
    pub fn new(filter_len: usize) -> Self {
        let [shortest, longest] = LENGTHS;
        let short = filter_len.div_ceil(FEWEST).clamp(shortest, longest);
        let len = filter_len.div_ceil(CHUNKS).max(short).next_multiple_of(WHOLE);
        Self { len, of_filter: filter_len.div_ceil(len) }
    }

    /// The length of the filter's profile.
    pub fn filter_profile_len(self) -> usize {
        self.of_filter + 1
    }

    /// The length of the profile of `count` values of a signal.
    pub fn signal_profile_len(self, count: usize) -> usize {
        count.div_ceil(self.len) + 2 * self.of_filter
    }
}
