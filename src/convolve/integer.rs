//! Exact integers at transform speed: digits, float64 transforms, and a proof that rounding recovers
//! every sum.
//!
//! An integer modulo 2^bits is `sum over i of digit[i] * 2^(w i)` with balanced digits, |digit| <=
//! 2^(w - 1); what the last digit drops is a multiple of 2^bits. A product needs the digit pairs (i, j)
//! with i + j below the number of digits only, since the others are multiples of 2^bits as well. The
//! pairs with one sum i + j are added as spectra and come back in one inverse transform.
//!
//! The error of such a sum is at most `12 eps log2(B) pairs ||x|| ||v||` (docs/accuracy.md), where
//! ||x|| <= sqrt(B) 2^(w - 1) and ||v|| <= sqrt(K) 2^(w - 1). [`Digits::new`] takes the fewest digits
//! for which that is below one quarter: rounding to the nearest integer is exact then.

use super::geometry::Geometry;
use super::method::Method;
use super::source::Source;
use super::spectrum::Planes;
use super::tiling::Tiling;
use crate::cpu::{Word, add_rounded, cut_digits};
use crate::error::{Error, Result};
use crate::fft::Transform;
use crate::memory::Aligned;

/// The proven constant of the transforms' error bound.
const ERROR_CONSTANT: f64 = 12.0;

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
    /// `block` points; `None` where even single bits are not: 64-bit integers from some 2^35 taps on.
    pub fn new(bits: u32, taps: usize, block: usize) -> Option<Self> {
        (1..=bits)
            .map(|count| Self { count: count as usize, width: bits.div_ceil(count) })
            .find(|digits| digits.error(taps, block) < 0.25)
    }

    /// A bound on the error of any sum before it is rounded.
    fn error(self, taps: usize, block: usize) -> f64 {
        let (taps, block) = (taps as f64, block as f64);
        let digit = 2f64.powi(self.width as i32 - 1);
        let norms = block.sqrt() * digit * taps.sqrt() * digit;
        ERROR_CONSTANT * f64::EPSILON * block.log2() * self.count as f64 * norms
    }

    /// The next digit of each number, the lowest first, over the first values of `planes`; off `rest` it is cut.
    fn cut(self, rest: &mut [i64], planes: &mut Planes<f64>) {
        let (first, second) = planes.runs_mut(0, rest.len());
        let (rest_first, rest_second) = rest.split_at_mut(first.len());
        cut_digits(rest_first, self.width, first);
        cut_digits(rest_second, self.width, second);
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

/// Elements from `origin` on, zeros where there are none, as the numbers that they stand for.
fn read_numbers<W: Word>(source: &Source<W>, origin: isize, to: &mut [i64]) {
    const PIECE: usize = 256;
    let mut words = [W::default(); PIECE];
    for (i, to) in to.chunks_mut(PIECE).enumerate() {
        let words = &mut words[..to.len()];
        source.read(origin + (i * PIECE) as isize, words);
        for (to, &word) in to.iter_mut().zip(words.iter()) {
            *to = signed(word);
        }
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
        let transform = Transform::new(block)?;
        let mut rest = Aligned::unspecified(filter.len(), "a copy of the filter")?;
        read_numbers(filter, 0, &mut rest);
        let norm = 2.0 / block as f64;
        let mut planes = zeroed_planes(digits.count, block)?;
        for planes in &mut planes {
            digits.cut(&mut rest, planes);
            planes.map(filter.len(), threads, |digit| digit * norm);
            planes.forward(&transform, threads);
        }
        let threads = tiling.threads_inside(geometry, block, threads);
        Ok(Self { geometry, tiling, digits, signal, transform, filter: planes, threads })
    }
}

fn zeroed_planes(count: usize, block: usize) -> Result<Vec<Planes<f64>>> {
    (0..count).map(|_| Planes::zeroed(block)).collect()
}

/// What a thread needs.
pub struct Workspace {
    /// What is left of a block of the signal when digits were cut off.
    rest: Aligned<i64>,
    digits: Vec<Planes<f64>>,
    sum: Planes<f64>,
}

impl<W: Word> Method for OverlapSaveWords<'_, W> {
    type Element = W;
    type Workspace<'w> = Workspace;

    fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.transform.block())
    }

    fn with_workspace<R>(
        &self,
        _outputs: usize,
        body: impl FnOnce(&mut Workspace) -> Result<R>,
    ) -> Result<R> {
        let block = self.transform.block();
        body(&mut Workspace {
            rest: Aligned::unspecified(block, "a block of the signal")?,
            digits: zeroed_planes(self.digits.count, block)?,
            sum: Planes::zeroed(block)?,
        })
    }

    fn compute(&self, start: usize, out: &mut [W], work: &mut Workspace) -> Result<()> {
        let (origin, skip, values) = self.tiling.block(self.geometry, start, out.len());
        let rest = &mut work.rest[..values];
        read_numbers(self.signal, origin, rest);
        for planes in &mut work.digits {
            planes.clear_from(values);
            self.digits.cut(rest, planes);
            planes.forward(&self.transform, self.threads);
        }
        out.fill(W::default());
        for place in 0..self.digits.count {
            work.sum.clear();
            let pairs = work.digits[..=place].iter().zip(self.filter[..=place].iter().rev());
            work.sum.add_products(&self.transform, pairs);
            work.sum.inverse(&self.transform, self.threads);
            let shift = self.digits.width * place as u32;
            let (first, second) = work.sum.runs_mut(skip, out.len());
            let (out_first, out_second) = out.split_at_mut(first.len());
            add_rounded(out_first, first, shift);
            add_rounded(out_second, second, shift);
        }
        Ok(())
    }
}
