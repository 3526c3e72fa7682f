//! AVX-512: 512-bit vectors.

use std::arch::x86_64::*;

use super::avx2::Avx2;
use super::floats::{convert_float16, transpose_in_lanes};
use crate::cpu::vector::halves::{narrow_each_float16, widen_each_float16};
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Vector, float_vector};

/// Proves AVX-512 F, BW, DQ and VL (every server core since 2017, Zen since 4), AVX2, FMA and F16C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx512(());

impl Avx512 {
    /// The token, if the machine has the instruction set.
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && Avx2::detect().is_some();
        has.then_some(Self(()))
    }
}

impl Simd for Avx512 {
    type F32 = F32x16;
    type F64 = F64x8;
    type Narrower = Avx2;
    const FUSED: bool = true;

    #[inline(always)]
    fn narrower(self) -> Avx2 {
        Avx2::detect().expect("detecting AVX-512 includes it")
    }

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
        #[inline(never)]
        fn entry<K: Kernel>(kernel: K, simd: Avx512) -> K::Output {
            kernel.run(simd)
        }
        // SAFETY: the token proves these features.
        unsafe { entry(kernel, self) }
    }

    convert_float16! {
        lanes: 16,
        load: _mm512_loadu_ps,
        store: _mm512_storeu_ps,
        load_halves: _mm256_loadu_si256,
        store_halves: _mm256_storeu_si256,
        widen: _mm512_cvtph_ps,
        narrow: _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>,
    }
}

/// The items of [`Vector`] for parts of vectors, and for lanes that move.
macro_rules! masks_and_permutations {
    (
        scalar: $scalar:ident,
        mask: $mask:ident,
        load_masked: $load_masked:ident,
        store_masked: $store_masked:ident,
        permute: $permute:ident,
        shift: $shift:ident,
        indices: $indices:ident,
        even: $even:expr,
        odd: $odd:expr,
        low: $low:expr,
        high: $high:expr,
        zero: $zero:ident,
        differs: $differs:path,
    ) => {
        #[inline(always)]
        fn load_partial(simd: Avx512, values: &[$scalar]) -> Self {
            let mask = first_lanes(values.len());
            if !is_before_page(values) {
                return Self(unsafe { $load_masked(mask as $mask, values.as_ptr()) });
            }
            // The values are read as the last lanes of a vector that ends with them, inside the
            // page.
            // SAFETY: values before a page's end are fewer than LANES, so `without` is from 1 to
            // LANES. Lane `without + i` is value `i`. The lanes before are masked out, and their
            // memory is not touched.
            let without = Self::LANES - values.len();
            let (mask, from) = (mask << without, values.as_ptr().wrapping_sub(without));
            unsafe { Self($load_masked(mask as $mask, from)).slide(simd, without as isize) }
        }
        #[inline(always)]
        fn store_partial(self, simd: Avx512, values: &mut [$scalar]) {
            let mask = first_lanes(values.len());
            if !is_before_page(values) {
                return unsafe { $store_masked(values.as_mut_ptr(), mask as $mask, self.0) };
            }
            // As above.
            let without = Self::LANES - values.len();
            let (mask, to) = (mask << without, values.as_mut_ptr().wrapping_sub(without));
            unsafe {
                let last = self.slide(simd, -(without as isize));
                $store_masked(to, mask as $mask, last.0);
            }
        }
        const PAIRS: bool = true;
        #[inline(always)]
        unsafe fn between(self, next: Self, _: Avx512, from: usize) -> Self {
            // SAFETY: `from` is from 0 to LANES, by the caller's promise. The indices are those of
            // a slide by `from`. From LANES on, they select lanes of `next` instead of zeros.
            Self(unsafe {
                let index = $indices.0.as_ptr().add(from + Self::LANES);
                let index = _mm512_load_si512(index.cast());
                $permute(self.0, index, next.0)
            })
        }
        #[inline(always)]
        fn unzip(self, next: Self, _: Avx512) -> (Self, Self) {
            unsafe {
                let even = $permute(self.0, $even, next.0);
                (Self(even), Self($permute(self.0, $odd, next.0)))
            }
        }
        #[inline(always)]
        fn zip(self, odd: Self, _: Avx512) -> (Self, Self) {
            unsafe {
                let low = $permute(self.0, $low, odd.0);
                (Self(low), Self($permute(self.0, $high, odd.0)))
            }
        }
        #[inline(always)]
        fn is_zero(self) -> bool {
            unsafe { $differs(self.0, $zero()) == 0 }
        }
        #[inline(always)]
        fn shift<const S: i32>(self, next: Self, _: Avx512) -> Self {
            Self(unsafe { $shift::<S>(next.0, self.0) })
        }
        #[inline(always)]
        unsafe fn slide(self, _: Avx512, by: isize) -> Self {
            // SAFETY: `by` is from -LANES to LANES, by the caller's promise, and there are indices
            // for each. They have the size of a vector, so all of them are aligned like the first.
            Self(unsafe {
                let index = $indices.0.as_ptr().offset(by + Self::LANES as isize);
                let index = _mm512_load_si512(index.cast());
                $permute(self.0, index, $zero())
            })
        }
    };
}

