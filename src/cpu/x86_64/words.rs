//! Vectors of words: AVX2, AVX-512, and AVX-512 with VNNI.
//!
//! `vpmaddwd` adds up two products of 16 bits. VNNI's `vpdpwssd` adds them to a sum, and `vpdpbusd`
//! adds four products of 8 bits to a sum. None of these instructions saturates. Without VNNI, bytes
//! take two `vpmaddwd`: the high byte of 16 bits changes a product, but not the low byte of the
//! product.

use std::arch::asm;
use std::arch::x86_64::*;

use super::avx2::Avx2;
use super::avx512::Avx512;
use crate::cpu::vector::{DigitVector, LaneSums, WordKernel, WordSimd, WordVector, word_vector};

/// Proves VNNI, and all that [`Avx512`] proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx512Vnni(Avx512);

impl Avx512Vnni {
    /// The token, if the machine has the instruction set.
    pub fn detect() -> Option<Self> {
        Avx512::detect().filter(|_| is_x86_feature_detected!("avx512vnni")).map(Self)
    }

    /// The token of AVX-512, which this token includes.
    pub fn avx512(self) -> Avx512 {
        self.0
    }
}

/// [`WordSimd`] for a token that proves `$features`, and its vectors, which all have the same type
/// of register.
macro_rules! word_vectors {
    (
        simd: $simd:ident,
        features: $features:literal,
        register: $register:ident,
        zero: $zero:ident,
        load: $load:ident,
        store: $store:ident,
        add: $add:ident,
        $($name:ident: $scalar:ident {
            PACK: $pack:literal,
            ROWS: $rows:literal,
            splat: $splat:path,
            dot: $dot:path,
            join: $join:path $(,)?
        })+
    ) => {
        impl WordSimd for $simd {
            $(type $name = $name;)+

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
            word_vector! {
                #[doc = concat!("A register of ", stringify!($scalar), ".")]
                $name: $scalar in $register for $simd {
                    PACK: $pack,
                    ROWS: $rows,
                    zero: $zero(),
                    splat_at: |from| $splat(from.cast()),
                    load_at: |from| $load(from.cast()),
                    store_at: |to, words| $store(to.cast(), words),
                    dot: |x, taps, sum| $dot(x, taps, sum),
                    join: |sums| $join(sums),
                }
            }
        )+

        impl DigitVector for U16 {
            #[inline(always)]
            fn add(self, b: Self) -> Self {
                // SAFETY: the vectors prove the instruction set.
                Self(unsafe { $add(self.0, b.0) })
            }
        }
    };
}

/// The operations on a register that [`word_vectors`] takes: the sum of the products of a lane's 4,
/// 2 or 1 words, and these sums put side by side.
macro_rules! lane_arithmetic {
    (
        register: $register:ident,
        splat32: $set32:ident,
        splat64: $set64:ident,
        splat16: $set16:ident,
        and: $and:ident,
        or: $or:ident,
        shift_left16: $left16:ident,
        shift_right16: $right16:ident,
        shift_left32: $left32:ident,
        add32: $add32:ident,
        mul32: $mul32:ident,
        mul16_add_pairs: $madd:ident,
    ) => {
        #[inline(always)]
        unsafe fn splat32(from: *const i32) -> $register {
            unsafe { $set32(from.read_unaligned()) }
        }
        #[inline(always)]
        unsafe fn splat64(from: *const i64) -> $register {
            unsafe { $set64(from.read_unaligned()) }
        }
        #[inline(always)]
        unsafe fn dot4(x: $register, taps: $register, sum: $register) -> $register {
            unsafe {
                let odd = $madd($right16::<8>(x), $right16::<8>(taps));
                $add32(sum, $add32($madd(x, taps), odd))
            }
        }
        #[inline(always)]
        unsafe fn dot2(x: $register, taps: $register, sum: $register) -> $register {
            unsafe { $add32(sum, $madd(x, taps)) }
        }
        #[inline(always)]
        unsafe fn dot1(x: $register, taps: $register, sum: $register) -> $register {
            unsafe { $add32(sum, $mul32(x, taps)) }
        }
        #[inline(always)]
        unsafe fn join4([a, b, c, d]: [$register; 4]) -> $register {
            unsafe {
                let low = $set16(0xff);
                let even = Self::join2([$and(a, low), $and(c, low), a, a]);
                let odd = Self::join2([$and(b, low), $and(d, low), b, b]);
                $or(even, $left16::<8>(odd))
            }
        }
        #[inline(always)]
        unsafe fn join2([a, b, ..]: [$register; 4]) -> $register {
            unsafe { $or($and(a, $set32(0xffff)), $left32::<16>(b)) }
        }
        #[inline(always)]
        unsafe fn join1([a, ..]: [$register; 4]) -> $register {
            a
        }
    };
}

/// Arithmetic on the lanes of a register of 256 bits. Its functions require the register's
/// instruction set, and that addresses are readable.
struct Ymm;

