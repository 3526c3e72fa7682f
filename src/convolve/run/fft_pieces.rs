//! Transforms of floats with the filter in pieces: few outputs of a long filter.

use std::sync::{Mutex, PoisonError};

use smallvec::SmallVec;

use super::fft::error_bound;
use super::overflow::{Overflow, largest_before};
use super::steps::Steps;
use super::windows::Windows;
use crate::convolve::block::{Finish, Planes, Source, Store, normalisation};
use crate::convolve::filter::span;
use crate::convolve::nonfinite::{Footprint, ZERO, overwrite};
use crate::convolve::wanted::{Geometry, Pieces};
use crate::cpu::{
    Extent, Fence, FloatEnvironment, Real, Subnormals, clamp, extent, nonzero, or_into, scale,
};
use crate::error::Result;
use crate::fft::{Product, Transform};
use crate::memory::{Workspace, with_workspace};
use crate::threads;

/// Convolves floats by transforms of pieces of the filter.
///
/// ```text
/// for each group of pieces:
///     for each piece p of the group:
///         x[p] = transform of the signal under the outputs of this piece
///         f[p] = transform of the piece
///     sums = inverse transform of sum over p of x[p] f[p]
/// out = the sums of all groups, added in pairs
/// ```
///
/// 1. One block of all taps would compute as many results as there are taps, and keep few of them.
///    1000 outputs of 2^20 x 2^20 take 0.37 of the time of `same` (float32, AVX-512).
/// 2. Each group is scaled by its own powers of two. The groups are added before this scaling is
///    undone, so that no sum in between overflows.
/// 3. If a piece or the signal under it is not finite, it marks outputs by a footprint of its own,
///    and is computed with zeros in place of infinities and NaNs.
/// 4. If a group holds no negative number, its sums below 0 become +0. Outputs that read only zeros
///    become +0. Outputs that overflow are summed again.
/// 5. The order of all sums depends only on the lengths. So threads share the groups, and change no
///    bit.
pub struct FftPieces<'a, T: Real, S> {
    pub geometry: Geometry,
    pub pieces: Pieces,
    pub transform: &'a Transform<T>,
    pub signal: &'a Source<'a, T>,
    pub taps: &'a [T],
    pub store: S,
    pub threads: usize,
}

/// A piece of the filter, and the signal that the outputs read through it.
#[derive(Clone, Copy)]
struct Piece<'a, T> {
    taps: &'a [T],
    /// The index of the first tap.
    at: usize,
    /// The index of the first value of the signal. It may be before the signal's first value.
    origin: isize,
    /// The number of values of the signal.
    read: usize,
}

/// Blocks of a group, one for each piece.
type Blocks<'w, T> = SmallVec<[Planes<&'w mut [T]>; Pieces::IN_A_GROUP]>;

