//! How blocks lie on the signal, and which of their values are outputs.

use std::ops::Range;

use super::geometry::Geometry;

/// Where blocks start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tiling {
    /// Overlap-save: a block starts K - 1 values before its first output. Its first K - 1 results
    /// have wrapped round.
    OverlapSave,
    /// One block that starts at the signal's first value and holds the whole signal. Results that
    /// wrap round land before the first output. So `same` needs N + K / 2 points, and `valid` needs
    /// N.
    Single,
}

impl Tiling {
    /// Points of a block that gives `outputs` outputs.
    pub fn points(self, geometry: Geometry, outputs: usize) -> usize {
        match self {
            Self::OverlapSave => outputs + geometry.filter_len - 1,
            Self::Single => {
                let full = geometry.signal_len + geometry.filter_len - 1;
                (geometry.first + geometry.outputs).max(full - geometry.first)
            }
        }
    }

    /// The number of outputs that a block of `block_len` points gives.
    pub fn step(self, geometry: Geometry, block_len: usize) -> usize {
        match self {
            Self::OverlapSave => block_len - (geometry.filter_len - 1),
            Self::Single => geometry.outputs,
        }
    }

    /// How many of `threads` threads work on one block of `block_len` points. If there is only one
    /// block, all threads share it. Otherwise each thread has a block of its own.
    pub fn threads_inside(self, geometry: Geometry, block_len: usize, threads: usize) -> usize {
        if self.step(geometry, block_len) >= geometry.outputs { threads } else { 1 }
    }

    /// The block that gives outputs `start .. start + outputs`.
    pub fn block(self, geometry: Geometry, start: usize, outputs: usize) -> BlockRange {
        match self {
            Self::OverlapSave => {
                let before = geometry.filter_len - 1;
                let origin = start as isize - before as isize;
                BlockRange { origin, skip: before, read: before + outputs }
            }
            Self::Single => BlockRange { origin: 0, skip: start, read: geometry.signal_len },
        }
    }
}

/// Where a block lies on the signal.
#[derive(Clone, Copy)]
pub struct BlockRange {
    /// The index in the signal of the block's first value. May be before the signal's first value.
    pub origin: isize,
    /// The index in the block of the first output.
    pub skip: usize,
    /// The number of values that the block reads from the signal. Zeros follow.
    pub read: usize,
}

impl BlockRange {
    /// The positions in the block of the values that lie inside the signal. An output reads the
    /// signal, so there is one.
    pub fn inside(self, geometry: Geometry) -> Range<usize> {
        let end = (geometry.signal_len as isize - self.origin).min(self.read as isize);
        self.origin.min(0).unsigned_abs()..end as usize
    }
}
