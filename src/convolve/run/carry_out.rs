//! Carries a plan out on the processor: makes a source of the signal and a store of the output, and
//! starts the method.

use std::marker::PhantomData;

use half::{bf16, f16};

use super::blocks::Blocks;
use super::certified::{Certified, Operands};
use super::certified_complex::CertifiedComplex;
use super::direct::Direct;
use super::direct_complex::DirectComplex;
use super::direct_words::{DirectKernel, DirectWords, or_shifted};
use super::fft::Fft;
use super::fft_complex::FftComplex;
use super::fft_pieces::FftPieces;
use super::fft_words::FftWords;
use super::steps::{Steps, drive_row};
use crate::convolve::block::{
    AnyCounted, AsComputed, ComplexSource, Conversion, PastCaches, RealConversion, RoundTo, Source,
    Store, ToFloat32, ToFloat64, ToHalf, ToTruth, ToWord,
};
use crate::convolve::filter::{self, Form, Prepared, RealFilter, Transformed, WordFilter};
use crate::convolve::plan::Plan;
use crate::convolve::wanted::{Method, Operand, Pieces};
use crate::cpu::{Real, Word, correlate_words, isa};
use crate::dtype::{Complex64, Dtype};
use crate::error::{Error, Result};
use crate::fft::Transform;
use crate::memory::{Row, RowMut};

/// Outputs of at least this many bytes are stored past the caches. Few last-level caches could hold
/// them, and an equally long input, until they are read next.
const PAST_CACHES: usize = 1 << 25;

/// Convolves `signal` with `filter` and writes the outputs of the plan's geometry to `out`, which
/// is aligned for the plan's dtype.
///
/// # Errors
/// `OutOfMemory` for workspace; `Internal` if the filter, the signal or `out` is of another plan.
pub fn carry_out(
    plan: &Plan,
    signal: Operand<'_>,
    filter: &Prepared<'_>,
    out: RowMut<'_>,
) -> Result<()> {
    let prepared = (filter.len(), filter.dtype(), filter.shape());
    let planned = (plan.geometry.filter_len, plan.dtype, plan.method.shape());
    let lengths = (signal.len(), out.len(), out.size());
    let wanted = (plan.geometry.signal_len, plan.geometry.outputs, plan.dtype.size());
    if prepared != planned || lengths != wanted {
        return Err(of_another_plan());
    }
    let job = Job { plan, signal };
    match (plan.dtype, filter.form()) {
        (Dtype::Bool, Form::Word8(filter)) => {
            job.words::<_, ToTruth>(filter, or_shifted, out.values())
        }
        (Dtype::Bool, Form::Float32(filter)) => {
            job.reals::<_, ToFloat32, _>(filter, AnyCounted, out.values())
        }
        (Dtype::Bool, Form::Float64(filter)) => {
            job.reals::<_, ToFloat64, _>(filter, AnyCounted, out.values())
        }
        (_, Form::Word8(filter)) => job.integers(filter, out.values()),
        (_, Form::Word16(filter)) => job.integers(filter, out.values()),
        (_, Form::Word32(filter)) => job.integers(filter, out.values()),
        (_, Form::Word64(filter)) => job.integers(filter, out.values()),
        (Dtype::Float16, Form::Float32(filter)) => {
            job.reals::<_, ToHalf<f16>, _>(filter, RoundTo::<f16>(PhantomData), out.values())
        }
        (Dtype::BFloat16, Form::Float32(filter)) => {
            job.reals::<_, ToHalf<bf16>, _>(filter, RoundTo::<bf16>(PhantomData), out.values())
        }
        (_, Form::Float32(filter)) => job.floats::<_, ToFloat32>(filter, out.values()),
        (_, Form::Float64(filter)) => job.floats::<_, ToFloat64>(filter, out.values()),
        (_, Form::Complex64(filter)) => job.complexes(filter, out.values()),
    }
}

fn of_another_plan() -> Error {
    Error::internal("the filter, the signal or the output is of another plan")
}

/// A plan and its signal.
#[derive(Clone, Copy)]
struct Job<'a> {
    plan: &'a Plan,
    signal: Operand<'a>,
}

