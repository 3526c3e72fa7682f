//! A filter of integers or bools.

use super::taps::{Memory, Taps};
use crate::convolve::block::{OwnPlanes, Source, into_digits};
use crate::convolve::wanted::Digits;
use crate::cpu::Word;
use crate::error::{Error, Result};
use crate::fft::{Transform, coordinates};

/// A filter of words.
pub enum WordFilter<'t, W: Word> {
    /// For direct sums: the taps in reverse order,
    /// `full[n] = sum over j of reversed[j] * signal[n - (K - 1) + j]`.
    Reversed(Taps<'t, W>),
    /// For exact transforms of digits.
    Transformed(DigitSpectra),
}

/// The transformed digits of a filter.
pub struct DigitSpectra {
    /// How integers are cut into digits.
    pub digits: Digits,
    /// The transform of a block of digits.
    pub transform: Transform<f64>,
    /// The spectrum of each digit.
    pub planes: Vec<OwnPlanes<f64>>,
}

impl<'t, W: Word> WordFilter<'t, W> {
    /// Prepares `source` for blocks of `block_len` points, or for direct sums if there is no block
    /// length. Uses up to `threads` threads.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<'a>(
        source: &Source<'a, W>,
        memory: &mut impl Memory<'a, 't>,
        block_len: Option<usize>,
        threads: usize,
    ) -> Result<Self> {
        let Some(block_len) = block_len else {
            let fill = |[reversed]: [&mut [W]; 1]| {
                source.read(0, reversed);
                reversed.reverse();
            };
            let [reversed] = memory.filled(source.len(), fill)?;
            return Ok(Self::Reversed(reversed));
        };
        let digits = Digits::new(8 * size_of::<W>() as u32, source.len(), block_len)
            .ok_or_else(|| Error::internal("integers too many for exact transforms"))?;
        let transform = Transform::new(block_len, threads)?;
        let planes: Result<Vec<_>> =
            (0..digits.count).map(|_| OwnPlanes::unspecified(block_len)).collect();
        let mut planes = planes?;
        into_digits(digits, source, 0, 2.0 / block_len as f64, &mut planes, threads);
        let blocks = &mut coordinates(planes.iter_mut().map(OwnPlanes::block_mut))[..digits.count];
        transform.forward(blocks, threads);
        Ok(Self::Transformed(DigitSpectra { digits, transform, planes }))
    }
}
