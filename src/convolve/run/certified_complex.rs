//! Transforms of complex numbers in float64 whose outputs are certified one by one.

use super::blocks::Blocks;
use super::certificate::Certificate;
use super::certified::{SURELY, TRIED_BLINDLY, mark_overflows};
use super::direct_complex::DirectComplex;
use super::left_over::{LeftOver, OPEN, close_in_chunks};
use super::overflow::largest_before;
use super::steps::Steps;
use crate::convolve::block::{ComplexSource, Planes, count_below, read_all, write_signal_profile};
use crate::convolve::filter::{CutSpectra, RealTaps};
use crate::convolve::nonfinite::{Flags, mark_zeros, overwrite};
use crate::convolve::wanted::{Accuracy, BlockRange, CHAIN, CertifiedSpace, Parts, error_factor};
use crate::cpu::{Fence, from_float64, join_planes, mark_below};
use crate::dtype::Complex64;
use crate::error::Result;
use crate::fft::Product;
use crate::memory::Workspace;

/// Convolves complex numbers with an error bound for each part of an output, as [`Certified`] does
/// for reals, from the transforms of the real and the imaginary plane.
///
/// [`Certified`]: super::certified::Certified
pub struct CertifiedComplex<'a> {
    blocks: &'a Blocks<'a, f64>,
    signal: &'a ComplexSource<'a>,
    spectra: &'a [CutSpectra; 2],
    certificate: Certificate,
    /// The time of transforms, as a share of that of direct sums.
    share: f64,
    left_over: LeftOver<DirectComplex<'a>>,
}

impl<'a> CertifiedComplex<'a> {
    /// Convolves `signal` with a filter, whose planes are `taps`. `share` is the time of transforms,
    /// as a share of that of direct sums.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        blocks: &'a Blocks<'a, f64>,
        signal: &'a ComplexSource<'a>,
        taps: &'a [RealTaps<'a, f32>; 2],
        spectra: &'a [CutSpectra; 2],
        share: f64,
    ) -> Result<Self> {
        // Each part is a real sum of two products for each tap.
        let certificate = Certificate::new::<f32>(2 * blocks.geometry.filter_len, CHAIN);
        let accuracy = Accuracy::Componentwise;
        let left_over = LeftOver(DirectComplex::new(blocks.geometry, signal, taps, accuracy)?);
        Ok(Self { blocks, signal, spectra, certificate, share, left_over })
    }

    /// The first and the last tap of which a part is not 0.
    fn span(&self) -> Option<[usize; 2]> {
        let spans = self.spectra.iter().filter_map(|spectrum| spectrum.span);
        spans.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])
    }

    /// Whether blocks are looked at before they are transformed.
    fn looks_ahead(&self) -> bool {
        self.share > TRIED_BLINDLY[0]
    }

    /// How many outputs are not expected to be proven.
    fn expected_left(
        &self,
        planes: [&Planes<&mut [f64]>; 2],
        (BlockRange { skip, read, .. }, outputs): (BlockRange, usize),
        least: [f64; 2],
        mut work: Workspace<'_>,
    ) -> usize {
        let [Some((chunks, f)), Some((_, g))] = self.spectra.each_ref().map(|it| &it.profile)
        else {
            return 0;
        };
        let [x, y] = planes.map(|plane| {
            let profile = work.cut::<f64>(chunks.signal_profile_len(read));
            write_signal_profile(*chunks, plane, read, profile);
            &*profile
        });
        let [f, g] = [f, g].map(|profile| &profile[..chunks.filter_profile_len()]);
        let left = |part: usize, pairs| {
            count_below(*chunks, SURELY * least[part], pairs, skip..skip + outputs)
        };
        left(0, &[[x, f], [y, g]]).max(left(1, &[[x, g], [y, f]]))
    }

    /// Computes outputs by transforms. Flags those that are to be summed directly, and returns
    /// their number. `None` if all are to be summed directly.
    fn transform(
        &self,
        start: usize,
        out: &mut [Complex64],
        flags: &mut [u8],
        mut work: Workspace<'_>,
    ) -> Result<Option<usize>> {
        let Blocks { geometry, transform, threads, .. } = *self.blocks;
        let range = self.blocks.range(start, out.len());
        let BlockRange { origin, skip, read } = range;
        let [mut x, mut y] = [(); 2].map(|()| Planes::in_workspace(&mut work, transform.block()));
        let extents = read_all([&mut x, &mut y], read, threads, |at, [re, im]| {
            self.signal.read_in_float64(origin + at as isize, re, im);
        });
        let are_finite = extents.iter().all(|extent| extent.largest.is_finite())
            && self.spectra.iter().all(|spectrum| spectrum.is_finite);
        if !are_finite {
            return Ok(None);
        }
        let span = self.span().filter(|_| extents.iter().any(|extent| extent.largest > 0.0));
        let Some(span) = span else {
            out.fill(Complex64 { re: 0.0, im: 0.0 });
            return Ok(Some(0));
        };
        let mut zeros = Flags::none(flags);
        mark_zeros([&x, &y], range.inside(geometry), span, skip, &mut zeros);
        let any_zeros = zeros.set().is_some();
        let [of_x, of_y] = [&x, &y].map(|plane| plane.norm_bound(read));
        let [of_f, of_g] = self.spectra.each_ref().map(|spectrum| spectrum.cut.norms[0]);
        let norms = [of_x * of_f + of_y * of_g, of_x * of_g + of_y * of_f];
        // The slack covers the rounding of the norms.
        let errors = norms.map(|norms| 1.001 * error_factor(transform.block(), 2) * norms);
        let least = errors.map(|error| self.certificate.least(error, 0));
        if self.looks_ahead() {
            let left = self.expected_left([&x, &y], (range, out.len()), least, work.again());
            if 2.0 * left as f64 > (1.0 - self.share) * out.len() as f64 {
                return Ok(None);
            }
        }
        let filter = self.spectra.each_ref().map(|spectrum| spectrum.blocks()[0]);
        transform.convolve(&mut [x.block_mut(), y.block_mut()], &filter, Product::Complex, threads);

        if any_zeros {
            for plane in [&mut x, &mut y] {
                let (first, second) = plane.runs_mut(skip, out.len());
                overwrite(first, &flags[..first.len()]);
                overwrite(second, &flags[first.len()..]);
            }
        }
        let mut open = 0;
        let most = largest_before::<f32>(0);
        for (part, plane) in [&mut x, &mut y].into_iter().enumerate() {
            let (first, second) = plane.runs_mut(skip, out.len());
            let (of_first, of_second) = flags.split_at_mut(first.len());
            for (sums, flags) in [(first, of_first), (second, of_second)] {
                open += mark_below(sums, least[part], OPEN, flags);
                if norms[part] > most {
                    open += mark_overflows(sums, (most, errors[part]), flags);
                }
            }
        }
        if self.looks_ahead() && 2 * open > out.len() {
            // The block was expected to be proven, but is not.
            return Ok(None);
        }
        let (out_first, out_second) = out.split_at_mut(x.runs(skip, flags.len()).0.len());
        let ((x_first, x_second), (y_first, y_second)) =
            (x.runs(skip, flags.len()), y.runs(skip, flags.len()));
        round([x_first, y_first], out_first);
        round([x_second, y_second], out_second);
        Ok(Some(open))
    }
}

