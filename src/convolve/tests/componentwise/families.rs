//! Families of values, of every range that a dtype has.

use half::{bf16, f16};

use super::exact_sum::times_power;
use crate::convolve::tests::support::Random;
use crate::dtype::Dtype;

/// The range of a dtype, or of its parts.
#[derive(Clone, Copy)]
pub struct Range {
    /// The smallest number is 2^least.
    pub least: i32,
    /// The largest number is just below 2^most.
    pub most: i32,
    /// Bits of a number.
    pub digits: i32,
}

impl Range {
    pub fn of(dtype: Dtype) -> Self {
        let (least, most, digits) = match dtype {
            Dtype::Float16 => (-24, 16, 11),
            Dtype::BFloat16 => (-133, 128, 8),
            Dtype::Float64 => (-1074, 1024, 53),
            _ => (-149, 128, 24),
        };
        Self { least, most, digits }
    }

    /// The largest number.
    pub fn largest(self) -> f64 {
        times_power(2.0 - times_power(1.0, 1 - self.digits), self.most - 1)
    }

    /// A power of two between those of two shares of the range: -1 is the smallest number, 1 the
    /// largest.
    fn power(self, random: &mut Random, from: f64, to: f64) -> f64 {
        let share = from + (to - from) * (random.unit() + 1.0) / 2.0;
        self.at(share)
    }

    fn at(self, share: f64) -> f64 {
        let whole = if share < 0.0 { -self.least } else { self.most - 1 };
        power_of_two(share * f64::from(whole))
    }
}

/// 2^x, with a rounding error.
fn power_of_two(x: f64) -> f64 {
    times_power((x - x.floor()).exp2(), x.floor() as i32)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    /// One value, which may be a power of two.
    Constant,
    /// One value, and others just below half of its last place: they vanish, one by one, in a sum
    /// that begins with the value.
    Drops,
    /// One value with alternating signs, and hardly any noise.
    Alternating,
    Noise,
    /// 1e30 beside 1e-30, as far as the dtype has them.
    Spikes,
    /// From the largest to the smallest number, or back.
    Decay,
    /// A distribution of sum 1 that falls below the smallest number.
    Probabilities,
    /// The coefficients of (1 + x)^n, (1 - x)^n or (x + 10)^n, times a power of two.
    Polynomial,
    /// One or both tails of a Gaussian, down to the smallest number.
    Tails,
    /// Runs of zeros, or every other value.
    Zeros,
    /// Integers whose sums of products are exact in the dtype's computing type.
    Integers,
    /// Products near the largest number, of both signs, so that sums overflow midway.
    Loud,
    /// Around the smallest normal number, and below it.
    Subnormals,
    /// Powers of two, or ones, and a few others that are far larger.
    Powers,
    /// Any sign and exponent.
    Wild,
    /// A stretch of one family after a stretch of another.
    Joined,
}

impl Family {
    pub const ALL: [Self; 16] = [
        Self::Constant,
        Self::Drops,
        Self::Alternating,
        Self::Noise,
        Self::Spikes,
        Self::Decay,
        Self::Probabilities,
        Self::Polynomial,
        Self::Tails,
        Self::Zeros,
        Self::Integers,
        Self::Loud,
        Self::Subnormals,
        Self::Powers,
        Self::Wild,
        Self::Joined,
    ];

    /// Finite values, rounded to `dtype`.
    pub fn draw(self, random: &mut Random, len: usize, dtype: Dtype) -> Vec<f64> {
        let range = Range::of(dtype);
        let largest = range.largest();
        let rounded = |x: f64| {
            assert!(!x.is_nan(), "{self:?} of {len}");
            round(x.clamp(-largest, largest), dtype)
        };
        self.values(random, len, range).into_iter().map(rounded).collect()
    }

