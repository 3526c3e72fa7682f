//! Multiplication by powers of two.

use crate::cpu::float_environment::{FloatEnvironment, Subnormals};
use crate::cpu::isa::{Isa, isa};
use crate::cpu::vector::{Kernel, Real, Simd};

/// Multiplies `values` by 2^exponent, rounded once, to nearest. Infinities and NaNs stay as they
/// are. Where subnormal numbers are flushed, subnormal values and products become zeros of their
/// sign.
///
/// `exponent` is at most twice that of the smallest `T`, in magnitude.
pub fn scale<T: Real>(values: &mut [T], exponent: i32) {
    scale_on(isa(), values, exponent);
}

fn scale_on<T: Real>(isa: Isa, values: &mut [T], exponent: i32) {
    if exponent == 0 {
        return;
    }
    let factors = Factors::new(exponent);
    match FloatEnvironment::subnormals() {
        Subnormals::Flush => isa.run(Plain { factors, values }),
        Subnormals::Keep if exponent > 0 => isa.run(Up { factors, values }),
        Subnormals::Keep => isa.run(Down { factors, values }),
    }
}

/// Multiplies by a power of two. Many processors need some hundred cycles to multiply a subnormal
/// number, or to round to one. So neither kernel multiplies subnormal numbers or makes any by a
/// multiplication: 0.12 ns for each float32, not 4 (AVX-512 of Intel).
///
/// With `e` the exponent, `s` that of the smallest subnormal number, and `M` the float whose last
/// bit has the value 1:
///
/// ```text
/// up:    x is subnormal, so it is m 2^s with an integer m, the bits of |x|:
///            the bits of M with m ORed into them are the float M + m
///            (M + m - M) 2^(s + e) = m 2^(s + e)
/// down:  x is subnormal, and the exponent is so small that the product is 0: x is replaced by 0
///        the result is subnormal, so it is m 2^s with an integer m:
///            M + |x| 2^(e - s) is rounded to an integer above M, and its last bits are m
/// ```
struct Factors<T> {
    /// 2^exponent, as two factors, because the power itself may be out of range.
    all: [T; 2],
    /// The power for subnormal numbers, as two factors.
    subnormal: [T; 2],
    /// Magnitudes below this have a subnormal product. Infinite if all have.
    limit: T,
    /// M.
    magic: T,
    /// Magnitudes below this are replaced by 0.
    least: T,
}

impl<T: Real> Factors<T> {
    fn new(exponent: i32) -> Self {
        let power = |exponent| T::from_f64(power(exponent));
        let halves = |exponent: i32| [power(exponent / 2), power(exponent - exponent / 2)];
        let smallest = T::MIN_SUBNORMAL;
        Self {
            // With a smaller power, the limit is infinite.
            all: halves(exponent.max(2 * T::MIN_NORMAL - 1)),
            subnormal: halves(if exponent > 0 { smallest + exponent } else { exponent - smallest }),
            limit: power(T::MIN_NORMAL - exponent.min(0)),
            magic: power(T::MIN_NORMAL - smallest),
            // Products of subnormal numbers are below half of the smallest number.
            least: match exponent < smallest - T::MIN_NORMAL {
                true => power(T::MIN_NORMAL),
                false => T::default(),
            },
        }
    }
}

/// 2^exponent. Infinite if that is too large.
fn power(exponent: i32) -> f64 {
    match exponent {
        ..-1074 => 0.0,
        -1074..=-1023 => f64::from_bits(1 << (exponent + 1074)),
        -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
        _ => f64::INFINITY,
    }
}

/// The bits of a magnitude, and the sign.
#[inline(always)]
fn split<T: Real>(x: T) -> (T::Bits, T::Bits) {
    let bits: T::Bits = bytemuck::cast(x);
    (T::magnitude(bits), bits & T::SIGN)
}

/// Multiplies. The processor flushes subnormal numbers, which costs no time.
struct Plain<'a, T> {
    factors: Factors<T>,
    values: &'a mut [T],
}

impl<T: Real> Kernel for Plain<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let all = self.factors.all;
        for x in self.values {
            *x = *x * all[0] * all[1];
        }
    }
}

struct Up<'a, T> {
    factors: Factors<T>,
    values: &'a mut [T],
}

impl<T: Real> Kernel for Up<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Factors { all, subnormal, limit, magic, .. } = self.factors;
        let (least, base): (T::Bits, T::Bits) = (bytemuck::cast(limit), bytemuck::cast(magic));
        for x in self.values {
            let (bits, sign) = split(*x);
            let is_subnormal = bits < least;
            let value: T = bytemuck::cast(if is_subnormal { bits | base } else { bits });
            let product = match is_subnormal {
                true => (value - magic) * subnormal[0] * subnormal[1],
                false => value * all[0] * all[1],
            };
            let bits: T::Bits = bytemuck::cast(product);
            *x = bytemuck::cast(bits | sign);
        }
    }
}

struct Down<'a, T> {
    factors: Factors<T>,
    values: &'a mut [T],
}

