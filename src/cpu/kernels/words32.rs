//! Correlation of 32-bit integers by digits of 16 bits. It serves machines that add up products of
//! 16 bits as fast as they multiply floats, but take several operations for a product of 32 bits.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use crate::cpu::vector::{DigitVector, unrolled};

/// ```text
/// for each block of outputs, for each run of taps:
///     d[i] = x[i] - x[i + LANES],  a, b = vectors of taps by turns
///     for R pairs of vectors of outputs:
///         common = correlate(a + b, x) at the second of each pair
///         first  = common + correlate(a, d)
///         second = common - correlate(b, d)
///
/// correlate(taps, x), in lanes of 32 bits:
///     2^16 * (the products of each value's low digit with the tap's high one, and the reverse)
///     + the products of low digits, those of two taps at a time
/// ```
///
/// 1. A number is `high * 2^16 + low`. The low digit is signed, because the vector units multiply
///    signed words. Modulo 2^32 the product of high digits does not count. One operation multiplies
///    both words of a lane by two other words and adds both products to the lane: the two products
///    across, or two products of low digits that lie side by side. So two taps take three
///    operations.
/// 2. Halves of outputs and taps take three correlations instead of four (Winograd's F(2, 2), which
///    loses nothing modulo 2^32). So eight taps take nine operations. The halves are vectors by
///    turns, so no value has to move. `d` is staged with the digits.
/// 3. Inputs are unaligned. A loaded input serves up to four taps, as in the kernel of floats.
///
/// Times as multiples of float32's at 2^18 values, minima (Intel's 4th Xeon generation, AVX-512
/// with VNNI):
///
/// | taps | 40 | 64 | 96 | 128 | 256 and more |
/// |---|---|---|---|---|---|
/// | this kernel | 2.0 | 1.8 | 1.4 | 1.36 | 1.26 |
/// | products of 32 bits | 2.1 | 2.7 | 2.6 | 2.8 | 2.9 |
///
/// The operations alone would take 1.13 of the time of a float32 kernel at the peak. Half of 64
/// taps are two vectors, so an input serves only two taps, and loads that cross cache lines are the
/// bound. Of one measured time, 1.72, the loops of `products` took 1.22, staging 0.23, and all else
/// 0.27.
pub struct Words32<'a> {
    /// The taps, as for [`correlate_words`](crate::cpu::correlate_words).
    pub taps: &'a [u32],
    /// The inputs, likewise.
    pub x: &'a [u32],
    /// The outputs, likewise.
    pub out: &'a mut [u32],
}

/// The kernel is for this many taps and more. With fewer taps, products of 32 bits take less time
/// than staging. From 33 to 38 taps, both take about the same time.
pub const FROM: usize = 40;

/// The most lanes in a vector.
const MAX_LANES: usize = 16;
/// Pairs of vectors of outputs in the largest tile. Its sums leave registers for four taps and
/// inputs.
const ROWS: usize = 14;
/// The number of outputs that are staged for at a time: whole tiles.
const OUTPUTS: usize = 2 * ROWS * 2 * MAX_LANES;
/// The number of taps that are staged at a time, in groups of four for each loaded input.
const TAPS: usize = 2 * 4 * 2 * MAX_LANES;
/// Values under that many outputs and taps.
const STAGE: usize = OUTPUTS + TAPS;

/// A part of a stage. It is not filled with zeros first: for all 21 KiB, this would take 3 % of the
/// time of 64 taps.
type Stage<const N: usize> = [MaybeUninit<u32>; N];

/// One input of a correlation: values, or taps.
#[repr(C)]
struct Staged<const WHOLE: usize, const LOW: usize> {
    /// Both digits of each number. Taps hold them in reverse order.
    whole: Stage<WHOLE>,
    /// The low digits of each value and the next value. For taps, the low digits of each tap at an
    /// even index and the next tap.
    low: Stage<LOW>,
}