impl Job<'_> {
    fn floats<T: Real, C: RealConversion<T>>(
        self,
        filter: &RealFilter<'_, T, 1>,
        out: Row<'_, T>,
    ) -> Result<()> {
        let is_long = matches!(&out, Row::Contiguous(out) if size_of_val(*out) >= PAST_CACHES);
        if is_long && isa().stores_past_caches() {
            self.reals::<T, C, _>(filter, PastCaches, out)
        } else {
            self.reals::<T, C, _>(filter, AsComputed, out)
        }
    }

    /// A real convolution of the signal, converted by `C`.
    fn reals<T: Real, C: RealConversion<T>, S: Store<T>>(
        self,
        filter: &RealFilter<'_, T, 1>,
        store: S,
        out: Row<'_, S::Element>,
    ) -> Result<()> {
        let signal = &Source::new::<C>(self.signal);
        let &Plan { geometry, direct_if_infinite, method, .. } = self.plan;
        let [taps] = &filter.parts;
        if let (Method::Transforms { tiling, .. }, Some(transformed)) =
            (method, &filter.transformed)
        {
            let Transformed { transform, spectra: [spectrum] } = transformed;
            let blocks = &Blocks::new(self.plan, tiling, transform);
            self.drive(
                &Fft { blocks, signal, taps, spectrum, store, direct_if_infinite, lowered: 0 },
                out,
            )
        } else if let (Method::Certified { tiling, .. }, Some(certified)) =
            (method, &filter.certified)
        {
            let filter::Certified { transform, spectra: [spectra] } = &**certified;
            let blocks = &Blocks::new(self.plan, tiling, transform);
            let (direct, transforms) = self.plan.estimates;
            let wide = &Source::new::<C::Wide>(self.signal);
            let operands = Operands { signal, wide, taps, spectra };
            self.drive(&Certified::new(blocks, operands, store, transforms / direct)?, out)
        } else if let Method::Pieces { block_len } = method {
            let pieces = Pieces::new(geometry, block_len).ok_or_else(of_another_plan)?;
            let threads = self.plan.threads;
            let transform = &Transform::new(block_len, threads)?;
            let taps = taps.taps();
            let steps = FftPieces { geometry, pieces, transform, signal, taps, store, threads };
            self.drive(&steps, out)
        } else {
            self.drive(&Direct::new(geometry, signal, taps, store, self.plan.accuracy)?, out)
        }
    }

    fn complexes(self, filter: &RealFilter<'_, f32, 2>, out: Row<'_, Complex64>) -> Result<()> {
        let signal = &ComplexSource::new(self.signal);
        let taps = &filter.parts;
        if let (Method::Transforms { tiling, .. }, Some(transformed)) =
            (self.plan.method, &filter.transformed)
        {
            let Transformed { transform, spectra } = transformed;
            let blocks = &Blocks::new(self.plan, tiling, transform);
            self.drive(&FftComplex { blocks, signal, taps, spectra }, out)
        } else if let (Method::Certified { tiling, .. }, Some(certified)) =
            (self.plan.method, &filter.certified)
        {
            let filter::Certified { transform, spectra } = &**certified;
            let blocks = &Blocks::new(self.plan, tiling, transform);
            let (direct, transforms) = self.plan.estimates;
            let share = transforms / direct;
            self.drive(&CertifiedComplex::new(blocks, signal, taps, spectra, share)?, out)
        } else {
            self.drive(
                &DirectComplex::new(self.plan.geometry, signal, taps, self.plan.accuracy)?,
                out,
            )
        }
    }

    fn integers<W: Word>(self, filter: &WordFilter<'_, W>, out: Row<'_, W>) -> Result<()> {
        self.words::<W, ToWord<W>>(filter, correlate_words, out)
    }

    /// Integers or bools, with direct sums by `kernel`.
    fn words<W: Word, C: Conversion<W>>(
        self,
        filter: &WordFilter<'_, W>,
        kernel: DirectKernel<W>,
        out: Row<'_, W>,
    ) -> Result<()> {
        let signal = &Source::new::<C>(self.signal);
        let &Plan { geometry, method, .. } = self.plan;
        match (filter, method) {
            (WordFilter::Reversed(reversed), _) => {
                self.drive(&DirectWords { geometry, signal, reversed, kernel }, out)
            }
            (WordFilter::Transformed(filter), Method::Transforms { tiling, .. }) => {
                let blocks = &Blocks::new(self.plan, tiling, &filter.transform);
                self.drive(&FftWords { blocks, signal, filter }, out)
            }
            (WordFilter::Transformed(_), _) => Err(of_another_plan()),
        }
    }

    fn drive<S: Steps>(self, steps: &S, out: Row<'_, S::Element>) -> Result<()> {
        drive_row(steps, self.plan.geometry.first, out, self.plan.threads)
    }
}
