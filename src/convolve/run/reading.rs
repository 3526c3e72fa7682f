//! Reads a signal in pieces that fit the stack.

use crate::cpu::Real;

/// Values that are read at a time.
pub const PIECE: usize = 256;

/// Reads `len` values of each part of a signal from index `start` on, and calls `body` with each
/// piece: how many values were before it, and its values. `read` reads values of each part from an
/// index on.
pub fn for_each_piece<T: Real, const PARTS: usize>(
    read: &impl Fn(isize, [&mut [T]; PARTS]),
    start: isize,
    len: usize,
    mut body: impl FnMut(usize, [&[T]; PARTS]),
) {
    let mut values = [[T::default(); PIECE]; PARTS];
    for at in (0..len).step_by(PIECE) {
        let count = PIECE.min(len - at);
        read(start + at as isize, values.each_mut().map(|part| &mut part[..count]));
        body(at, values.each_ref().map(|part| &part[..count]));
    }
}
