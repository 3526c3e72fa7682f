//! One-pass kernels over a slice, simple enough for the compiler to make vectors of.

use super::vector::{Kernel, Simd};
use super::{Isa, Real, isa};

/// The largest magnitude in `x`: 0 if it is empty, not finite if one value is not.
pub fn largest<T: Real>(x: &[T]) -> T {
    largest_on(isa(), x)
}

fn largest_on<T: Real>(isa: Isa, x: &[T]) -> T {
    // Magnitudes are ordered as their bits are, and those of Inf and NaN come last.
    struct Largest<'a, T: Real>(&'a [T::Bits]);
    impl<T: Real> Kernel for Largest<'_, T> {
        type Output = T::Bits;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> T::Bits {
            let mut largest = T::Bits::default();
            for &bits in self.0 {
                largest = largest.max(T::magnitude(bits));
            }
            largest
        }
    }
    bytemuck::cast(isa.run(Largest::<T>(bytemuck::cast_slice(x))))
}

/// `out |= x`, byte by byte.
///
/// # Panics
/// If the lengths differ.
pub fn or_into(x: &[u8], out: &mut [u8]) {
    struct Or<'a>(&'a [u8], &'a mut [u8]);
    impl Kernel for Or<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for (out, x) in self.1.iter_mut().zip(self.0) {
                *out |= x;
            }
        }
    }
    assert_eq!(x.len(), out.len());
    isa().run(Or(x, out));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::guarded::Guarded;

    #[test]
    fn largest_finds_every_place_and_non_finites() {
        for isa in Isa::available() {
            // Past one unrolled step of the widest vectors, so that every tail occurs.
            for len in 0..300 {
                let mut x = Guarded::<f32>::new(len);
                assert_eq!(largest_on(isa, &x), 0.0);
                for at in 0..len {
                    x[at] = -3.5;
                    assert_eq!(largest_on(isa, &x), 3.5, "{} {len} {at}", isa.name());
                    for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                        x[at] = bad;
                        assert!(!largest_on(isa, &x).is_finite(), "{} {len} {at}", isa.name());
                    }
                    x[at] = 0.0;
                }
            }
            assert_eq!(largest_on(isa, &[1e-310, -1e300, 5.0]), 1e300);
        }
    }

    #[test]
    fn or_reaches_every_value() {
        for len in 0..200 {
            let (mut bits, mut out) = (Guarded::<u8>::new(len), Guarded::<u8>::new(len));
            bits.fill(5);
            out.fill(2);
            or_into(&bits, &mut out);
            assert!(out.iter().all(|&x| x == 7));
        }
    }
}
