//! What a kernel of floats needs of an instruction set: a token that proves it, and vectors.

use std::fmt::Debug;
use std::ops::{Add, Mul, Neg, Sub};

use bytemuck::Pod;

use super::halves;

/// The most lanes any [`Vector`] has.
pub const MAX_LANES: usize = 16;

/// A computation written once for every instruction set.
pub trait Kernel {
    /// What it computes.
    type Output;
    /// The body. To be marked `#[inline(always)]`, as all it calls in its inner loops: code takes on an
    /// instruction set by being inlined into [`Simd::run`]. Closures are not, so loops are spelled out.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// A token: whoever holds one has checked that the machine has the instruction set.
pub trait Simd: Copy + Send + Sync {
    /// Its vectors of float32.
    type F32: Vector<Simd = Self, Scalar = f32>;
    /// Its vectors of float64.
    type F64: Vector<Simd = Self, Scalar = f64>;
    /// An instruction set with shorter vectors that this one includes; itself at one lane.
    type Narrower: Simd;
    /// Whether [`Vector::mul_add`] rounds once. Else it is a product and a sum.
    const FUSED: bool;

    /// The token of [`Self::Narrower`].
    fn narrower(self) -> Self::Narrower;

    /// Compiles the kernel for this instruction set, and calls it.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// The bits of float16, as float32 over `to`, which is as long.
    #[inline(always)]
    fn widen_float16(self, from: &[u16], to: &mut [f32]) {
        halves::widen_each_float16(from, to);
    }

    /// The bits of the nearest float16, over `to`, which is as long.
    #[inline(always)]
    fn narrow_float16(self, from: &[f32], to: &mut [u16]) {
        halves::narrow_each_float16(from, to);
    }
}

/// A register of [`Self::LANES`] values. Holding one proves the instruction set, as the token does.
pub trait Vector: Copy + Send + Sync {
    /// The instruction set.
    type Simd: Simd;
    /// One lane.
    type Scalar: Real;
    /// `[Self::Scalar; Self::LANES]`: the memory of one vector, aligned as its elements.
    type Block: Pod;
    /// Values in a vector: a power of two, at most [`MAX_LANES`].
    const LANES: usize;
    /// Sums that fit into registers beside four factors of each sort: 8 or 12.
    const TILE: usize;
    /// Whether kernels are to get by with 16 registers, not 32.
    const HAS_FEW_REGISTERS: bool = Self::TILE < 12;
    /// Of the inputs of single taps to a tile, so many are better shifted in registers than loaded: the more,
    /// the dearer unaligned loads are beside a [`Self::shift`].
    const SHIFTED: usize;

    /// The vectors that `values` holds, and the rest, shorter than one.
    fn blocks(values: &[Self::Scalar]) -> (&[Self::Block], &[Self::Scalar]);
    /// As [`Self::blocks`].
    fn blocks_mut(values: &mut [Self::Scalar]) -> (&mut [Self::Block], &mut [Self::Scalar]);

