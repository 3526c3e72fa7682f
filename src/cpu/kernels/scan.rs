//! Kernels that make one pass over a slice. They are simple enough for the compiler to vectorise.

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd};

/// The largest magnitude in `x`: 0 if `x` is empty, not finite if a value is not finite.
pub fn largest<T: Real>(x: &[T]) -> T {
    largest_on(isa(), x)
}

fn largest_on<T: Real>(isa: Isa, x: &[T]) -> T {
    // Magnitudes have the order of their bits. The bits of Inf and NaN come last.
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

/// `to = from * factor`, value by value. Returns the [`largest`] magnitude in `from`.
///
/// # Panics
/// If the lengths differ.
pub fn copy_largest<T: Real>(from: &[T], to: &mut [T], factor: T) -> T {
    copy_largest_on(isa(), from, to, factor)
}

fn copy_largest_on<T: Real>(isa: Isa, from: &[T], to: &mut [T], factor: T) -> T {
    struct CopyLargest<'a, T>(&'a [T], &'a mut [T], T);
    impl<T: Real> Kernel for CopyLargest<'_, T> {
        type Output = T::Bits;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> T::Bits {
            let Self(from, to, factor) = self;
            let mut largest = T::Bits::default();
            for (to, &x) in to.iter_mut().zip(from) {
                largest = largest.max(T::magnitude(bytemuck::cast(x)));
                *to = x * factor;
            }
            largest
        }
    }
    assert_eq!(from.len(), to.len());
    bytemuck::cast(isa.run(CopyLargest(from, to, factor)))
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
    use crate::cpu::each_isa::each_isa;
    use crate::cpu::guard_page::BeforeGuardPage;

    #[test]
    fn largest_finds_every_place_and_non_finites() {
        for isa in each_isa() {
            // Lengths go past one unrolled step of the widest vectors, so every tail occurs.
            for len in 0..300 {
                let mut x = BeforeGuardPage::<f32>::new(len);
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

    /// Copies of every length up to more than one unrolled step of the widest vectors, so every
    /// tail occurs.
    fn check_copies<T: Real>(bad: [f64; 4]) {
        let zero = T::default();
        for isa in each_isa() {
            for len in 0..300 {
                let (mut from, mut to) =
                    (BeforeGuardPage::<T>::new(len), BeforeGuardPage::<T>::new(len));
                for factor in [1.0, -0.375].map(T::from_f64) {
                    for (i, x) in from.iter_mut().enumerate() {
                        *x = T::from_f64((i * i % 257) as f64 - 128.5);
                    }
                    let magnitude = copy_largest_on(isa, &from, &mut to, factor);
                    assert_eq!(magnitude, largest_on(Isa::PORTABLE, &from), "{} {len}", isa.name());
                    assert!(to.iter().zip(&*from).all(|(&y, &x)| y == x * factor), "{len}");
                }
                from.fill(zero);
                assert_eq!(copy_largest_on(isa, &from, &mut to, T::ONE), zero);
                for at in 0..len {
                    for bad in bad.map(T::from_f64) {
                        from[at] = bad;
                        let magnitude = copy_largest_on(isa, &from, &mut to, T::ONE);
                        assert!(!magnitude.is_finite(), "{} {len} {at}", isa.name());
                        assert!(to[at].is_nan() == bad.is_nan() && !to[at].is_finite());
                    }
                    from[at] = T::from_f64(-1e30);
                    let magnitude = copy_largest_on(isa, &from, &mut to, T::from_f64(0.5));
                    assert_eq!(magnitude, -from[at], "{} {len} {at}", isa.name());
                    assert_eq!(to[at], from[at] * T::from_f64(0.5));
                    from[at] = zero;
                }
            }
        }
    }

    #[test]
    fn copies_are_whole_and_find_what_largest_finds() {
        let bad = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        check_copies::<f32>(bad);
        check_copies::<f64>(bad);
    }

    #[test]
    fn or_reaches_every_value() {
        for len in 0..200 {
            let (mut bits, mut out) =
                (BeforeGuardPage::<u8>::new(len), BeforeGuardPage::<u8>::new(len));
            bits.fill(5);
            out.fill(2);
            or_into(&bits, &mut out);
            assert!(out.iter().all(|&x| x == 7));
        }
    }
}
