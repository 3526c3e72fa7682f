//! Tests of direct sums of integers. `device.rs` lists them.

use super::device::Device;
use super::kernels::{full, len, spans};
use crate::gpu::kernels::{self, Bounds, Width, words_of};
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

const WIDTHS: [Width; 2] = [Width::Bits32, Width::Bits64];

/// Makes the integers of an operand, so many.
type Integers = fn(usize) -> Vec<u64>;

/// Integers without order, a different sequence for each seed.
fn without_order(len: usize, seed: u64) -> Vec<u64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    (0..len).map(|_| next()).collect()
}

/// Checks the sums of rows, of which each element is read, and nothing else of the outputs written.
fn check_rows(
    device: &impl Device,
    bounds: Option<Bounds>,
    [signal, filter]: [Integers; 2],
    lens: Lens,
    rows: Spans,
) {
    let count = rows.count;
    let a = signal(len(rows.signal, count, lens.signal));
    let v = filter(len(rows.filter, count, lens.filter));
    let mut want = without_order(len(rows.out, count, lens.outputs), 3);
    let before = want.clone();
    let index =
        |span: Span, row, i: usize| span.row(row).wrapping_add_signed(span.stride * i as isize);
    for row in 0..count {
        let a: Vec<u64> = (0..lens.signal).map(|i| a[index(rows.signal, row, i)]).collect();
        let v: Vec<u64> = (0..lens.filter).map(|i| v[index(rows.filter, row, i)]).collect();
        for i in 0..lens.outputs {
            let n = lens.first + i;
            let taps = (n + 1).saturating_sub(a.len())..v.len().min(n + 1);
            let add = |sum: u64, k: usize| sum.wrapping_add(v[k].wrapping_mul(a[n - k]));
            want[index(rows.out, row, i)] = taps.fold(0, add);
        }
    }
    for width in WIDTHS {
        let [a, v, y] = [&a, &v, &before].map(|integers| words_of(width, integers));
        let job = kernels::words(width, lens.filter);
        let got = device.make(bounds, job, [&a, &v, &y], lens, rows).unwrap();
        let wrong = got.iter().zip(words_of(width, &want)).position(|(&got, want)| got != want);
        assert_eq!(wrong, None, "{width:?} {lens:?} {rows:?}");
    }
}

fn check(device: &impl Device, bounds: Option<Bounds>, lens: Lens, count: usize, shares: bool) {
    let operands: [Integers; 2] = [|len| without_order(len, 1), |len| without_order(len, 2)];
    check_rows(device, bounds, operands, lens, spans(lens, count, shares));
}

pub fn sums_of_integers_are_exact_at_all_lengths(device: &impl Device) {
    let lengths = [
        (1, 1),
        (2, 1),
        (5, 5),
        (100, 3),
        (1023, 2),
        (1024, 1),
        (1025, 4),
        (1500, 127),
        (3000, 128),
        (3000, 129),
        (2000, 1000),
        (1200, 4096),
        (4096, 4096),
        (20_000, 33),
    ];
    for (n, k) in lengths {
        check(device, None, full(n, k), 1, true);
    }
    for taps in 1..=300 {
        check(device, None, full(7, taps), 1, true);
    }
    check(device, None, Lens { signal: 3000, filter: 200, first: 199, outputs: 2801 }, 1, true);
    check(device, None, Lens { signal: 3000, filter: 200, first: 1500, outputs: 1 }, 1, true);
}

/// The sums of limbs are at their largest, and at all their carries.
pub fn extreme_integers_have_exact_sums(device: &impl Device) {
    let all: [Integers; 8] = [
        |len| vec![u64::MAX; len],
        |len| vec![1 << 63; len],
        |len| vec![u64::MAX >> 1; len],
        |len| vec![1; len],
        |len| vec![u64::from(u32::MAX); len],
        |len| vec![0x8000_0000_8000_0000; len],
        // All bits of a limb.
        |len| (0..len).map(|i| 0x7ff << (11 * (i % 3))).collect(),
        |len| (0..len).map(|i| if i % 2 == 0 { u64::MAX } else { 1 << 63 }).collect(),
    ];
    let lens = full(1500, 700);
    for signal in all {
        for filter in all {
            check_rows(device, None, [signal, filter], lens, Spans::one([0; 3], [1; 3]));
        }
    }
}

pub fn rows_of_integers_may_be_anywhere(device: &impl Device) {
    for (n, k, count) in [(1, 1, 300), (40, 7, 50), (1100, 60, 9), (2500, 130, 3)] {
        check(device, None, full(n, k), count, true);
        check(device, None, full(n, k), count, false);
    }
    let lens = full(1500, 70);
    let span = |at, step, stride| Span { at, step, stride };
    let (apart, backwards) = ([span(2, 0, 3), span(1, 0, 2)], [span(1499, 0, -1), span(69, 0, -1)]);
    let (constant, interleaved) = ([span(5, 0, 0), span(0, 0, 1)], [span(0, 1, 4), span(0, 1, 4)]);
    let upwards = [span(1600 * 3, -1600, 1), span(2 * 80 * 3 + 140, -2 * 80, -2)];
    let alignment = device.alignment();
    let small = Bounds { bytes: 1 << 16, alignment, groups: 2, at_once: 1 << 20 };
    let operands: [Integers; 2] = [|len| without_order(len, 4), |len| without_order(len, 5)];
    for bounds in [None, Some(small)] {
        for [signal, filter] in [apart, backwards, constant] {
            for out in [span(0, 0, 1), span(7, 0, 2), span(1568, 0, -1)] {
                let rows = Spans { count: 1, signal, filter, out };
                check_rows(device, bounds, operands, lens, rows);
            }
        }
        for [signal, filter] in [interleaved, upwards] {
            for out in [span(0, 1569, 1), span(0, 1, 4), span(3 * 1569, -1569, 1)] {
                let rows = Spans { count: 4, signal, filter, out };
                check_rows(device, bounds, operands, lens, rows);
            }
        }
    }
}

pub fn windows_of_integers_may_be_small(device: &impl Device) {
    let alignment = device.alignment();
    for bytes in [1 << 14, 24000, 1 << 22] {
        for groups in [1, 3, 65535] {
            for at_once in [1, 1 << 17, 1 << 40] {
                let bounds = Bounds { bytes, alignment, groups, at_once };
                check(device, Some(bounds), full(5000, 100), 1, true);
                check(device, Some(bounds), full(300, 10), 30, false);
            }
        }
    }
}
