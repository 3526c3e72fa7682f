//! Transforms in float64 whose outputs are certified one by one.

use smallvec::SmallVec;

use super::blocks::Blocks;
use super::certificate::Certificate;
use super::direct::Direct;
use super::left_over::{CHUNK, LeftOver, OPEN, close_in_chunks, for_each_open};
use super::overflow::largest_before;
use super::steps::Steps;
use crate::convolve::block::{
    AsComputed, Finish, Planes, Source, Store, count_below, cut, joints, normalisation,
    write_signal_profile,
};
use crate::convolve::filter::{CutSpectra, RealTaps};
use crate::convolve::nonfinite::{Flags, mark_zeros, overwrite};
use crate::convolve::wanted::{Accuracy, BlockRange, CHAIN, CertifiedSpace, Parts};
use crate::cpu::{Fence, Real, clamp, from_float64, mark_below, scale};
use crate::error::Result;
use crate::fft::Product;
use crate::memory::Workspace;

/// The filter in pieces pays if the direct sums of a chunk take longer than those of so many outputs
/// of a long run: a piece takes as long as 200 of them, each over the taps of the piece.
const PIECES_WORTH: usize = 200;
/// Up to this share of the time of direct sums, transforms are tried whatever the values are: of
/// blocks in one part, and of blocks in several parts. A look at the values costs one part more,
/// beside its transforms.
pub(super) const TRIED_BLINDLY: [f64; 2] = [0.21, 0.15];
/// Outputs are expected to be proven if their sums of magnitudes, which are estimated, are this many
/// times as large as needed.
pub(super) const SURELY: f64 = 16.0;
/// A transform of the magnitudes pays if the direct sums take longer than so many multiply-adds of
/// long runs for each point of the block.
const MAGNITUDES_WORTH: usize = 128;

/// Convolves floats with an error bound for each output.
///
/// ```text
/// for each block:
///     x = the block in float64, cut into parts;  v = the filter, cut into parts
///     y = inverse transforms of the products of parts, joined
///     E = a bound of the error of every y
///     outputs with |y| so large that E is a small part of |y| are done
///     if many are left: s = the same transforms of magnitudes;  outputs with large s are done
///     the other outputs are summed directly
/// ```
///
/// docs/accuracy.md has the proof.
pub struct Certified<'a, T: Real, S> {
    pub(super) blocks: &'a Blocks<'a, f64>,
    pub(super) signal: &'a Source<'a, f64>,
    pub(super) taps: &'a RealTaps<'a, T>,
    pub(super) spectra: &'a CutSpectra,
    store: S,
    pub(super) certificate: Certificate,
    /// The time of transforms, as a share of that of direct sums.
    share: f64,
    /// Whether blocks are looked at before they are transformed, because transforms in vain would
    /// cost too much.
    looks_ahead: bool,
    pub(super) left_over: LeftOver<Direct<'a, T, AsComputed>>,
}

/// The signal and the filter in the numbers for direct sums, and in float64.
pub struct Operands<'a, T: Real> {
    pub signal: &'a Source<'a, T>,
    pub wide: &'a Source<'a, f64>,
    pub taps: &'a RealTaps<'a, T>,
    pub spectra: &'a CutSpectra,
}