float_vector! {
    /// Sixteen float32.
    F32x16: [f32; 16] in __m512 for Avx512 {
        TILE: 12,
        SHIFTED: 6,
        splat: _mm512_set1_ps,
        load: _mm512_loadu_ps,
        store: _mm512_storeu_ps,
        store_past_caches: _mm512_stream_ps,
        prefetch: _mm_prefetch::<_MM_HINT_T0>,
        add: _mm512_add_ps,
        sub: _mm512_sub_ps,
        mul: _mm512_mul_ps,
        mul_add: |a, b, c| _mm512_fmadd_ps(a, b, c),
        neg_mul_add: |a, b, c| _mm512_fnmadd_ps(a, b, c),
        transpose: transpose_f32,

        masks_and_permutations! {
            scalar: f32,
            mask: __mmask16,
            load_masked: _mm512_maskz_loadu_ps,
            store_masked: _mm512_mask_storeu_ps,
            permute: _mm512_permutex2var_ps,
            shift: valignd,
            indices: INDICES_32,
            even: _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
            odd: _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31),
            low: _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
            high: _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
            zero: _mm512_setzero_ps,
            differs: _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>,
        }
        const TRANSPOSES_BY_FOURS: bool = true;
        #[inline(always)]
        fn transpose_together(rows: &mut [Self; MAX_LANES]) {
            let [a, b, c, d, ..] = *rows;
            let four = unsafe { transpose_in_lanes([a.0, b.0, c.0, d.0]) };
            for i in 0..4 {
                rows[i].0 = four[i];
            }
        }
        #[inline(always)]
        fn transpose_apart(rows: &mut [Self; MAX_LANES]) {
            let [a, b, c, d, ..] = *rows;
            let four = unsafe { transpose_lanes([a.0, b.0, c.0, d.0]) };
            for i in 0..4 {
                rows[i].0 = four[i];
            }
        }
    }
}
float_vector! {
    /// Eight float64.
    F64x8: [f64; 8] in __m512d for Avx512 {
        TILE: 12,
        SHIFTED: 6,
        splat: _mm512_set1_pd,
        load: _mm512_loadu_pd,
        store: _mm512_storeu_pd,
        store_past_caches: _mm512_stream_pd,
        prefetch: _mm_prefetch::<_MM_HINT_T0>,
        add: _mm512_add_pd,
        sub: _mm512_sub_pd,
        mul: _mm512_mul_pd,
        mul_add: |a, b, c| _mm512_fmadd_pd(a, b, c),
        neg_mul_add: |a, b, c| _mm512_fnmadd_pd(a, b, c),
        transpose: transpose_f64,

        masks_and_permutations! {
            scalar: f64,
            mask: __mmask8,
            load_masked: _mm512_maskz_loadu_pd,
            store_masked: _mm512_mask_storeu_pd,
            permute: _mm512_permutex2var_pd,
            shift: valignq,
            indices: INDICES_64,
            even: _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14),
            odd: _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15),
            low: _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11),
            high: _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15),
            zero: _mm512_setzero_pd,
            differs: _mm512_cmp_pd_mask::<_CMP_NEQ_UQ>,
        }
    }
}

/// Indices for [`Vector::slide`] by -`LANES` to `LANES`. They count modulo twice the lanes. Indices
/// from the number of lanes on select a zero. There is a vector of indices for each slide, because
/// making indices takes the units that multiply, and unaligned loads are expensive.
#[repr(align(64))]
struct Indices<T>(T);

macro_rules! indices {
    ($scalar:ident; $lanes:literal) => {
        Indices({
            let mut indices = [[0; $lanes]; 2 * $lanes + 1];
            let mut i = 0;
            while i < indices.len() * $lanes {
                indices[i / $lanes][i % $lanes] = (i / $lanes + i % $lanes) as $scalar - $lanes;
                i += 1;
            }
            indices
        })
    };
}
static INDICES_32: Indices<[[i32; 16]; 33]> = indices!(i32; 16);
static INDICES_64: Indices<[[i64; 8]; 17]> = indices!(i64; 8);

/// A mask of the first `len` lanes, or of all lanes if there are fewer. Lanes that are masked out
/// are not touched.
#[inline(always)]
fn first_lanes(len: usize) -> u32 {
    if len < 32 { (1 << len) - 1 } else { u32::MAX }
}

/// Whether a vector that begins with `values` reaches into a page that holds no value. If that page
/// does not exist, masked lanes in it are not touched, but cost more than 100 ns (Zen 5).
#[inline(always)]
fn is_before_page<T>(values: &[T]) -> bool {
    const PAGE: usize = 4096;
    let at = values.as_ptr().addr() % PAGE;
    at > PAGE - size_of::<__m512>() && at + size_of_val(values) <= PAGE
}

