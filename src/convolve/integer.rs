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
use crate::cpu::Word;
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

    /// Digit `index` of a number in two's complement.
    #[inline(always)]
    fn digit(self, number: i64, index: usize) -> f64 {
        let half = 1i64 << (self.width - 1);
        let mut rest = number;
        for _ in 0..index {
            rest = rest.wrapping_add(half) >> self.width;
        }
        if self.width == 64 {
            return rest as f64;
        }
        let digit = (rest.wrapping_add(half) & ((1 << self.width) - 1)) - half;
        digit as f64
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
        let mut words = Aligned::zeroed(filter.len(), "a copy of the filter")?;
        filter.read(0, &mut words);
        let norm = 2.0 / block as f64;
        let mut planes = zeroed_planes(digits.count, block)?;
        for (i, planes) in planes.iter_mut().enumerate() {
            planes.fill(0, &words, |word: W| digits.digit(signed(word), i) * norm);
            planes.forward(&transform, threads);
        }
        let is_single = tiling.step(geometry, block) >= geometry.outputs;
        let threads = if is_single { threads } else { 1 };
        Ok(Self { geometry, tiling, digits, signal, transform, filter: planes, threads })
    }
}

fn zeroed_planes(count: usize, block: usize) -> Result<Vec<Planes<f64>>> {
    (0..count).map(|_| Planes::zeroed(block)).collect()
}

/// What a thread needs.
pub struct Workspace<W: Word> {
    words: Aligned<W>,
    digits: Vec<Planes<f64>>,
    sum: Planes<f64>,
}

impl<W: Word> Method for OverlapSaveWords<'_, W> {
    type Element = W;
    type Workspace<'w> = Workspace<W>;

    fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.transform.block())
    }

    fn with_workspace<R>(
        &self,
        _outputs: usize,
        body: impl FnOnce(&mut Workspace<W>) -> Result<R>,
    ) -> Result<R> {
        let block = self.transform.block();
        body(&mut Workspace {
            words: Aligned::zeroed(block, "a block of the signal")?,
            digits: zeroed_planes(self.digits.count, block)?,
            sum: Planes::zeroed(block)?,
        })
    }

    fn compute(&self, start: usize, out: &mut [W], work: &mut Workspace<W>) -> Result<()> {
        let (origin, skip, values) = self.tiling.block(self.geometry, start, out.len());
        let words = &mut work.words[..values];
        self.signal.read(origin, words);
        for (i, planes) in work.digits.iter_mut().enumerate() {
            planes.clear_from(values);
            planes.fill(0, words, |word: W| self.digits.digit(signed(word), i));
            planes.forward(&self.transform, self.threads);
        }
        out.fill(W::default());
        for place in 0..self.digits.count {
            work.sum.clear();
            for (x, filter) in work.digits[..=place].iter().zip(self.filter[..=place].iter().rev())
            {
                work.sum.add_product(&self.transform, x, filter);
            }
            work.sum.inverse(&self.transform, self.threads);
            let weight = W::from_bits(1 << (self.digits.width as usize * place));
            let (first, second) = work.sum.runs_mut(skip, out.len());
            let (out_first, out_second) = out.split_at_mut(first.len());
            for (out, sums) in [(out_first, first), (out_second, second)] {
                for (out, &sum) in out.iter_mut().zip(sums.iter()) {
                    *out = out.add_product(weight, W::from_bits(nearest(sum) as u64));
                }
            }
        }
        Ok(())
    }
}

/// The nearest integer, for |sum| below 2^51: adding 1.5 * 2^52 leaves it in the low bits.
#[inline(always)]
fn nearest(sum: f64) -> i64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    (sum + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i64
}
