//! AVX2 with FMA and F16C: 256-bit vectors.

use std::arch::x86_64::*;

use super::floats::{convert_float16, transpose_in_lanes};
use crate::cpu::portable::Lanes;
use crate::cpu::vector::halves::{narrow_each_float16, widen_each_float16};
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Vector, float_vector};

/// Proves AVX2, FMA and F16C, which is older than both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx2(());

impl Avx2 {
    /// The token, if the machine has the instruction set.
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        has.then_some(Self(()))
    }
}

impl Simd for Avx2 {
    type F32 = F32x8;
    type F64 = F64x4;
    type Narrower = Lanes<1, true>;
    const FUSED: bool = true;

    #[inline(always)]
    fn narrower(self) -> Self::Narrower {
        Lanes
    }

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma,f16c")]
        #[inline(never)]
        fn entry<K: Kernel>(kernel: K, simd: Avx2) -> K::Output {
            kernel.run(simd)
        }
        // SAFETY: the token proves these features.
        unsafe { entry(kernel, self) }
    }

    convert_float16! {
        lanes: 8,
        load: _mm256_loadu_ps,
        store: _mm256_storeu_ps,
        load_halves: _mm_loadu_si128,
        store_halves: _mm_storeu_si128,
        widen: _mm256_cvtph_ps,
        narrow: _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>,
    }
}

float_vector! {
    /// Eight float32.
    F32x8: [f32; 8] in __m256 for Avx2 {
        TILE: 8,
        SHIFTED: 0,
        splat: _mm256_set1_ps,
        load: _mm256_loadu_ps,
        store: _mm256_storeu_ps,
        store_past_caches: _mm256_stream_ps,
        prefetch: _mm_prefetch::<_MM_HINT_T0>,
        add: _mm256_add_ps,
        sub: _mm256_sub_ps,
        mul: _mm256_mul_ps,
        mul_add: |a, b, c| _mm256_fmadd_ps(a, b, c),
        neg_mul_add: |a, b, c| _mm256_fnmadd_ps(a, b, c),
        transpose: transpose_f32,

        #[inline(always)]
        unsafe fn slide(self, _: Avx2, by: isize) -> Self {
            // SAFETY: `by` is from -8 to 8, by the caller's promise.
            Self(unsafe { _mm256_castsi256_ps(slide(_mm256_castps_si256(self.0), by)) })
        }
    }
}
float_vector! {
    /// Four float64.
    F64x4: [f64; 4] in __m256d for Avx2 {
        TILE: 8,
        SHIFTED: 0,
        splat: _mm256_set1_pd,
        load: _mm256_loadu_pd,
        store: _mm256_storeu_pd,
        store_past_caches: _mm256_stream_pd,
        prefetch: _mm_prefetch::<_MM_HINT_T0>,
        add: _mm256_add_pd,
        sub: _mm256_sub_pd,
        mul: _mm256_mul_pd,
        mul_add: |a, b, c| _mm256_fmadd_pd(a, b, c),
        neg_mul_add: |a, b, c| _mm256_fnmadd_pd(a, b, c),
        transpose: transpose_f64,

        #[inline(always)]
        unsafe fn slide(self, _: Avx2, by: isize) -> Self {
            // SAFETY: `by` is from -4 to 4, by the caller's promise.
            Self(unsafe { _mm256_castsi256_pd(slide(_mm256_castpd_si256(self.0), 2 * by)) })
        }
    }
}

/// Like [`Vector::slide`], in lanes of 32 bits.
///
/// # Safety
/// The machine has AVX2; `by` is from -8 to 8.
#[inline(always)]
unsafe fn slide(lanes: __m256i, by: isize) -> __m256i {
    // SAFETY: `by` is in range, by the caller's promise, so each table has eight values from the
    // address on.
    unsafe {
        let places = _mm256_loadu_si256(PLACES.as_ptr().offset(8 + by).cast());
        let inside = _mm256_loadu_si256(INSIDE.as_ptr().cast::<i32>().offset(8 + by).cast());
        // Only the low three bits of a place count.
        _mm256_and_si256(_mm256_permutevar8x32_epi32(lanes, places), inside)
    }
}

/// The places of lanes before, in and behind a vector. [`INSIDE`] tells which places are in the
/// vector. Loading both takes less time than making them.
static PLACES: [i32; 24] = {
    let mut places = [0; 24];
    let mut i = 0;
    while i < 24 {
        places[i] = i as i32 - 8;
        i += 1;
    }
    places
};
static INSIDE: [[i32; 8]; 3] = [[0; 8], [-1; 8], [0; 8]];

/// The low 128-bit lanes of two vectors.
const LOW: i32 = 0x20;
/// The high 128-bit lanes of two vectors.
const HIGH: i32 = 0x31;

/// # Safety
/// The machine has AVX2, as the vectors prove.
#[inline(always)]
unsafe fn transpose_f32(rows: &mut [F32x8; MAX_LANES]) {
    // SAFETY: the vectors prove AVX2.
    unsafe {
        // First the squares inside the 128-bit lanes, then the 2 x 2 square of lanes.
        for i in 0..2 {
            transpose_in_lanes! {
                rows: [rows[4 * i].0, rows[4 * i + 1].0, rows[4 * i + 2].0, rows[4 * i + 3].0],
                low_values: _mm256_unpacklo_ps,
                high_values: _mm256_unpackhi_ps,
                low_pairs: _mm256_unpacklo_pd,
                high_pairs: _mm256_unpackhi_pd,
                to_pairs: _mm256_castps_pd,
                from_pairs: _mm256_castpd_ps,
            }
        }
        for j in 0..4 {
            let [a, b] = [rows[j].0, rows[4 + j].0];
            rows[j].0 = _mm256_permute2f128_ps::<LOW>(a, b);
            rows[4 + j].0 = _mm256_permute2f128_ps::<HIGH>(a, b);
        }
    }
}

/// # Safety
/// The machine has AVX2, as the vectors prove.
#[inline(always)]
unsafe fn transpose_f64(rows: &mut [F64x4; MAX_LANES]) {
    // SAFETY: the vectors prove AVX2.
    unsafe {
        for i in 0..2 {
            let [a, b] = [rows[2 * i].0, rows[2 * i + 1].0];
            rows[2 * i].0 = _mm256_unpacklo_pd(a, b);
            rows[2 * i + 1].0 = _mm256_unpackhi_pd(a, b);
        }
        for j in 0..2 {
            let [a, b] = [rows[j].0, rows[2 + j].0];
            rows[j].0 = _mm256_permute2f128_pd::<LOW>(a, b);
            rows[2 + j].0 = _mm256_permute2f128_pd::<HIGH>(a, b);
        }
    }
}
