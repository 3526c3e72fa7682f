//! What kernels of floats need from an instruction set: a token that proves it, and vectors.

use std::fmt::Debug;
use std::ops::{Add, BitAnd, BitOr, Mul, Neg, Sub};

use bytemuck::Pod;

use super::halves;

/// The most lanes any [`Vector`] has.
pub const MAX_LANES: usize = 16;

/// A computation written once for every instruction set.
pub trait Kernel {
    /// The type of the result.
    type Output;
    /// The body. It must be marked `#[inline(always)]`, and so must all functions that it calls in
    /// inner loops: code takes on an instruction set by being inlined into [`Simd::run`]. Closures
    /// are not inlined, so loops are spelled out.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// A token: whoever holds one has checked that the machine has the instruction set.
pub trait Simd: Copy + Send + Sync {
    /// The vectors of float32.
    type F32: Vector<Simd = Self, Scalar = f32>;
    /// The vectors of float64.
    type F64: Vector<Simd = Self, Scalar = f64>;
    /// An instruction set with shorter vectors that this one includes. With one lane, the
    /// instruction set itself.
    type Narrower: Simd;
    /// Whether [`Vector::mul_add`] rounds once. If not, it is a product and a sum.
    const FUSED: bool;

    /// The token of [`Self::Narrower`].
    fn narrower(self) -> Self::Narrower;

    /// Compiles the kernel for this instruction set, and calls it.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// Writes float16, given as bits, as float32 to `to`, which is as long.
    #[inline(always)]
    fn widen_float16(self, from: &[u16], to: &mut [f32]) {
        halves::widen_each_float16(from, to);
    }

    /// Writes the bits of the nearest float16 to `to`, which is as long.
    #[inline(always)]
    fn narrow_float16(self, from: &[f32], to: &mut [u16]) {
        halves::narrow_each_float16(from, to);
    }
}

/// A register of [`Self::LANES`] values. Holding one proves the instruction set, as the token does.
pub trait Vector: Copy + Send + Sync {
    /// The instruction set.
    type Simd: Simd;
    /// The type of a lane.
    type Scalar: Real;
    /// `[Self::Scalar; Self::LANES]`: the memory of one vector, aligned as its elements.
    type Block: Pod;
    /// Values in a vector: a power of two, at most [`MAX_LANES`].
    const LANES: usize;
    /// The number of sums that fit into registers beside four factors of each kind: 8 or 12.
    const TILE: usize;
    /// Whether kernels have to get by with 16 registers instead of 32.
    const HAS_FEW_REGISTERS: bool = Self::TILE < 12;
    /// How many inputs of a tile of single taps are better shifted in registers than loaded. The
    /// more an unaligned load costs, compared with a [`Self::shift`], the larger the number.
    const SHIFTED: usize;

    /// The whole vectors in `values`, and the rest, which is shorter than a vector.
    fn blocks(values: &[Self::Scalar]) -> (&[Self::Block], &[Self::Scalar]);
    /// Like [`Self::blocks`], for writing.
    fn blocks_mut(values: &mut [Self::Scalar]) -> (&mut [Self::Block], &mut [Self::Scalar]);

