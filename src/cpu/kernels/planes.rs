//! Splits complex numbers into planes, one of real and one of imaginary parts, and joins planes.

use crate::cpu::isa::isa;
use crate::cpu::vector::{Kernel, Simd};
use crate::dtype::Complex64;

/// Writes the real parts of `from` to `re`, and the imaginary parts to `im`.
///
/// # Panics
/// If the lengths differ.
pub fn split_complex(from: &[Complex64], re: &mut [f32], im: &mut [f32]) {
    struct Split<'a>(&'a [Complex64], &'a mut [f32], &'a mut [f32]);
    impl Kernel for Split<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for ((from, re), im) in self.0.iter().zip(self.1).zip(self.2) {
                (*re, *im) = (from.re, from.im);
            }
        }
    }
    assert!(from.len() == re.len() && from.len() == im.len());
    isa().run(Split(from, re, im));
}

/// Writes complex products to `to`, from their four real sums: `re * re`, `im * im`, `re * im` and
/// `im * re`.
///
/// # Panics
/// If the lengths differ.
pub fn join_sums(sums: [&[f32]; 4], to: &mut [Complex64]) {
    struct Join<'a>([&'a [f32]; 4], &'a mut [Complex64]);
    impl Kernel for Join<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            let [rr, ii, ri, ir] = self.0;
            for ((((to, rr), ii), ri), ir) in self.1.iter_mut().zip(rr).zip(ii).zip(ri).zip(ir) {
                *to = Complex64 { re: rr - ii, im: ri + ir };
            }
        }
    }
    assert!(sums.iter().all(|sum| sum.len() == to.len()));
    isa().run(Join(sums, to));
}

/// Undoes [`split_complex`].
///
/// # Panics
/// If the lengths differ.
pub fn join_planes(re: &[f32], im: &[f32], to: &mut [Complex64]) {
    struct Join<'a>(&'a [f32], &'a [f32], &'a mut [Complex64]);
    impl Kernel for Join<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, _: S) {
            for ((to, &re), &im) in self.2.iter_mut().zip(self.0).zip(self.1) {
                *to = Complex64 { re, im };
            }
        }
    }
    assert!(re.len() == to.len() && im.len() == to.len());
    isa().run(Join(re, im, to));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::guard_page::BeforeGuardPage;

    #[test]
    fn complex_numbers_split_and_join() {
        for len in 0..100 {
            let mut from = BeforeGuardPage::<Complex64>::new(len);
            for (i, from) in from.iter_mut().enumerate() {
                *from = Complex64 { re: i as f32, im: -0.5 - i as f32 };
            }
            let (mut re, mut im) =
                (BeforeGuardPage::<f32>::new(len), BeforeGuardPage::<f32>::new(len));
            split_complex(&from, &mut re, &mut im);
            assert!((0..len).all(|i| (re[i], im[i]) == (from[i].re, from[i].im)));
            let mut to = BeforeGuardPage::<Complex64>::new(len);
            join_sums([&re, &im, &re, &re], &mut to);
            assert!((0..len).all(|i| to[i].re == re[i] - im[i] && to[i].im == 2.0 * re[i]));
            join_planes(&re, &im, &mut to);
            assert!(to[..] == from[..]);
        }
    }
}
