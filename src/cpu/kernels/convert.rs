//! Conversion of float16 and bfloat16.

use bytemuck::{Pod, cast_slice, cast_slice_mut};
use half::{bf16, f16};

use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::halves::{narrow_bfloat16, widen_bfloat16};
use crate::cpu::vector::{Kernel, Simd};

/// A 16-bit float that is computed with in float32. The conversions give the bits of the `half`
/// crate's conversions, on every instruction set and at every place in a slice. A quiet NaN keeps
/// as much of its payload as fits. A signalling NaN becomes quiet. A value that is not a 16-bit
/// float is rounded to the nearest, ties to even.
pub trait Half: Pod + Send + Sync + Default {
    /// Writes `from` as float32 to `to`, which is as long.
    fn widen_all<S: Simd>(simd: S, from: &[Self], to: &mut [f32]);
    /// Writes `from`, rounded, to `to`, which is as long.
    fn narrow_all<S: Simd>(simd: S, from: &[f32], to: &mut [Self]);
}

impl Half for f16 {
    #[inline(always)]
    fn widen_all<S: Simd>(simd: S, from: &[Self], to: &mut [f32]) {
        simd.widen_float16(cast_slice(from), to);
    }
    #[inline(always)]
    fn narrow_all<S: Simd>(simd: S, from: &[f32], to: &mut [Self]) {
        simd.narrow_float16(from, cast_slice_mut(to));
    }
}

impl Half for bf16 {
    #[inline(always)]
    fn widen_all<S: Simd>(_: S, from: &[Self], to: &mut [f32]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = widen_bfloat16(from.to_bits());
        }
    }
    #[inline(always)]
    fn narrow_all<S: Simd>(_: S, from: &[f32], to: &mut [Self]) {
        for (to, &from) in to.iter_mut().zip(from) {
            *to = Self::from_bits(narrow_bfloat16(from));
        }
    }
}

/// Converts `from` to float32.
///
/// 1. float16 takes x86's instruction for 8 or 16 values on machines that have it, and a dozen
///    integer operations elsewhere. bfloat16 takes a shift, and some operations for NaNs.
/// 2. The compiler is given whole slices. From loops over 16 values it makes 16 times the scalar
///    code, which took 0.5 ns a value instead of 0.05.
///
/// # Panics
/// If the lengths differ.
pub fn widen<H: Half>(from: &[H], to: &mut [f32]) {
    widen_on(isa(), from, to);
}

fn widen_on<H: Half>(isa: Isa, from: &[H], to: &mut [f32]) {
    struct Widen<'a, H>(&'a [H], &'a mut [f32]);
    impl<H: Half> Kernel for Widen<'_, H> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            H::widen_all(simd, self.0, self.1);
        }
    }
    assert_eq!(from.len(), to.len());
    isa.run(Widen(from, to));
}

/// Rounds `from` to 16-bit floats, the reverse of [`widen`].
///
/// # Panics
/// If the lengths differ.
pub fn narrow<H: Half>(from: &[f32], to: &mut [H]) {
    narrow_on(isa(), from, to);
}

fn narrow_on<H: Half>(isa: Isa, from: &[f32], to: &mut [H]) {
    struct Narrow<'a, H>(&'a [f32], &'a mut [H]);
    impl<H: Half> Kernel for Narrow<'_, H> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) {
            H::narrow_all(simd, self.0, self.1);
        }
    }
    assert_eq!(from.len(), to.len());
    isa.run(Narrow(from, to));
}