impl<const WHOLE: usize, const LOW: usize> Staged<WHOLE, LOW> {
    const NEW: Self =
        Self { whole: [MaybeUninit::uninit(); WHOLE], low: [MaybeUninit::uninit(); LOW] };
}

type StagedValues = Staged<STAGE, STAGE>;
type StagedTaps = Staged<{ TAPS / 2 }, { TAPS / 4 }>;

/// The operands of the three correlations, and the common sums of each pair. Vectors of values are
/// aligned.
#[repr(C, align(64))]
struct Buffers {
    x: StagedValues,
    d: StagedValues,
    taps: [StagedTaps; 3],
    common: Stage<{ ROWS * MAX_LANES }>,
    /// The tile in which `out` ends.
    last: [u32; 2 * ROWS * MAX_LANES],
}

/// `value` in two digits. The low word is the low digit, which is signed. The high word is the high
/// digit that matches it.
#[inline(always)]
fn to_digits(value: u32) -> u32 {
    value.wrapping_add((value & 0x8000) << 1)
}

#[inline(always)]
fn lanes<V: DigitVector>() -> usize {
    V::LEN / 2
}

impl Words32<'_> {
    /// Computes all outputs.
    #[inline(always)]
    pub fn run<V: DigitVector>(self, simd: V::Simd) {
        let Self { taps, x, out } = self;
        let mut buffers = Buffers {
            x: Staged::NEW,
            d: Staged::NEW,
            taps: [const { Staged::NEW }; 3],
            common: [MaybeUninit::uninit(); _],
            last: [0; _],
        };
        for (block, out) in out.chunks_mut(OUTPUTS).enumerate() {
            for (run, taps) in taps.chunks(TAPS).enumerate() {
                let x = &x[block * OUTPUTS + run * TAPS..][..out.len() + taps.len() - 1];
                let staged = stage_values(lanes::<V>(), x, &mut buffers.x, &mut buffers.d);
                stage_taps(lanes::<V>(), taps, &mut buffers.taps);
                let mut at = 0;
                while at < out.len() {
                    let pairs = (out.len() - at).div_ceil(2 * lanes::<V>());
                    // Tiles have about the same size, because small tiles wait for their sums.
                    let rows = pairs.div_ceil(pairs.div_ceil(ROWS));
                    let step = Step { staged, taps: taps.len(), at, add: run > 0 };
                    at += if rows > 7 {
                        tile::<V, ROWS>(simd, &mut buffers, step, &mut out[at..])
                    } else if rows > 3 {
                        tile::<V, 7>(simd, &mut buffers, step, &mut out[at..])
                    } else {
                        tile::<V, 3>(simd, &mut buffers, step, &mut out[at..])
                    };
                }
            }
        }
    }
}

/// Stages `x` with zeros behind it, and the differences of values that are `lanes` apart. Returns
/// how many values of each may be read.
#[inline(always)]
fn stage_values(
    lanes: usize,
    x: &[u32],
    values: &mut StagedValues,
    differences: &mut StagedValues,
) -> usize {
    // The number of values that the largest tile reads.
    let len = STAGE.min(x.len() + 2 * ROWS * lanes);
    let last = x.len() - 1;
    for i in 0..last {
        // SAFETY: the four bytes from two bytes into value i on end inside value i + 1, which
        // exists. The low word of value i + 1 is the high word of `next`, as the line below needs
        // it.
        let next = unsafe { x.as_ptr().add(i).byte_add(2).read_unaligned() };
        values.whole[i].write(to_digits(x[i]));
        values.low[i].write((x[i] & 0xffff) | (next & 0xffff_0000));
    }
    values.whole[last].write(to_digits(x[last]));
    values.low[last].write(x[last] & 0xffff);
    values.whole[x.len()..len].fill(MaybeUninit::new(0));
    values.low[x.len()..len].fill(MaybeUninit::new(0));

    let both = x.len().saturating_sub(lanes);
    for (i, (&x, &far)) in x.iter().zip(&x[x.len() - both..]).enumerate() {
        differences.whole[i].write(to_digits(x.wrapping_sub(far)));
    }
    differences.whole[both..len].copy_from_slice(&values.whole[both..len]);
    // SAFETY: `len` values of two words each were written.
    let low = unsafe { std::slice::from_raw_parts(values.low.as_ptr().cast::<u16>(), 2 * len) };
    let far = &low[2 * lanes..];
    let to = &mut differences.low[..len - lanes];
    // SAFETY: the slice has two words for each value, and a word needs less alignment than a value.
    let to = unsafe {
        std::slice::from_raw_parts_mut(to.as_mut_ptr().cast::<MaybeUninit<u16>>(), far.len())
    };
    for ((to, &low), &far) in to.iter_mut().zip(low).zip(far) {
        to.write(low.wrapping_sub(far));
    }
    len - lanes
}

