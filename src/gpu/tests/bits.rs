//! Tests of the convolution of bools. `device.rs` lists them.

use super::device::Device;
use super::kernels::{full, len, spans};
use crate::gpu::kernels::{self, Bounds};
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// Makes the bytes of an operand, so many.
type Bytes<'a> = &'a dyn Fn(usize) -> Vec<u8>;

/// Bytes, one of `every` not 0, without order; a different sequence for each seed.
fn one_in(every: u32, seed: u32) -> impl Fn(usize) -> Vec<u8> {
    move |len| {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            if state.is_multiple_of(every) { (state >> 24) as u8 | 1 << (state % 8) } else { 0 }
        };
        (0..len).map(|_| next()).collect()
    }
}

/// The words of bytes, the last filled up.
fn words(bytes: &[u8], fill: u8) -> Vec<u32> {
    let word = |part: &[u8]| {
        let mut word = [fill; 4];
        word[..part.len()].copy_from_slice(part);
        u32::from_ne_bytes(word)
    };
    bytes.chunks(4).map(word).collect()
}

/// The convolution of a row.
fn reference(a: &[u8], v: &[u8], lens: Lens) -> Vec<u32> {
    let mut outputs = vec![0; lens.outputs];
    let trues = |x: &[u8]| x.iter().enumerate().filter(|x| *x.1 != 0).map(|x| x.0).collect();
    let [values, taps]: [Vec<usize>; 2] = [a, v].map(trues);
    for k in taps {
        // Those values of which the outputs wanted are made.
        let [begin, end] =
            [lens.first, lens.first + lens.outputs].map(|n| values.partition_point(|&i| i + k < n));
        values[begin..end].iter().for_each(|i| outputs[i + k - lens.first] = 1);
    }
    outputs
}