    /// The same value in every lane.
    fn splat(simd: Self::Simd, value: Self::Scalar) -> Self;
    /// Reads a block.
    fn load(simd: Self::Simd, from: &Self::Block) -> Self;
    /// Writes a block.
    fn store(self, to: &mut Self::Block);
    /// Like [`Self::store`], but past the caches if the instruction set can
    /// ([`Isa::stores_past_caches`](crate::cpu::Isa)).
    ///
    /// # Safety
    /// `to` is aligned to its size. This thread makes a fence (`_mm_sfence`) before anything else
    /// reads or writes `to`, and before it tells another thread that the values are there.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn store_past_caches(self, to: &mut Self::Block) {
        self.store(to);
    }
    /// Reads [`Self::LANES`] values from any address.
    ///
    /// # Safety
    /// The values must be readable.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn load_at(simd: Self::Simd, from: *const Self::Scalar) -> Self {
        // SAFETY: the caller's promise; a block is an array, with the alignment of its elements.
        Self::load(simd, unsafe { &*from.cast() })
    }
    /// Prefetches the cache line of the address. There need not be any memory at the address.
    #[inline(always)]
    fn prefetch(_: Self::Simd, _: *const Self::Scalar) {}
    /// Reads the first `min(LANES, values.len())` lanes, and nothing behind them. The other lanes
    /// are 0.
    #[inline(always)]
    fn load_partial(simd: Self::Simd, values: &[Self::Scalar]) -> Self {
        let mut block: Self::Block = bytemuck::Zeroable::zeroed();
        let lanes: &mut [Self::Scalar] = bytemuck::cast_slice_mut(std::slice::from_mut(&mut block));
        let len = values.len().min(Self::LANES);
        lanes[..len].copy_from_slice(&values[..len]);
        Self::load(simd, &block)
    }
    /// Writes the first `min(LANES, values.len())` lanes, and nothing behind them.
    #[inline(always)]
    fn store_partial(self, _: Self::Simd, values: &mut [Self::Scalar]) {
        let mut block: Self::Block = bytemuck::Zeroable::zeroed();
        self.store(&mut block);
        let lanes: &[Self::Scalar] = bytemuck::cast_slice(std::slice::from_ref(&block));
        let len = values.len().min(Self::LANES);
        values[..len].copy_from_slice(&lanes[..len]);
    }

    /// Lanes `S..` of `self`, then the first `S` lanes of `next`. `S` is below [`Self::LANES`].
    #[inline(always)]
    fn shift<const S: i32>(self, next: Self, simd: Self::Simd) -> Self {
        let both = self.and(next);
        Self::load_partial(simd, &bytemuck::cast_slice(&both)[S as usize..])
    }

    /// Whether [`Self::between`] is one operation that takes less time than an unaligned load.
    const PAIRS: bool = false;

    /// Like [`Self::shift`], by `from` lanes, which need not be a constant.
    ///
    /// # Safety
    /// `from` is at most [`Self::LANES`].
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn between(self, next: Self, simd: Self::Simd, from: usize) -> Self {
        let both = self.and(next);
        Self::load_partial(simd, &bytemuck::cast_slice(&both)[from..])
    }

    /// The even lanes of `self` and `next` side by side, and the odd lanes.
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

    /// Both vectors in memory.
    #[inline(always)]
    fn and(self, next: Self) -> [Self::Block; 2] {
        let mut both: [Self::Block; 2] = bytemuck::Zeroable::zeroed();
        self.store(&mut both[0]);
        next.store(&mut both[1]);
        both
    }

    /// Lane `i` gets lane `i + by`, or 0 if there is no such lane.
    ///
    /// # Safety
    /// `by` is from `-LANES` to `LANES`.
    #[allow(unsafe_code)]
    unsafe fn slide(self, simd: Self::Simd, by: isize) -> Self;

    /// Whether all lanes are 0. A NaN is not 0.
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

    /// Transposes the square of the first [`Self::LANES`] rows. The other rows are ignored.
    fn transpose(rows: &mut [Self; MAX_LANES]);

    /// Whether there are 16 lanes, and [`Self::transpose`] has two steps, each for four rows at a
    /// time.
    const TRANSPOSES_BY_FOURS: bool = false;
    /// The first step, for four consecutive rows, which are the first of `rows`. It transposes
    /// squares of 4 x 4 values.
    #[inline(always)]
    fn transpose_together(_rows: &mut [Self; MAX_LANES]) {
        unreachable!("the transpose has no such step")
    }
    /// The second step, for four rows that are four apart. It transposes squares of 4 x 4 groups,
    /// each of four lanes. Either step is its own inverse, and the order of the steps does not
    /// matter.
    #[inline(always)]
    fn transpose_apart(_rows: &mut [Self; MAX_LANES]) {
        unreachable!("the transpose has no such step")
    }
}

/// float32 or float64: the types in which kernels of floats compute.
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
    /// The vectors of this type.
    type V<S: Simd>: Vector<Simd = S, Scalar = Self>;
    /// The unsigned integer of the same width.
    type Bits: Pod
        + Ord
        + Default
        + BitAnd<Output = Self::Bits>
        + BitOr<Output = Self::Bits>
        + Sub<Output = Self::Bits>;
    /// 1.
    const ONE: Self;
    /// The largest finite number.
    const MAX: Self;
    /// The bits of -0.
    const SIGN: Self::Bits;
    /// All finite numbers are below 2 to this power.
    const MAX_EXPONENT: i32;
    /// The smallest normal number is 2 to this power.
    const MIN_NORMAL: i32;
    /// The smallest subnormal number is 2 to this power.
    const MIN_SUBNORMAL: i32;
    /// Rounds a float64.
    fn from_f64(value: f64) -> Self;
    /// Converts to float64, exactly.
    fn to_f64(self) -> f64;
    /// `self * b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Whether the value is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Whether the value is NaN.
    fn is_nan(self) -> bool;
    /// The bits of the magnitude. They have the order of the magnitudes: finite, Inf, NaN.
    fn magnitude(bits: Self::Bits) -> Self::Bits;
}

macro_rules! reals {
    ($($type:ident $vectors:ident $bits:ident),*) => {$(
        impl Real for $type {
            type V<S: Simd> = S::$vectors;
            type Bits = $bits;
            const ONE: Self = 1.0;
            const MAX: Self = <$type>::MAX;
            const SIGN: $bits = !($bits::MAX >> 1);
            const MAX_EXPONENT: i32 = <$type>::MAX_EXP;
            const MIN_NORMAL: i32 = <$type>::MIN_EXP - 1;
            const MIN_SUBNORMAL: i32 = <$type>::MIN_EXP - <$type>::MANTISSA_DIGITS as i32;
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
