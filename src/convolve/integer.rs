//! Exact integers at transform speed: digits, float64 transforms, and a proof that rounding recovers
//! every sum.
//!
//! An integer modulo 2^bits is `sum over i of digit[i] * 2^(w i)` with balanced digits, |digit| <=
//! 2^(w - 1); what the last digit drops is a multiple of 2^bits. A product needs the digit pairs (i, j)
//! with i + j below the number of digits only, since the others are multiples of 2^bits as well. The
//! pairs with one sum i + j are added as spectra and come back in one inverse transform.
//!
//! The error of such a sum is at most `(4.75 log2(B) + 1.5 pairs + 14) eps pairs ||x|| ||v||` (docs/accuracy.md), where
//! ||x|| <= sqrt(B) 2^(w - 1) and ||v|| <= sqrt(K) 2^(w - 1). [`Digits::new`] takes the fewest digits for which that is
//! below one half: rounding to the nearest integer is exact then.

use super::geometry::Geometry;
use super::planes::Planes;
use super::source::Source;
use super::steps::Steps;
use super::tiling::Tiling;
use crate::cpu::{Word, add_rounded, cut_digits};
use crate::error::{Error, Result};
use crate::fft::{MAX_COORDINATES, Product, Transform, coordinates};
use crate::threads;

/// Numbers of a plane that are cut up or put together at a time: they stay in a first-level cache.
const PIECE: usize = 512;

/// How integers are cut up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    /// Number of digits.
    pub count: usize,
    /// Bits of each.
    pub width: u32,
}

impl Digits {
    /// The fewest digits that keep sums of `taps` products of `bits`-bit integers exact in blocks of
    /// `block` points; `None` where more than [`MAX_COORDINATES`] would be needed: 64-bit integers from some 2^33 taps on.
    pub fn new(bits: u32, taps: usize, block: usize) -> Option<Self> {
        /// Less than one half by more than the bound itself is rounded.
        const LIMIT: f64 = 0.499;
        (1..=bits.min(MAX_COORDINATES as u32))
            .map(|count| Self { count: count as usize, width: bits.div_ceil(count) })
            .find(|digits| digits.error(taps, block) < LIMIT)
    }

    /// A bound on the error of any sum before it is rounded.
    fn error(self, taps: usize, block: usize) -> f64 {
        let (count, taps, block) = (self.count as f64, taps as f64, block as f64);
        let digit = 2f64.powi(self.width as i32 - 1);
        let norms = block.sqrt() * digit * taps.sqrt() * digit;
        let roundings = 4.75 * block.log2() + 1.5 * count + 14.0;
        roundings * f64::EPSILON * count * norms
    }

    /// Cuts up the elements from `origin` on, zeros where there are none, into a block for each digit, times `factor`.
    fn cut<W: Word>(
        self,
        source: &Source<'_, W>,
        origin: isize,
        factor: f64,
        planes: &mut [Planes<f64>],
        threads: usize,
    ) {
        let blocks = &mut coordinates(planes.iter_mut().map(Planes::block_mut))[..self.count];
        let half = blocks[0][0].len();
        threads::for_each_piece_of_all(blocks, PIECE, threads, |at, pieces| {
            // What is left of the numbers when digits were cut off.
            let mut rest = [[0; PIECE]; 2];
            for (start, rest) in [at, half + at].into_iter().zip(&mut rest) {
                read_numbers(source, origin + start as isize, &mut rest[..PIECE.min(half - at)]);
            }
            for block in pieces {
                for (plane, rest) in block.into_iter().zip(&mut rest) {
                    cut_digits(&mut rest[..plane.len()], self.width, plane);
                    if factor != 1.0 {
                        plane.iter_mut().for_each(|digit| *digit *= factor);
                    }
                }
            }
        });
    }

