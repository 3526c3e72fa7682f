//! The parts that the float vectors of AVX2 and AVX-512 share, beside the list of operations.

/// [`Simd::widen_float16`](crate::cpu::vector::Simd::widen_float16) and the reverse, vector by
/// vector.
macro_rules! convert_float16 {
    (
        lanes: $lanes:literal,
        load: $load:ident,
        store: $store:ident,
        load_halves: $load_halves:ident,
        store_halves: $store_halves:ident,
        widen: $widen:ident,
        narrow: $narrow:path,
    ) => {
        #[inline(always)]
        fn widen_float16(self, from: &[u16], to: &mut [f32]) {
            let (from, from_rest) = from.as_chunks::<$lanes>();
            let (to, to_rest) = to.as_chunks_mut::<$lanes>();
            for (from, to) in from.iter().zip(to) {
                // SAFETY: the token proves the instructions. Exactly the values of both chunks are
                // read and written.
                unsafe {
                    $store(to.as_mut_ptr(), $widen($load_halves(from.as_ptr().cast())));
                }
            }
            widen_each_float16(from_rest, to_rest);
        }

        #[inline(always)]
        fn narrow_float16(self, from: &[f32], to: &mut [u16]) {
            let (from, from_rest) = from.as_chunks::<$lanes>();
            let (to, to_rest) = to.as_chunks_mut::<$lanes>();
            for (from, to) in from.iter().zip(to) {
                // SAFETY: as above.
                unsafe {
                    $store_halves(to.as_mut_ptr().cast(), $narrow($load(from.as_ptr())));
                }
            }
            narrow_each_float16(from_rest, to_rest);
        }
    };
}
pub(super) use convert_float16;

/// Transposes 4 x 4 squares of float32 inside the 128-bit lanes of four registers, in place.
macro_rules! transpose_in_lanes {
    (
        rows: [$a:expr, $b:expr, $c:expr, $d:expr],
        low_values: $low_values:ident,
        high_values: $high_values:ident,
        low_pairs: $low_pairs:ident,
        high_pairs: $high_pairs:ident,
        to_pairs: $to_pairs:ident,
        from_pairs: $from_pairs:ident,
    ) => {
        let [a, b, c, d] = [$a, $b, $c, $d];
        let ab_low = $to_pairs($low_values(a, b));
        let ab_high = $to_pairs($high_values(a, b));
        let cd_low = $to_pairs($low_values(c, d));
        let cd_high = $to_pairs($high_values(c, d));
        $a = $from_pairs($low_pairs(ab_low, cd_low));
        $b = $from_pairs($high_pairs(ab_low, cd_low));
        $c = $from_pairs($low_pairs(ab_high, cd_high));
        $d = $from_pairs($high_pairs(ab_high, cd_high));
    };
}
pub(super) use transpose_in_lanes;
