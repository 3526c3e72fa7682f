//! Blocks of the signal times the transformed filter: overlap-save, and one block for everything.

use super::geometry::Geometry;
use super::method::Method;
use super::nonfinite::{Guarded, overwrite, sanitise};
use super::scale::{Scale, exponent};
use super::source::Source;
use super::spectrum::Planes;
use super::store::Store;
use super::tiling::Tiling;
use crate::cpu::{Real, largest};
use crate::error::Result;
use crate::fft::Transform;
use crate::memory::Aligned;

/// Blocks and filters whose largest magnitude is 2^e with |e| up to this are transformed as they are:
/// sums of 2^60 such products stay inside float32's range at both ends.
const UNSCALED_EXPONENT: i32 = 30;

/// The exponent to take out of values of which the largest has `magnitude`, and the scale that does it.
fn normalisation<T: Real>(magnitude: T) -> (i32, Scale<T>) {
    let exponent = exponent(magnitude);
    if exponent.abs() <= UNSCALED_EXPONENT {
        return (0, Scale::ONE);
    }
    (exponent, Scale::power_of_two(-exponent))
}

/// Floats, by transforms.
pub struct OverlapSave<'a, T: Real, S> {
    geometry: Geometry,
    tiling: Tiling,
    signal: &'a Source<'a, T>,
    transform: Transform<T>,
    /// Transformed, normalised, and scaled by what the inverse leaves out.
    filter: Planes<T>,
    filter_exponent: i32,
    guarded: Guarded<'a, T>,
    store: S,
}

impl<'a, T: Real, S: Store<T>> OverlapSave<'a, T, S> {
    /// With blocks of `block` points: [`Transform::block_for`] of what `tiling` needs, at least.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(
        geometry: Geometry,
        tiling: Tiling,
        block: usize,
        signal: &'a Source<'a, T>,
        filter: &'a Source<'a, T>,
        store: S,
    ) -> Result<Self> {
        let transform = Transform::new(block)?;
        let mut planes = Planes::zeroed(block)?;
        let (re, im) = planes.runs_mut(0, filter.len());
        filter.read(0, re);
        filter.read(re.len() as isize, im);
        let finite = largest(re).is_finite() && largest(im).is_finite();
        if !finite {
            sanitise(re);
            sanitise(im);
        }
        let (filter_exponent, scale) = normalisation(larger(largest(re), largest(im)));
        let norm = T::from_f64(2.0 / block as f64);
        for value in re.iter_mut().chain(im) {
            *value = scale.of(*value) * norm;
        }
        planes.forward(&transform);
        let guarded = Guarded::new(geometry, block, filter, finite);
        Ok(Self {
            geometry,
            tiling,
            signal,
            transform,
            filter: planes,
            filter_exponent,
            guarded,
            store,
        })
    }
}

/// What a thread needs: a block, and the flags of its outputs.
pub struct Workspace<T: Real> {
    block: Planes<T>,
    flags: Option<Aligned<u8>>,
}

impl<T: Real, S: Store<T>> Method for OverlapSave<'_, T, S> {
    type Element = S::Element;
    type Workspace<'w> = Workspace<T>;

    fn step(&self) -> usize {
        self.tiling.step(self.geometry, self.transform.block())
    }

    fn with_workspace<R>(
        &self,
        _outputs: usize,
        body: impl FnOnce(&mut Workspace<T>) -> Result<R>,
    ) -> Result<R> {
        body(&mut Workspace { block: Planes::zeroed(self.transform.block())?, flags: None })
    }

    fn compute(&self, start: usize, out: &mut [S::Element], work: &mut Workspace<T>) -> Result<()> {
        let (origin, skip, values) = self.tiling.block(self.geometry, start, out.len());
        let Workspace { block, flags } = work;
        block.clear_from(values);
        let (re, im) = block.runs_mut(0, values);
        self.signal.read(origin, re);
        self.signal.read(origin + re.len() as isize, im);

        let mut magnitude = larger(largest(re), largest(im));
        let marked = !(magnitude.is_finite() && self.guarded.filter_is_finite());
        if marked {
            let flags = match flags {
                Some(flags) => flags,
                None => flags.insert(Aligned::zeroed(self.step(), "flags of non-finite outputs")?),
            };
            let pieces = [(origin, &*re), (origin + re.len() as isize, &*im)];
            self.guarded.mark(&pieces, start, &mut flags[..out.len()])?;
            sanitise(re);
            sanitise(im);
            magnitude = larger(largest(re), largest(im));
        }

        let mut result_exponent = self.filter_exponent;
        if magnitude > T::default() {
            let (block_exponent, scale) = normalisation(magnitude);
            if block_exponent != 0 {
                scale.apply(re);
                scale.apply(im);
                result_exponent += block_exponent;
            }
            block.convolve(&self.transform, &self.filter);
        } else {
            // Zeros of either sign, which sums from +0 do not keep.
            block.clear();
        }

        let (first, second) = block.runs_mut(skip, out.len());
        let scale = Scale::power_of_two(result_exponent);
        let (out_first, out_second) = out.split_at_mut(first.len());
        if marked {
            let flags = flags.as_ref().expect("made when they were marked");
            // Scaling by powers of two leaves infinities and NaNs as they are.
            overwrite(first, flags);
            overwrite(second, &flags[first.len()..]);
        }
        self.store.put(out_first, first, scale);
        self.store.put(out_second, second, scale);
        Ok(())
    }
}

fn larger<T: Real>(a: T, b: T) -> T {
    if a.is_finite() && (!b.is_finite() || b > a) { b } else { a }
}
