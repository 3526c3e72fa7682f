//! A plan carried out: operands become sources, the output a store, and the method runs.

use std::marker::PhantomData;

use bytemuck::cast_slice_mut;
use half::{bf16, f16};

use super::direct::{Direct, DirectComplex, DirectWords, with_planes, with_reversed, with_taps};
use super::geometry::Geometry;
use super::integer::OverlapSaveWords;
use super::overlap_save::{OverlapSave, OverlapSaveComplex};
use super::plan::{Method, Plan, transform_width};
use super::source::{
    ComplexSource, Conversion, Source, ToBFloat16, ToFloat16, ToFloat32, ToFloat64, ToTruth, ToWord,
};
use super::steps::drive;
use super::store::{AnyCounted, AsComputed, PastCaches, RoundTo, Store};
use crate::array::View;
use crate::cpu::{Real, Word, isa};
use crate::dtype::{Complex64, Dtype};
use crate::error::Result;

/// Outputs of so many bytes and more are stored past the caches: few last-level caches hold them, and an input as long, for
/// whoever reads them next.
const PAST_CACHES: usize = 1 << 25;

/// One convolution: what, how, and from what.
pub struct Task<'a> {
    geometry: Geometry,
    plan: &'a Plan,
    /// The longer operand.
    signal: View<'a>,
    /// The shorter operand.
    filter: View<'a>,
}

impl<'a> Task<'a> {
    /// Of operands in any order.
    pub fn new(geometry: Geometry, plan: &'a Plan, a: View<'a>, v: View<'a>) -> Self {
        let (signal, filter) = if v.len > a.len { (v, a) } else { (a, v) };
        Self { geometry, plan, signal, filter }
    }

    /// Computes in `dtype` into `out`, which has the geometry's outputs and is aligned for `dtype`.
    ///
    /// # Errors
    /// `OutOfMemory` for workspace.
    pub fn run(&self, dtype: Dtype, out: &mut [u8]) -> Result<()> {
        match dtype {
            Dtype::Bool => self.truths(cast_slice_mut(out)),
            Dtype::UInt8 | Dtype::Int8 => self.words::<u8>(cast_slice_mut(out)),
            Dtype::UInt16 | Dtype::Int16 => self.words::<u16>(cast_slice_mut(out)),
            Dtype::UInt32 | Dtype::Int32 => self.words::<u32>(cast_slice_mut(out)),
            Dtype::UInt64 | Dtype::Int64 => self.words::<u64>(cast_slice_mut(out)),
            Dtype::Float16 => self.reals::<f32, ToFloat16, ToFloat16, _>(
                RoundTo(PhantomData),
                cast_slice_mut::<_, f16>(out),
            ),
            Dtype::BFloat16 => self.reals::<f32, ToBFloat16, ToBFloat16, _>(
                RoundTo(PhantomData),
                cast_slice_mut::<_, bf16>(out),
            ),
            Dtype::Float32 => self.floats::<f32, ToFloat32>(cast_slice_mut(out)),
            Dtype::Float64 => self.floats::<f64, ToFloat64>(cast_slice_mut(out)),
            Dtype::Complex64 => self.complexes(cast_slice_mut(out)),
        }
    }

    fn floats<T: Real, C: Conversion<T>>(&self, out: &mut [T]) -> Result<()> {
        if size_of_val(out) >= PAST_CACHES && isa().stores_past_caches() {
            self.reals::<T, C, C, _>(PastCaches, out)
        } else {
            self.reals::<T, C, C, _>(AsComputed, out)
        }
    }

    /// A real convolution of operands converted by `A` (the signal) and `V` (the filter).
    fn reals<T, A, V, S>(&self, store: S, out: &mut [S::Element]) -> Result<()>
    where
        T: Real,
        A: Conversion<T>,
        V: Conversion<T>,
        S: Store<T>,
    {
        let signal = Source::new::<A>(self.signal);
        let filter = Source::new::<V>(self.filter);
        let Self { geometry, plan, .. } = *self;
        match plan.method {
            Method::Direct => with_taps(&filter, |taps| {
                let steps = Direct::new(geometry, &signal, &filter, taps, store)?;
                drive(&steps, geometry.first, out, plan.threads)
            }),
            Method::Transforms { tiling, block } => {
                let way = (tiling, block, plan.threads);
                let mut by_transforms = |taps: Option<&[T]>| {
                    let steps = OverlapSave::new(geometry, way, &signal, &filter, store, taps)?;
                    drive(&steps, geometry.first, out, plan.threads)
                };
                if plan.direct_if_infinite {
                    with_taps(&filter, |taps| by_transforms(Some(taps)))
                } else {
                    by_transforms(None)
                }
            }
        }
    }

    /// The four real sums of the schoolbook product.
    fn complexes(&self, out: &mut [Complex64]) -> Result<()> {
        let signal = ComplexSource::new(self.signal);
        let filter = ComplexSource::new(self.filter);
        let Self { geometry, plan, .. } = *self;
        match plan.method {
            Method::Direct => with_planes(&filter, |taps| {
                let steps = DirectComplex::new(geometry, &signal, &filter, taps)?;
                drive(&steps, geometry.first, out, plan.threads)
            }),
            Method::Transforms { tiling, block } => {
                let way = (tiling, block, plan.threads);
                let steps = OverlapSaveComplex::new(geometry, way, &signal, &filter)?;
                drive(&steps, geometry.first, out, plan.threads)
            }
        }
    }

    fn words<W: Word>(&self, out: &mut [W]) -> Result<()> {
        let signal = Source::new::<ToWord<W>>(self.signal);
        let filter = Source::new::<ToWord<W>>(self.filter);
        let Self { geometry, plan, .. } = *self;
        match plan.method {
            Method::Direct => with_reversed(&filter, |reversed| {
                let steps = DirectWords::integers(geometry, &signal, reversed);
                drive(&steps, geometry.first, out, plan.threads)
            }),
            Method::Transforms { tiling, block } => {
                let way = (tiling, block, plan.threads);
                let steps = OverlapSaveWords::new(geometry, way, &signal, &filter)?;
                drive(&steps, geometry.first, out, plan.threads)
            }
        }
    }

    fn truths(&self, out: &mut [u8]) -> Result<()> {
        let Self { geometry, plan, .. } = *self;
        let Method::Transforms { block, .. } = plan.method else {
            let signal = Source::new::<ToTruth>(self.signal);
            let filter = Source::new::<ToTruth>(self.filter);
            return with_reversed(&filter, |reversed| {
                let steps = DirectWords::truths(geometry, &signal, reversed);
                drive(&steps, geometry.first, out, plan.threads)
            });
        };
        match transform_width(Dtype::Bool, geometry.taps, block) {
            4 => self.reals::<f32, ToFloat32, ToFloat32, _>(AnyCounted, out),
            _ => self.reals::<f64, ToFloat64, ToFloat64, _>(AnyCounted, out),
        }
    }
}
