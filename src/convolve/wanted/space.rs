//! How much workspace a thread takes for each method. The plan and the code that computes both ask
//! here.

use super::geometry::Geometry;
use super::stage::staged_len;
use crate::memory::bytes_for;

/// The gap between a block's two planes, in values. Planes a power of two apart would share the
/// sets of a cache.
const GAP: usize = 64;

/// Values of a block of `block_len` points: two planes and the gap between them.
pub fn planes_len(block_len: usize) -> usize {
    block_len.saturating_add(GAP)
}

/// The slices of a thread that computes direct sums, in values.
#[derive(Clone, Copy)]
pub struct DirectSpace {
    /// The signal under the outputs, where it is not read in place.
    pub stage: usize,
    /// Sums before they are stored.
    pub sums: usize,
    /// Values under the outputs at the signal's ends, if the filter is not finite.
    pub ends: usize,
    /// Flags of the outputs at the signal's ends, a byte each.
    pub flags: usize,
}

impl DirectSpace {
    /// For real sums, in pieces of `outputs` outputs. `in_place` says that the signal needs no
    /// conversion, `stored_as_is` that sums may be computed directly in the output, `mends_ends`
    /// that the filter is not finite.
    #[inline(always)]
    pub fn of_reals(
        geometry: Geometry,
        outputs: usize,
        [in_place, stored_as_is, mends_ends]: [bool; 3],
    ) -> Self {
        let flags = if mends_ends { outputs } else { 0 };
        Self {
            stage: staged_len(geometry, in_place, outputs),
            sums: if stored_as_is { 0 } else { outputs },
            ends: if mends_ends { outputs + geometry.filter_len - 1 } else { 0 },
            flags,
        }
    }

    /// For complex numbers: four real sums.
    pub fn of_complexes(geometry: Geometry, outputs: usize, mends_ends: bool) -> Self {
        let real = Self::of_reals(geometry, outputs, [false, false, mends_ends]);
        Self { stage: 2 * (outputs + geometry.filter_len - 1), sums: 4 * real.sums, ..real }
    }

    /// For integers and bools.
    pub fn of_words(geometry: Geometry, outputs: usize, in_place: bool) -> Self {
        Self::of_reals(geometry, outputs, [in_place, true, false])
    }

    /// The size in bytes, with values of `size` bytes.
    #[inline(always)]
    pub fn bytes(self, size: usize) -> usize {
        [(self.stage, size), (self.sums, size), (self.ends, size), (self.flags, 1)]
            .into_iter()
            .fold(0, |sum: usize, (len, size)| sum.saturating_add(bytes_for(len, size)))
    }
}

/// The slices of a thread that transforms blocks.
#[derive(Clone, Copy)]
pub struct BlockSpace {
    /// The number of blocks: one for each part or digit of an element.
    pub blocks: usize,
    /// Points of a block.
    pub block_len: usize,
    /// Flags of a block's outputs, a byte each.
    pub flags: usize,
}

impl BlockSpace {
    /// The size in bytes, with values of `size` bytes.
    pub fn bytes(self, size: usize) -> usize {
        let block = bytes_for(planes_len(self.block_len), size);
        block.saturating_mul(self.blocks).saturating_add(bytes_for(self.flags, 1))
    }
}
