//! How much workspace a thread takes on each way: said once, for the plan and for those who carry it out.

use super::geometry::Geometry;
use super::stage::staged_len;
use crate::memory::bytes_for;

/// Values between a block's two planes: planes a power of two apart would share the sets of a cache.
const GAP: usize = 64;

/// Values that a block of `block_len` points takes, as two planes and the gap between them.
pub fn planes_len(block_len: usize) -> usize {
    block_len.saturating_add(GAP)
}

/// The slices of a thread that sums directly: numbers of values.
#[derive(Clone, Copy)]
pub struct DirectSpace {
    /// Values of the signal that are not read where they lie.
    pub stage: usize,
    /// Sums before they are stored.
    pub sums: usize,
    /// Values under outputs at the signal's ends, where the filter is not finite.
    pub ends: usize,
    /// Flags of these outputs, a byte each.
    pub flags: usize,
}

impl DirectSpace {
    /// Of real sums, for pieces of `outputs` outputs. `in_place` says whether the signal needs no conversion, `stored_as_is`
    /// whether sums may be computed where they are stored, `mends_ends` whether the filter is not finite.
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

    /// Of the four real sums of complex numbers.
    pub fn of_complexes(geometry: Geometry, outputs: usize, mends_ends: bool) -> Self {
        let real = Self::of_reals(geometry, outputs, [false, false, mends_ends]);
        Self { stage: 2 * (outputs + geometry.filter_len - 1), sums: 4 * real.sums, ..real }
    }

    /// Of integers and bools.
    pub fn of_words(geometry: Geometry, outputs: usize, in_place: bool) -> Self {
        Self::of_reals(geometry, outputs, [in_place, true, false])
    }

    /// Bytes, for values of `size` bytes.
    #[inline(always)]
    pub fn bytes(self, size: usize) -> usize {
        [(self.stage, size), (self.sums, size), (self.ends, size), (self.flags, 1)]
            .into_iter()
            .fold(0, |sum: usize, (len, size)| sum.saturating_add(bytes_for(len, size)))
    }
}

/// The slices of a thread that works on blocks by transforms.
#[derive(Clone, Copy)]
pub struct BlockSpace {
    /// Blocks: one for each part or digit of an element.
    pub blocks: usize,
    /// Points of each.
    pub block_len: usize,
    /// Flags of a block's outputs, a byte each.
    pub flags: usize,
}

impl BlockSpace {
    /// Bytes, for values of `size` bytes.
    pub fn bytes(self, size: usize) -> usize {
        let block = bytes_for(planes_len(self.block_len), size);
        block.saturating_mul(self.blocks).saturating_add(bytes_for(self.flags, 1))
    }
}
