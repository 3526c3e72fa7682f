//! Vectors of words, made from an instruction set's intrinsics.

/// Makes a vector of words, `$name`, and its [`WordVector`](super::WordVector).
///
/// Every argument has the name of the trait's item that it makes, and names that item's operands.
macro_rules! word_vector {
    (
        $(#[$doc:meta])*
        $name:ident: $scalar:ident in $register:ident for $simd:ident {
            PACK: $pack:literal,
            ROWS: $rows:literal,
            zero: $zero:expr,
            splat_at: |$tap:ident| $splat_at:expr,
            load_at: |$from:ident| $load_at:expr,
            store_at: |$to:ident, $words:ident| $store_at:expr,
            dot: |$x:ident, $taps:ident, $sum:ident| $dot:expr,
            join: |$sums:ident| $join:expr,
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        // SAFETY, throughout: the intrinsics require only the instruction set and valid addresses.
        // The token, or a vector made from one, proves the instruction set. The caller promises
        // that addresses are readable or writable. Compilers for targets that have the instruction
        // set treat some intrinsics as safe.
        #[allow(clippy::undocumented_unsafe_blocks, unused_unsafe)]
        impl WordVector for $name {
            type Simd = $simd;
            type Scalar = $scalar;
            const LEN: usize = size_of::<$register>() / size_of::<$scalar>();
            const PACK: usize = $pack;
            const ROWS: usize = $rows;

            #[inline(always)]
            fn zero(_: $simd) -> Self {
                Self(unsafe { $zero })
            }
            #[inline(always)]
            unsafe fn splat_at(_: $simd, $tap: *const $scalar) -> Self {
                Self(unsafe { $splat_at })
            }
            #[inline(always)]
            unsafe fn load_at(_: $simd, $from: *const $scalar) -> Self {
                Self(unsafe { $load_at })
            }
            #[inline(always)]
            unsafe fn store_at(self, $to: *mut $scalar) {
                let $words = self.0;
                unsafe { $store_at }
            }
            #[inline(always)]
            fn dot(self, taps: Self, sum: Self) -> Self {
                let ($x, $taps, $sum) = (self.0, taps.0, sum.0);
                Self(unsafe { $dot })
            }
            #[inline(always)]
            fn join([a, b, c, d]: LaneSums<Self>) -> Self {
                let $sums = [a.0, b.0, c.0, d.0];
                Self(unsafe { $join })
            }
        }
    };
}
pub(in crate::cpu) use word_vector;