impl<'a, T: Real, S: Store<T>> Certified<'a, T, S> {
    /// Convolves the operands. `share` is the time of transforms, as a share of that of direct sums.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        blocks: &'a Blocks<'a, f64>,
        operands: Operands<'a, T>,
        store: S,
        share: f64,
    ) -> Result<Self> {
        let Operands { signal, wide, taps, spectra } = operands;
        let certificate = Certificate::new::<T>(taps.taps().len(), CHAIN);
        let accuracy = Accuracy::Componentwise;
        let direct = Direct::new(blocks.geometry, signal, taps, AsComputed, accuracy)?;
        let looks_ahead = share > TRIED_BLINDLY[usize::from(spectra.parts.count > 1)];
        let signal = wide;
        let own = Self {
            blocks,
            signal,
            taps,
            spectra,
            store,
            certificate,
            share,
            looks_ahead,
            left_over: LeftOver(direct),
        };
        Ok(own)
    }

    /// Computes outputs `start .. start + values.len()`. `flags` has a byte for each.
    fn outputs(
        &self,
        start: usize,
        values: &mut [T],
        flags: &mut [u8],
        mut work: Workspace<'_>,
    ) -> Result<()> {
        let shared = self.blocks.threads;
        flags.fill(0);
        let open = match self.transform(start, values, flags, work.again())? {
            Some(open) if open > 0 => {
                Some(self.prove_by_tilts((start, open), values, flags, work.again())?)
            }
            proven => proven,
        };
        match open {
            Some(0) => Ok(()),
            Some(_) => {
                let space = (self.closing_bytes(CHUNK.min(values.len())), work);
                close_in_chunks(
                    (start, values, flags),
                    shared,
                    space,
                    |start, values, flags, work| self.close(start, values, flags, work),
                )
            }
            None => self.left_over.sum_all(start, values, (shared, work)),
        }
    }

    /// Computes the open outputs of up to [`CHUNK`] outputs from `start` on.
    fn close(
        &self,
        start: usize,
        values: &mut [T],
        flags: &mut [u8],
        mut work: Workspace<'_>,
    ) -> Result<()> {
        if self.takes_pieces() && self.left_over.as_many_as_open(flags) > PIECES_WORTH {
            self.prove_by_pieces(start, values, flags, work.again())?;
        }
        self.left_over.sum(start, values, flags, work)
    }

    /// Whether outputs may be proven with the filter in pieces. Pieces are not cut into parts.
    fn takes_pieces(&self) -> bool {
        CertifiedSpace::takes_pieces(self.spectra.parts, self.blocks.geometry.filter_len)
    }

    /// Bytes of workspace to close `outputs` outputs, in chunks or all together.
    fn closing_bytes(&self, outputs: usize) -> usize {
        let pieces = if self.takes_pieces() { CertifiedSpace::pieces_bytes() } else { 0 };
        pieces.max(self.left_over.workspace_bytes(outputs))
    }

    /// Computes outputs by transforms. Flags those that are to be summed directly, and returns
    /// their number. `None` if all are to be summed directly.
    fn transform(
        &self,
        start: usize,
        values: &mut [T],
        flags: &mut [u8],
        mut work: Workspace<'_>,
    ) -> Result<Option<usize>> {
        let Self { signal, spectra, .. } = *self;
        let Blocks { geometry, transform, threads, .. } = *self.blocks;
        let outputs = values.len();
        let range = self.blocks.range(start, outputs);
        let BlockRange { origin, skip, read } = range;
        let mut blocks: SmallVec<[_; Parts::MOST]> = (0..spectra.parts.count)
            .map(|_| Planes::in_workspace(&mut work, transform.block()))
            .collect();
        let block = blocks.last_mut().expect("there is a part");
        let extent = block.read(signal, origin, read, threads);
        if !(extent.largest.is_finite() && spectra.is_finite) {
            return Ok(None);
        }
        let span = spectra.span.filter(|_| extent.largest > 0.0);
        let Some(span) = span else {
            values.fill(T::default());
            return Ok(Some(0));
        };
        let mut zeros = Flags::none(flags);
        mark_zeros([&*block], range.inside(geometry), span, skip, &mut zeros);
        let any_zeros = zeros.set().is_some();
        let nonnegative = spectra.is_nonnegative && !(extent.has_sign && block.any_negative(read));
        let taken = if spectra.parts.are_scaled() { normalisation(extent.largest) } else { 0 };
        block.scale(read, -taken, threads);
        let exponent = taken + spectra.exponent;

        let norm = block.norm_bound(read);
        if self.looks_ahead {
            let error = spectra.parts.expected_error(norm, spectra.finer, spectra.cut);
            let surely = SURELY * self.certificate.least(error, exponent);
            let left = self.expected_left(block, (range, outputs), surely, work.again());
            if 2.0 * left as f64 > (1.0 - self.share) * outputs as f64 {
                return Ok(None);
            }
        }
        let mut x = cut(spectra.parts, (norm, spectra.finer), &mut blocks);
        x.lost_some = taken > 0;
        let error = spectra.parts.error(x, spectra.cut);
        if !error.is_finite() {
            return Ok(None);
        }
        {
            let mut blocks: SmallVec<[_; Parts::MOST]> =
                blocks.iter_mut().map(Planes::block_mut).collect();
            transform.convolve(&mut blocks, &spectra.blocks(), Product::Parts, threads);
        }
        let marks = Marks {
            least: self.certificate.least(error, exponent),
            most: largest_before::<T>(exponent),
            may_overflow: spectra.parts.largest(x, spectra.cut) > largest_before::<T>(exponent),
            error,
            exponent,
            any_zeros,
            nonnegative,
        };
        let mut open = 0;
        let head = blocks[0].runs(skip, outputs).0.len();
        let (of_head, of_tail) = values.split_at_mut(head);
        let (flags_of_head, flags_of_tail) = flags.split_at_mut(head);
        let targets = [(of_head, flags_of_head), (of_tail, flags_of_tail)];
        let joints = joints([x, spectra.cut], (skip, outputs), &mut blocks);
        for (mut joint, (values, flags)) in joints.into_iter().zip(targets) {
            joint.for_each_piece(|at, sums| {
                let piece = at..at + sums.len();
                open += marks.store(sums, &mut values[piece.clone()], &mut flags[piece]);
            });
        }
        if self.looks_ahead && 2 * open > outputs {
            // The block was expected to be proven, but is not. No more time is spent on it.
            return Ok(None);
        }
        let worth = MAGNITUDES_WORTH * transform.block() / geometry.filter_len;
        if open > 0
            && !nonnegative
            && !marks.may_overflow
            && self.left_over.as_many_as_open(flags) > worth
        {
            let proven = marks.least + spectra.parts.error_of_magnitudes(x, spectra.cut);
            let block = (&mut blocks[0], range, taken);
            open -= self.prove_by_magnitudes(block, proven, flags)?;
        }
        Ok(Some(open))
    }

    /// How many outputs are not expected to be proven.
    fn expected_left(
        &self,
        block: &Planes<&mut [f64]>,
        (BlockRange { skip, read, .. }, outputs): (BlockRange, usize),
        least: f64,
        mut work: Workspace<'_>,
    ) -> usize {
        let Some((chunks, filter)) = &self.spectra.profile else { return 0 };
        let signal = work.cut::<f64>(chunks.signal_profile_len(read));
        write_signal_profile(*chunks, block, read, signal);
        let profiles = [&*signal, &filter[..chunks.filter_profile_len()]];
        count_below(*chunks, least, &[profiles], skip..skip + outputs)
    }

    /// Computes sums of magnitudes of products by a transform, and clears the flags of outputs
    /// whose sum is at least `proven`. Returns their number.
    fn prove_by_magnitudes(
        &self,
        (block, range, taken): (&mut Planes<&mut [f64]>, BlockRange, i32),
        proven: f64,
        flags: &mut [u8],
    ) -> Result<usize> {
        let Blocks { transform, threads, .. } = *self.blocks;
        let BlockRange { origin, skip, read } = range;
        block.read(self.signal, origin, read, threads);
        block.scale(read, -taken, threads);
        block.take_magnitudes(read);
        let filter = self.spectra.magnitudes(self.taps.taps(), transform)?;
        block.convolve(transform, filter, threads);
        let (first, second) = block.runs(skip, flags.len());
        let (of_first, of_second) = flags.split_at_mut(first.len());
        let mut closed = 0;
        for (sums, flags) in [(first, of_first), (second, of_second)] {
            for_each_open(flags, |at, flag| {
                if sums[at] >= proven {
                    *flag = 0;
                    closed += 1;
                }
            });
        }
        Ok(closed)
    }
}

