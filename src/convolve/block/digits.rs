//! Cuts integers into digits, one block for each digit, and joins sums of digits.

use std::ops::{Deref, DerefMut};

use super::planes::Planes;
use super::source::Source;
use crate::convolve::wanted::Digits;
use crate::cpu::{Word, add_rounded, cut_digits};
use crate::fft::coordinates;
use crate::threads;

/// Numbers of a plane that are cut or joined at a time. They stay in a first-level cache.
const PIECE: usize = 512;

/// Cuts the elements from `origin` on into digits, one block for each digit, and multiplies the
/// digits by `factor`. Zeros stand where the source has no elements.
pub fn into_digits<W: Word, V: DerefMut<Target = [f64]>>(
    digits: Digits,
    source: &Source<'_, W>,
    origin: isize,
    factor: f64,
    planes: &mut [Planes<V>],
    threads: usize,
) {
    let blocks = &mut coordinates(planes.iter_mut().map(Planes::block_mut))[..digits.count];
    let half = blocks[0][0].len();
    threads::for_each_piece_of_all(blocks, PIECE, threads, |at, pieces| {
        // The rest of each number after the digits that are cut off so far.
        let mut rest = [[0; PIECE]; 2];
        for (start, rest) in [at, half + at].into_iter().zip(&mut rest) {
            read_numbers(source, origin + start as isize, &mut rest[..PIECE.min(half - at)]);
        }
        for block in pieces {
            for (plane, rest) in block.into_iter().zip(&mut rest) {
                cut_digits(&mut rest[..plane.len()], digits.width, plane);
                if factor != 1.0 {
                    plane.iter_mut().for_each(|digit| *digit *= factor);
                }
            }
        }
    });
}

/// Joins the sums of digits from index `start` on.
pub fn from_digits<W: Word, V: Deref<Target = [f64]> + Sync>(
    digits: Digits,
    planes: &[Planes<V>],
    start: usize,
    out: &mut [W],
    threads: usize,
) {
    let out_len = out.len();
    let (first, _) = planes[0].runs(start, out_len);
    let (out_first, out_second) = out.split_at_mut(first.len());
    for (run, out) in [out_first, out_second].into_iter().enumerate() {
        threads::for_each_piece(out, PIECE, threads, |at, piece| {
            piece.fill(W::default());
            for (place, planes) in planes.iter().enumerate() {
                let (first, second) = planes.runs(start, out_len);
                let sums = [first, second][run];
                let shift = digits.width * place as u32;
                add_rounded(piece, &sums[at..][..piece.len()], shift);
            }
        });
    }
}

/// The value of a word in two's complement.
#[inline(always)]
fn signed<W: Word>(word: W) -> i64 {
    match size_of::<W>() {
        1 => bytemuck::cast::<W, i8>(word).into(),
        2 => bytemuck::cast::<W, i16>(word).into(),
        4 => bytemuck::cast::<W, i32>(word).into(),
        _ => bytemuck::cast::<W, i64>(word),
    }
}

/// The values of up to [`PIECE`] elements from `origin` on. Zeros stand where the source has no
/// elements.
fn read_numbers<W: Word>(source: &Source<W>, origin: isize, to: &mut [i64]) {
    let words = &mut [W::default(); PIECE][..to.len()];
    source.read(origin, words);
    for (to, &word) in to.iter_mut().zip(words.iter()) {
        *to = signed(word);
    }
}
