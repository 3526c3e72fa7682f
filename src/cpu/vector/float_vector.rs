//! Vectors of floats, made from an instruction set's intrinsics.

/// Makes a vector of floats, `$name`, and its [`Vector`](super::Vector).
///
/// Every argument has the name of the trait's item that it makes. If instruction sets take the
/// operands of an operation in different orders, the argument names the operands. Items at the end
/// replace provided items of the trait.
macro_rules! float_vector {
    (
        $(#[$doc:meta])*
        $name:ident: [$scalar:ident; $lanes:literal] in $register:ident for $simd:ident {
            TILE: $tile:literal,
            SHIFTED: $shifted:literal,
            splat: $splat:ident,
            load: $load:ident,
            store: $store:ident,
            $(store_past_caches: $store_past_caches:ident,)?
            $(prefetch: $prefetch:path,)?
            add: $add:ident,
            sub: $sub:ident,
            mul: $mul:ident,
            mul_add: |$x:ident, $y:ident, $z:ident| $mul_add:expr,
            neg_mul_add: |$u:ident, $v:ident, $w:ident| $neg_mul_add:expr,
            transpose: $transpose:ident,
            $($provided:item)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        // SAFETY, where nothing else is said: the intrinsics require only the instruction set. The
        // token, or a vector made from one, proves it. Blocks are references to `LANES` values.
        // Loads and stores are the unaligned ones. Compilers for targets that have the instruction
        // set treat some intrinsics as safe.
        #[allow(clippy::undocumented_unsafe_blocks, unused_unsafe)]
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
            $(
                #[inline(always)]
                unsafe fn store_past_caches(self, to: &mut Self::Block) {
                    // SAFETY: `to` is aligned, and the caller makes the fence, by the caller's
                    // promise.
                    unsafe { $store_past_caches(to.as_mut_ptr(), self.0) }
                }
            )?
            $(
                #[inline(always)]
                fn prefetch(_: $simd, from: *const $scalar) {
                    unsafe { $prefetch(from.cast()) }
                }
            )?
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
                let ($x, $y, $z) = (self.0, b.0, c.0);
                Self(unsafe { $mul_add })
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                let ($u, $v, $w) = (self.0, b.0, c.0);
                Self(unsafe { $neg_mul_add })
            }
            #[inline(always)]
            fn transpose(rows: &mut [Self; MAX_LANES]) {
                unsafe { $transpose(rows) }
            }
            $($provided)+
        }
    };
}
pub(in crate::cpu) use float_vector;