/// The even 128-bit lanes of one vector, then of the other.
const EVEN: i32 = 0b10_00_10_00;
/// The odd lanes likewise.
const ODD: i32 = 0b11_01_11_01;

/// # Safety
/// The machine has AVX-512, as the vectors prove.
#[inline(always)]
unsafe fn transpose_f32(rows: &mut [F32x16; MAX_LANES]) {
    // SAFETY: the vectors prove AVX-512.
    unsafe {
        // Row 4i + j then holds, in lane l, column 4l + j of rows 4i..4i + 4.
        for i in 0..4 {
            let [a, b, c, d] =
                [rows[4 * i].0, rows[4 * i + 1].0, rows[4 * i + 2].0, rows[4 * i + 3].0];
            let four = transpose_in_lanes([a, b, c, d]);
            for j in 0..4 {
                rows[4 * i + j].0 = four[j];
            }
        }
        for j in 0..4 {
            let [a, b, c, d] = [rows[j].0, rows[4 + j].0, rows[8 + j].0, rows[12 + j].0];
            let four = transpose_lanes([a, b, c, d]);
            for i in 0..4 {
                rows[4 * i + j].0 = four[i];
            }
        }
    }
}

/// Transposes 4 x 4 squares of values inside the 128-bit lanes.
///
/// # Safety
/// The machine has AVX-512.
#[inline(always)]
unsafe fn transpose_in_lanes([mut a, mut b, mut c, mut d]: [__m512; 4]) -> [__m512; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        transpose_in_lanes! {
            rows: [a, b, c, d],
            low_values: _mm512_unpacklo_ps,
            high_values: _mm512_unpackhi_ps,
            low_pairs: _mm512_unpacklo_pd,
            high_pairs: _mm512_unpackhi_pd,
            to_pairs: _mm512_castps_pd,
            from_pairs: _mm512_castpd_ps,
        }
        [a, b, c, d]
    }
}

/// Transposes the 4 x 4 square that the 128-bit lanes of four registers make, in place.
macro_rules! transpose_lanes {
    (rows: [$a:expr, $b:expr, $c:expr, $d:expr], shuffle: $shuffle:ident) => {
        let [a, b, c, d] = [$a, $b, $c, $d];
        let ab_even = $shuffle::<EVEN>(a, b);
        let ab_odd = $shuffle::<ODD>(a, b);
        let cd_even = $shuffle::<EVEN>(c, d);
        let cd_odd = $shuffle::<ODD>(c, d);
        $a = $shuffle::<EVEN>(ab_even, cd_even);
        $b = $shuffle::<EVEN>(ab_odd, cd_odd);
        $c = $shuffle::<ODD>(ab_even, cd_even);
        $d = $shuffle::<ODD>(ab_odd, cd_odd);
    };
}

/// Transposes the 4 x 4 square of 128-bit lanes.
///
/// # Safety
/// The machine has AVX-512.
#[inline(always)]
unsafe fn transpose_lanes([mut a, mut b, mut c, mut d]: [__m512; 4]) -> [__m512; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        transpose_lanes! { rows: [a, b, c, d], shuffle: _mm512_shuffle_f32x4 }
        [a, b, c, d]
    }
}

/// # Safety
/// The machine has AVX-512, as the vectors prove.
#[inline(always)]
unsafe fn transpose_f64(rows: &mut [F64x8; MAX_LANES]) {
    // SAFETY: the vectors prove AVX-512.
    unsafe {
        for i in 0..4 {
            let [a, b] = [rows[2 * i].0, rows[2 * i + 1].0];
            rows[2 * i].0 = _mm512_unpacklo_pd(a, b);
            rows[2 * i + 1].0 = _mm512_unpackhi_pd(a, b);
        }
        for j in 0..2 {
            transpose_lanes! {
                rows: [rows[j].0, rows[2 + j].0, rows[4 + j].0, rows[6 + j].0],
                shuffle: _mm512_shuffle_f64x2
            }
        }
    }
}

/// [`Vector::shift`] by its own instruction. From the intrinsic, LLVM makes a permutation, with
/// indices in memory and a copy of the first operand. This cost 3 to 7 % of the time of 8 to 16
/// taps on Zen 5.
macro_rules! align {
    ($instruction:ident, $vector:ty) => {
        #[inline]
        #[target_feature(enable = "avx512f")]
        fn $instruction<const S: i32>(high: $vector, low: $vector) -> $vector {
            let shifted;
            // SAFETY: the instruction takes lanes of both registers, touches no memory, and belongs
            // to the feature above.
            unsafe {
                std::arch::asm!(
                    concat!(stringify!($instruction), " {0}, {1}, {2}, {3}"),
                    lateout(zmm_reg) shifted, in(zmm_reg) high, in(zmm_reg) low, const S,
                    options(pure, nomem, nostack, preserves_flags)
                );
            }
            shifted
        }
    };
}
align!(valignd, __m512);
align!(valignq, __m512d);
