//! Carries a plan out on the processor: makes a source of the signal and a store of the output, and
//! starts the method.

use std::marker::PhantomData;

use bytemuck::cast_slice_mut;
use half::{bf16, f16};

use super::direct::Direct;
use super::direct_complex::DirectComplex;
use super::direct_words::DirectWords;
use super::fft::Fft;
use super::fft_complex::FftComplex;
use super::fft_words::FftWords;
use super::steps::{Steps, drive};
use crate::array::View;
use crate::convolve::block::{
    AnyCounted, AsComputed, ComplexSource, Conversion, PastCaches, RoundTo, Source, Store,
    ToBFloat16, ToFloat16, ToFloat32, ToFloat64, ToTruth, ToWord,
};
use crate::convolve::filter::{Form, Prepared, RealFilter, WordFilter};
use crate::convolve::plan::Plan;
use crate::convolve::wanted::{Method, Tiling};
use crate::cpu::{Real, Word, isa};
use crate::dtype::{Complex64, Dtype};
use crate::error::{Error, Result};

/// Outputs of at least this many bytes are stored past the caches. Few last-level caches could hold
/// them, and an equally long input, until they are read next.
const PAST_CACHES: usize = 1 << 25;

/// Convolves `signal` with `filter` and writes the outputs of the plan's geometry to `out`, which
/// is aligned for the plan's dtype.
///
/// # Errors
/// `OutOfMemory` for workspace; `Internal` if the filter was prepared for another plan.
pub fn carry_out(
    plan: &Plan,
    signal: View<'_>,
    filter: &Prepared<'_>,
    out: &mut [u8],
) -> Result<()> {
    let made_for = (filter.len(), filter.dtype(), filter.block_len());
    if made_for != (plan.geometry.filter_len, plan.dtype, plan.method.block_len()) {
        return Err(Error::internal("the filter was made ready for another plan"));
    }
    let run = Run { plan, signal };
    match (plan.dtype, filter.form()) {
        (Dtype::Bool, Form::Word8(filter)) => run.truths(filter, out),
        (Dtype::Bool, Form::Float32(filter)) => {
            run.reals::<_, ToFloat32, _>(filter, AnyCounted, out)
        }
        (Dtype::Bool, Form::Float64(filter)) => {
            run.reals::<_, ToFloat64, _>(filter, AnyCounted, out)
        }
        (_, Form::Word8(filter)) => run.words(filter, out),
        (_, Form::Word16(filter)) => run.words(filter, cast_slice_mut(out)),
        (_, Form::Word32(filter)) => run.words(filter, cast_slice_mut(out)),
        (_, Form::Word64(filter)) => run.words(filter, cast_slice_mut(out)),
        (Dtype::Float16, Form::Float32(filter)) => {
            let out = cast_slice_mut::<_, f16>(out);
            run.reals::<_, ToFloat16, _>(filter, RoundTo(PhantomData), out)
        }
        (Dtype::BFloat16, Form::Float32(filter)) => {
            let out = cast_slice_mut::<_, bf16>(out);
            run.reals::<_, ToBFloat16, _>(filter, RoundTo(PhantomData), out)
        }
        (_, Form::Float32(filter)) => run.floats::<_, ToFloat32>(filter, cast_slice_mut(out)),
        (_, Form::Float64(filter)) => run.floats::<_, ToFloat64>(filter, cast_slice_mut(out)),
        (_, Form::Complex64(filter)) => run.complexes(filter, cast_slice_mut(out)),
    }
}

/// A plan and its signal.
#[derive(Clone, Copy)]
struct Run<'a> {
    plan: &'a Plan,
    signal: View<'a>,
}

impl Run<'_> {
    fn floats<T: Real, C: Conversion<T>>(
        self,
        filter: &RealFilter<'_, T, 1>,
        out: &mut [T],
    ) -> Result<()> {
        if size_of_val(out) >= PAST_CACHES && isa().stores_past_caches() {
            self.reals::<T, C, _>(filter, PastCaches, out)
        } else {
            self.reals::<T, C, _>(filter, AsComputed, out)
        }
    }

    /// A real convolution of the signal, converted by `C`.
    fn reals<T: Real, C: Conversion<T>, S: Store<T>>(
        self,
        filter: &RealFilter<'_, T, 1>,
        store: S,
        out: &mut [S::Element],
    ) -> Result<()> {
        let signal = Source::new::<C>(self.signal);
        let &Plan { geometry, direct_if_infinite, .. } = self.plan;
        match self.tiling_and_threads() {
            None => self.drive(&Direct::new(geometry, &signal, &filter.parts[0], store)?, out),
            Some(way) => {
                let store = (store, direct_if_infinite);
                self.drive(&Fft::new(geometry, way, &signal, filter, store)?, out)
            }
        }
    }

    fn complexes(self, filter: &RealFilter<'_, f32, 2>, out: &mut [Complex64]) -> Result<()> {
        let signal = ComplexSource::new(self.signal);
        let geometry = self.plan.geometry;
        match self.tiling_and_threads() {
            None => self.drive(&DirectComplex::new(geometry, &signal, &filter.parts)?, out),
            Some(way) => self.drive(&FftComplex::new(geometry, way, &signal, filter)?, out),
        }
    }

    fn words<W: Word>(self, filter: &WordFilter<'_, W>, out: &mut [W]) -> Result<()> {
        let signal = Source::new::<ToWord<W>>(self.signal);
        let geometry = self.plan.geometry;
        match (filter, self.tiling_and_threads()) {
            (WordFilter::Transformed(filter), Some(way)) => {
                self.drive(&FftWords::new(geometry, way, &signal, filter), out)
            }
            (WordFilter::Reversed(reversed), _) => {
                self.drive(&DirectWords::integers(geometry, &signal, reversed), out)
            }
            (WordFilter::Transformed(_), None) => Err(Error::internal("the plan has no tiling")),
        }
    }

    fn truths(self, filter: &WordFilter<'_, u8>, out: &mut [u8]) -> Result<()> {
        let WordFilter::Reversed(reversed) = filter else {
            return Err(Error::internal("bools are counted in floats"));
        };
        let signal = Source::new::<ToTruth>(self.signal);
        self.drive(&DirectWords::truths(self.plan.geometry, &signal, reversed), out)
    }

    /// The tiling and the number of threads, if outputs are computed in blocks.
    fn tiling_and_threads(self) -> Option<(Tiling, usize)> {
        match self.plan.method {
            Method::Direct => None,
            Method::Transforms { tiling, .. } => Some((tiling, self.plan.threads)),
        }
    }

    fn drive<S: Steps>(self, steps: &S, out: &mut [S::Element]) -> Result<()> {
        drive(steps, self.plan.geometry.first, out, self.plan.threads)
    }
}