/// Rounds the two planes to complex numbers.
fn round([re, im]: [&[f64]; 2], out: &mut [Complex64]) {
    const AT_ONCE: usize = 256;
    let mut parts = [[0.0; AT_ONCE]; 2];
    for ((re, im), out) in re.chunks(AT_ONCE).zip(im.chunks(AT_ONCE)).zip(out.chunks_mut(AT_ONCE)) {
        let [x, y] = parts.each_mut().map(|part| &mut part[..out.len()]);
        from_float64(re, x);
        from_float64(im, y);
        join_planes(x, y, out);
    }
}

impl Steps for CertifiedComplex<'_> {
    type Element = Complex64;

    fn step(&self) -> usize {
        self.blocks.step()
    }

    fn workspace_bytes(&self, outputs: usize) -> usize {
        let outputs = self.step().min(outputs);
        // A block for each plane.
        let parts = Parts { count: 2, block_len: self.blocks.transform.block() };
        let direct = self.left_over.workspace_bytes(outputs);
        let profile = match &self.spectra[0].profile {
            // Of both planes.
            Some((chunks, _)) if self.looks_ahead() => {
                2 * chunks.signal_profile_len(parts.block_len).next_multiple_of(8)
            }
            _ => 0,
        };
        CertifiedSpace { parts, outputs, values: 0, profile }.bytes(direct)
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [Complex64],
        mut work: Workspace<'_>,
        _: &Fence<'o>,
    ) -> Result<()> {
        let flags = work.cut::<u8>(out.len());
        flags.fill(0);
        let threads = self.blocks.threads;
        match self.transform(start, out, flags, work.again())? {
            Some(0) => Ok(()),
            Some(_) => {
                let space = (self.left_over.workspace_bytes(out.len()), work);
                close_in_chunks((start, out, flags), threads, space, |start, out, flags, work| {
                    self.left_over.sum(start, out, flags, work)
                })
            }
            None => self.left_over.sum_all(start, out, (threads, work)),
        }
    }
}
