//! Shaders whose text depends on a length.

use std::fmt::Write;

use super::butterflies::{HELD, transforms};

const READING: &str = concat!(include_str!("../work/params.wgsl"), include_str!("reading.wgsl"));
const HEADS: &str = include_str!("heads.wgsl");
const FOOTPRINT: &str = include_str!("footprint.wgsl");

/// The shader of overlap-save with blocks of `points` points, with an entry point `name`.
pub fn blocks(points: usize, name: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "const POINTS = {points}u;\nconst LOG2_POINTS = {}u;\nconst WIDTH = {}u;\n",
        points.ilog2(),
        points / HELD
    );
    text.push_str(&transforms(points, 1));
    text.push_str(READING);
    text.push_str(&repeated(include_str!("blocks.wgsl")).replace("NAME", name));
    text.push_str(include_str!("marks.wgsl"));
    text.push_str(FOOTPRINT);
    text
}

/// The shader of transforms in passes that measures blocks.
pub fn measure() -> String {
    [READING, HEADS, &repeated(include_str!("measure.wgsl"))].concat()
}

/// The shader of transforms in passes that puts the measures of a pair's tiles together.
pub fn gather() -> String {
    [READING, HEADS, include_str!("gather.wgsl")].concat()
}

/// The shader of transforms in passes that transforms the columns of pairs of blocks.
pub fn columns() -> String {
    let last = repeated(include_str!("columns.wgsl"));
    [&transforms(256, 16), READING, HEADS, include_str!("twiddle.wgsl"), &last].concat()
}

/// The shader of transforms in passes that transforms columns back.
pub fn outputs() -> String {
    let last = repeated(include_str!("outputs.wgsl"));
    [&transforms(256, 16), READING, HEADS, include_str!("twiddle.wgsl"), &last].concat()
}

/// The shader of transforms in passes that marks the infinities, NaNs, zeros and signs of blocks.
pub fn mark() -> String {
    [READING, HEADS, FOOTPRINT, include_str!("long_marks.wgsl"), include_str!("mark.wgsl")].concat()
}

/// The shader of transforms in passes that counts these marks.
pub fn count() -> String {
    [READING, HEADS, FOOTPRINT, include_str!("long_marks.wgsl"), include_str!("count.wgsl")]
        .concat()
}

/// The shader of transforms in passes that writes outputs again that infinities, NaNs and zeros decide.
pub fn mend() -> String {
    [READING, HEADS, FOOTPRINT, include_str!("long_marks.wgsl"), include_str!("mend.wgsl")].concat()
}

/// The shader of transforms in passes that transforms rows of `points` numbers.
pub fn rows(points: usize, name: &str) -> String {
    let lengths = format!("const POINTS = {points}u;\nconst WIDTH = {}u;\n", points / HELD);
    let last = repeated(include_str!("rows.wgsl")).replace("NAME", name);
    [&lengths, &transforms(points, 4096 / points), READING, &last].concat()
}

/// The text with each line that has a `$j` once for each number that an invocation holds.
fn repeated(text: &str) -> String {
    let mut made = String::new();
    for line in text.lines() {
        let copies = if line.contains("$j") { HELD } else { 1 };
        for j in 0..copies {
            made.push_str(&line.replace("$j", &j.to_string()));
            made.push('\n');
        }
    }
    made
}
