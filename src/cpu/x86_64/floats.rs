//! Vectors of floats: what AVX2 and AVX-512 share.

/// [`Vector`](crate::cpu::vector::Vector) for one register type: all but the transpose is the same list of intrinsics.
macro_rules! vector {
    (
        $(#[$doc:meta])* $name:ident, $simd:ident, [$scalar:ident; $lanes:literal], $register:ident, $tile:literal, $shifted:literal, $transpose:ident:
        $splat:ident, $load:ident, $store:ident, $stream:ident, $add:ident, $sub:ident, $mul:ident, $mul_add:ident, $neg_mul_add:ident
        $(; $($special:item)+)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        // SAFETY, where nothing else is said: the intrinsics' only demand is the instruction set, which the
        // token, or a vector made from one, proves. Blocks are references to `LANES` values; loads and stores
        // are the unaligned ones.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Vector for $name {
            type Simd = $simd;
            type Scalar = $scalar;
            type Block = [$scalar; $lanes];
            const LANES: usize = $lanes;
            const TILE: usize = $tile;
            const SHIFTED: usize = $shifted;

            #[inline(always)]
            fn blocks(values: &[$scalar]) -> (&[Self::Block], &[$scalar]) {
                values.as_chunks()
            }
            #[inline(always)]
            fn blocks_mut(values: &mut [$scalar]) -> (&mut [Self::Block], &mut [$scalar]) {
                values.as_chunks_mut()
            }
            #[inline(always)]
            fn splat(_: $simd, value: $scalar) -> Self {
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            fn load(_: $simd, from: &Self::Block) -> Self {
                Self(unsafe { $load(from.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, to: &mut Self::Block) {
                unsafe { $store(to.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn prefetch(_: $simd, from: *const $scalar) {
                unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
            }
            #[inline(always)]
            unsafe fn store_past_caches(self, to: &mut Self::Block) {
                // SAFETY: `to` is aligned, and the caller makes the fence: its promises.
                unsafe { $stream(to.as_mut_ptr(), self.0) }
            }
            $($($special)+)?
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
                Self(unsafe { $mul_add(self.0, b.0, c.0) })
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                Self(unsafe { $neg_mul_add(self.0, b.0, c.0) })
            }
            #[inline(always)]
            fn transpose(rows: &mut [Self; MAX_LANES]) {
                unsafe { $transpose(rows) }
            }
        }
    };
}
pub(super) use vector;
