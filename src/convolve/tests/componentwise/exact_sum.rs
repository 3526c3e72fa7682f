//! Exact sums of products of float64 numbers.

/// Bits between two limbs.
const WIDTH: i32 = 32;
/// Limb 0 counts units of 2^LEAST, the square of the smallest subnormal number.
const LEAST: i32 = 2 * -1074;
/// Up to 2^2048, and room for 2^40 products.
const LIMBS: usize = ((2048 + 40 - LEAST) / WIDTH) as usize + 4;

/// A sum of products, in limbs with room for carries: only [`Self::settle`] moves these on.
#[derive(Clone)]
pub struct ExactSum {
    limbs: [i128; LIMBS],
}

impl ExactSum {
    pub fn zero() -> Self {
        Self { limbs: [0; LIMBS] }
    }

    /// Adds `x * y`. Both are finite.
    pub fn add(&mut self, x: f64, y: f64) {
        let ((x, x_exponent), (y, y_exponent)) = (parts(x), parts(y));
        let place = x_exponent + y_exponent - LEAST;
        let (limb, shift) = ((place / WIDTH) as usize, place % WIDTH);
        // The product has 106 bits, so the low half gets 64 + 31 bits.
        let product = i128::from(x) * i128::from(y);
        self.limbs[limb] += (product & i128::from(u64::MAX)) << shift;
        self.limbs[limb + 2] += (product >> 64) << shift;
    }

    /// The sign, and the sum of the magnitude in limbs of 32 bits.
    fn settle(&self) -> (f64, [i128; LIMBS]) {
        let carried = |sign: i128| {
            let mut carry = 0;
            let limbs = self.limbs.map(|limb| {
                let sum = sign * limb + carry;
                carry = sum >> WIDTH;
                sum - (carry << WIDTH)
            });
            (carry >= 0).then_some(limbs)
        };
        match carried(1) {
            Some(limbs) => (1.0, limbs),
            None => (-1.0, carried(-1).expect("one of the two signs is not negative")),
        }
    }

    /// The sum times 2^exponent. The relative error is at most 2^-52, unless the result is
    /// subnormal.
    pub fn times_power(&self, exponent: i32) -> f64 {
        let (sign, limbs) = self.settle();
        let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else { return 0.0 };
        let from = top.saturating_sub(3);
        let bits =
            limbs[from..=top].iter().rev().fold(0, |bits, limb| bits << WIDTH | *limb as u128);
        sign * times_power(bits as f64, from as i32 * WIDTH + LEAST + exponent)
    }
}

/// A number as an integer times a power of two, which is its second part.
fn parts(x: f64) -> (i64, i32) {
    let bits = x.to_bits();
    let (fraction, exponent) = ((bits & ((1 << 52) - 1)) as i64, (bits >> 52 & 0x7ff) as i32);
    let magnitude = if exponent == 0 { fraction } else { fraction | 1 << 52 };
    (if x < 0.0 { -magnitude } else { magnitude }, exponent.max(1) - 1075)
}

/// `x * 2^exponent`, for any exponent. Subnormal results may be rounded more than once.
pub fn times_power(x: f64, exponent: i32) -> f64 {
    let quarter = exponent.div_euclid(4);
    let power = |exponent| 2f64.powi(exponent);
    x * power(quarter) * power(quarter) * power(quarter) * power(exponent - 3 * quarter)
}

#[test]
fn sums_are_exact_over_the_whole_range() {
    let (most, least) = (f64::MAX, f64::from_bits(1));
    let mut sum = ExactSum::zero();
    for _ in 0..1000 {
        sum.add(most, most);
        sum.add(-least, least);
        sum.add(3.0, -0.1);
        sum.add(0.3, 1.0);
    }
    // 2^2048 (1 - 2^-53)^2 is 2^2048 (1 - 2^-52), almost.
    assert_eq!(sum.times_power(-2048), 1000.0 * (1.0 - f64::EPSILON));
    (0..1000).for_each(|_| sum.add(-most, most));
    let units = |x: f64, exponent| {
        let (x, x_exponent) = parts(x);
        i128::from(x) << (x_exponent - exponent)
    };
    let rest = 1000 * (units(0.3, -56) - 3 * units(0.1, -56));
    assert!(rest < 0);
    assert_eq!(sum.times_power(56), rest as f64);
    sum.add(-rest as f64, times_power(1.0, -56));
    assert_eq!(sum.times_power(2148), -1000.0);
    (0..1000).for_each(|_| sum.add(least, least));
    assert_eq!(sum.times_power(2148), 0.0);
}
