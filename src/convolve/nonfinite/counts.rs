//! Counts, by transforms, of what infinities contribute to each output.
//!
//! The indicators below are 0 or +-1, and `*` is convolution. The numbers of contributions to an
//! output are
//!
//! ```text
//! S = (+inf) - (-inf) = sign_inf(x) * sign(v)     + sign_fin(x)    * sign_inf(v)
//! T = (+inf) + (-inf) = inf(x)      * nonzero(v)  + nonzero_fin(x) * inf(v)
//! Z = NaN             = inf(x)      * zero(v)     + zero(x)        * inf(v)
//! ```
//!
//! All counts are integers of at most K, so a transform finds them exactly if its error is below
//! one half. The error is at most 12 eps log2(B) ||x|| ||v|| (docs/accuracy.md), with ||x|| <=
//! sqrt(B) and ||v|| <= sqrt(K). In float32 this is below 0.4 up to K = 2^12 and B = 2^16.
//!
//! If both operands have infinities, a count is the sum of two products. The two indicators of a
//! signal value are never both nonzero, so the error is sqrt(2) times as large, by Cauchy-Schwarz.
//! It is still below one half, because the proof needs only about `13 u log2(B)` of the bound's
//! `24 u log2(B)`, with u = eps / 2.

use super::flags::{NAN, NEGATIVE, POSITIVE};
use super::runs::Piece;
use crate::convolve::block::{OwnPlanes, is_infinite};
use crate::convolve::wanted::counts_fit_float32;
use crate::cpu::Real;
use crate::error::{Error, Result};
use crate::fft::{Product, Transform};

/// Counts for blocks of one length, in the cheapest type that is exact.
pub enum Counts {
    Float32(CountTables<f32>),
    Float64(CountTables<f64>),
}

impl Counts {
    /// Prepares `filter` for blocks of `points` signal values.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(filter: &[T], points: usize) -> Result<Self> {
        Ok(if counts_fit_float32(filter.len(), points) {
            Self::Float32(CountTables::new(filter, points)?)
        } else {
            Self::Float64(CountTables::new(filter, points)?)
        })
    }

    /// Adds the contributions of infinities to `flags`. The block starts at index `origin` of the
    /// signal and has the values `pieces`. Flag `i` belongs to the output at index `skip + i` of
    /// the block.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn mark<'a, T: Real>(
        &self,
        pieces: impl Iterator<Item = Piece<'a, T>> + Clone,
        skip: usize,
        origin: isize,
        flags: &mut [u8],
    ) -> Result<()> {
        match self {
            Self::Float32(tables) => tables.mark(pieces, skip, origin, flags),
            Self::Float64(tables) => tables.mark(pieces, skip, origin, flags),
        }
    }
}

/// The transformed indicators of the filter.
pub struct CountTables<C: Real> {
    transform: Transform<C>,
    sign: OwnPlanes<C>,
    nonzero: OwnPlanes<C>,
    zero: OwnPlanes<C>,
    infinite: Option<InfiniteTaps<C>>,
}

struct InfiniteTaps<C: Real> {
    sign: OwnPlanes<C>,
    any: OwnPlanes<C>,
}

