//! Direct sums of complex numbers.

use super::left_over::DirectSums;
use super::overflow::Overflow;
use super::scaling::{dot, dot_space};
use super::steps::Steps;
use super::sums::{SumSpace, Sums};
use crate::convolve::block::ComplexSource;
use crate::convolve::filter::RealTaps;
use crate::convolve::wanted::{Accuracy, DirectSpace, Geometry, Method};
use crate::cpu::{Fence, join_sums};
use crate::dtype::{Complex64, Dtype};
use crate::error::Result;
use crate::memory::{Workspace, bytes_for};

/// The number of outputs in a step.
const STEP: usize = Method::direct_step(Dtype::Complex64);

/// Computes the four real sums of the schoolbook product.
///
/// ```text
/// for each step of outputs:
///     re, im = the planes of the signal under them
///     out = (re * filter.re - im * filter.im, re * filter.im + im * filter.re)
/// ```
///
/// 1. Each plane is staged once for two sums, and both parts of the output are written once. This
///    takes 4.0 to 4.4 times as long as float32 (2^18 x 64, AVX-512). Four real convolutions, which
///    each read and write every other value, took 6.5 times as long.
/// 2. The kernel of real sums computes each sum, so the bits are those of four real convolutions.
pub struct DirectComplex<'a> {
    geometry: Geometry,
    signal: &'a ComplexSource<'a>,
    re: Sums<'a, f32>,
    im: Sums<'a, f32>,
}

impl<'a> DirectComplex<'a> {
    /// Convolves `signal` with the real and imaginary parts of a filter.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        signal: &'a ComplexSource<'a>,
        [re, im]: &'a [RealTaps<'a, f32>; 2],
        accuracy: Accuracy,
    ) -> Result<Self> {
        let [re, im] = [Sums::new(geometry, re, accuracy)?, Sums::new(geometry, im, accuracy)?];
        Ok(Self { geometry, signal, re, im })
    }

    fn space(&self, outputs: usize) -> DirectSpace {
        let mends_ends = self.re.mends_ends() || self.im.mends_ends();
        let outputs = outputs.min(STEP);
        DirectSpace::of_complexes(self.geometry, outputs, mends_ends, self.re.accuracy())
    }
}

impl DirectSums for DirectComplex<'_> {
    fn taps(&self) -> usize {
        self.geometry.filter_len
    }

    fn single_bytes(&self) -> usize {
        let [x, space] =
            [self.taps(), dot_space(self.taps())].map(|len| bytes_for(len, size_of::<f32>()));
        x.saturating_mul(2).saturating_add(space)
    }

    fn single(&self, output: usize, mut work: Workspace<'_>) -> Result<Complex64> {
        let taps = self.taps();
        let (x, y, space) = (work.cut(taps), work.cut(taps), work.cut(dot_space(taps)));
        self.signal.read(output as isize - (taps as isize - 1), x, y);
        let (f, g) = (self.re.reversed()?, self.im.reversed()?);
        let [rr, ii, ri, ir] = [(&*x, f), (y, g), (x, g), (y, f)].map(|(x, f)| dot(x, f, space));
        let mut sum = [Complex64 { re: rr - ii, im: ri + ir }];
        if ![rr, ii, ri, ir].iter().all(|sum| sum.is_finite()) {
            let read = |at, [re, im]: [&mut [f32]; 2]| self.signal.read(at, re, im);
            let taps = [self.re.taps(), self.im.taps()];
            Overflow { geometry: self.geometry, taps, read }.mend(output, &mut sum);
        }
        let [sum] = sum;
        Ok(sum)
    }
}

impl Steps for DirectComplex<'_> {
    type Element = Complex64;

    fn step(&self) -> usize {
        STEP
    }

    fn workspace_bytes(&self, outputs: usize) -> usize {
        self.space(outputs).bytes(size_of::<f32>())
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [Complex64],
        mut work: Workspace<'_>,
        _: &Fence<'o>,
    ) -> Result<()> {
        let space = self.space(out.len());
        let before = self.geometry.filter_len - 1;
        let (re, im) = work.cut(space.stage).split_at_mut(out.len() + before);
        self.signal.read(start as isize - before as isize, re, im);
        let (products, cross) = work.cut(space.sums).split_at_mut(2 * out.len());
        let (rr, ii) = products.split_at_mut(out.len());
        let (ri, ir) = cross.split_at_mut(out.len());
        let space = &mut SumSpace::cut(space, &mut work);
        let mut sums = |filter: &Sums<'_, f32>, x: &[f32], out: &mut [f32]| {
            let scaling = filter.scaling(x);
            filter.compute(start..start + out.len(), x, out, (scaling, &mut *space))
        };
        let finite = [
            sums(&self.re, re, rr)?,
            sums(&self.im, im, ii)?,
            sums(&self.im, re, ri)?,
            sums(&self.re, im, ir)?,
        ];
        join_sums([rr, ii, ri, ir], out);
        if finite != [true; 4] {
            let read = |at, [re, im]: [&mut [f32]; 2]| self.signal.read(at, re, im);
            let taps = [self.re.taps(), self.im.taps()];
            Overflow { geometry: self.geometry, taps, read }.mend(start, out);
        }
        Ok(())
    }
}
