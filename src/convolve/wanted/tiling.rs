//! How transformed blocks lie on the signal, and which of their values are outputs.

use super::geometry::Geometry;

/// Where blocks start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tiling {
    /// A block starts K - 1 values before its first output; its first K - 1 results have wrapped round.
    Sliding,
    /// One block starts at the signal's first value and holds all of it; what wraps round lands before
    /// the first output kept, so `same` needs N + K / 2 points and `valid` N.
    Single,
}

impl Tiling {
    /// Points that a block of `outputs` outputs needs.
    pub fn points(self, geometry: Geometry, outputs: usize) -> usize {
        match self {
            Self::Sliding => outputs + geometry.filter_len - 1,
            Self::Single => {
                let full = geometry.signal_len + geometry.filter_len - 1;
                (geometry.first + geometry.outputs).max(full - geometry.first)
            }
        }
    }

    /// Outputs that a block of `block_len` points gives.
    pub fn step(self, geometry: Geometry, block_len: usize) -> usize {
        match self {
            Self::Sliding => block_len - (geometry.filter_len - 1),
            Self::Single => geometry.outputs,
        }
    }

    /// Of `threads` threads, those that work on one block of `block_len` points: each takes a block of its own, unless there is one
    /// only.
    pub fn threads_inside(self, geometry: Geometry, block_len: usize, threads: usize) -> usize {
        if self.step(geometry, block_len) >= geometry.outputs { threads } else { 1 }
    }

    /// The block that gives outputs `start .. start + outputs`.
    pub fn block(self, geometry: Geometry, start: usize, outputs: usize) -> BlockRange {
        match self {
            Self::Sliding => {
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
    /// The index of the block's first value in the signal, which may be before the signal's first value.
    pub origin: isize,
    /// The index of the first output in the block.
    pub skip: usize,
    /// How many values of the block are read from the signal; zeros follow.
    pub read: usize,
}
