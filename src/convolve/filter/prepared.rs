//! A prepared filter as a value. It has a length, a dtype and a block length, and serves signals
//! that are at least as long, in any mode.

use half::{bf16, f16};

use super::digits::WordFilter;
use super::real::RealFilter;
use super::taps::{LentMemory, Memory, OwnMemory};
use crate::convolve::block::{
    ComplexSource, Conversion, Source, ToFloat32, ToFloat64, ToHalf, ToTruth, ToWord,
};
use crate::convolve::wanted::{Operand, Shape, taps_bytes, transform_width};
use crate::cpu::Real;
use crate::dtype::Dtype;
use crate::error::Result;
use crate::memory::Workspace;

/// A prepared filter. It may borrow its taps from the operand or from the call's workspace. A
/// `'static` filter owns its taps.
pub struct Prepared<'t> {
    len: usize,
    dtype: Dtype,
    shape: Shape,
    form: Form<'t>,
}

/// The filter in the numbers for computing.
pub enum Form<'t> {
    /// Floats of 16 and 32 bits, and bools that are counted in float32.
    Float32(RealFilter<'t, f32, 1>),
    /// Floats of 64 bits, and bools that are counted in float64.
    Float64(RealFilter<'t, f64, 1>),
    /// Complex numbers. Boxed, because this form is twice as large as the others, and all forms are
    /// moved as far as the largest one.
    Complex64(Box<RealFilter<'t, f32, 2>>),
    /// Integers of 8 bits, and bools for direct sums.
    Word8(WordFilter<'t, u8>),
    /// Integers of 16 bits.
    Word16(WordFilter<'t, u16>),
    /// Integers of 32 bits.
    Word32(WordFilter<'t, u32>),
    /// Integers of 64 bits.
    Word64(WordFilter<'t, u64>),
}

const _: () = {
    const fn may_be_kept_and_shared<T: Send + Sync>() {}
    may_be_kept_and_shared::<Prepared<'static>>();
};

impl<'t> Prepared<'t> {
    /// Prepares `filter` for one call: its elements, converted to `dtype`, in a shape. Taps that
    /// cannot be used in place take [`Self::workspace_bytes`] of `work`. Uses up to `threads`
    /// threads.
    ///
    /// # Errors
    /// `OutOfMemory`.
    #[inline(always)]
    pub fn lent(
        filter: Operand<'t>,
        dtype: Dtype,
        shape: Shape,
        threads: usize,
        work: Workspace<'t>,
    ) -> Result<Self> {
        Self::new(filter, dtype, shape, threads, LentMemory(work))
    }

    /// Bytes of workspace that [`Self::lent`] takes.
    pub fn workspace_bytes(filter: Operand<'_>, dtype: Dtype, shape: Shape) -> usize {
        let is_float = matches!(dtype, Dtype::Float32 | Dtype::Float64);
        let Operand { view, .. } = filter;
        let stays_in_place = is_float && view.dtype == dtype && view.stride == 1;
        if stays_in_place { 0 } else { taps_bytes(dtype, filter.len(), shape.block_len()) }
    }

    #[inline(always)]
    fn new<'a>(
        filter: Operand<'a>,
        dtype: Dtype,
        shape: Shape,
        threads: usize,
        mut memory: impl Memory<'a, 't>,
    ) -> Result<Self> {
        let memory = &mut memory;
        macro_rules! words {
            ($form:ident, $conversion:ty) => {{
                let source = Source::new::<$conversion>(filter);
                Form::$form(WordFilter::new(&source, memory, shape.block_len(), threads)?)
            }};
        }
        macro_rules! reals {
            ($form:ident, $conversion:ty) => {
                Form::$form(reals::<_, $conversion>(filter, memory, shape, threads)?)
            };
        }
        let width = |block_len| transform_width(dtype, filter.len(), block_len);
        let form = match dtype {
            Dtype::Bool => match shape.block_len().map(width) {
                None => words!(Word8, ToTruth),
                Some(4) => reals!(Float32, ToFloat32),
                Some(_) => reals!(Float64, ToFloat64),
            },
            Dtype::UInt8 | Dtype::Int8 => words!(Word8, ToWord<u8>),
            Dtype::UInt16 | Dtype::Int16 => words!(Word16, ToWord<u16>),
            Dtype::UInt32 | Dtype::Int32 => words!(Word32, ToWord<u32>),
            Dtype::UInt64 | Dtype::Int64 => words!(Word64, ToWord<u64>),
            Dtype::Float16 => reals!(Float32, ToHalf<f16>),
            Dtype::BFloat16 => reals!(Float32, ToHalf<bf16>),
            Dtype::Float32 => reals!(Float32, ToFloat32),
            Dtype::Float64 => reals!(Float64, ToFloat64),
            Dtype::Complex64 => {
                let source = ComplexSource::new(filter);
                let parts = memory.filled(filter.len(), |[re, im]| source.read(0, re, im))?;
                Form::Complex64(Box::new(RealFilter::new(parts, shape, threads)?))
            }
        };
        Ok(Self { len: filter.len(), dtype, shape, form })
    }

    /// The number of taps.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The dtype of the result.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The shape of the filter.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The filter's numbers.
    #[inline(always)]
    pub fn form(&self) -> &Form<'t> {
        &self.form
    }
}

impl Prepared<'static> {
    /// Prepares a filter to be kept. Like [`Self::lent`], but the filter owns its taps, and
    /// everything for their infinities and NaNs is made now.
    ///
    /// # Errors
    /// `OutOfMemory`.
    #[cfg_attr(not(test), expect(dead_code, reason = "for filters that a program keeps"))]
    pub fn owned(filter: Operand<'_>, dtype: Dtype, shape: Shape, threads: usize) -> Result<Self> {
        let prepared = Self::new(filter, dtype, shape, threads, OwnMemory)?;
        match &prepared.form {
            Form::Float32(filter) => filter.make_footprints()?,
            Form::Float64(filter) => filter.make_footprints()?,
            Form::Complex64(filter) => filter.make_footprints()?,
            Form::Word8(_) | Form::Word16(_) | Form::Word32(_) | Form::Word64(_) => {}
        }
        Ok(prepared)
    }
}

/// Prepares a filter of real numbers.
#[inline(always)]
fn reals<'a, 't, T: Real, C: Conversion<T>>(
    filter: Operand<'a>,
    memory: &mut impl Memory<'a, 't>,
    shape: Shape,
    threads: usize,
) -> Result<RealFilter<'t, T, 1>> {
    let taps = memory.taps(&Source::new::<C>(filter))?;
    RealFilter::new([taps], shape, threads)
}