impl<T: Real, S: Store<T>> FftPieces<'_, T, S> {
    /// The pieces of group `index`, for outputs from `start` on.
    fn pieces(&self, index: usize, start: usize) -> impl Iterator<Item = Piece<'_, T>> {
        let Pieces { outputs, .. } = self.pieces;
        let len = self.pieces.piece_len();
        let pieces = self.taps.chunks(len).zip((0..).step_by(len)).map(move |(taps, at)| {
            let before = taps.len() - 1;
            let origin = start as isize - (at + before) as isize;
            Piece { taps, at, origin, read: outputs + before }
        });
        pieces.skip(index * Pieces::IN_A_GROUP).take(Pieces::IN_A_GROUP)
    }

    /// Reads `taps`. The results of every piece are at the same indices, because a shorter piece
    /// ends where the others do.
    fn read_taps(&self, taps: &[T], to: &mut Planes<&mut [T]>) -> Extent<T> {
        match self.pieces.piece_len() - taps.len() {
            0 => to.read(&Source::from(taps), 0, taps.len(), 1),
            missing => {
                to.clear();
                let counts = nonzero();
                to.fill(missing, taps, |tap| if counts(tap) { tap } else { T::default() });
                extent(taps)
            }
        }
    }

    /// Computes the sums of group `index` for outputs from `start` on. The last of `sums` becomes
    /// the exponent of the others. ORs what infinities and NaNs contribute into `all_flags`.
    fn group(
        &self,
        (index, start): (usize, usize),
        sums: &mut [T],
        all_flags: &Mutex<&mut [u8]>,
        mut work: Workspace<'_>,
    ) -> Result<()> {
        let (mut x, mut f) = (Blocks::new(), Blocks::new());
        let mut most = [Extent::none(); 2];
        for Piece { taps, origin, read, .. } in self.pieces(index, start) {
            let [mut of_signal, mut of_taps] =
                [(); 2].map(|()| Planes::in_workspace(&mut work, self.pieces.block_len));
            let found =
                [of_signal.read(self.signal, origin, read, 1), self.read_taps(taps, &mut of_taps)];
            most = [0, 1].map(|i| most[i].and(found[i]));
            x.push(of_signal);
            f.push(of_taps);
        }
        let (exponent, sums) = sums.split_last_mut().expect("a place for the exponent");
        let largest = most.map(|it| it.largest);
        if largest.iter().all(|it| it.is_finite()) && largest.contains(&T::default()) {
            *exponent = T::from_f64(least_exponent::<T>().into());
            sums.fill(T::default());
            return Ok(());
        }
        let is_plain = largest.iter().all(|&it| it.is_finite() && normalisation(it) == 0);
        let taken = match is_plain {
            true => 0,
            false => self.normalise((index, start), [&mut x, &mut f], all_flags, work)?,
        };
        *exponent = T::from_f64(taken.into());
        let block_len = self.pieces.block_len;
        let any_negative =
            |blocks: &Blocks<'_, T>| blocks.iter().any(|block| block.any_negative(block_len));
        let clamps = !(most.iter().any(|it| it.has_sign) && (any_negative(&x) || any_negative(&f)));

        // Subnormal numbers count as zeros in the transform. So they may count as zeros before.
        FloatEnvironment::run_with(Subnormals::Flush, || {
            // The factor that the inverse transform leaves out.
            let factor = T::from_f64(2.0 / block_len as f64);
            f.iter_mut().for_each(|f| f.multiply(self.pieces.piece_len(), factor, 1));
            let mut of_taps: SmallVec<[_; Pieces::IN_A_GROUP]> =
                f.iter_mut().map(Planes::block_mut).collect();
            self.transform.forward(&mut of_taps, 1);
        });
        let of_taps: SmallVec<[_; Pieces::IN_A_GROUP]> = f.iter().map(Planes::block).collect();
        let mut of_signal: SmallVec<[_; Pieces::IN_A_GROUP]> =
            x.iter_mut().map(Planes::block_mut).collect();
        self.transform.convolve(&mut of_signal, &of_taps, Product::Sum, 1);
        drop(of_signal);
        let (first, second) = x[0].runs(self.pieces.piece_len() - 1, sums.len());
        sums[..first.len()].copy_from_slice(first);
        sums[first.len()..].copy_from_slice(second);
        if clamps {
            clamp(sums);
        }
        Ok(())
    }

    /// Makes the blocks of a group finite, marks the outputs that infinities and NaNs reach, and
    /// scales the blocks by powers of two. Returns the exponent that this took out.
    fn normalise(
        &self,
        (index, start): (usize, usize),
        [x, f]: [&mut Blocks<'_, T>; 2],
        all_flags: &Mutex<&mut [u8]>,
        mut work: Workspace<'_>,
    ) -> Result<i32> {
        let len = self.pieces.piece_len();
        let flags = work.cut::<u8>(self.pieces.outputs);
        let mut most = [Extent::none(); 2];
        for ((piece, x), f) in self.pieces(index, start).zip(&mut *x).zip(&mut *f) {
            let is_spoiled = |value: T| !value.is_finite();
            if x.any(piece.read, is_spoiled) || f.any(len, is_spoiled) {
                self.mark(piece, start, x, flags)?;
                or_into(flags, &mut all_flags.lock().unwrap_or_else(PoisonError::into_inner));
            }
            let found = [x.sanitise(piece.read), f.sanitise(len)];
            most = [0, 1].map(|i| most[i].and(found[i]));
        }
        let [x_taken, f_taken] = most.map(|it| normalisation(it.largest));
        for ((piece, x), f) in self.pieces(index, start).zip(x).zip(f) {
            x.scale(piece.read, -x_taken, 1);
            f.scale(len, -f_taken, 1);
        }
        Ok(x_taken + f_taken)
    }

    /// Sets `flags` to what infinities and NaNs of `piece`, and of the signal `x` under it,
    /// contribute to the outputs from `start` on.
    fn mark(
        &self,
        piece: Piece<'_, T>,
        start: usize,
        x: &Planes<&mut [T]>,
        flags: &mut [u8],
    ) -> Result<()> {
        let Piece { taps, at, origin, read } = piece;
        flags.fill(0);
        // The values that exist are a signal of their own. Its convolution with the taps begins at
        // output `at + from`; no output before reads any of these values.
        let from = origin.max(0) as usize;
        let len = ((origin + read as isize) as usize).min(self.signal.len()) - from;
        let skipped = (at + from).saturating_sub(start);
        let first = start + skipped - (at + from);
        let (head, tail) = x.runs(0, read);
        let pieces = (origin - from as isize, [head, tail]);
        let footprint = Footprint::new(taps, read)?;
        footprint.mark(taps, len, pieces, first, &mut flags[skipped..])
    }
}