/// Stages `a + b`, `a` and `-b`. `a` and `b` are vectors of taps by turns, with zeros behind the
/// last tap.
#[inline(always)]
fn stage_taps(lanes: usize, taps: &[u32], filters: &mut [StagedTaps; 3]) {
    let mut turns = [[0; TAPS / 2]; 2];
    for (i, taps) in taps.chunks(lanes).enumerate() {
        turns[i % 2][i / 2 * lanes..][..taps.len()].copy_from_slice(taps);
    }
    let [a, b] = &turns;
    let len = taps.len().div_ceil(2 * lanes) * lanes;
    for (part, StagedTaps { whole, low }) in filters.iter_mut().enumerate() {
        let mut digits = [0; TAPS / 2];
        for i in 0..len {
            digits[i] = to_digits([a[i].wrapping_add(b[i]), a[i], b[i].wrapping_neg()][part]);
            whole[i].write(digits[i].rotate_left(16));
        }
        for (low, [first, second]) in low.iter_mut().zip(digits[..len].as_chunks().0) {
            low.write((first & 0xffff) | (second << 16));
        }
    }
}

/// The parameters of a tile.
#[derive(Clone, Copy)]
struct Step {
    /// The number of values that may be read.
    staged: usize,
    /// The number of staged taps.
    taps: usize,
    /// Where in the stage the tile's values begin.
    at: usize,
    /// Whether sums are added to the outputs.
    add: bool,
}

/// Makes `R` pairs of vectors of outputs, and returns their length. `out` may hold only the first
/// lanes.
#[inline(always)]
fn tile<V: DigitVector, const R: usize>(
    simd: V::Simd,
    buffers: &mut Buffers,
    step: Step,
    out: &mut [u32],
) -> usize {
    let lanes = lanes::<V>();
    let Buffers { x, d, taps, common, last } = buffers;
    let is_last = out.len() < 2 * R * lanes;
    let to = if is_last {
        last[..out.len()].copy_from_slice(out);
        &mut last[..2 * R * lanes]
    } else {
        &mut out[..2 * R * lanes]
    };
    for (part, taps) in taps.iter().enumerate() {
        let zero = V::zero(simd);
        let mut sums = [zero; R];
        let values = if part == 0 { &*x } else { &*d };
        // The second vector of each pair is made from the first and the last filter.
        let second = if part == 1 { 0 } else { lanes };
        let from = step.at + second;
        let x = &values.whole[from..step.staged];
        products::<V, R, 1>(simd, &taps.whole, step.taps, x, &mut sums);
        for sum in &mut sums {
            *sum = V::join([zero, *sum, zero, zero]);
        }
        let x = &values.low[from..step.staged];
        products::<V, R, 2>(simd, &taps.low, step.taps, x, &mut sums);
        for (r, &sum) in sums.iter().enumerate() {
            // SAFETY: (r + 1) * LANES <= ROWS * LANES, and
            // second + (2 * r + 1) * LANES <= 2 * R * LANES = to.len(). The first part writes the
            // common sums that the other parts read.
            unsafe {
                let common = common.as_mut_ptr().add(r * lanes).cast();
                if part == 0 {
                    sum.store_at(common);
                    continue;
                }
                let to = to.as_mut_ptr().add(second + 2 * r * lanes).cast();
                let mut sum = sum.add(V::load_at(simd, common));
                if step.add {
                    sum = sum.add(V::load_at(simd, to));
                }
                sum.store_at(to);
            }
        }
    }
    if is_last {
        out.copy_from_slice(&last[..out.len()]);
    }
    2 * R * lanes
}

