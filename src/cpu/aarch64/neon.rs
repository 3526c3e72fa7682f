//! NEON: 128-bit vectors, part of every 64-bit Arm target.

use std::arch::aarch64::*;

use crate::cpu::portable::Lanes;
use crate::cpu::vector::{Kernel, MAX_LANES, Simd, Sums, Vector, WordKernel, WordSimd, WordVector};

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

macro_rules! vector {
    (
        $(#[$doc:meta])* $name:ident, [$scalar:ident; $lanes:literal], $register:ident, $transpose:ident:
        $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $mul_add:ident, $mul_sub:ident,
        $to_bytes:ident, $from_bytes:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        // SAFETY, throughout: the intrinsics' only demand is NEON, which the token, or a vector made
        // from one, proves. Blocks are references to `LANES` values.
        #[allow(clippy::undocumented_unsafe_blocks, unused_unsafe)]
        impl Vector for $name {
            type Simd = Neon;
            type Scalar = $scalar;
            type Block = [$scalar; $lanes];
            const LANES: usize = $lanes;
            const TILE: usize = 12;
            const SHIFTED: usize = 0;

            #[inline(always)]
            fn blocks(values: &[$scalar]) -> (&[Self::Block], &[$scalar]) {
                values.as_chunks()
            }
            #[inline(always)]
            fn blocks_mut(values: &mut [$scalar]) -> (&mut [Self::Block], &mut [$scalar]) {
                values.as_chunks_mut()
            }
            #[inline(always)]
            fn splat(_: Neon, value: $scalar) -> Self {
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            fn load(_: Neon, from: &Self::Block) -> Self {
                Self(unsafe { $load(from.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, to: &mut Self::Block) {
                unsafe { $store(to.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn add(self, b: Self) -> Self {
                Self(unsafe { $add(self.0, b.0) })
            }
            #[inline(always)]
            fn sub(self, b: Self) -> Self {
                Self(unsafe { $sub(self.0, b.0) })
            }
            #[inline(always)]
            fn mul(self, b: Self) -> Self {
                Self(unsafe { $mul(self.0, b.0) })
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                Self(unsafe { $mul_add(c.0, self.0, b.0) })
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                Self(unsafe { $mul_sub(c.0, self.0, b.0) })
            }
            #[inline(always)]
            unsafe fn slide(self, _: Neon, by: isize) -> Self {
                // A byte whose index is 16 or more is 0.
                Self(unsafe {
                    let bytes = vcombine_u8(
                        vcreate_u8(0x0706_0504_0302_0100),
                        vcreate_u8(0x0f0e_0d0c_0b0a_0908),
                    );
                    let by = vdupq_n_u8((by * size_of::<$scalar>() as isize) as u8);
                    let moved = vqtbl1q_u8($to_bytes(self.0), vaddq_u8(bytes, by));
                    $from_bytes(moved)
                })
            }
            #[inline(always)]
            fn transpose(rows: &mut [Self; MAX_LANES]) {
                unsafe { $transpose(rows) }
            }
        }
    };
}

vector!(
    /// Four float32.
    F32x4, [f32; 4], float32x4_t, transpose_f32:
    vdupq_n_f32, vld1q_f32, vst1q_f32, vaddq_f32, vsubq_f32, vmulq_f32, vfmaq_f32, vfmsq_f32,
    vreinterpretq_u8_f32, vreinterpretq_f32_u8
);
vector!(
    /// Two float64.
    F64x2, [f64; 2], float64x2_t, transpose_f64:
    vdupq_n_f64, vld1q_f64, vst1q_f64, vaddq_f64, vsubq_f64, vmulq_f64, vfmaq_f64, vfmsq_f64,
    vreinterpretq_u8_f64, vreinterpretq_f64_u8
);

/// # Safety
/// As the vectors prove.
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
/// As the vectors prove.
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

macro_rules! word_vector {
    ($name:ident, $scalar:ident, $register:ident, $splat:ident, $load:ident, $store:ident, $mul_add:ident) => {
        #[doc = concat!("A register of ", stringify!($scalar), ".")]
        #[derive(Clone, Copy)]
        pub struct $name($register);

        // SAFETY, throughout: the intrinsics' only demand is NEON, which the token, or a vector made
        // from one, proves; of addresses, the caller promises what is needed.
        #[allow(clippy::undocumented_unsafe_blocks, unused_unsafe)]
        impl WordVector for $name {
            type Simd = Neon;
            type Scalar = $scalar;
            const LEN: usize = size_of::<$register>() / size_of::<$scalar>();
            const PACK: usize = 1;
            const ROWS: usize = 12;

            #[inline(always)]
            fn zero(_: Neon) -> Self {
                Self(unsafe { $splat(0) })
            }
            #[inline(always)]
            unsafe fn splat_at(_: Neon, from: *const $scalar) -> Self {
                Self(unsafe { $splat(*from) })
            }
            #[inline(always)]
            unsafe fn load_at(_: Neon, from: *const $scalar) -> Self {
                Self(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store_at(self, to: *mut $scalar) {
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            fn dot(self, taps: Self, sum: Self) -> Self {
                Self(unsafe { $mul_add(sum.0, self.0, taps.0) })
            }
            #[inline(always)]
            fn join([sum, ..]: Sums<Self>) -> Self {
                sum
            }
        }
    };
}
word_vector!(U8x16, u8, uint8x16_t, vdupq_n_u8, vld1q_u8, vst1q_u8, vmlaq_u8);
word_vector!(U16x8, u16, uint16x8_t, vdupq_n_u16, vld1q_u16, vst1q_u16, vmlaq_u16);
word_vector!(U32x4, u32, uint32x4_t, vdupq_n_u32, vld1q_u32, vst1q_u32, vmlaq_u32);
word_vector!(U64x2, u64, uint64x2_t, vdupq_n_u64, vld1q_u64, vst1q_u64, mul_add_u64);

/// # Safety
/// NEON.
#[inline(always)]
#[allow(unused_unsafe)]
unsafe fn mul_add_u64(sum: uint64x2_t, x: uint64x2_t, tap: uint64x2_t) -> uint64x2_t {
    // SAFETY: the caller's promise.
    unsafe {
        // 64 bits of three products of 32.
        let (x_low, tap_low) = (vmovn_u64(x), vmovn_u64(tap));
        let high = vmla_u32(vmul_u32(vshrn_n_u64::<32>(x), tap_low), x_low, vshrn_n_u64::<32>(tap));
        vaddq_u64(vmlal_u32(sum, x_low, tap_low), vshlq_n_u64::<32>(vmovl_u32(high)))
    }
}
