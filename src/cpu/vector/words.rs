//! What kernels of words need from an instruction set: vectors of words, and a token that proves
//! it.

use bytemuck::Pod;

/// An unsigned word whose arithmetic wraps. Integers of its width, signed or not, compute in it.
pub trait Word: Pod + Send + Sync + Default {
    /// The vectors of this type.
    type V<S: WordSimd>: WordVector<Simd = S, Scalar = Self>;
    /// The type in which plain loops keep sums. It is at least as wide as the word, and exact
    /// modulo 2^bits of the word.
    type Sum: Word;
    /// `self + a * b` modulo 2^bits.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// Converts `bits`, modulo 2^bits.
    fn from_bits(bits: u64) -> Self;
    /// The word, zero-extended.
    fn to_sum(self) -> Self::Sum;
    /// The low bits of a sum.
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

/// A computation on words, written once for the instruction sets `S`. Like
/// [`Kernel`](super::Kernel), with the same rule for inlining.
pub trait WordKernel<S> {
    /// The body.
    fn run(self, simd: S);
}

/// A token like [`Simd`](super::Simd), for computing on words.
pub trait WordSimd: Copy + Send + Sync {
    /// The vectors of words of 8 bits.
    type U8: WordVector<Simd = Self, Scalar = u8>;
    /// The vectors of words of 16 bits.
    type U16: WordVector<Simd = Self, Scalar = u16>;
    /// The vectors of words of 32 bits.
    type U32: WordVector<Simd = Self, Scalar = u32>;
    /// The vectors of words of 64 bits.
    type U64: WordVector<Simd = Self, Scalar = u64>;

    /// Compiles the kernel for this instruction set, and calls it.
    fn run_words<K: WordKernel<Self>>(self, kernel: K);
}

/// The most words in a lane.
pub const MAX_PACK: usize = 4;

/// A vector of sums for each word of a lane. [`WordVector::PACK`] of these vectors are in use.
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
    /// The number of vectors of inputs that a tile takes at a time: 12, 6, 3, 2 or 1. With
    /// [`Self::PACK`] sums for each, two registers or more are left for taps and products.
    const ROWS: usize;

    /// All zeros.
    fn zero(simd: Self::Simd) -> Self;
    /// Reads [`Self::PACK`] words from any address into every lane.
    ///
    /// # Safety
    /// The words must be readable.
    #[allow(unsafe_code)]
    unsafe fn splat_at(simd: Self::Simd, from: *const Self::Scalar) -> Self;
    /// Reads [`Self::LEN`] words from any address.
    ///
    /// # Safety
    /// The words must be readable.
    #[allow(unsafe_code)]
    unsafe fn load_at(simd: Self::Simd, from: *const Self::Scalar) -> Self;
    /// Writes [`Self::LEN`] words to any address.
    ///
    /// # Safety
    /// The words must be writable.
    #[allow(unsafe_code)]
    unsafe fn store_at(self, to: *mut Self::Scalar);
    /// For each lane, `sum` plus the [`Self::PACK`] products of the lane's words. The bits of one
    /// word of the lane hold the sum. The other bits are of no use.
    fn dot(self, taps: Self, sum: Self) -> Self;
    /// Puts the sums of the first [`Self::PACK`] vectors side by side into each lane.
    fn join(sums: LaneSums<Self>) -> Self;
}

/// A [`WordVector`] with two words of 16 bits in a lane. Its [`WordVector::dot`] takes words as
/// signed, and uses all 32 bits of a lane for the sum.
pub trait DigitVector: WordVector<Scalar = u16> {
    /// Adds lane by lane.
    fn add(self, b: Self) -> Self;
}
