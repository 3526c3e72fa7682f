//! AVX-512: 512-bit vectors.

use std::arch::x86_64::*;

use super::avx2::Avx2;
use super::floats::vector;
use crate::cpu::vector::halves::{narrow_each_float16, widen_each_float16};
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Vector};

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

    #[inline(always)]
    fn widen_float16(self, from: &[u16], to: &mut [f32]) {
        let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<16>(), to.as_chunks_mut::<16>());
        for (from, to) in from.iter().zip(to) {
            // SAFETY: the token proves AVX-512; 16 values are read and written, as many as there are.
            unsafe {
                _mm512_storeu_ps(
                    to.as_mut_ptr(),
                    _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast())),
                )
            }
        }
        widen_each_float16(from_rest, to_rest);
    }

    #[inline(always)]
    fn narrow_float16(self, from: &[f32], to: &mut [u16]) {
        let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<16>(), to.as_chunks_mut::<16>());
        for (from, to) in from.iter().zip(to) {
            // SAFETY: as above.
            unsafe {
                let halves =
                    _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(_mm512_loadu_ps(from.as_ptr()));
                _mm256_storeu_si256(to.as_mut_ptr().cast(), halves);
            }
        }
        narrow_each_float16(from_rest, to_rest);
    }
}

vector!(
    /// Sixteen float32.
    F32x16, Avx512, [f32; 16], __m512, 12, 6, transpose_f32:
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_stream_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps,
    _mm512_fmadd_ps, _mm512_fnmadd_ps;
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
    #[inline(always)]
    fn load_partial(simd: Avx512, values: &[f32]) -> Self {
        let mask = first_lanes(values.len());
        if !is_before_page(values) {
            return Self(unsafe { _mm512_maskz_loadu_ps(mask as __mmask16, values.as_ptr()) });
        }
        // In the last lanes of a vector that ends with the values, inside the page. SAFETY: values before a page's end are
        // fewer than LANES, so `without` is from 1 to LANES. Lane `without + i` is value `i`; the lanes before are masked,
        // and their memory is not touched.
        let without = Self::LANES - values.len();
        let (mask, from) = (mask << without, values.as_ptr().wrapping_sub(without));
        unsafe {
            Self(_mm512_maskz_loadu_ps(mask as __mmask16, from)).slide(simd, without as isize)
        }
    }
    #[inline(always)]
    fn store_partial(self, simd: Avx512, values: &mut [f32]) {
        let mask = first_lanes(values.len());
        if !is_before_page(values) {
            return unsafe { _mm512_mask_storeu_ps(values.as_mut_ptr(), mask as __mmask16, self.0) };
        }
        // As above.
        let without = Self::LANES - values.len();
        let (mask, to) = (mask << without, values.as_mut_ptr().wrapping_sub(without));
        unsafe {
            let last = self.slide(simd, -(without as isize));
            _mm512_mask_storeu_ps(to, mask as __mmask16, last.0);
        }
    }
    const PAIRS: bool = true;
    #[inline(always)]
    unsafe fn between(self, next: Self, _: Avx512, from: usize) -> Self {
        // SAFETY: `from` is from 0 to 16, by the caller's promise. The indices are those of slides by as much, and from
        // 16 on they select what is in the place of the zeros.
        Self(unsafe {
            let index = INDICES_32.0.as_ptr().add(from + 16);
            let index = _mm512_load_si512(index.cast());
            _mm512_permutex2var_ps(self.0, index, next.0)
        })
    }
    #[inline(always)]
    fn unzip(self, next: Self, _: Avx512) -> (Self, Self) {
        unsafe {
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            let even = _mm512_permutex2var_ps(self.0, even, next.0);
            (Self(even), Self(_mm512_permutex2var_ps(self.0, odd, next.0)))
        }
    }
    #[inline(always)]
    fn zip(self, odd: Self, _: Avx512) -> (Self, Self) {
        unsafe {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            let low = _mm512_permutex2var_ps(self.0, low, odd.0);
            (Self(low), Self(_mm512_permutex2var_ps(self.0, high, odd.0)))
        }
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        unsafe { _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(self.0, _mm512_setzero_ps()) == 0 }
    }
    #[inline(always)]
    fn shift<const S: i32>(self, next: Self, _: Avx512) -> Self {
        Self(unsafe { valignd::<S>(next.0, self.0) })
    }
    #[inline(always)]
    unsafe fn slide(self, _: Avx512, by: isize) -> Self {
        // SAFETY: `by` is from -16 to 16, by the caller's promise: there is an index for each, and the indices, of the
        // size of a vector, are aligned as the first.
        Self(unsafe {
            let index = INDICES_32.0.as_ptr().offset(by + 16);
            let index = _mm512_load_si512(index.cast());
            _mm512_permutex2var_ps(self.0, index, _mm512_setzero_ps())
        })
    }
);
vector!(
    /// Eight float64.
    F64x8, Avx512, [f64; 8], __m512d, 12, 6, transpose_f64:
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_stream_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd,
    _mm512_fmadd_pd, _mm512_fnmadd_pd;
    #[inline(always)]
    fn load_partial(simd: Avx512, values: &[f64]) -> Self {
        let mask = first_lanes(values.len());
        if !is_before_page(values) {
            return Self(unsafe { _mm512_maskz_loadu_pd(mask as __mmask8, values.as_ptr()) });
        }
        // In the last lanes of a vector that ends with the values, inside the page. SAFETY: values before a page's end are
        // fewer than LANES, so `without` is from 1 to LANES. Lane `without + i` is value `i`; the lanes before are masked,
        // and their memory is not touched.
        let without = Self::LANES - values.len();
        let (mask, from) = (mask << without, values.as_ptr().wrapping_sub(without));
        unsafe {
            Self(_mm512_maskz_loadu_pd(mask as __mmask8, from)).slide(simd, without as isize)
        }
    }
    #[inline(always)]
    fn store_partial(self, simd: Avx512, values: &mut [f64]) {
        let mask = first_lanes(values.len());
        if !is_before_page(values) {
            return unsafe { _mm512_mask_storeu_pd(values.as_mut_ptr(), mask as __mmask8, self.0) };
        }
        // As above.
        let without = Self::LANES - values.len();
        let (mask, to) = (mask << without, values.as_mut_ptr().wrapping_sub(without));
        unsafe {
            let last = self.slide(simd, -(without as isize));
            _mm512_mask_storeu_pd(to, mask as __mmask8, last.0);
        }
    }
    const PAIRS: bool = true;
    #[inline(always)]
    unsafe fn between(self, next: Self, _: Avx512, from: usize) -> Self {
        // SAFETY: `from` is from 0 to 8, by the caller's promise. The indices are those of slides by as much, and from
        // 8 on they select what is in the place of the zeros.
        Self(unsafe {
            let index = INDICES_64.0.as_ptr().add(from + 8);
            let index = _mm512_load_si512(index.cast());
            _mm512_permutex2var_pd(self.0, index, next.0)
        })
    }
    #[inline(always)]
    fn unzip(self, next: Self, _: Avx512) -> (Self, Self) {
        unsafe {
            let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
            let odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
            let even = _mm512_permutex2var_pd(self.0, even, next.0);
            (Self(even), Self(_mm512_permutex2var_pd(self.0, odd, next.0)))
        }
    }
    #[inline(always)]
    fn zip(self, odd: Self, _: Avx512) -> (Self, Self) {
        unsafe {
            let low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
            let high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
            let low = _mm512_permutex2var_pd(self.0, low, odd.0);
            (Self(low), Self(_mm512_permutex2var_pd(self.0, high, odd.0)))
        }
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        unsafe { _mm512_cmp_pd_mask::<_CMP_NEQ_UQ>(self.0, _mm512_setzero_pd()) == 0 }
    }
    #[inline(always)]
    fn shift<const S: i32>(self, next: Self, _: Avx512) -> Self {
        Self(unsafe { valignq::<S>(next.0, self.0) })
    }
    #[inline(always)]
    unsafe fn slide(self, _: Avx512, by: isize) -> Self {
        // SAFETY: `by` is from -8 to 8, by the caller's promise: there is an index for each, and the indices, of the
        // size of a vector, are aligned as the first.
        Self(unsafe {
            let index = INDICES_64.0.as_ptr().offset(by + 8);
            let index = _mm512_load_si512(index.cast());
            _mm512_permutex2var_pd(self.0, index, _mm512_setzero_pd())
        })
    }
);