    fn values(self, random: &mut Random, len: usize, range: Range) -> Vec<f64> {
        let coin = |random: &mut Random| random.below(2) == 0;
        let scale = range.power(random, -0.4, 0.4);
        let (n, share) = ((len - 1).max(1) as f64, |i: usize| i as f64 / (len - 1).max(1) as f64);
        let mut values: Vec<f64> = match self {
            Self::Constant if coin(random) => vec![power_of_two(scale.log2().floor()); len],
            Self::Constant => vec![scale * random.unit(); len],
            Self::Drops => {
                let scale = power_of_two(scale.log2().floor());
                // Halves are summed in float32.
                let mut values = vec![0.98 * times_power(scale, -range.digits.max(24)); len];
                values[0] = scale;
                values
            }
            Self::Alternating => {
                let noise = if coin(random) { 1e-6 } else { 0.0 };
                let sign = |i| if i % 2 == 0 { 1.0 } else { -1.0 };
                (0..len).map(|i| scale * sign(i) * (1.0 + noise * random.unit())).collect()
            }
            Self::Noise => (0..len).map(|_| scale * random.unit()).collect(),
            Self::Spikes => {
                let (quiet, loud) = (range.at(-0.65), range.at(0.78));
                let apart = 1 + random.below(len);
                let level =
                    |random: &mut Random| if random.below(apart) == 0 { loud } else { quiet };
                (0..len).map(|_| level(random) * random.unit()).collect()
            }
            Self::Decay => {
                let is_positive = coin(random);
                let sign = |x: f64| if is_positive { x.abs() } else { x };
                (0..len).map(|i| range.at(1.0 - 2.0 * share(i)) * sign(random.unit())).collect()
            }
            Self::Probabilities => {
                let is_geometric = coin(random);
                let rate = if coin(random) { 0.5 } else { -f64::from(range.least) / n };
                let weights: Vec<f64> = (0..len)
                    .map(|i| match is_geometric {
                        true => power_of_two(-rate * i as f64),
                        false => range.power(random, -1.1, 0.0),
                    })
                    .collect();
                // All weights may be below the smallest number.
                let sum = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
                weights.into_iter().map(|weight| weight / sum).collect()
            }
            Self::Polynomial => {
                let root = [1.0f64, -1.0, 10.0][random.below(3)];
                // Logarithms of C(n, i) root^(n - i).
                let mut exponents = vec![0.0; len];
                for i in 1..len {
                    let ratio = (len - i) as f64 / i as f64 / root.abs();
                    exponents[i] = exponents[i - 1] + ratio.log2();
                }
                let most = exponents.iter().copied().fold(0.0, f64::max);
                let sign = |i| if root < 0.0 && i % 2 == 1 { -1.0 } else { 1.0 };
                (0..len).map(|i| sign(i) * scale * power_of_two(exponents[i] - most)).collect()
            }
            Self::Tails => {
                let end = (-2.0 * f64::from(range.least) * std::f64::consts::LN_2).sqrt();
                let start = if coin(random) { 0.0 } else { -end };
                let value = |x: f64| power_of_two(-x * x / 2.0 / std::f64::consts::LN_2);
                (0..len).map(|i| value(start + (end - start) * share(i))).collect()
            }
            Self::Zeros => {
                let mut values = Self::Noise.values(random, len, range);
                let run = if coin(random) { 1 } else { 1 + random.below(len) };
                for zeros in values.chunks_mut(run).step_by(2) {
                    zeros.fill(if coin(random) { 0.0 } else { -0.0 });
                }
                values
            }
            Self::Integers => {
                let bits = (range.digits.max(24) - len.ilog2() as i32 - 2) / 2;
                let most = 1usize << bits.clamp(1, range.digits);
                (0..len).map(|_| random.below(2 * most + 1) as f64 - most as f64).collect()
            }
            Self::Loud => {
                // Of two such operands, sums of a product for each value are near the largest number.
                let sums = 2.0 * range.at(0.5) / (len as f64).powf(0.25);
                let level = if random.below(4) == 0 { range.largest() } else { sums };
                (0..len).map(|_| level * random.unit()).collect()
            }
            Self::Subnormals => {
                let level = range.least + random.below(range.digits as usize + 4) as i32;
                (0..len).map(|_| times_power(random.unit(), level)).collect()
            }
            Self::Powers => {
                let power = |share: f64| power_of_two(range.at(share).log2().floor());
                let (quiet, loud) = (-0.9 * random.unit().abs(), 0.95 * random.unit().abs());
                let ones = coin(random);
                let apart = 1 + random.below(len);
                (0..len)
                    .map(|_| match random.below(apart) {
                        0 => power(loud),
                        _ if ones => 1.0,
                        _ => power(quiet),
                    })
                    .collect()
            }
            Self::Wild => {
                (0..len).map(|_| range.power(random, -1.0, 1.0) * random.unit()).collect()
            }
            Self::Joined => {
                let at = random.below(len);
                let one = |random: &mut Random| Self::ALL[random.below(Self::ALL.len() - 1)];
                let mut values = one(random).values(random, len, range);
                let others = one(random).values(random, len, range);
                values[at..].copy_from_slice(&others[at..]);
                values
            }
        };
        if coin(random) {
            values.reverse();
        }
        values
    }
}

fn round(x: f64, dtype: Dtype) -> f64 {
    match dtype {
        Dtype::Float16 => f16::from_f64(x).to_f64(),
        Dtype::BFloat16 => bf16::from_f64(x).to_f64(),
        Dtype::Float64 => x,
        _ => f64::from(x as f32),
    }
}
