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
            Self::Sliding => outputs + geometry.taps - 1,
            Self::Single => {
                let full = geometry.signal + geometry.taps - 1;
                (geometry.first + geometry.outputs).max(full - geometry.first)
            }
        }
    }

    /// Outputs that a block of `block` points gives.
    pub fn step(self, geometry: Geometry, block: usize) -> usize {
        match self {
            Self::Sliding => block - (geometry.taps - 1),
            Self::Single => geometry.outputs,
        }
    }

    /// Of `threads` threads, those that work on one block of `block` points: each takes a block of its own, unless there is one
    /// only.
    pub fn threads_inside(self, geometry: Geometry, block: usize, threads: usize) -> usize {
        if self.step(geometry, block) >= geometry.outputs { threads } else { 1 }
    }

    /// For the block that gives outputs `start .. start + outputs`: the index of its first value in the
    /// signal, the index of the first output in the block, and how many values it reads.
    pub fn block(self, geometry: Geometry, start: usize, outputs: usize) -> (isize, usize, usize) {
        match self {
            Self::Sliding => {
                let before = geometry.taps - 1;
                (start as isize - before as isize, before, before + outputs)
            }
            Self::Single => (0, start, geometry.signal),
        }
    }
}
