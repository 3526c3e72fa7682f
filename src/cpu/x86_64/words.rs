//! Vectors of words: AVX2, AVX-512, and AVX-512 with VNNI.
//!
//! `vpmaddwd` adds up two products of 16 bits, VNNI's `vpdpwssd` adds them to a sum, and `vpdpbusd` four of 8 bits;
//! none of them saturates. Without VNNI, bytes take two `vpmaddwd`: what the high byte of 16 bits adds to a product
//! leaves its low byte alone.

use std::arch::asm;
use std::arch::x86_64::*;

use super::avx2::Avx2;
use super::avx512::Avx512;
use crate::cpu::vector::{DigitVector, Sums, WordKernel, WordSimd, WordVector};

/// Proves VNNI and what [`Avx512`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx512Vnni(Avx512);

impl Avx512Vnni {
    /// The token, if the machine has the instruction set.
    pub fn detect() -> Option<Self> {
        Avx512::detect().filter(|_| is_x86_feature_detected!("avx512vnni")).map(Self)
    }

    /// What it includes.
    pub fn avx512(self) -> Avx512 {
        self.0
    }
}

/// [`WordSimd`] for a token that proves `$features`, and its four [`WordVector`]s: sums for `$pack` words of a lane
/// and `$rows` rows.
macro_rules! word_vectors {
    (
        $simd:ident, $features:literal, $module:ident, $register:ident, $zero:ident, $load:ident, $store:ident, $add:ident;
        $($name:ident $scalar:ident: $pack:literal words, $rows:literal rows, $splat:path, $dot:path, $join:path;)*
    ) => {
        mod $module {
            use super::*;

            impl WordSimd for $simd {
                $(type $name = $name;)*

                #[inline(always)]
                fn run_words<K: WordKernel<Self>>(self, kernel: K) {
                    #[target_feature(enable = $features)]
                    fn entry<K: WordKernel<$simd>>(kernel: K, simd: $simd) {
                        kernel.run(simd)
                    }
                    // SAFETY: the token proves these features.
                    unsafe { entry(kernel, self) }
                }
            }

            $(
                #[derive(Clone, Copy)]
                pub struct $name($register);

                // SAFETY, throughout: the intrinsics' only demand is the instruction set, which the token, or a
                // vector made from one, proves; of addresses, the caller promises what is needed.
                #[allow(clippy::undocumented_unsafe_blocks)]
                impl WordVector for $name {
                    type Simd = $simd;
                    type Scalar = $scalar;
                    const LEN: usize = size_of::<$register>() / size_of::<$scalar>();
                    const PACK: usize = $pack;
                    const ROWS: usize = $rows;

                    #[inline(always)]
                    fn zero(_: $simd) -> Self {
                        Self(unsafe { $zero() })
                    }
                    #[inline(always)]
                    unsafe fn splat_at(_: $simd, from: *const $scalar) -> Self {
                        Self(unsafe { $splat(from.cast()) })
                    }
                    #[inline(always)]
                    unsafe fn load_at(_: $simd, from: *const $scalar) -> Self {
                        Self(unsafe { $load(from.cast()) })
                    }
                    #[inline(always)]
                    unsafe fn store_at(self, to: *mut $scalar) {
                        unsafe { $store(to.cast(), self.0) }
                    }
                    #[inline(always)]
                    fn dot(self, taps: Self, sum: Self) -> Self {
                        Self(unsafe { $dot(self.0, taps.0, sum.0) })
                    }
                    #[inline(always)]
                    fn join(sums: Sums<Self>) -> Self {
                        let [a, b, c, d] = sums;
                        Self(unsafe { $join([a.0, b.0, c.0, d.0]) })
                    }
                }
            )*

            impl DigitVector for U16 {
                #[inline(always)]
                fn add(self, b: Self) -> Self {
                    // SAFETY: as above.
                    Self(unsafe { $add(self.0, b.0) })
                }
            }
        }
    };
}

/// What [`word_vectors`] takes for a register type.
macro_rules! arithmetic {
    (
        $module:ident, $register:ident: $splat32:ident, $splat64:ident, $and:ident, $or:ident, $set16:ident,
        $left16:ident, $right16:ident, $left32:ident, $add32:ident, $madd:ident, $mul32:ident
    ) => {
        /// # Safety
        /// The register's instruction set; of addresses, that they are readable.
        #[allow(clippy::undocumented_unsafe_blocks)]
        mod $module {
            use super::*;

            #[inline(always)]
            pub unsafe fn splat32(from: *const i32) -> $register {
                unsafe { $splat32(from.read_unaligned()) }
            }
            #[inline(always)]
            pub unsafe fn splat64(from: *const i64) -> $register {
                unsafe { $splat64(from.read_unaligned()) }
            }
            #[inline(always)]
            pub unsafe fn dot4(x: $register, taps: $register, sum: $register) -> $register {
                unsafe {
                    let odd = $madd($right16::<8>(x), $right16::<8>(taps));
                    $add32(sum, $add32($madd(x, taps), odd))
                }
            }
            #[inline(always)]
            pub unsafe fn dot2(x: $register, taps: $register, sum: $register) -> $register {
                unsafe { $add32(sum, $madd(x, taps)) }
            }
            #[inline(always)]
            pub unsafe fn dot1(x: $register, taps: $register, sum: $register) -> $register {
                unsafe { $add32(sum, $mul32(x, taps)) }
            }
            #[inline(always)]
            pub unsafe fn join4([a, b, c, d]: [$register; 4]) -> $register {
                unsafe {
                    let low = $set16(0xff);
                    let even = join2([$and(a, low), $and(c, low), a, a]);
                    let odd = join2([$and(b, low), $and(d, low), b, b]);
                    $or(even, $left16::<8>(odd))
                }
            }
            #[inline(always)]
            pub unsafe fn join2([a, b, ..]: [$register; 4]) -> $register {
                unsafe { $or($and(a, $splat32(0xffff)), $left32::<16>(b)) }
            }
            #[inline(always)]
            pub unsafe fn join1([a, ..]: [$register; 4]) -> $register {
                a
            }
        }
    };
}