    /// The same value in every lane.
    fn splat(simd: Self::Simd, value: Self::Scalar) -> Self;
    /// Reads a block.
    fn load(simd: Self::Simd, from: &Self::Block) -> Self;
    /// Writes a block.
    fn store(self, to: &mut Self::Block);
    /// As [`Self::store`], past the caches where the instruction set can ([`Isa::stores_past_caches`](crate::cpu::Isa)).
    ///
    /// # Safety
    /// `to` is aligned to its size. This thread makes a fence (`_mm_sfence`) before anything else reads or writes `to`, and
    /// before it tells another thread that it is there.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn store_past_caches(self, to: &mut Self::Block) {
        self.store(to);
    }
    /// Reads [`Self::LANES`] values from any address.
    ///
    /// # Safety
    /// They must be readable.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn load_at(simd: Self::Simd, from: *const Self::Scalar) -> Self {
        // SAFETY: the caller's promise; a block is an array, with the alignment of its elements.
        Self::load(simd, unsafe { &*from.cast() })
    }
    /// Asks for the line of these values, if it is in memory at all.
    #[inline(always)]
    fn prefetch(_: Self::Simd, _: *const Self::Scalar) {}
    /// Reads the first `min(LANES, values.len())` lanes, and nothing behind; the others are 0.
    #[inline(always)]
    fn load_partial(simd: Self::Simd, values: &[Self::Scalar]) -> Self {
        let mut block: Self::Block = bytemuck::Zeroable::zeroed();
        let lanes: &mut [Self::Scalar] = bytemuck::cast_slice_mut(std::slice::from_mut(&mut block));
        let len = values.len().min(Self::LANES);
        lanes[..len].copy_from_slice(&values[..len]);
        Self::load(simd, &block)
    }
    /// Writes the first `min(LANES, values.len())` lanes, and nothing behind.
    #[inline(always)]
    fn store_partial(self, _: Self::Simd, values: &mut [Self::Scalar]) {
        let mut block: Self::Block = bytemuck::Zeroable::zeroed();
        self.store(&mut block);
        let lanes: &[Self::Scalar] = bytemuck::cast_slice(std::slice::from_ref(&block));
        let len = values.len().min(Self::LANES);
        values[..len].copy_from_slice(&lanes[..len]);
    }

    /// Lanes `S..` of `self`, then the first `S` of `next`; `S` is below [`Self::LANES`].
    #[inline(always)]
    fn shift<const S: i32>(self, next: Self, simd: Self::Simd) -> Self {
        let both = self.and(next);
        Self::load_partial(simd, &bytemuck::cast_slice(&both)[S as usize..])
    }

    /// Whether [`Self::between`] is one operation, which takes less than an unaligned load.
    const PAIRS: bool = false;

    /// As [`Self::shift`], of a number of lanes that is no constant.
    ///
    /// # Safety
    /// `from` is [`Self::LANES`] at most.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn between(self, next: Self, simd: Self::Simd, from: usize) -> Self {
        let both = self.and(next);
        Self::load_partial(simd, &bytemuck::cast_slice(&both)[from..])
    }

    /// Of the lanes of `self` and `next` side by side the even ones, and the odd ones.
    #[inline(always)]
    fn unzip(self, next: Self, simd: Self::Simd) -> (Self, Self) {
        let both = self.and(next);
        let lanes: &[Self::Scalar] = bytemuck::cast_slice(&both);
        let mut apart: [Self::Block; 2] = bytemuck::Zeroable::zeroed();
        let (even, odd) = bytemuck::cast_slice_mut(&mut apart).split_at_mut(Self::LANES);
        for i in 0..Self::LANES {
            (even[i], odd[i]) = (lanes[2 * i], lanes[2 * i + 1]);
        }
        (Self::load(simd, &apart[0]), Self::load(simd, &apart[1]))
    }

    /// Undoes [`Self::unzip`].
    #[inline(always)]
    fn zip(self, odd: Self, simd: Self::Simd) -> (Self, Self) {
        let both = self.and(odd);
        let (even, odd) = bytemuck::cast_slice(&both).split_at(Self::LANES);
        let mut together: [Self::Block; 2] = bytemuck::Zeroable::zeroed();
        let lanes: &mut [Self::Scalar] = bytemuck::cast_slice_mut(&mut together);
        for i in 0..Self::LANES {
            (lanes[2 * i], lanes[2 * i + 1]) = (even[i], odd[i]);
        }
        (Self::load(simd, &together[0]), Self::load(simd, &together[1]))
    }

    /// Both in memory.
    #[inline(always)]
    fn and(self, next: Self) -> [Self::Block; 2] {
        let mut both: [Self::Block; 2] = bytemuck::Zeroable::zeroed();
        self.store(&mut both[0]);
        next.store(&mut both[1]);
        both
    }

    /// Lane `i` gets lane `i + by`, and 0 where there is none.
    ///
    /// # Safety
    /// `by` is from `-LANES` to `LANES`.
    #[allow(unsafe_code)]
    unsafe fn slide(self, simd: Self::Simd, by: isize) -> Self;

    /// Whether all lanes are 0: not so if one is NaN.
    #[inline(always)]
    fn is_zero(self) -> bool {
        let mut block: Self::Block = bytemuck::Zeroable::zeroed();
        self.store(&mut block);
        let lanes: &[Self::Scalar] = bytemuck::cast_slice(std::slice::from_ref(&block));
        lanes.iter().all(|lane| *lane == Self::Scalar::default())
    }

    /// `self + b`
    fn add(self, b: Self) -> Self;
    /// `self - b`
    fn sub(self, b: Self) -> Self;
    /// `self * b`
    fn mul(self, b: Self) -> Self;
    /// `self * b + c`
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `c - self * b`
    fn neg_mul_add(self, b: Self, c: Self) -> Self;

    /// Transposes the square that the first [`Self::LANES`] rows make. The others are not looked at.
    fn transpose(rows: &mut [Self; MAX_LANES]);

    /// Whether there are 16 lanes, and [`Self::transpose`] is made of two steps, each of four rows at a time.
    const TRANSPOSES_BY_FOURS: bool = false;
    /// The first step, of four rows that follow on each other, which are the first of `rows`: squares of four values.
    #[inline(always)]
    fn transpose_together(_rows: &mut [Self; MAX_LANES]) {
        unreachable!("the transpose has no such step")
    }
    /// The second step, of four rows that are four apart: squares of four times four lanes. Either step is its own inverse, and
    /// their order does not matter.
    #[inline(always)]
    fn transpose_apart(_rows: &mut [Self; MAX_LANES]) {
        unreachable!("the transpose has no such step")
    }
}

/// float32 or float64: what kernels of floats compute in.
pub trait Real:
    Pod
    + Send
    + Sync
    + Debug
    + PartialOrd
    + Default
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
{
    /// Its vectors.
    type V<S: Simd>: Vector<Simd = S, Scalar = Self>;
    /// The unsigned integer of its width.
    type Bits: Pod + Ord + Default;
    /// 1.
    const ONE: Self;
    /// Rounds a float64.
    fn from_f64(value: f64) -> Self;
    /// Exact.
    fn to_f64(self) -> f64;
    /// `self * b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// NaN.
    fn is_nan(self) -> bool;
    /// The bits of the magnitude, which are in the order of the magnitudes: finite, Inf, NaN.
    fn magnitude(bits: Self::Bits) -> Self::Bits;
}

macro_rules! reals {
    ($($type:ident $vectors:ident $bits:ident),*) => {$(
        impl Real for $type {
            type V<S: Simd> = S::$vectors;
            type Bits = $bits;
            const ONE: Self = 1.0;
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as Self
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                <$type>::mul_add(self, b, c)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$type>::is_finite(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                <$type>::is_nan(self)
            }
            #[inline(always)]
            fn magnitude(bits: $bits) -> $bits {
                bits & ($bits::MAX >> 1)
            }
        }
    )*};
}
reals!(f32 F32 u32, f64 F64 u64);