/// Rounds the float32 `values` to values that 16-bit floats hold.
pub fn round_to<H: Half>(values: &mut [f32]) {
    const AT_ONCE: usize = 64;
    let mut halves = [H::default(); AT_ONCE];
    for values in values.chunks_mut(AT_ONCE) {
        let halves = &mut halves[..values.len()];
        narrow(values, halves);
        widen(halves, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    /// Every exponent and sign with the fractions at which the rounding to either format changes,
    /// and with some others.
    fn float32_patterns() -> Vec<f32> {
        let mut fractions = vec![0u32, 1, 0x7f_ffff, 0x40_0000, 0x3f_ffff, 0x40_0001, 0x55_5555];
        for bit in 0..23 {
            for base in [1u32 << bit, 3 << bit, (1 << bit) + (1 << 13), (1 << bit) + (1 << 16)] {
                fractions.extend([base.wrapping_sub(1), base, base + 1].map(|f| f & 0x7f_ffff));
            }
        }
        // Ties and their neighbours, with every fraction of a bfloat16 and with many of a float16.
        for kept in 0..128 {
            fractions.extend([0x7fff, 0x8000, 0x8001].map(|rest| (kept << 16) | rest));
            fractions.extend([0xfff, 0x1000, 0x1001].map(|rest| (kept << 13) | rest));
        }
        let exponents = (0..256u32).flat_map(|exponent| [exponent << 23, exponent << 23 | 1 << 31]);
        exponents.flat_map(|top| fractions.iter().map(move |f| f32::from_bits(top | f))).collect()
    }

    fn check<H: Half + PartialEq>(
        name: &str,
        from_bits: fn(u16) -> H,
        to_bits: fn(H) -> u16,
        to_f32: fn(H) -> f32,
        from_f32: fn(f32) -> H,
    ) {
        let halves: Vec<H> = (0..=u16::MAX).map(from_bits).collect();
        let mut floats = float32_patterns();
        // Every 16-bit float, every tie, and the neighbours of both.
        for pair in halves.windows(2) {
            let (low, high) = (to_f32(pair[0]), to_f32(pair[1]));
            let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
            for value in [low, middle] {
                floats.extend(
                    [-1i32, 0, 1].map(|d| f32::from_bits(value.to_bits().wrapping_add_signed(d))),
                );
            }
        }
        for isa in each_isa() {
            let mut wide = BeforeGuardPage::<f32>::new(halves.len());
            widen_on(isa, &halves, &mut wide);
            for (i, &wide) in wide.iter().enumerate() {
                let want = to_f32(halves[i]).to_bits();
                assert_eq!(wide.to_bits(), want, "{} {name} {i:#x}", isa.name());
            }
            let mut narrow = vec![H::default(); floats.len()];
            narrow_on(isa, &floats, &mut narrow);
            for (&got, &value) in narrow.iter().zip(&floats) {
                let (got, want) = (to_bits(got), to_bits(from_f32(value)));
                assert_eq!(got, want, "{} {name} {:#x}", isa.name(), value.to_bits());
            }
            // Every tail. The guard page shows that nothing beyond it is touched.
            for len in 0..100 {
                let mut from = BeforeGuardPage::<H>::new(len);
                from.copy_from_slice(&halves[0x3c00..][..len]);
                let (mut wide, mut back) =
                    (BeforeGuardPage::<f32>::new(len), BeforeGuardPage::<H>::new(len));
                widen_on(isa, &from, &mut wide);
                narrow_on(isa, &wide, &mut back);
                assert!(wide.iter().zip(&*from).all(|(&wide, &from)| wide == to_f32(from)));
                assert!(back[..] == from[..], "{} {name} {len}", isa.name());
            }
        }
        let mut rounded = floats.clone();
        round_to::<H>(&mut rounded);
        for (&got, &value) in rounded.iter().zip(&floats) {
            assert_eq!(got.to_bits(), to_f32(from_f32(value)).to_bits(), "{:#x}", value.to_bits());
        }
    }

    #[test]
    fn halves_are_converted_as_one_by_one() {
        for isa in each_isa() {
            println!("runs on {}", isa.name());
        }
        check("float16", f16::from_bits, f16::to_bits, f16::to_f32, f16::from_f32);
        check("bfloat16", bf16::from_bits, bf16::to_bits, bf16::to_f32, bf16::from_f32);
    }
}