/// How the outputs of a block are looked at and stored.
struct Marks {
    /// Outputs from this magnitude on are proven.
    least: f64,
    /// The largest magnitude that does not overflow.
    most: f64,
    may_overflow: bool,
    /// The bound of the error.
    error: f64,
    /// Outputs are multiplied by 2 to this power.
    exponent: i32,
    /// Whether any flag is set: of outputs that read only zeros.
    any_zeros: bool,
    /// Whether no output is below 0.
    nonnegative: bool,
}

impl Marks {
    /// Flags the outputs that are to be summed directly, and rounds all to `values`. Returns the
    /// number of flagged outputs. `sums` are unspecified afterwards.
    fn store<T: Real>(&self, sums: &mut [f64], values: &mut [T], flags: &mut [u8]) -> usize {
        if self.any_zeros {
            overwrite(sums, flags);
        }
        let mut open = mark_below(sums, self.least, OPEN, flags);
        if self.may_overflow {
            open += mark_overflows(sums, (self.most, self.error), flags);
        }
        scale(sums, self.exponent);
        if self.nonnegative {
            clamp(sums);
        }
        from_float64(sums, values);
        open
    }
}

/// Flags values beyond `most`, unless the bound of their error proves that they overflow. Returns
/// the number of flagged values.
pub(super) fn mark_overflows(values: &[f64], (most, error): (f64, f64), flags: &mut [u8]) -> usize {
    let mut open = 0;
    for (value, flags) in values.iter().zip(flags) {
        let magnitude = value.abs();
        // Rounded, numbers less than an ulp above the largest are still the largest.
        if *flags == 0 && magnitude > most && magnitude - error < most * (1.0 + 1e-6) {
            *flags = OPEN;
            open += 1;
        }
    }
    open
}

impl<T: Real, S: Store<T>> Steps for Certified<'_, T, S> {
    type Element = S::Element;

    fn step(&self) -> usize {
        self.blocks.step()
    }

    fn workspace_bytes(&self, outputs: usize) -> usize {
        let outputs = self.step().min(outputs);
        let values = if S::IS_NATIVE { 0 } else { size_of::<T>() };
        let parts = self.spectra.parts;
        let closing = self.closing_bytes(outputs);
        let profile = match &self.spectra.profile {
            Some((chunks, _)) if self.looks_ahead => chunks.signal_profile_len(parts.block_len),
            _ => 0,
        };
        CertifiedSpace { parts, outputs, values, profile }.bytes(closing)
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [S::Element],
        mut work: Workspace<'_>,
        fence: &Fence<'o>,
    ) -> Result<()> {
        let flags = work.cut::<u8>(out.len());
        if let Some(values) = self.store.native(out) {
            return self.outputs(start, values, flags, work);
        }
        let values = work.cut::<T>(out.len());
        self.outputs(start, values, flags, work)?;
        self.store.put(out, values, Finish::NOTHING, fence);
        Ok(())
    }
}
