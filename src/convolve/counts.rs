//! Counts, by transforms, of what infinities contribute to each output.
//!
//! With the indicators below, each 0 or +-1, an output gets
//!
//! ```text
//! S = (+inf) - (-inf) = sign_inf(x) * sign(v)     + sign_fin(x)    * sign_inf(v)
//! T = (+inf) + (-inf) = inf(x)      * nonzero(v)  + nonzero_fin(x) * inf(v)
//! Z = NaN             = inf(x)      * zero(v)     + zero(x)        * inf(v)
//! ```
//!
//! contributions, where `*` is convolution. All are integers of at most K, so a transform whose error
//! is below one half finds them exactly: |error| <= 12 eps log2(B) ||x|| ||v|| (see docs/accuracy.md)
//! with ||x|| <= sqrt(B) and ||v|| <= sqrt(K) is below 0.4 in float32 to K = 2^12, B = 2^16. Where both
//! operands have infinities an output is the sum of two products, whose signal's indicators are apart:
//! sqrt(2) times as much, by Cauchy-Schwarz, and still below one half with the 13 log2(B) units that
//! stand behind the 24 log2(B) of the bound.

use super::nonfinite::{NAN, NEGATIVE, POSITIVE, is_infinite};
use super::spectrum::Planes;
use crate::cpu::Real;
use crate::error::Result;
use crate::fft::Transform;

/// Longest filter whose counts float32 is proven to resolve; see the module's bound.
pub const FLOAT32_TAPS: usize = 1 << 12;
/// Longest block for which that bound holds.
pub const FLOAT32_BLOCK: usize = 1 << 16;

/// Counts for blocks of one length, in the cheapest type that is exact.
pub enum Counts {
    Float32(Tables<f32>),
    Float64(Tables<f64>),
}

impl Counts {
    /// Prepares `filter` for blocks of `points` signal values.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new<T: Real>(filter: &[T], points: usize) -> Result<Self> {
        Ok(if filter.len() <= FLOAT32_TAPS && points <= FLOAT32_BLOCK {
            Self::Float32(Tables::new(filter, points)?)
        } else {
            Self::Float64(Tables::new(filter, points)?)
        })
    }

    /// Adds to `flags` what infinities contribute: flag `i` is of the output at `skip + i` in the block
    /// that starts at index `origin` of the signal and has the values `pieces`, each with its index.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn mark<'a, T: Real>(
        &self,
        pieces: impl Iterator<Item = (usize, &'a [T])> + Clone,
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

/// The filter's indicators, transformed.
pub struct Tables<C: Real> {
    transform: Transform<C>,
    sign: Planes<C>,
    nonzero: Planes<C>,
    zero: Planes<C>,
    infinite: Option<InfiniteTaps<C>>,
}

struct InfiniteTaps<C: Real> {
    sign: Planes<C>,
    any: Planes<C>,
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

fn zero<T: Real>(x: T) -> f64 {
    indicator(x == T::default())
}

impl<C: Real> Tables<C> {
    fn new<T: Real>(filter: &[T], points: usize) -> Result<Self> {
        let block = Transform::<C>::block_for(points)
            .ok_or_else(|| crate::error::Error::out_of_memory("a transform", usize::MAX))?;
        let transform = Transform::new(block)?;
        let norm = 2.0 / block as f64;
        let prepare = |class: fn(T) -> f64| {
            let mut planes = Planes::zeroed(block)?;
            planes.fill(0, filter, |v| C::from_f64(class(v) * norm));
            planes.forward(&transform, 1);
            Ok(planes)
        };
        let infinite = match filter.iter().any(|&v| is_infinite(v)) {
            false => None,
            true => Some(InfiniteTaps {
                sign: prepare(sign_infinite)?,
                any: prepare(|v| indicator(is_infinite(v)))?,
            }),
        };
        Ok(Self {
            sign: prepare(sign)?,
            nonzero: prepare(|v| sign(v).abs())?,
            zero: prepare(zero)?,
            infinite,
            transform,
        })
    }

    fn mark<'a, T: Real>(
        &self,
        pieces: impl Iterator<Item = (usize, &'a [T])> + Clone,
        skip: usize,
        origin: isize,
        flags: &mut [u8],
    ) -> Result<()> {
        let block = self.transform.block();
        let zeros = || Planes::zeroed(block);
        let (mut difference, mut total, mut nans) = (zeros()?, zeros()?, zeros()?);
        let signal = Signal { transform: &self.transform, pieces, origin };
        let mut x = Planes::unspecified(block)?;
        let add = |sum: &mut Planes<C>, x: &Planes<C>, filter| {
            sum.add_products(&self.transform, std::iter::once((x, filter)));
        };
        signal.indicate(sign_infinite, &mut x);
        add(&mut difference, &x, &self.sign);
        signal.indicate(|x: T| indicator(is_infinite(x)), &mut x);
        add(&mut total, &x, &self.nonzero);
        add(&mut nans, &x, &self.zero);
        if let Some(taps) = &self.infinite {
            signal.indicate(sign_finite, &mut x);
            add(&mut difference, &x, &taps.sign);
            signal.indicate(|x: T| sign_finite(x).abs(), &mut x);
            add(&mut total, &x, &taps.any);
            signal.indicate(zero, &mut x);
            add(&mut nans, &x, &taps.any);
        }
        for sum in [&mut difference, &mut total, &mut nans] {
            sum.inverse(&self.transform, 1);
        }
        let (half, one) = (C::from_f64(0.5), C::ONE);
        for (i, flags) in flags.iter_mut().enumerate() {
            let (s, t) = (difference.at(skip + i), total.at(skip + i));
            // T + S is twice the number of +infinities, T - S twice that of the others.
            *flags |=
                if t + s > one { POSITIVE } else { 0 } | if t - s > one { NEGATIVE } else { 0 };
            *flags |= if nans.at(skip + i) > half { NAN } else { 0 };
        }
        Ok(())
    }
}

/// Values of the signal, each run with its index.
struct Signal<'t, C: Real, P> {
    transform: &'t Transform<C>,
    pieces: P,
    origin: isize,
}

impl<'a, C: Real, P, T: Real + 'a> Signal<'_, C, P>
where
    P: Iterator<Item = (usize, &'a [T])> + Clone,
{
    /// The transform of what `class` says of each value.
    fn indicate(&self, class: impl Fn(T) -> f64, planes: &mut Planes<C>) {
        planes.clear();
        for (at, x) in self.pieces.clone() {
            planes.fill((at as isize - self.origin) as usize, x, |x| C::from_f64(class(x)));
        }
        planes.forward(self.transform, 1);
    }
}