impl<T: Real, S: Store<T>> Steps for FftPieces<'_, T, S> {
    type Element = S::Element;

    fn step(&self) -> usize {
        self.pieces.outputs
    }

    fn workspace_bytes(&self, _outputs: usize) -> usize {
        self.pieces.sums_bytes(size_of::<T>())
    }

    fn compute<'o>(
        &self,
        start: usize,
        out: &'o mut [S::Element],
        mut work: Workspace<'_>,
        fence: &Fence<'o>,
    ) -> Result<()> {
        let each = out.len() + 1;
        let sums = work.cut::<T>(each * self.pieces.groups());
        let flags = work.cut::<u8>(out.len());
        flags.fill(0);
        let all_flags = Mutex::new(&mut *flags);
        let bytes = self.pieces.group_bytes(size_of::<T>());
        threads::for_each_chunk(sums, each, self.threads, |groups| {
            with_workspace(bytes, |mut work| {
                groups.try_for_each(|(at, sums)| {
                    self.group((at / each, start), sums, &all_flags, work.again())
                })
            })
        })?;

        let exponent = |sums: &[T]| sums[out.len()].to_f64() as i32;
        let most = sums.chunks(each).map(exponent).max().unwrap_or(0);
        for sums in sums.chunks_mut(each) {
            scale_down(sums, exponent(sums) - most);
        }
        add_in_pairs(sums, each);
        let total = &mut sums[..out.len()];
        self.guard(start, total, flags, most);
        // Scaling by powers of two does not change zeros, infinities and NaNs.
        overwrite(total, flags);
        let finish = Finish { exponent: most, clamps: false };
        self.store.put(out, total, finish, fence);
        Ok(())
    }
}

impl<T: Real, S: Store<T>> FftPieces<'_, T, S> {
    /// Flags the outputs that read only zeros. Sums those without flags again that overflow when they
    /// are multiplied by 2^exponent, unless the error bound proves that they are infinite.
    fn guard(&self, start: usize, values: &mut [T], flags: &mut [u8], exponent: i32) {
        let counts = nonzero();
        let span = span(self.taps);
        let read = |at, [values]: [&mut [T]; 1]| self.signal.read(at, values);
        let mut windows = Windows::new(self.geometry.signal_len, &read, |[x]: [T; 1]| counts(x));
        let overflow = Overflow { geometry: self.geometry, taps: [self.taps], read: &read };
        let most = largest_before::<T>(exponent);
        let mut bound = None;
        let outputs = start..start + values.len();
        for (output, (value, flags)) in outputs.clone().zip(values.iter_mut().zip(flags)) {
            let reads_nonzero = span.is_some_and(|[first, last]| {
                let after = output + 1;
                windows.any(after.saturating_sub(last + 1), after.saturating_sub(first))
            });
            let magnitude = value.to_f64().abs();
            if !reads_nonzero {
                *flags |= ZERO;
            } else if *flags == 0 && magnitude > most {
                // Computed for outputs that overflow only, because all values are read again.
                let bound = *bound.get_or_insert_with(|| {
                    let products = overflow.most_product(&outputs, exponent);
                    let len = self.taps.len() as f64;
                    error_bound::<T>(
                        self.pieces.block_len,
                        products * len.sqrt() * (len + outputs.len() as f64).sqrt(),
                    )
                });
                if magnitude - bound < most {
                    let [[sum]] = overflow.sums(output);
                    *value = sum.times_power(-exponent);
                }
            }
        }
    }
}

/// Adds up runs of `each` values, in pairs, into the first run. Added one after another, many runs
/// would have a larger error.
fn add_in_pairs<T: Real>(runs: &mut [T], each: usize) {
    let mut count = runs.len() / each;
    while count > 1 {
        let half = count.div_ceil(2);
        let (first, second) = runs.split_at_mut(half * each);
        for (sum, &more) in first.iter_mut().zip(&second[..(count - half) * each]) {
            *sum = *sum + more;
        }
        count = half;
    }
}

/// Multiplies values by 2^exponent. The exponent is not positive.
fn scale_down<T: Real>(values: &mut [T], exponent: i32) {
    if exponent != 0 {
        // Below the least exponent, all values become zeros.
        scale(values, exponent.max(least_exponent::<T>()));
    }
}

/// The exponent of the product of the two smallest numbers.
const fn least_exponent<T: Real>() -> i32 {
    2 * T::MIN_SUBNORMAL
}