    /// Puts the sums of digits from index `start` on together.
    fn join<W: Word>(self, planes: &[Planes<f64>], start: usize, out: &mut [W], threads: usize) {
        let out_len = out.len();
        let (first, _) = planes[0].runs(start, out_len);
        let (out_first, out_second) = out.split_at_mut(first.len());
        for (run, out) in [out_first, out_second].into_iter().enumerate() {
            threads::for_each_piece(out, PIECE, threads, |at, piece| {
                piece.fill(W::default());
                for (place, planes) in planes.iter().enumerate() {
                    let (first, second) = planes.runs(start, out_len);
                    let sums = [first, second][run];
                    let shift = self.width * place as u32;
                    add_rounded(piece, &sums[at..][..piece.len()], shift);
                }
            });
        }
    }
}

/// The number that a word stands for in two's complement.
#[inline(always)]
fn signed<W: Word>(word: W) -> i64 {
    match size_of::<W>() {
        1 => bytemuck::cast::<W, i8>(word).into(),
        2 => bytemuck::cast::<W, i16>(word).into(),
        4 => bytemuck::cast::<W, i32>(word).into(),
        _ => bytemuck::cast::<W, i64>(word),
    }
}

/// Up to [`PIECE`] elements from `origin` on, zeros where there are none, as the numbers that they stand for.
fn read_numbers<W: Word>(source: &Source<W>, origin: isize, to: &mut [i64]) {
    let words = &mut [W::default(); PIECE][..to.len()];
    source.read(origin, words);
    for (to, &word) in to.iter_mut().zip(words.iter()) {
        *to = signed(word);
    }
}

/// Integers modulo 2^bits, by transforms.
pub struct OverlapSaveWords<'a, W> {
    geometry: Geometry,
    tiling: Tiling,
    digits: Digits,
    signal: &'a Source<'a, W>,
    transform: Transform<f64>,
    filter: Vec<Planes<f64>>,
    /// Those that work on one block.
    threads: usize,
}

impl<'a, W: Word> OverlapSaveWords<'a, W> {
    /// As [`super::overlap_save::OverlapSave::new`].
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        (tiling, block, threads): (Tiling, usize, usize),
        signal: &'a Source<'a, W>,
        filter: &Source<'_, W>,
    ) -> Result<Self> {
        let digits = Digits::new(8 * size_of::<W>() as u32, geometry.taps, block)
            .ok_or_else(|| Error::internal("integers too many for exact transforms"))?;
        let transform = Transform::new(block, threads)?;
        let mut planes = unspecified_planes(digits.count, block)?;
        digits.cut(filter, 0, 2.0 / block as f64, &mut planes, threads);
        let blocks = &mut coordinates(planes.iter_mut().map(Planes::block_mut))[..digits.count];
        transform.forward(blocks, threads);
        let threads = tiling.threads_inside(geometry, block, threads);
        Ok(Self { geometry, tiling, digits, signal, transform, filter: planes, threads })
    }
}

fn unspecified_planes(count: usize, block: usize) -> Result<Vec<Planes<f64>>> {
    (0..count).map(|_| Planes::unspecified(block)).collect()
}

impl<W: Word> Steps for OverlapSaveWords<'_, W> {
    type Element = W;
    /// The digits of a block, each in a block of its own.
    type Workspace<'w> = Vec<Planes<f64>>;

    fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.transform.block())
    }

    fn with_workspace<R>(
        &self,
        _outputs: usize,
        body: impl FnOnce(&mut Vec<Planes<f64>>) -> Result<R>,
    ) -> Result<R> {
        body(&mut unspecified_planes(self.digits.count, self.transform.block())?)
    }

    fn compute(&self, start: usize, out: &mut [W], planes: &mut Vec<Planes<f64>>) -> Result<()> {
        let Self { digits, transform, threads, .. } = self;
        // Values behind those that outputs are made of wrap round to none of them.
        let (origin, skip, _) = self.tiling.block(self.geometry, start, out.len());
        digits.cut(self.signal, origin, 1.0, planes, *threads);
        let blocks = &mut coordinates(planes.iter_mut().map(Planes::block_mut))[..digits.count];
        let filter = &coordinates(self.filter.iter().map(Planes::block))[..digits.count];
        transform.convolve(blocks, filter, Product::Powers, *threads);
        digits.join(planes, skip, out, *threads);
        Ok(())
    }
}
