//! Shaders whose text depends on a length.

use std::fmt::Write;

use super::butterflies::{HELD, transforms};

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
    text.push_str(include_str!("reading.wgsl"));
    text.push_str(&repeated(include_str!("blocks.wgsl")).replace("NAME", name));
    text.push_str(include_str!("marks.wgsl"));
    text
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