#[allow(clippy::undocumented_unsafe_blocks)]
impl Ymm {
    lane_arithmetic! {
        register: __m256i,
        splat32: _mm256_set1_epi32,
        splat64: _mm256_set1_epi64x,
        splat16: _mm256_set1_epi16,
        and: _mm256_and_si256,
        or: _mm256_or_si256,
        shift_left16: _mm256_slli_epi16,
        shift_right16: _mm256_srli_epi16,
        shift_left32: _mm256_slli_epi32,
        add32: _mm256_add_epi32,
        mul32: _mm256_mullo_epi32,
        mul16_add_pairs: _mm256_madd_epi16,
    }
}

/// Arithmetic on the lanes of a register of 512 bits. Its functions require the register's
/// instruction set, and that addresses are readable.
struct Zmm;

#[allow(clippy::undocumented_unsafe_blocks)]
impl Zmm {
    lane_arithmetic! {
        register: __m512i,
        splat32: _mm512_set1_epi32,
        splat64: _mm512_set1_epi64,
        splat16: _mm512_set1_epi16,
        and: _mm512_and_si512,
        or: _mm512_or_si512,
        shift_left16: _mm512_slli_epi16,
        shift_right16: _mm512_srli_epi16,
        shift_left32: _mm512_slli_epi32,
        add32: _mm512_add_epi32,
        mul32: _mm512_mullo_epi32,
        mul16_add_pairs: _mm512_madd_epi16,
    }
}

/// Adds products of 64 bits, each made from three products of 32 bits.
///
/// # Safety
/// The machine has AVX2.
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
/// The machine has AVX-512 DQ.
#[inline(always)]
unsafe fn dot64_zmm(x: __m512i, taps: __m512i, sum: __m512i) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_add_epi64(sum, _mm512_mullo_epi64(x, taps)) }
}

/// # Safety
/// The machine has VNNI.
#[inline(always)]
unsafe fn vnni_dot4(x: __m512i, taps: __m512i, sum: __m512i) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_dpbusd_epi32(sum, x, taps) }
}

/// Written as an instruction, because LLVM 21 splits several intrinsics that follow each other into
/// `vpmaddwd` and sums.
///
/// # Safety
/// The machine has VNNI.
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

mod avx2 {
    use super::*;

    word_vectors! {
        simd: Avx2,
        features: "avx2,fma",
        register: __m256i,
        zero: _mm256_setzero_si256,
        load: _mm256_loadu_si256,
        store: _mm256_storeu_si256,
        add: _mm256_add_epi32,
        U8: u8 { PACK: 4, ROWS: 2, splat: Ymm::splat32, dot: Ymm::dot4, join: Ymm::join4 }
        U16: u16 { PACK: 2, ROWS: 6, splat: Ymm::splat32, dot: Ymm::dot2, join: Ymm::join2 }
        U32: u32 { PACK: 1, ROWS: 6, splat: Ymm::splat32, dot: Ymm::dot1, join: Ymm::join1 }
        U64: u64 { PACK: 1, ROWS: 6, splat: Ymm::splat64, dot: dot64_ymm, join: Ymm::join1 }
    }
}

mod avx512 {
    use super::*;

    word_vectors! {
        simd: Avx512,
        features: "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
        register: __m512i,
        zero: _mm512_setzero_si512,
        load: _mm512_loadu_si512,
        store: _mm512_storeu_si512,
        add: _mm512_add_epi32,
        U8: u8 { PACK: 4, ROWS: 3, splat: Zmm::splat32, dot: Zmm::dot4, join: Zmm::join4 }
        U16: u16 { PACK: 2, ROWS: 12, splat: Zmm::splat32, dot: Zmm::dot2, join: Zmm::join2 }
        U32: u32 { PACK: 1, ROWS: 12, splat: Zmm::splat32, dot: Zmm::dot1, join: Zmm::join1 }
        U64: u64 { PACK: 1, ROWS: 12, splat: Zmm::splat64, dot: dot64_zmm, join: Zmm::join1 }
    }
}

mod avx512vnni {
    use super::*;

    word_vectors! {
        simd: Avx512Vnni,
        features: "avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
        register: __m512i,
        zero: _mm512_setzero_si512,
        load: _mm512_loadu_si512,
        store: _mm512_storeu_si512,
        add: _mm512_add_epi32,
        U8: u8 { PACK: 4, ROWS: 6, splat: Zmm::splat32, dot: vnni_dot4, join: Zmm::join4 }
        U16: u16 { PACK: 2, ROWS: 12, splat: Zmm::splat32, dot: vnni_dot2, join: Zmm::join2 }
        U32: u32 { PACK: 1, ROWS: 12, splat: Zmm::splat32, dot: Zmm::dot1, join: Zmm::join1 }
        U64: u64 { PACK: 1, ROWS: 12, splat: Zmm::splat64, dot: dot64_zmm, join: Zmm::join1 }
    }
}
