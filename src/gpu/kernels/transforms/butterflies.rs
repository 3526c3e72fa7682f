//! The WGSL text of Fourier transforms in workgroup memory.
//!
//! B / 16 invocations transform B points, of which each holds 16. The
//! forward transform decimates in frequency: passes of radix 16, and a last one of radix 16 or 4. It
//! leaves the spectrum in a scrambled order, from which the inverse transform goes the same way back.
//! Between passes, the points go through workgroup memory, real parts first and then imaginary parts,
//! so that B points take 4 B bytes and the gaps.
//!
//! The code is straight-line: an array that is indexed at run time would not stay in registers.

use std::f32::consts::FRAC_1_SQRT_2;
use std::fmt::{Display, Write};

/// The cosines of up to a quarter of a turn, in sixteenths of a turn. The system's cosine may have other
/// bits elsewhere.
const COSINES: [f32; 5] = [1.0, 0.923_879_5, FRAC_1_SQRT_2, 0.382_683_43, 0.0];

/// The cosine of so many sixteenths of a turn.
fn cosine(sixteenths: usize) -> f32 {
    let half = sixteenths % 8;
    let cosine = if half <= 4 { COSINES[half] } else { -COSINES[8 - half] };
    if sixteenths % 16 < 8 { cosine } else { -cosine }
}

/// Points that an invocation holds.
pub const HELD: usize = 16;

/// The direction of a transform: the sign of its exponents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Inverse,
}

/// A pass over transforms of `len` points, `radix` of which go into one butterfly.
#[derive(Clone, Copy)]
struct Pass {
    len: usize,
    radix: usize,
    /// Where its twiddles begin among the roots.
    roots: usize,
}

/// The number of roots of unity that transforms of `points` points read.
///
/// For each pass but the last, over transforms of L points, there are L of them: root q L / 16 + r is
/// `exp(-2 pi i q r / L)`, for q below 16 and r below L / 16. The longest transforms come first.
pub fn roots(points: usize) -> usize {
    passes(points).last().map_or(0, |pass| pass.roots)
}

/// The functions `forward(x, t, base)` and `inverse(x, t, base)`, which transform `points` points: 64,
/// 256, 1024, 4096 and so on. `x` points to 16 complex numbers of the transform's invocation `t`,
/// `array<vec2<f32>, 16>`. Number j is point `t + j points / 16`. All invocations of the workgroup call
/// the function together, for `count` transforms, of which number i has the base `i APART`. The inverse is
/// not divided by the number of points.
///
/// The text defines the workgroup memory `plane`, which is free for other uses before and after, with a
/// barrier between, and `PLANE`, the number of its words. It reads a binding of `array<vec2<f32>>` with
/// the name `roots`: see [`roots`].
pub fn transforms(points: usize, count: usize) -> String {
    let mut text = String::new();
    // An odd number, so that transforms side by side use different banks.
    let apart = points + points / 16 + usize::from(count > 1);
    let _ = writeln!(
        text,
        "const APART = {apart}u;\nconst PLANE = {}u;\n\
         var<workgroup> plane: array<u32, PLANE>;\n\n\
         // One word is left out after each 16, so that neighbours use different banks.\n\
         fn padded(i: u32) -> u32 {{\n    return i + (i >> 4u);\n}}\n\n\
         fn times(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {{\n    \
         return fma(vec2<f32>(-a.y, a.x), vec2<f32>(b.y), a * b.x);\n}}\n",
        count * apart
    );
    for direction in [Direction::Forward, Direction::Inverse] {
        let mut passes: Vec<Pass> = passes(points).collect();
        if direction == Direction::Inverse {
            passes.reverse();
        }
        let name = match direction {
            Direction::Forward => "forward",
            Direction::Inverse => "inverse",
        };
        for (i, &pass) in passes.iter().enumerate() {
            let code = Code::of(pass, direction);
            let _ = writeln!(
                text,
                "fn {name}{i}(x: ptr<function, array<vec2<f32>, 16>>, t: u32) {{\n{code}}}\n"
            );
        }
        let _ = writeln!(
            text,
            "fn {name}(x: ptr<function, array<vec2<f32>, 16>>, t: u32, base: u32) {{"
        );
        for (i, &pass) in passes.iter().enumerate() {
            if i > 0 {
                exchange(&mut text, passes[i - 1], pass);
            }
            let _ = writeln!(text, "    {name}{i}(x, t);");
        }
        text.push_str("}\n\n");
    }
    text
}

/// The passes, those of the forward transform in order.
fn passes(points: usize) -> impl Iterator<Item = Pass> {
    debug_assert!(points.is_power_of_two() && points.ilog2().is_multiple_of(2) && points >= 64);
    let next = |&Pass { len, radix, roots }: &Pass| {
        let rest = len / radix;
        (rest > 1).then(|| Pass { len: rest, radix: rest.min(16), roots: roots + len })
    };
    std::iter::successors(Some(Pass { len: points, radix: 16, roots: 0 }), next)
}

impl Pass {
    /// The point that is number j of invocation t.
    fn point(self, j: usize) -> String {
        let apart = self.len / HELD;
        match apart {
            0 | 1 => format!("{HELD}u * t + {j}u"),
            _ => format!("t / {apart}u * {}u + t % {apart}u + {}u", self.len, apart * j),
        }
    }
}