/// `sums[r] += filter[(k + a * LANES) / STRIDE] * x[k + (a + r) * 2 * LANES ..]` for each `r`, each
/// `k` below `LANES` in strides, and each `a` with a tap `k + a * 2 * LANES`. A product is the sum
/// of the products of both words.
#[inline(always)]
fn products<V: DigitVector, const R: usize, const STRIDE: usize>(
    simd: V::Simd,
    filter: &[MaybeUninit<u32>],
    taps: usize,
    x: &[MaybeUninit<u32>],
    sums: &mut [V; R],
) {
    let lanes = lanes::<V>();
    let groups = taps.div_ceil(2 * lanes);
    // The loads in `add_products` rely on this.
    assert!(groups * lanes / STRIDE <= filter.len() && (groups + R - 1) * 2 * lanes <= x.len());
    // The last group may have taps only for the first lanes.
    let full = (taps - (groups - 1) * 2 * lanes).next_multiple_of(2).min(lanes);
    for (start, end, groups) in [(0, full, groups), (full, lanes, groups - 1)] {
        let mut at = 0;
        while at < groups {
            // As many groups as a loaded input serves. Five go as three and two, so that no single
            // group is left.
            let apart = match groups - at {
                left @ ..=4 => left,
                5 => 3,
                _ => 4,
            };
            let mut k = start;
            while k < end {
                // SAFETY: at + apart <= groups and k < LANES. So the taps end at groups * LANES /
                // STRIDE, and the values at (groups + R - 1) * 2 * LANES. All taps and values of a
                // group are staged.
                unsafe {
                    let taps = filter.as_ptr().add((k + at * lanes) / STRIDE);
                    let x = x.as_ptr().add(k + at * 2 * lanes);
                    match apart {
                        4 => add_products::<V, R, 4, STRIDE>(simd, taps, x, sums),
                        3 => add_products::<V, R, 3, STRIDE>(simd, taps, x, sums),
                        2 => add_products::<V, R, 2, STRIDE>(simd, taps, x, sums),
                        _ => add_products::<V, R, 1, STRIDE>(simd, taps, x, sums),
                    }
                }
                k += STRIDE;
            }
            at += apart;
        }
    }
}

