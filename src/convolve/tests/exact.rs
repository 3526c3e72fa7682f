//! Integers and bools: every method equals arithmetic modulo 2^bits and OR of ANDs.

use super::support::*;
use crate::convolve::Mode;
use crate::convolve::wanted::{Digits, Geometry, Method, Tiling};
use crate::dtype::{Dtype, Element, Truth};

fn integers_are_exact<T: Element + PartialEq + std::fmt::Debug>(from_bits: fn(u64) -> T) {
    let mut random = Random(10);
    for (n, k) in LENGTHS {
        let a: Vec<T> = (0..n).map(|_| from_bits(random.bits())).collect();
        let v: Vec<T> = (0..k).map(|_| from_bits(random.bits())).collect();
        for mode in MODES {
            let geometry = Geometry::new(n, k, mode).unwrap();
            let want: Vec<T> = (geometry.first..geometry.first + geometry.outputs)
                .map(|at| {
                    let products =
                        pairs(at, n, k).map(|(i, k)| a[i].to_bits().wrapping_mul(v[k].to_bits()));
                    from_bits(products.fold(0, u64::wrapping_add))
                })
                .collect();
            for method in methods(geometry) {
                let got: Vec<T> = by(&a, &v, T::DTYPE, mode, method, 1);
                assert!(got == want, "{:?} {n} x {k} {mode:?} {method:?}", T::DTYPE);
            }
        }
    }
}

#[test]
fn integers_of_every_width_are_exact() {
    integers_are_exact(|bits| bits as u8);
    integers_are_exact(|bits| bits as i8);
    integers_are_exact(|bits| bits as u16);
    integers_are_exact(|bits| bits as i16);
    integers_are_exact(|bits| bits as u32);
    integers_are_exact(|bits| bits as i32);
    integers_are_exact(|bits| bits);
    integers_are_exact(|bits| bits as i64);
}

/// The worst digits: every digit of every operand has its largest magnitude, with one sign and with
/// random signs. Block length and taps are nearly the largest for which this number of digits is
/// proven exact.
fn integers_are_exact_at_the_largest_digits<T: Element + PartialEq>(
    from_bits: fn(u64) -> T,
    digits: [usize; 3],
) {
    let bits = 8 * size_of::<T>() as u32;
    let mut random = Random(12);
    for ((k, block), count) in
        [(1 << 11, 1 << 14), (1 << 12, 1 << 15), (1 << 16, 1 << 18)].into_iter().zip(digits)
    {
        let digits = Digits::new(bits, k, block).unwrap();
        assert_eq!(digits.count, count, "{bits} bits, {k} taps");
        let largest = (0..count)
            .fold(0u64, |x, i| x.wrapping_add(1 << (digits.width as usize * (i + 1) - 1).min(63)));
        let largest = largest.wrapping_neg();
        let method = Method::Transforms { tiling: Tiling::OverlapSave, block_len: block };
        let n = block / 2;
        let (a, v) = (vec![from_bits(largest); n], vec![from_bits(largest); k]);
        let got: Vec<T> = by(&a, &v, T::DTYPE, Mode::Full, method, 1);
        for (at, got) in got.iter().enumerate() {
            let count = pairs(at, n, k).count() as u64;
            let want = from_bits(largest.wrapping_mul(largest).wrapping_mul(count));
            assert!(*got == want, "{:?} {n} x {k} at {at}", T::DTYPE);
        }
        if k > 1 << 12 {
            continue; // Direct sums would take too long.
        }
        let mut signs = |len: usize| -> Vec<T> {
            let either = [largest, largest.wrapping_neg()];
            (0..len).map(|_| from_bits(either[random.below(2)])).collect()
        };
        let (a, v) = (signs(n), signs(k));
        let got: Vec<T> = by(&a, &v, T::DTYPE, Mode::Full, method, 1);
        let want: Vec<T> = by(&a, &v, T::DTYPE, Mode::Full, Method::Direct, 1);
        assert!(got == want, "{:?} {n} x {k}", T::DTYPE);
    }
}

#[test]
fn integers_are_exact_at_the_largest_digits_of_every_width() {
    integers_are_exact_at_the_largest_digits(|bits| bits as u8, [1, 1, 1]);
    integers_are_exact_at_the_largest_digits(|bits| bits as u16, [1, 1, 2]);
    integers_are_exact_at_the_largest_digits(|bits| bits as i32, [2, 2, 3]);
    integers_are_exact_at_the_largest_digits(|bits| bits, [4, 5, 5]);
}

#[test]
fn bools_are_or_of_ands_whatever_the_true_byte() {
    let mut random = Random(11);
    for (n, k) in LENGTHS {
        for density in [1, 50, 1000] {
            let mut bytes = |len: usize| -> Vec<Truth> {
                (0..len)
                    .map(|_| {
                        Truth(if random.below(density) == 0 {
                            random.below(255) as u8 + 1
                        } else {
                            0
                        })
                    })
                    .collect()
            };
            let (a, v) = (bytes(n), bytes(k));
            for mode in MODES {
                let geometry = Geometry::new(n, k, mode).unwrap();
                let want: Vec<u8> = (geometry.first..geometry.first + geometry.outputs)
                    .map(|at| u8::from(pairs(at, n, k).any(|(i, k)| a[i].0 != 0 && v[k].0 != 0)))
                    .collect();
                for method in methods(geometry) {
                    let got: Vec<u8> = by(&a, &v, Dtype::Bool, mode, method, 1);
                    assert!(got == want, "{n} x {k} {mode:?} {method:?} density {density}");
                }
            }
        }
    }
}