/// Moves the points from where a pass leaves them to where the next pass takes them.
fn exchange(text: &mut String, from: Pass, to: Pass) {
    for part in ['x', 'y'] {
        text.push_str("    workgroupBarrier();\n");
        for j in 0..HELD {
            let at = from.point(j);
            let _ =
                writeln!(text, "    plane[base + padded({at})] = bitcast<u32>((*x)[{j}].{part});");
        }
        text.push_str("    workgroupBarrier();\n");
        for j in 0..HELD {
            let at = to.point(j);
            let _ =
                writeln!(text, "    (*x)[{j}].{part} = bitcast<f32>(plane[base + padded({at})]);");
        }
    }
}

/// The code of a pass. Values are never changed; each has a name of its own.
struct Code {
    text: String,
    values: usize,
    direction: Direction,
}

impl Code {
    fn of(pass: Pass, direction: Direction) -> String {
        let mut code = Self { text: String::new(), values: 0, direction };
        let mut points: Vec<String> = (0..HELD).map(|j| code.value(format!("(*x)[{j}]"))).collect();
        let has_twiddles = pass.len > pass.radix;
        if has_twiddles && direction == Direction::Inverse {
            code.twiddle(pass, &mut points);
        }
        for group in points.chunks_mut(pass.radix) {
            let made = match *group {
                [ref a, ref b, ref c, ref d] => code.four([a, b, c, d]).into(),
                _ => code.sixteen(group),
            };
            group.clone_from_slice(&made);
        }
        if has_twiddles && direction == Direction::Forward {
            code.twiddle(pass, &mut points);
        }
        for (j, point) in points.iter().enumerate() {
            let _ = writeln!(code.text, "    (*x)[{j}] = {point};");
        }
        code.text
    }

    /// Names a value.
    fn value(&mut self, value: impl Display) -> String {
        let name = format!("v{}", self.values);
        self.values += 1;
        let _ = writeln!(self.text, "    let {name} = {value};");
        name
    }

    /// Multiplies by the roots of a pass, or by their conjugates in the inverse transform.
    fn twiddle(&mut self, Pass { len, roots, .. }: Pass, points: &mut [String]) {
        let apart = len / HELD;
        for (q, point) in points.iter_mut().enumerate().skip(1) {
            let root = self.value(format!("roots[{}u + t % {apart}u]", roots + q * apart));
            *point = match self.direction {
                Direction::Forward => self.value(format!("times({point}, {root})")),
                Direction::Inverse => {
                    self.value(format!("times({point}, vec2<f32>({root}.x, -{root}.y))"))
                }
            };
        }
    }

    /// `value` times a 16th root of unity, to the power of `power` in the forward transform.
    fn rotated(&mut self, value: &str, power: usize) -> String {
        let quarters = match self.direction {
            Direction::Forward => power,
            Direction::Inverse => 16 - power,
        } % 16;
        match quarters {
            0 => value.to_owned(),
            4 => self.value(format!("vec2<f32>({value}.y, -{value}.x)")),
            8 => self.value(format!("-{value}")),
            12 => self.value(format!("vec2<f32>(-{value}.y, {value}.x)")),
            _ => {
                let [cos, sin] = [cosine(quarters), -cosine(quarters + 12)];
                self.value(format!("times({value}, vec2<f32>({cos:?}f, {sin:?}f))"))
            }
        }
    }

    /// A transform of four values.
    fn four(&mut self, [a, b, c, d]: [&String; 4]) -> [String; 4] {
        let even = self.value(format!("{a} + {c}"));
        let odd = self.value(format!("{a} - {c}"));
        let sum = self.value(format!("{b} + {d}"));
        let difference = self.value(format!("{b} - {d}"));
        let turned = self.rotated(&difference, 4);
        [
            self.value(format!("{even} + {sum}")),
            self.value(format!("{odd} + {turned}")),
            self.value(format!("{even} - {sum}")),
            self.value(format!("{odd} - {turned}")),
        ]
    }

    /// A transform of 16 values, as four by four.
    fn sixteen(&mut self, x: &[String]) -> Vec<String> {
        let columns: Vec<[String; 4]> = (0..4)
            .map(|j| {
                let column = self.four([&x[j], &x[j + 4], &x[j + 8], &x[j + 12]]);
                let turned: Vec<String> = (0..4).map(|q| self.rotated(&column[q], j * q)).collect();
                turned.try_into().unwrap_or(column)
            })
            .collect();
        let mut made = vec![String::new(); 16];
        for q in 0..4 {
            let row = self.four([&columns[0][q], &columns[1][q], &columns[2][q], &columns[3][q]]);
            for (i, value) in row.into_iter().enumerate() {
                made[q + 4 * i] = value;
            }
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_cover_all_points_and_their_roots_follow_one_another() {
        let all = |points| passes(points).map(|p| (p.len, p.radix, p.roots)).collect::<Vec<_>>();
        assert_eq!(all(64), [(64, 16, 0), (4, 4, 64)]);
        assert_eq!(all(4096), [(4096, 16, 0), (256, 16, 4096), (16, 16, 4352)]);
        assert_eq!([64, 1024, 4096].map(roots), [64, 1088, 4352]);
    }

    #[test]
    fn cosines_of_sixteenths_are_rounded_once() {
        for i in 0..32 {
            let want = (std::f64::consts::TAU * i as f64 / 16.0).cos();
            assert!((f64::from(cosine(i)) - want).abs() <= want.abs() * 6e-8 + 1e-15, "{i}");
        }
    }
}