/// `sums[r] += taps[a * LANES / STRIDE] * x[(a + r) * 2 * LANES ..]` for `r` below `R`, `a` below
/// `A`.
///
/// # Safety
/// All these taps, and `LANES` values from each of these places in `x` on, are readable and
/// initialised.
#[inline(always)]
unsafe fn add_products<V: DigitVector, const R: usize, const A: usize, const STRIDE: usize>(
    simd: V::Simd,
    taps: *const MaybeUninit<u32>,
    x: *const MaybeUninit<u32>,
    sums: &mut [V; R],
) {
    let lanes = lanes::<V>();
    let (mut tap, mut window) = ([V::zero(simd); A], [V::zero(simd); A]);
    unrolled!(a < A, {
        // SAFETY: the caller's promise.
        tap[a] = unsafe { V::splat_at(simd, taps.add(a * lanes / STRIDE).cast()) };
    });
    unrolled!(j < R + A - 1, {
        // SAFETY: the caller's promise; j <= (R - 1) + (A - 1).
        window[j % A] = unsafe { V::load_at(simd, x.add(j * 2 * lanes).cast()) };
        if j + 1 >= A {
            let r = j + 1 - A;
            unrolled!(a < A, {
                sums[r] = window[(r + a) % A].dot(tap[a], sums[r]);
            });
        }
    }, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

// Only x86-64 has vectors of digits.
#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::cpu::isa::Isa;
    use crate::cpu::vector::WordSimd;
    use crate::process::guard_page::BeforeGuardPage;

    fn correlate_on(isa: Isa, taps: &[u32], x: &[u32], out: &mut [u32]) -> bool {
        fn run<S: WordSimd<U16: DigitVector>>(simd: S, words: Words32) {
            words.run::<S::U16>(simd);
        }
        let words = Words32 { taps, x, out };
        match isa {
            Isa::Portable(_) => return false,
            Isa::Avx2(simd) => run(simd, words),
            Isa::Avx512(simd) => run(simd, words),
            Isa::Avx512Vnni(simd) => run(simd, words),
        }
        true
    }

    /// Compares all instruction sets with plain sums, for values that `next` makes.
    fn check(outputs: usize, k: usize, mut next: impl FnMut() -> u32) {
        let (mut taps, mut x) = (BeforeGuardPage::new(k), BeforeGuardPage::new(outputs + k - 1));
        taps.iter_mut().chain(x.iter_mut()).for_each(|value| *value = next());
        let want = |i: usize| {
            let products = taps.iter().zip(&x[i..]).map(|(tap, x)| tap.wrapping_mul(*x));
            products.fold(0, u32::wrapping_add)
        };
        let want: Vec<u32> = (0..outputs).map(want).collect();
        for isa in each_isa() {
            let mut out = BeforeGuardPage::new(outputs);
            // The kernel overwrites old values.
            out.fill(0xdead_beef);
            if correlate_on(isa, &taps, &x, &mut out) {
                assert!(out[..] == want[..], "{} {outputs} x {k}", isa.name());
            }
        }
    }

    /// Every digit at its smallest and its largest, and on both sides of a borrow.
    const EXTREMES: [u32; 12] = [
        0x8000_0000,
        0x7fff_ffff,
        0xffff_ffff,
        0,
        1,
        0x7fff,
        0x8000,
        0xffff,
        0xffff_8000,
        0x8000_8000,
        0x7fff_8000,
        0x8000_7fff,
    ];

    fn mixed() -> impl FnMut() -> u32 {
        let mut seed = 3u64;
        move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            match seed >> 62 {
                0 => (seed >> 20) as u32,
                _ => EXTREMES[(seed >> 40) as usize % EXTREMES.len()],
            }
        }
    }

    #[test]
    fn digits_are_exact_at_every_length() {
        for isa in each_isa() {
            println!("knows {}", isa.name());
        }
        let mut next = mixed();
        // Outputs: every tail of a vector, and every tile. Taps: every tail of a group, of a run,
        // and of four groups.
        for outputs in (1..=2 * ROWS * 2 * MAX_LANES).step_by(5).chain(1..100) {
            check(outputs, 1 + outputs * 7 % 83, &mut next);
        }
        for outputs in [OUTPUTS - 1, OUTPUTS, OUTPUTS + 1, 2 * OUTPUTS + 33] {
            check(outputs, 65, &mut next);
        }
        for k in (1..=TAPS + 70).chain([2 * TAPS - 1, 2 * TAPS, 2 * TAPS + 1]) {
            check(1 + k * 11 % 70, k, &mut next);
        }
    }

    #[test]
    fn digits_are_exact_at_their_extremes() {
        for a in EXTREMES {
            for b in EXTREMES {
                // First all taps are `a` and all values are `b`. Then both mix `a` and `b`.
                let mut index = 0;
                check(70, 66, || {
                    if index < 66 {
                        index += 1;
                        a
                    } else {
                        b
                    }
                });
                check(70, 66, || {
                    index += 1;
                    if index % 3 == 0 { a } else { b }
                });
            }
        }
    }
}