arithmetic!(
    ymm, __m256i: _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_and_si256, _mm256_or_si256, _mm256_set1_epi16,
    _mm256_slli_epi16, _mm256_srli_epi16, _mm256_slli_epi32, _mm256_add_epi32, _mm256_madd_epi16,
    _mm256_mullo_epi32
);
arithmetic!(
    zmm, __m512i: _mm512_set1_epi32, _mm512_set1_epi64, _mm512_and_si512, _mm512_or_si512, _mm512_set1_epi16,
    _mm512_slli_epi16, _mm512_srli_epi16, _mm512_slli_epi32, _mm512_add_epi32, _mm512_madd_epi16,
    _mm512_mullo_epi32
);

/// 64 bits of three products of 32.
///
/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn dot64_ymm(x: __m256i, taps: __m256i, sum: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let (x_high, taps_high) = (_mm256_srli_epi64::<32>(x), _mm256_srli_epi64::<32>(taps));
        let high = _mm256_add_epi64(_mm256_mul_epu32(x, taps_high), _mm256_mul_epu32(x_high, taps));
        let sum = _mm256_add_epi64(sum, _mm256_mul_epu32(x, taps));
        _mm256_add_epi64(sum, _mm256_slli_epi64::<32>(high))
    }
}

/// # Safety
/// AVX-512 DQ.
#[inline(always)]
unsafe fn dot64_zmm(x: __m512i, taps: __m512i, sum: __m512i) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_add_epi64(sum, _mm512_mullo_epi64(x, taps)) }
}

/// # Safety
/// VNNI.
#[inline(always)]
unsafe fn vnni_dot4(x: __m512i, taps: __m512i, sum: __m512i) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_dpbusd_epi32(sum, x, taps) }
}

/// As an instruction: LLVM 21 takes the intrinsic apart, into `vpmaddwd` and a sum, where several follow on each other.
///
/// # Safety
/// VNNI.
#[inline]
#[target_feature(enable = "avx512vnni,avx512f")]
fn vnni_dot2(x: __m512i, taps: __m512i, mut sum: __m512i) -> __m512i {
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("vpdpwssd {sum}, {x}, {taps}", sum = inout(zmm_reg) sum, x = in(zmm_reg) x, taps = in(zmm_reg) taps,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

word_vectors!(
    Avx2, "avx2,fma", avx2, __m256i, _mm256_setzero_si256, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_add_epi32;
    U8 u8: 4 words, 2 rows, ymm::splat32, ymm::dot4, ymm::join4;
    U16 u16: 2 words, 6 rows, ymm::splat32, ymm::dot2, ymm::join2;
    U32 u32: 1 words, 6 rows, ymm::splat32, ymm::dot1, ymm::join1;
    U64 u64: 1 words, 6 rows, ymm::splat64, dot64_ymm, ymm::join1;
);
word_vectors!(
    Avx512, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", avx512, __m512i, _mm512_setzero_si512,
    _mm512_loadu_si512, _mm512_storeu_si512, _mm512_add_epi32;
    U8 u8: 4 words, 3 rows, zmm::splat32, zmm::dot4, zmm::join4;
    U16 u16: 2 words, 12 rows, zmm::splat32, zmm::dot2, zmm::join2;
    U32 u32: 1 words, 12 rows, zmm::splat32, zmm::dot1, zmm::join1;
    U64 u64: 1 words, 12 rows, zmm::splat64, dot64_zmm, zmm::join1;
);
word_vectors!(
    Avx512Vnni, "avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", avx512vnni, __m512i,
    _mm512_setzero_si512, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_add_epi32;
    U8 u8: 4 words, 6 rows, zmm::splat32, vnni_dot4, zmm::join4;
    U16 u16: 2 words, 12 rows, zmm::splat32, vnni_dot2, zmm::join2;
    U32 u32: 1 words, 12 rows, zmm::splat32, zmm::dot1, zmm::join1;
    U64 u64: 1 words, 12 rows, zmm::splat64, dot64_zmm, zmm::join1;
);
