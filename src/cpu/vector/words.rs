//! What a kernel of words needs of an instruction set: vectors of them, beside a token that proves it.

use bytemuck::Pod;

/// An unsigned word whose arithmetic wraps: what integers of its width, signed or not, compute in.
pub trait Word: Pod + Send + Sync + Default {
    /// Its vectors.
    type V<S: WordSimd>: WordVector<Simd = S, Scalar = Self>;
    /// What plain loops keep sums in: at least as wide, exact modulo 2^bits of the narrower one.
    type Sum: Word;
    /// `self + a * b` modulo 2^bits.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// Modulo 2^bits.
    fn from_bits(bits: u64) -> Self;
    /// Zero-extended.
    fn to_sum(self) -> Self::Sum;
    /// The low bits.
    fn from_sum(sum: Self::Sum) -> Self;
}

macro_rules! words {
    ($($type:ty: $vector:ident, $sum:ty;)*) => {$(
        impl Word for $type {
            type V<S: WordSimd> = S::$vector;
            type Sum = $sum;
            #[inline(always)]
            fn add_product(self, a: Self, b: Self) -> Self {
                self.wrapping_add(a.wrapping_mul(b))
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
            #[inline(always)]
            fn to_sum(self) -> $sum {
                self.into()
            }
            #[inline(always)]
            fn from_sum(sum: $sum) -> Self {
                sum as Self
            }
        }
    )*};
}
words!(u8: U8, u16; u16: U16, u16; u32: U32, u32; u64: U64, u64;);

/// A computation on words, written once for the instruction sets `S`: as [`Kernel`](super::Kernel), whose rule for inlining
/// holds here, too.
pub trait WordKernel<S> {
    /// The body.
    fn run(self, simd: S);
}

/// A token as [`Simd`](super::Simd) is, for computing on words.
pub trait WordSimd: Copy + Send + Sync {
    /// Its vectors of 8 bits.
    type U8: WordVector<Simd = Self, Scalar = u8>;
    /// Its vectors of 16 bits.
    type U16: WordVector<Simd = Self, Scalar = u16>;
    /// Its vectors of 32 bits.
    type U32: WordVector<Simd = Self, Scalar = u32>;
    /// Its vectors of 64 bits.
    type U64: WordVector<Simd = Self, Scalar = u64>;

    /// Compiles the kernel for this instruction set, and calls it.
    fn run_words<K: WordKernel<Self>>(self, kernel: K);
}

/// The most words in a lane.
pub const MAX_PACK: usize = 4;

/// A vector of sums for each word of a lane; [`WordVector::PACK`] of them are in use.
pub type LaneSums<V> = [V; MAX_PACK];

/// A register of lanes, each of [`Self::PACK`] words. Holding one proves the instruction set.
pub trait WordVector: Copy + Send + Sync {
    /// The instruction set.
    type Simd: WordSimd;
    /// One word.
    type Scalar: Word;
    /// Words in a vector.
    const LEN: usize;
    /// Words in a lane: 1, 2 or 4.
    const PACK: usize;
    /// Vectors of inputs that a tile takes at a time, 12, 6, 3, 2 or 1: with [`Self::PACK`] sums for each, two
    /// registers or more are left for taps and products.
    const ROWS: usize;

    /// All zeros.
    fn zero(simd: Self::Simd) -> Self;
    /// Reads [`Self::PACK`] words from any address into every lane.
    ///
    /// # Safety
    /// They must be readable.
    #[allow(unsafe_code)]
    unsafe fn splat_at(simd: Self::Simd, from: *const Self::Scalar) -> Self;
    /// Reads [`Self::LEN`] words from any address.
    ///
    /// # Safety
    /// They must be readable.
    #[allow(unsafe_code)]
    unsafe fn load_at(simd: Self::Simd, from: *const Self::Scalar) -> Self;
    /// Writes [`Self::LEN`] words to any address.
    ///
    /// # Safety
    /// They must be writable.
    #[allow(unsafe_code)]
    unsafe fn store_at(self, to: *mut Self::Scalar);
    /// For each lane, `sum` plus the [`Self::PACK`] products of its words; of a lane's bits, those of one word hold
    /// the sum, and what the others hold is of no use.
    fn dot(self, taps: Self, sum: Self) -> Self;
    /// Puts the sums of the first [`Self::PACK`] vectors side by side into each lane.
    fn join(sums: LaneSums<Self>) -> Self;
}

/// A [`WordVector`] of two words of 16 bits in a lane whose [`WordVector::dot`] takes words as signed, and uses all 32
/// bits of a lane for the sum.
pub trait DigitVector: WordVector<Scalar = u16> {
    /// The sums of lanes.
    fn add(self, b: Self) -> Self;
}
