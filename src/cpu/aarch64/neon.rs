//! NEON: 128-bit vectors, part of every 64-bit Arm target.

use std::arch::aarch64::*;

use crate::cpu::portable::Lanes;
use crate::cpu::vector::{
    Kernel, LaneSums, MAX_LANES, Simd, Vector, WordKernel, WordSimd, WordVector, float_vector,
    word_vector,
};

/// Proves NEON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neon(());

impl Neon {
    /// The token.
    pub fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

impl Simd for Neon {
    type F32 = F32x4;
    type F64 = F64x2;
    type Narrower = Lanes<1, true>;
    const FUSED: bool = true;

    #[inline(always)]
    fn narrower(self) -> Self::Narrower {
        Lanes
    }

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }
}

float_vector! {
    /// Four float32.
    F32x4: [f32; 4] in float32x4_t for Neon {
        TILE: 12,
        SHIFTED: 0,
        splat: vdupq_n_f32,
        load: vld1q_f32,
        store: vst1q_f32,
        add: vaddq_f32,
        sub: vsubq_f32,
        mul: vmulq_f32,
        mul_add: |a, b, c| vfmaq_f32(c, a, b),
        neg_mul_add: |a, b, c| vfmsq_f32(c, a, b),
        transpose: transpose_f32,

        #[inline(always)]
        unsafe fn slide(self, _: Neon, by: isize) -> Self {
            // SAFETY: the vector proves NEON.
            Self(unsafe { vreinterpretq_f32_u8(slide(vreinterpretq_u8_f32(self.0), 4 * by)) })
        }
    }
}
float_vector! {
    /// Two float64.
    F64x2: [f64; 2] in float64x2_t for Neon {
        TILE: 12,
        SHIFTED: 0,
        splat: vdupq_n_f64,
        load: vld1q_f64,
        store: vst1q_f64,
        add: vaddq_f64,
        sub: vsubq_f64,
        mul: vmulq_f64,
        mul_add: |a, b, c| vfmaq_f64(c, a, b),
        neg_mul_add: |a, b, c| vfmsq_f64(c, a, b),
        transpose: transpose_f64,

        #[inline(always)]
        unsafe fn slide(self, _: Neon, by: isize) -> Self {
            // SAFETY: the vector proves NEON.
            Self(unsafe { vreinterpretq_f64_u8(slide(vreinterpretq_u8_f64(self.0), 8 * by)) })
        }
    }
}

/// Like [`Vector::slide`], in lanes of bytes.
///
/// # Safety
/// The machine has NEON.
#[inline(always)]
#[allow(unused_unsafe)]
unsafe fn slide(lanes: uint8x16_t, by: isize) -> uint8x16_t {
    // SAFETY: the caller's promise.
    unsafe {
        let places =
            vcombine_u8(vcreate_u8(0x0706_0504_0302_0100), vcreate_u8(0x0f0e_0d0c_0b0a_0908));
        // A byte whose place is 16 or more becomes 0.
        vqtbl1q_u8(lanes, vaddq_u8(places, vdupq_n_u8(by as u8)))
    }
}

/// # Safety
/// The machine has NEON, as the vectors prove.
#[inline(always)]
#[allow(unused_unsafe)]
unsafe fn transpose_f32(rows: &mut [F32x4; MAX_LANES]) {
    // SAFETY: the vectors prove NEON.
    unsafe {
        let [a, b, c, d] = [rows[0].0, rows[1].0, rows[2].0, rows[3].0];
        let ab_even = vreinterpretq_f64_f32(vtrn1q_f32(a, b));
        let ab_odd = vreinterpretq_f64_f32(vtrn2q_f32(a, b));
        let cd_even = vreinterpretq_f64_f32(vtrn1q_f32(c, d));
        let cd_odd = vreinterpretq_f64_f32(vtrn2q_f32(c, d));
        rows[0].0 = vreinterpretq_f32_f64(vtrn1q_f64(ab_even, cd_even));
        rows[1].0 = vreinterpretq_f32_f64(vtrn1q_f64(ab_odd, cd_odd));
        rows[2].0 = vreinterpretq_f32_f64(vtrn2q_f64(ab_even, cd_even));
        rows[3].0 = vreinterpretq_f32_f64(vtrn2q_f64(ab_odd, cd_odd));
    }
}

/// # Safety
/// The machine has NEON, as the vectors prove.
#[inline(always)]
#[allow(unused_unsafe)]
unsafe fn transpose_f64(rows: &mut [F64x2; MAX_LANES]) {
    // SAFETY: the vectors prove NEON.
    unsafe {
        let [a, b] = [rows[0].0, rows[1].0];
        rows[0].0 = vtrn1q_f64(a, b);
        rows[1].0 = vtrn2q_f64(a, b);
    }
}

impl WordSimd for Neon {
    type U8 = U8x16;
    type U16 = U16x8;
    type U32 = U32x4;
    type U64 = U64x2;

    #[inline(always)]
    fn run_words<K: WordKernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }
}

word_vector! {
    /// A register of u8.
    U8x16: u8 in uint8x16_t for Neon {
        PACK: 1,
        ROWS: 12,
        zero: vdupq_n_u8(0),
        splat_at: |from| vdupq_n_u8(*from),
        load_at: |from| vld1q_u8(from),
        store_at: |to, words| vst1q_u8(to, words),
        dot: |x, taps, sum| vmlaq_u8(sum, x, taps),
        join: |sums| sums[0],
    }
}
word_vector! {
    /// A register of u16.
    U16x8: u16 in uint16x8_t for Neon {
        PACK: 1,
        ROWS: 12,
        zero: vdupq_n_u16(0),
        splat_at: |from| vdupq_n_u16(*from),
        load_at: |from| vld1q_u16(from),
        store_at: |to, words| vst1q_u16(to, words),
        dot: |x, taps, sum| vmlaq_u16(sum, x, taps),
        join: |sums| sums[0],
    }
}
word_vector! {
    /// A register of u32.
    U32x4: u32 in uint32x4_t for Neon {
        PACK: 1,
        ROWS: 12,
        zero: vdupq_n_u32(0),
        splat_at: |from| vdupq_n_u32(*from),
        load_at: |from| vld1q_u32(from),
        store_at: |to, words| vst1q_u32(to, words),
        dot: |x, taps, sum| vmlaq_u32(sum, x, taps),
        join: |sums| sums[0],
    }
}
word_vector! {
    /// A register of u64.
    U64x2: u64 in uint64x2_t for Neon {
        PACK: 1,
        ROWS: 12,
        zero: vdupq_n_u64(0),
        splat_at: |from| vdupq_n_u64(*from),
        load_at: |from| vld1q_u64(from),
        store_at: |to, words| vst1q_u64(to, words),
        dot: |x, taps, sum| mul_add_u64(sum, x, taps),
        join: |sums| sums[0],
    }
}

/// # Safety
/// The machine has NEON.
#[inline(always)]
#[allow(unused_unsafe)]
unsafe fn mul_add_u64(sum: uint64x2_t, x: uint64x2_t, tap: uint64x2_t) -> uint64x2_t {
    // SAFETY: the caller's promise.
    unsafe {
        // The low 64 bits of each product, from three products of 32 bits.
        let (x_low, tap_low) = (vmovn_u64(x), vmovn_u64(tap));
        let high = vmla_u32(vmul_u32(vshrn_n_u64::<32>(x), tap_low), x_low, vshrn_n_u64::<32>(tap));
        vaddq_u64(vmlal_u32(sum, x_low, tap_low), vshlq_n_u64::<32>(vmovl_u32(high)))
    }
}
