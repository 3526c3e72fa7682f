//! What a kernel needs of an instruction set: a token that proves it, and vectors of floats and of words.

use bytemuck::Pod;

use super::convert;
use super::words::{Sums, Words};
use super::{Real, Word};

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
        convert::widen_each_float16(from, to);
    }

    /// The bits of the nearest float16, over `to`, which is as long.
    #[inline(always)]
    fn narrow_float16(self, from: &[f32], to: &mut [u16]) {
        convert::narrow_each_float16(from, to);
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
    /// As [`Self::store`], past the caches where the instruction set can ([`Isa::stores_past_caches`](super::Isa)).
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

/// A token as [`Simd`] is, for the correlation of words.
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
    fn correlate<T: Word>(self, words: Words<T>);
}

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
    fn join(sums: Sums<Self>) -> Self;
}

/// A [`WordVector`] of two words of 16 bits in a lane whose [`WordVector::dot`] takes words as signed, and uses all 32
/// bits of a lane for the sum.
pub trait DigitVector: WordVector<Scalar = u16> {
    /// The sums of lanes.
    fn add(self, b: Self) -> Self;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Isa;
    use crate::cpu::guarded::Guarded;

    /// Everything about lanes that move, and about parts of a vector.
    struct Lanes<T>(std::marker::PhantomData<T>);

    impl<T: Real> Kernel for Lanes<T> {
        type Output = ();

        fn run<S: Simd>(self, simd: S) {
            let lanes = T::V::<S>::LANES;
            let number = |i: usize| T::from_f64(i as f64 + 1.0);
            let load = |values: &[T]| T::V::<S>::load_partial(simd, values);
            let values = |vector: T::V<S>| {
                let mut values = vec![T::default(); lanes];
                vector.store_partial(simd, &mut values);
                values
            };
            let both: Vec<T> = (0..2 * lanes).map(number).collect();
            let (low, high) = (load(&both[..lanes]), load(&both[lanes..]));
            let (even, odd) = low.unzip(high, simd);
            for i in 0..lanes {
                assert_eq!((values(even)[i], values(odd)[i]), (both[2 * i], both[2 * i + 1]));
            }
            let (first, second) = even.zip(odd, simd);
            assert_eq!([values(first), values(second)].concat(), both);
            for from in 0..=lanes {
                // SAFETY: LANES at most.
                #[allow(unsafe_code)]
                let between = unsafe { low.between(high, simd, from) };
                assert_eq!(values(between), both[from..][..lanes]);
            }
            // Parts of a vector before a page that is not there, behind one, and in the middle.
            let mut page = Guarded::<T>::new(4096 / size_of::<T>());
            let size = page.len();
            for len in 0..=lanes {
                for at in (0..2 * lanes).chain(size - 2 * lanes..size).filter(|at| at + len <= size)
                {
                    page.fill(T::ONE);
                    low.store_partial(simd, &mut page[at..][..len]);
                    for (i, &value) in page.iter().enumerate() {
                        let is_inside = (at..at + len).contains(&i);
                        assert!(
                            value == if is_inside { both[i - at] } else { T::ONE },
                            "{len} at {at}"
                        );
                    }
                    let mut want = vec![T::default(); lanes];
                    want[..len].copy_from_slice(&both[..len]);
                    assert_eq!(values(load(&page[at..][..len])), want, "{len} at {at}");
                }
            }
        }
    }

    #[test]
    fn lanes_move_and_parts_of_vectors_are_all_that_is_touched() {
        for isa in Isa::available() {
            isa.run(Lanes::<f32>(std::marker::PhantomData));
            isa.run(Lanes::<f64>(std::marker::PhantomData));
        }
    }
}