impl<T: Real> Kernel for Down<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Factors { all, subnormal, limit, magic, least } = self.factors;
        let (base, least): (T::Bits, T::Bits) = (bytemuck::cast(magic), bytemuck::cast(least));
        for x in self.values {
            let (bits, sign) = split(*x);
            let bits = if bits < least { T::Bits::default() } else { bits };
            let value: T = bytemuck::cast(bits);
            let is_subnormal = value < limit;
            let small = if is_subnormal { value } else { T::default() };
            let small: T::Bits = bytemuck::cast(small * subnormal[0] * subnormal[1] + magic);
            let large = if is_subnormal { limit } else { value };
            let large: T::Bits = bytemuck::cast(large * all[0] * all[1]);
            *x = bytemuck::cast(if is_subnormal { small - base } else { large } | sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::each_isa::each_isa;
    use crate::process::guard_page::BeforeGuardPage;

    /// The product of a finite number and a power of two, rounded once, by integers.
    fn product(x: f64, exponent: i32, smallest: i32) -> f64 {
        let bits = x.abs().to_bits();
        let (fraction, biased) = (bits & ((1 << 52) - 1), (bits >> 52) as i32);
        let whole = if biased == 0 { fraction } else { fraction | 1 << 52 };
        let place = biased.max(1) - 1075 + exponent;
        let (half, down) = (place.max(smallest) / 2, smallest - place);
        let rest = place.max(smallest) - half;
        let rounded = match down {
            ..=0 => whole,
            1..=54 => {
                let (kept, cut) = (whole >> down, whole & ((1 << down) - 1));
                let tie = 1 << (down - 1);
                kept + u64::from(cut > tie || cut == tie && kept % 2 == 1)
            }
            _ => 0,
        };
        (rounded as f64 * power(half) * power(rest)).copysign(x)
    }

    fn product32(x: f32, exponent: i32) -> f32 {
        // A float32 has 24 digits, so float64's range for 53 digits decides nothing here.
        product(f64::from(x), exponent, f32::MIN_SUBNORMAL) as f32
    }

    fn patterns32() -> Vec<f32> {
        let mut all = vec![0.0f32, f32::INFINITY, f32::NAN, f32::MAX, f32::MIN_POSITIVE];
        for exponent in 0..255u32 {
            for fraction in [0, 1, 2, 3, 0x7f_ffff, 0x40_0000, 0x40_0001, 0x3f_ffff, 0x55_5555] {
                all.push(f32::from_bits(exponent << 23 | fraction));
            }
        }
        all.extend(
            (0..23).flat_map(|bit| [1u32 << bit, (1 << bit) + 1, 3 << bit].map(f32::from_bits)),
        );
        let negative: Vec<f32> = all.iter().map(|x| -x).collect();
        all.extend(negative);
        all
    }

    #[test]
    fn products_are_rounded_once_at_both_ends_of_the_range() {
        let patterns = patterns32();
        for isa in each_isa() {
            for exponent in (-300..=300).step_by(7).chain([-149, -126, -125, -31, -1, 1, 31, 126]) {
                let mut x = BeforeGuardPage::<f32>::new(patterns.len());
                x.copy_from_slice(&patterns);
                scale_on(isa, &mut x, exponent);
                for (&got, &x) in x.iter().zip(&patterns) {
                    let want = if x.is_finite() { product32(x, exponent) } else { x };
                    let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
                    assert!(same, "{} {x:e} 2^{exponent}: {got:e} {want:e}", isa.name());
                }
            }
            let wide: Vec<f64> = (0..2047u64)
                .flat_map(|e| {
                    [0, 1, 3, (1 << 52) - 1, 1 << 51].map(|f| f64::from_bits(e << 52 | f))
                })
                .flat_map(|x| [x, -x])
                .collect();
            for exponent in [-2000, -1100, -1074, -1022, -500, -31, 31, 500, 1022, 1074, 2000] {
                let mut x = wide.clone();
                scale_on(isa, &mut x, exponent);
                for (&got, &x) in x.iter().zip(&wide) {
                    let want = product(x, exponent, f64::MIN_SUBNORMAL);
                    assert_eq!(got.to_bits(), want.to_bits(), "{x:e} 2^{exponent}");
                }
            }
        }
    }

    #[test]
    fn subnormal_numbers_become_zeros_where_they_are_flushed() {
        for isa in each_isa() {
            let (mut up, mut down) = ([1e-40f32, -1e-45, 0.0, 1.0], [1e-30f32, -1e-38, 3.0, -0.0]);
            FloatEnvironment::run_with(Subnormals::Flush, || {
                scale_on(isa, &mut up, 100);
                scale_on(isa, &mut down, -30);
            });
            let bits = |x: [f32; 4]| x.map(f32::to_bits);
            assert_eq!(bits(up), bits([0.0, -0.0, 0.0, 2f32.powi(100)]));
            assert_eq!(bits(down), bits([0.0, -0.0, 3.0 * 2f32.powi(-30), -0.0]));
        }
    }
}