/// Indices for [`Vector::slide`] by -`LANES` to `LANES`. They count modulo twice the lanes, and from the lanes on select a
/// zero. A vector for each, as making them takes the units that multiply, and unaligned loads are dear.
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

/// A mask of the first `len` lanes; of all there are, if these are fewer. Lanes that are masked out are not touched.
#[inline(always)]
fn first_lanes(len: usize) -> u32 {
    if len < 32 { (1 << len) - 1 } else { u32::MAX }
}

/// Whether a vector that begins with `values` reaches into a page that holds none of them. If that page is not there, masked
/// lanes in it are not touched, but cost more than 100 ns (Zen 5).
#[inline(always)]
fn is_before_page<T>(values: &[T]) -> bool {
    const PAGE: usize = 4096;
    let at = values.as_ptr().addr() % PAGE;
    at > PAGE - size_of::<__m512>() && at + size_of_val(values) <= PAGE
}

/// Even 128-bit lanes of one vector, then of the other.
const EVEN: i32 = 0b10_00_10_00;
/// Odd lanes likewise.
const ODD: i32 = 0b11_01_11_01;

/// # Safety
/// As the vectors prove.
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

/// 4 x 4 squares of values, inside the 128-bit lanes.
///
/// # Safety
/// The machine has AVX-512.
#[inline(always)]
unsafe fn transpose_in_lanes([a, b, c, d]: [__m512; 4]) -> [__m512; 4] {
    // SAFETY: the caller's word.
    unsafe {
        let ab_low = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
        let ab_high = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
        let cd_low = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
        let cd_high = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
        [
            _mm512_castpd_ps(_mm512_unpacklo_pd(ab_low, cd_low)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(ab_low, cd_low)),
            _mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high)),
        ]
    }
}

