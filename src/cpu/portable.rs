//! Vectors made of arrays: for machines without kernels of their own, and for single lanes on all.

#![allow(unsafe_code)]

use super::vector::{Kernel, MAX_LANES, Simd, Vector, WordSimd, WordVector};
use super::words::{Sums, Words};
use super::{Real, Word};

/// `N` lanes in what the surrounding code is compiled for. `FUSED` tells whether that has a fused
/// multiply-add; where it has not, products and sums are rounded apart, as a fused one would be a
/// library call per value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes<const N: usize, const FUSED: bool>;

/// What the compiler's target guarantees: four lanes, which compilers know how to put into registers.
pub type Portable = Lanes<4, false>;

impl<const N: usize, const FUSED: bool> Simd for Lanes<N, FUSED> {
    type F32 = Array<f32, N, FUSED>;
    type F64 = Array<f64, N, FUSED>;
    type Narrower = Lanes<1, FUSED>;
    const FUSED: bool = FUSED;

    #[inline(always)]
    fn narrower(self) -> Self::Narrower {
        Lanes
    }

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }
}

/// A vector of [`Lanes`].
#[derive(Clone, Copy)]
pub struct Array<T, const N: usize, const FUSED: bool>([T; N]);

/// One loop over the lanes.
macro_rules! lanewise {
    ($lane:ident => $value:expr) => {{
        let mut result = [T::default(); N];
        for $lane in 0..N {
            result[$lane] = $value;
        }
        Self(result)
    }};
}

impl<T: Real, const N: usize, const FUSED: bool> Vector for Array<T, N, FUSED> {
    type Simd = Lanes<N, FUSED>;
    type Scalar = T;
    type Block = [T; N];
    const LANES: usize = N;
    const TILE: usize = 8;
    const SHIFTED: usize = 0;

    #[inline(always)]
    fn blocks(values: &[T]) -> (&[[T; N]], &[T]) {
        values.as_chunks()
    }
    #[inline(always)]
    fn blocks_mut(values: &mut [T]) -> (&mut [[T; N]], &mut [T]) {
        values.as_chunks_mut()
    }
    #[inline(always)]
    fn splat(_: Self::Simd, value: T) -> Self {
        Self([value; N])
    }
    #[inline(always)]
    fn load(_: Self::Simd, from: &[T; N]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    fn store(self, to: &mut [T; N]) {
        *to = self.0;
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        lanewise!(i => self.0[i] + b.0[i])
    }
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        lanewise!(i => self.0[i] - b.0[i])
    }
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        lanewise!(i => self.0[i] * b.0[i])
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        if FUSED {
            lanewise!(i => self.0[i].mul_add(b.0[i], c.0[i]))
        } else {
            lanewise!(i => self.0[i] * b.0[i] + c.0[i])
        }
    }
    #[inline(always)]
    fn neg_mul_add(self, b: Self, c: Self) -> Self {
        if FUSED {
            lanewise!(i => (-self.0[i]).mul_add(b.0[i], c.0[i]))
        } else {
            lanewise!(i => c.0[i] - self.0[i] * b.0[i])
        }
    }
    #[inline(always)]
    fn transpose(rows: &mut [Self; MAX_LANES]) {
        for i in 0..N {
            for j in 0..i {
                (rows[i].0[j], rows[j].0[i]) = (rows[j].0[i], rows[i].0[j]);
            }
        }
    }
}

impl WordSimd for Portable {
    type U8 = WordArray<u8, u16, 8>;
    type U16 = WordArray<u16, u16, 8>;
    type U32 = WordArray<u32, u32, 4>;
    type U64 = WordArray<u64, u64, 2>;

    #[inline(always)]
    fn correlate<T: Word>(self, words: Words<T>) {
        words.run(self);
    }
}

/// `N` lanes `L` of words `T`.
#[derive(Clone, Copy)]
pub struct WordArray<T, L, const N: usize>([L; N], std::marker::PhantomData<T>);

macro_rules! word_array {
    ($scalar:ident, $lane:ident, $lanes:literal, $pack:literal) => {
        impl WordVector for WordArray<$scalar, $lane, $lanes> {
            type Simd = Portable;
            type Scalar = $scalar;
            const LEN: usize = $lanes * $pack;
            const PACK: usize = $pack;
            const ROWS: usize = 12 / $pack;

            #[inline(always)]
            fn zero(_: Portable) -> Self {
                Self([0; $lanes], std::marker::PhantomData)
            }
            #[inline(always)]
            unsafe fn splat_at(_: Portable, from: *const $scalar) -> Self {
                // SAFETY: the caller's promise.
                Self(
                    [unsafe { from.cast::<$lane>().read_unaligned() }; $lanes],
                    std::marker::PhantomData,
                )
            }
            #[inline(always)]
            unsafe fn load_at(_: Portable, from: *const $scalar) -> Self {
                // SAFETY: the caller's promise.
                Self(
                    unsafe { from.cast::<[$lane; $lanes]>().read_unaligned() },
                    std::marker::PhantomData,
                )
            }
            #[inline(always)]
            unsafe fn store_at(self, to: *mut $scalar) {
                // SAFETY: the caller's promise.
                unsafe { to.cast::<[$lane; $lanes]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            fn dot(self, taps: Self, mut sum: Self) -> Self {
                for p in 0..$pack {
                    let shift = p * $scalar::BITS;
                    for i in 0..$lanes {
                        let product = (self.0[i] >> shift).wrapping_mul(taps.0[i] >> shift);
                        sum.0[i] = sum.0[i].wrapping_add(product);
                    }
                }
                sum
            }
            #[inline(always)]
            fn join(sums: Sums<Self>) -> Self {
                let mut all = sums[0];
                for p in 1..$pack {
                    let shift = p * $scalar::BITS;
                    for i in 0..$lanes {
                        let low = all.0[i] & ((1 << shift) - 1);
                        all.0[i] = low | (sums[p as usize].0[i] << shift);
                    }
                }
                all
            }
        }
    };
}
// Vector units multiply 16 bits and more, not 8. What the high byte adds to a product leaves its low one alone.
word_array!(u8, u16, 8, 2);
word_array!(u16, u16, 8, 1);
word_array!(u32, u32, 4, 1);
word_array!(u64, u64, 2, 1);