fn indicator(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

fn sign<T: Real>(x: T) -> f64 {
    indicator(x > T::default()) - indicator(x < T::default())
}

fn sign_infinite<T: Real>(x: T) -> f64 {
    if is_infinite(x) { sign(x) } else { 0.0 }
}

fn sign_finite<T: Real>(x: T) -> f64 {
    if x.is_finite() { sign(x) } else { 0.0 }
}

fn infinite<T: Real>(x: T) -> f64 {
    indicator(is_infinite(x))
}

fn nonzero<T: Real>(x: T) -> f64 {
    sign(x).abs()
}

fn nonzero_finite<T: Real>(x: T) -> f64 {
    sign_finite(x).abs()
}

fn zero<T: Real>(x: T) -> f64 {
    indicator(x == T::default())
}

impl<C: Real> CountTables<C> {
    fn new<T: Real>(filter: &[T], points: usize) -> Result<Self> {
        let block = Transform::<C>::block_for(points)
            .ok_or_else(|| Error::out_of_memory("a transform", usize::MAX))?;
        let transform = Transform::new(block, 1)?;
        let norm = 2.0 / block as f64;
        let prepare = |class: fn(T) -> f64| {
            let mut planes = OwnPlanes::zeroed(block)?;
            planes.fill(0, filter, |v| C::from_f64(class(v) * norm));
            planes.forward(&transform, 1);
            Ok(planes)
        };
        let infinite_taps = match filter.iter().any(|&v| is_infinite(v)) {
            false => None,
            true => Some(InfiniteTaps { sign: prepare(sign_infinite)?, any: prepare(infinite)? }),
        };
        Ok(Self {
            sign: prepare(sign)?,
            nonzero: prepare(nonzero)?,
            zero: prepare(zero)?,
            infinite: infinite_taps,
            transform,
        })
    }

    fn mark<'a, T: Real>(
        &self,
        pieces: impl Iterator<Item = Piece<'a, T>> + Clone,
        skip: usize,
        origin: isize,
        flags: &mut [u8],
    ) -> Result<()> {
        let signal = Signal { transform: &self.transform, pieces, origin };
        let taps = self.infinite.as_ref();
        let mut second = OwnPlanes::unspecified(self.transform.block())?;
        let finite = taps.map(|taps| (sign_finite, &taps.sign));
        let difference = signal.sum(sign_infinite, &self.sign, finite, &mut second)?;
        let finite = taps.map(|taps| (nonzero_finite, &taps.any));
        let total = signal.sum(infinite, &self.nonzero, finite, &mut second)?;
        let finite = taps.map(|taps| (zero, &taps.any));
        let nans = signal.sum(infinite, &self.zero, finite, &mut second)?;
        let (half, one) = (C::from_f64(0.5), C::ONE);
        for (i, flags) in flags.iter_mut().enumerate() {
            let (s, t) = (difference.at(skip + i), total.at(skip + i));
            // T + S is twice the number of +infinities, T - S twice the number of -infinities.
            *flags |=
                if t + s > one { POSITIVE } else { 0 } | if t - s > one { NEGATIVE } else { 0 };
            *flags |= if nans.at(skip + i) > half { NAN } else { 0 };
        }
        Ok(())
    }
}

/// Values of the signal, in runs, each with its index.
struct Signal<'t, C: Real, P> {
    transform: &'t Transform<C>,
    pieces: P,
    origin: isize,
}

impl<'a, C: Real, P, T: Real + 'a> Signal<'_, C, P>
where
    P: Iterator<Item = Piece<'a, T>> + Clone,
{
    /// The indicator `class` of the signal, convolved with `filter`. `other` is a second indicator
    /// with its filter; its product is added. `second` is memory for the second indicator.
    fn sum(
        &self,
        class: impl Fn(T) -> f64,
        filter: &OwnPlanes<C>,
        other: Option<(impl Fn(T) -> f64, &OwnPlanes<C>)>,
        second: &mut OwnPlanes<C>,
    ) -> Result<OwnPlanes<C>> {
        let mut sum = OwnPlanes::unspecified(self.transform.block())?;
        self.indicate(class, &mut sum);
        match other {
            None => sum.convolve(self.transform, filter, 1),
            Some((class, other)) => {
                self.indicate(class, second);
                let filter = [filter.block(), other.block()];
                let mut blocks = [sum.block_mut(), second.block_mut()];
                self.transform.convolve(&mut blocks, &filter, Product::Sum, 1);
            }
        }
        Ok(sum)
    }

    /// Writes the indicator `class` of the signal to `planes`.
    fn indicate(&self, class: impl Fn(T) -> f64, planes: &mut OwnPlanes<C>) {
        planes.clear();
        for Piece { at, values } in self.pieces.clone() {
            planes.fill((at as isize - self.origin) as usize, values, |x| C::from_f64(class(x)));
        }
    }
}