/// The 4 x 4 square of 128-bit lanes.
///
/// # Safety
/// The machine has AVX-512.
#[inline(always)]
unsafe fn transpose_lanes([a, b, c, d]: [__m512; 4]) -> [__m512; 4] {
    // SAFETY: the caller's word.
    unsafe {
        let ab_even = _mm512_shuffle_f32x4::<EVEN>(a, b);
        let ab_odd = _mm512_shuffle_f32x4::<ODD>(a, b);
        let cd_even = _mm512_shuffle_f32x4::<EVEN>(c, d);
        let cd_odd = _mm512_shuffle_f32x4::<ODD>(c, d);
        [
            _mm512_shuffle_f32x4::<EVEN>(ab_even, cd_even),
            _mm512_shuffle_f32x4::<EVEN>(ab_odd, cd_odd),
            _mm512_shuffle_f32x4::<ODD>(ab_even, cd_even),
            _mm512_shuffle_f32x4::<ODD>(ab_odd, cd_odd),
        ]
    }
}

/// # Safety
/// As the vectors prove.
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
            let [a, b, c, d] = [rows[j].0, rows[2 + j].0, rows[4 + j].0, rows[6 + j].0];
            let ab_even = _mm512_shuffle_f64x2::<EVEN>(a, b);
            let ab_odd = _mm512_shuffle_f64x2::<ODD>(a, b);
            let cd_even = _mm512_shuffle_f64x2::<EVEN>(c, d);
            let cd_odd = _mm512_shuffle_f64x2::<ODD>(c, d);
            rows[j].0 = _mm512_shuffle_f64x2::<EVEN>(ab_even, cd_even);
            rows[2 + j].0 = _mm512_shuffle_f64x2::<EVEN>(ab_odd, cd_odd);
            rows[4 + j].0 = _mm512_shuffle_f64x2::<ODD>(ab_even, cd_even);
            rows[6 + j].0 = _mm512_shuffle_f64x2::<ODD>(ab_odd, cd_odd);
        }
    }
}

/// [`Vector::shift`] by its own instruction. LLVM makes a permutation of the intrinsic, with indices in memory and a copy
/// of its first operand: 3 to 7 % of the time of 8 to 16 taps on Zen 5.
macro_rules! align {
    ($instruction:ident, $vector:ty) => {
        #[inline]
        #[target_feature(enable = "avx512f")]
        fn $instruction<const S: i32>(high: $vector, low: $vector) -> $vector {
            let shifted;
            // SAFETY: the instruction takes lanes of both registers, touches no memory, and belongs to the feature above.
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
