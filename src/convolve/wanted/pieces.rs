//! A long filter in pieces, for few outputs.

use super::geometry::Geometry;
use super::space::planes_len;
use crate::memory::bytes_for;

/// How a filter is cut into pieces, each for a block of `block_len` points that gives all outputs.
///
/// A block holds the signal under the outputs and one piece of the filter: `outputs + piece_len - 1`
/// points. The results of all pieces are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// The number of outputs.
    pub outputs: usize,
    /// The number of taps.
    pub filter_len: usize,
    /// Points of a block.
    pub block_len: usize,
}

impl Pieces {
    /// The number of pieces whose products are added before one inverse transform.
    pub const IN_A_GROUP: usize = 8;

    /// The pieces for the outputs of `geometry`, if there are several and they can be used: outputs
    /// are fewer than taps, and each tap and each value of the signal is read by an output.
    pub fn new(geometry: Geometry, block_len: usize) -> Option<Self> {
        let Geometry { signal_len, filter_len, first, outputs } = geometry;
        let pieces = Self { outputs, filter_len, block_len };
        let all_are_read = first + outputs >= filter_len && first < signal_len;
        let fit = all_are_read && outputs < filter_len && outputs < block_len;
        (fit && pieces.count() > 1).then_some(pieces)
    }

    /// Taps of a piece. The last piece may be shorter.
    pub fn piece_len(self) -> usize {
        self.block_len + 1 - self.outputs
    }

    /// The number of pieces.
    pub fn count(self) -> usize {
        self.filter_len.div_ceil(self.piece_len())
    }

    /// The number of groups of pieces.
    pub fn groups(self) -> usize {
        self.count().div_ceil(Self::IN_A_GROUP)
    }

    /// The number of pieces of the largest group.
    pub fn most_in_a_group(self) -> usize {
        self.count().min(Self::IN_A_GROUP)
    }

    /// Bytes of workspace for a group, with values of `size` bytes: for each piece a block of the
    /// signal and a block of taps, and flags of the outputs.
    pub fn group_bytes(self, size: usize) -> usize {
        let block = bytes_for(planes_len(self.block_len), size);
        let blocks = block.saturating_mul(2 * self.most_in_a_group());
        blocks.saturating_add(bytes_for(self.outputs, 1))
    }

    /// Bytes of workspace for the sums of all groups and for flags of the outputs.
    pub fn sums_bytes(self, size: usize) -> usize {
        // The sums of a group are followed by their exponent.
        let sums = bytes_for((self.outputs + 1).saturating_mul(self.groups()), size);
        sums.saturating_add(bytes_for(self.outputs, 1))
    }
}
