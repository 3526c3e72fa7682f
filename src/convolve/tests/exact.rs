//! Integers and bools: equal, by every method, to arithmetic modulo 2^bits and OR of ANDs.

use super::support::*;
use crate::convolve::Mode;
use crate::convolve::geometry::Geometry;
use crate::convolve::integer::Digits;
use crate::convolve::plan::Method;
use crate::convolve::tiling::Tiling;
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

/// The worst that digits can be: every digit of every operand at its largest magnitude, in long blocks.
#[test]
fn integers_are_exact_at_the_largest_digits() {
    let (n, k) = (1 << 17, 1 << 16);
    let method = Method::Transforms { tiling: Tiling::Sliding, block: 1 << 18 };
    for bits in [16, 32, 64] {
        let digits = Digits::new(bits, k, 1 << 18).unwrap();
        let half = 1u64 << (digits.width - 1);
        let all = (0..digits.count)
            .fold(0u64, |x, i| x.wrapping_add(half << (digits.width as usize * i)));
        let value = all.wrapping_neg();
        let count = |at: usize| pairs(at, n, k).count() as u64;
        let wanted = |at| value.wrapping_mul(value).wrapping_mul(count(at));
        match bits {
            16 => {
                let got: Vec<u16> = by(
                    &vec![value as u16; n],
                    &vec![value as u16; k],
                    Dtype::UInt16,
                    Mode::Full,
                    method,
                    1,
                );
                assert!(got.iter().enumerate().all(|(at, &got)| got == wanted(at) as u16));
            }
            32 => {
                let got: Vec<u32> = by(
                    &vec![value as u32; n],
                    &vec![value as u32; k],
                    Dtype::UInt32,
                    Mode::Full,
                    method,
                    1,
                );
                assert!(got.iter().enumerate().all(|(at, &got)| got == wanted(at) as u32));
            }
            _ => {
                let got: Vec<u64> =
                    by(&vec![value; n], &vec![value; k], Dtype::UInt64, Mode::Full, method, 1);
                assert!(got.iter().enumerate().all(|(at, &got)| got == wanted(at)));
            }
        }
    }
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