/// Checks rows of which each element is read, and nothing else of the outputs written. Returns how many
/// outputs are true and how many are false.
fn check_rows(
    device: &impl Device,
    bounds: Option<Bounds>,
    [signal, filter]: [Bytes<'_>; 2],
    lens: Lens,
    rows: Spans,
) -> [usize; 2] {
    const UNTOUCHED: u32 = 0x5a5a_5a5a;
    let count = rows.count;
    let a = signal(len(rows.signal, count, lens.signal));
    let v = filter(len(rows.filter, count, lens.filter));
    let before = vec![UNTOUCHED; len(rows.out, count, lens.outputs)];
    let mut want = before.clone();
    let index =
        |span: Span, row, i: usize| span.row(row).wrapping_add_signed(span.stride * i as isize);
    for row in 0..count {
        let part = |bytes: &[u8], span: Span, len: usize| -> Vec<u8> {
            (0..len).map(|i| bytes[index(span, row, i)]).collect()
        };
        let [a, v] = [part(&a, rows.signal, lens.signal), part(&v, rows.filter, lens.filter)];
        let outputs = reference(&a, &v, lens);
        (0..).zip(outputs).for_each(|(i, output)| want[index(rows.out, row, i)] = output);
    }
    for fill in [0, 0xff] {
        let operands = [&words(&a, fill)[..], &words(&v, fill), &before];
        let got = device.make(bounds, kernels::bits(lens.filter), operands, lens, rows).unwrap();
        let wrong = got.iter().zip(&want).position(|(got, want)| got != want);
        assert_eq!(wrong, None, "{lens:?} {rows:?}");
    }
    [1, 0].map(|y| want.iter().filter(|&&want| want == y).count())
}

/// Checks all lengths with operands so full that outputs differ, and with others.
fn check(device: &impl Device, bounds: Option<Bounds>, lens: Lens, count: usize, shares: bool) {
    let k = lens.filter as u32;
    // About sqrt(K / 2) values under the taps are true, and as many taps in sqrt(2 K).
    let some = 1 + (1.4 * f64::from(k).sqrt()) as u32;
    for every in [[some, some], [2 * k, 1], [1, 2 * k], [k / 9 + 1, 7], [1, 1]] {
        let [signal, filter] = [one_in(every[0], 1), one_in(every[1], 2)];
        check_rows(device, bounds, [&signal, &filter], lens, spans(lens, count, shares));
    }
}

pub fn bools_are_exact_at_all_lengths(device: &impl Device) {
    let lengths = [
        (1, 1),
        (2, 1),
        (5, 5),
        (100, 3),
        (2047, 2),
        (2048, 1),
        (2049, 33),
        (5000, 255),
        (5000, 256),
        (5000, 257),
        (3000, 1000),
        (1200, 4096),
        (4096, 4097),
        (20_000, 33),
        (300, 20_000),
    ];
    for (n, k) in lengths {
        check(device, None, full(n, k), 1, true);
    }
    for taps in (1..=300).step_by(3) {
        check(device, None, full(70, taps), 1, true);
    }
    check(device, None, Lens { signal: 3000, filter: 200, first: 199, outputs: 2801 }, 1, true);
    check(device, None, Lens { signal: 3000, filter: 200, first: 1500, outputs: 1 }, 1, true);
}

/// Outputs become true in the first chunk, in the last, in some tiles, or never.
pub fn bools_have_tens_of_thousands_of_taps(device: &impl Device) {
    let (signal, filter) = (one_in(300, 3), one_in(200, 4));
    let none = |len| vec![0; len];
    let (first, last) = (
        |len| (0..len).map(|i| u8::from(i == 0)).collect(),
        |len| (0..len).map(|i| u8::from(i + 1 == len)).collect(),
    );
    let (one, lens) = (Spans::one([0; 3], [1; 3]), full(9000, 65_536));
    let some: [Bytes<'_>; 3] = [&filter, &first, &last];
    for filter in some {
        let found = check_rows(device, None, [&signal, filter], lens, one);
        assert!(found.iter().all(|&outputs| outputs > 0));
    }
    check_rows(device, None, [&signal, &none], lens, one);
    let lens = Lens { signal: 70_000, filter: 65_536, first: 60_000, outputs: 9000 };
    for signal in [&signal as Bytes<'_>, &none, &first, &last] {
        check_rows(device, None, [signal, &filter], lens, one);
    }
}

pub fn rows_of_bools_may_be_anywhere(device: &impl Device) {
    for (n, k, count) in [(1, 1, 300), (40, 7, 50), (1100, 60, 9), (2501, 130, 3)] {
        check(device, None, full(n, k), count, true);
        check(device, None, full(n, k), count, false);
    }
    let (signal, filter) = (one_in(11, 5), one_in(9, 6));
    let span = |at, step, stride| Span { at, step, stride };
    for at in 0..9 {
        for n in 30..70 {
            let rows = Spans::one([at, 3 * at, at], [1; 3]);
            check_rows(device, None, [&signal, &filter], full(n, 20), rows);
        }
    }
    let lens = full(1500, 70);
    let one = [span(3, 0, 1), span(2, 0, 1)];
    let (apart, backwards) = ([span(2, 0, 3), span(1, 0, 2)], [span(1499, 0, -1), span(69, 0, -1)]);
    let (constant, interleaved) = ([span(5, 0, 0), span(0, 0, 1)], [span(0, 1, 4), span(0, 1, 4)]);
    let upwards = [span(1603 * 3, -1603, 1), span(2 * 81 * 3 + 140, -2 * 81, -2)];
    let alignment = device.alignment();
    let small = Bounds { bytes: 1 << 16, alignment, groups: 2, at_once: 1 << 20 };
    for bounds in [None, Some(small)] {
        for [a, v] in [one, apart, backwards, constant] {
            for out in [span(0, 0, 1), span(7, 0, 2), span(1568, 0, -1)] {
                let rows = Spans { count: 1, signal: a, filter: v, out };
                check_rows(device, bounds, [&signal, &filter], lens, rows);
            }
        }
        for [a, v] in [interleaved, upwards] {
            for out in [span(0, 1569, 1), span(0, 1, 4), span(3 * 1569, -1569, 1)] {
                let rows = Spans { count: 4, signal: a, filter: v, out };
                check_rows(device, bounds, [&signal, &filter], lens, rows);
            }
        }
    }
}

pub fn windows_of_bools_may_be_small(device: &impl Device) {
    let (alignment, [signal, filter]) = (device.alignment(), [one_in(11, 7), one_in(9, 8)]);
    for bytes in [1 << 14, 18_000, 1 << 22] {
        for groups in [1, 3, 65535] {
            for at_once in [1, 1 << 19, 1 << 40] {
                let bounds = Some(Bounds { bytes, alignment, groups, at_once });
                for (n, k, count) in [(20_000, 100, 1), (300, 10, 30)] {
                    let rows = spans(full(n, k), count, false);
                    check_rows(device, bounds, [&signal, &filter], full(n, k), rows);
                }
            }
        }
    }
}
