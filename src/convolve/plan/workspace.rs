//! The memory that a plan takes beyond operands and output.

use super::arithmetic::Arithmetic;
use crate::convolve::wanted::{
    BlockSpace, Digits, DirectSpace, Geometry, Method, planes_len, transform_width,
};
use crate::dtype::Dtype;
use crate::fft::Transform;
use crate::memory::{block_size, bytes_for};

/// Upper bounds, in bytes. The plan does not know whether operands can be read in place, so it
/// assumes that they are converted. Flags for infinities and NaNs are included. The footprint of a
/// filter that meets infinities or NaNs is not included. The sums saturate, because operands of
/// these lengths need not exist.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workspace {
    /// For each thread that works.
    pub each: usize,
    /// For the prepared filter, which all threads share.
    pub filter: usize,
}

impl Workspace {
    /// The workspace of `method`. `direct_if_infinite` says whether blocks that meet infinities are
    /// computed by direct sums.
    pub fn new(
        method: Method,
        geometry: Geometry,
        dtype: Dtype,
        arithmetic: Arithmetic,
        direct_if_infinite: bool,
    ) -> Self {
        let Arithmetic { width, parts, .. } = arithmetic;
        let taps = bytes_for(geometry.filter_len, width).saturating_mul(parts);
        let outputs = method.step(geometry, dtype).min(Method::direct_step(dtype));
        let outputs = outputs.min(geometry.outputs);
        let direct = match dtype {
            Dtype::Complex64 => DirectSpace::of_complexes(geometry, outputs, true),
            _ if arithmetic.is_float => {
                DirectSpace::of_reals(geometry, outputs, [false, false, true])
            }
            _ => DirectSpace::of_words(geometry, outputs, false),
        }
        .bytes(width);
        let Some(block_len) = method.block_len() else {
            return Self { each: block_size(direct), filter: block_size(taps) };
        };
        let width = transform_width(dtype, geometry.filter_len, block_len);
        let taps = if dtype == Dtype::Bool { bytes_for(geometry.filter_len, width) } else { taps };
        let flags = if dtype.is_integer() { 0 } else { method.step(geometry, dtype) };
        let space = BlockSpace { blocks: blocks(geometry, dtype, block_len), block_len, flags };
        let each = space.bytes(width).max(if direct_if_infinite { direct } else { 0 });
        let spectra = spectra_bytes(geometry, dtype, block_len);
        Self { each: block_size(each), filter: block_size(taps).saturating_add(spectra) }
    }
}

/// Bytes of a filter's spectra.
pub fn spectra_bytes(geometry: Geometry, dtype: Dtype, block_len: usize) -> usize {
    let width = transform_width(dtype, geometry.filter_len, block_len);
    let spectrum = block_size(planes_len(block_len).saturating_mul(width));
    spectrum.saturating_mul(blocks(geometry, dtype, block_len))
}

/// Bytes of a transform's tables while they are made. Small tables are kept for later calls.
pub fn table_bytes(geometry: Geometry, dtype: Dtype, block_len: usize) -> usize {
    match transform_width(dtype, geometry.filter_len, block_len) {
        4 => Transform::<f32>::table_bytes(block_len),
        _ => Transform::<f64>::table_bytes(block_len),
    }
}

/// The number of blocks for an element. 0 if transforms would not be exact, so that they are not
/// chosen.
fn blocks(geometry: Geometry, dtype: Dtype, block_len: usize) -> usize {
    Digits::blocks(dtype, geometry.filter_len, block_len).unwrap_or(0)
}
