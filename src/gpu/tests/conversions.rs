//! Tests of the conversions. `device.rs` lists them.

use super::device::Device;
use crate::dtype::{Complex64, Dtype, Truth, with_element};
use crate::gpu::kernels::{Bounds, packed, plain, same_element, same_float, to_elements, to_plain};
use crate::gpu::rows::Span;
use crate::gpu::{Lens, Spans};

/// Words without order, and those at which conversions change.
fn words(len: usize) -> Vec<u32> {
    let halves = (0..=0xffff_u32).map(|i| i | (i.wrapping_mul(0x9e37) << 16));
    let ends = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7f80_0000, 0xff80_0000, 0x7f80_0001];
    let places = (0..32).flat_map(|i| [1 << i, (1 << i) - 1, !(1 << i), 0x0080_0080 << i >> 8]);
    let any = (0..).map(|i: u32| i.wrapping_mul(0x9e37_79b9) ^ (i.wrapping_mul(0x85eb) << 13));
    // Middles between two float16 and between two bfloat16, and their neighbours.
    let middles = (0..4000_u32).flat_map(|i| {
        let [a, b] = [0x3300_0000 + i * 0x5_1000, i.wrapping_mul(0x10_8000)];
        [a - 1, a, a + 1, b.wrapping_sub(1), b, b + 1, a | 1 << 31]
    });
    ends.into_iter().chain(places).chain(middles).chain(halves).chain(any).take(len).collect()
}

/// float64 whose nearest float32 changes there, of all magnitudes.
fn doubles() -> Vec<u32> {
    let floats = words(6000).into_iter().map(|word| f64::from(f32::from_bits(word)));
    let near = |x: f64| {
        [-1_i64, 0, 1, 1 << 27, 1 << 28, (1 << 28) - 1, (1 << 28) + 1, 3 << 28]
            .map(|step| x.to_bits().wrapping_add_signed(step))
    };
    let small = (0..400).map(|i| 2_f64.powi(-i) * 1.5).chain((0..400).map(|i| -(2_f64.powi(i))));
    floats.chain(small).flat_map(near).flat_map(|bits| [bits as u32, (bits >> 32) as u32]).collect()
}

pub fn elements_of_all_dtypes_become_plain_numbers(device: &impl Device) {
    let (words, doubles) = (words(100_000), doubles());
    for from in Dtype::ALL {
        let words = if from == Dtype::Float64 { &doubles } else { &words };
        for to in
            Dtype::ALL.into_iter().filter(|&to| from.promote(to) == to && to != Dtype::Float64)
        {
            let len = words.len() * 4 / from.size();
            let job = to_plain(from, to);
            let lens = Lens { signal: len, filter: 1, first: 0, outputs: len };
            let room = vec![0; len * job.sizes[2] / 4];
            let rows = Spans::one([0; 3], [1, 0, 1]);
            let got = device.make(None, job, [words, &[0], &room], lens, rows).unwrap();
            let want: Vec<u32> = with_element!(from, T => {
                let elements = bytemuck::pod_collect_to_vec::<u32, T>(words);
                elements.into_iter().flat_map(|element| plain(element, to)).collect()
            });
            let is_exact = to.is_exact();
            for (i, (&got, &want)) in got.iter().zip(&want).enumerate() {
                let same = got == want || !is_exact && same_float(got, want);
                assert!(same, "{from:?} to {to:?}, word {i}: {got:#x} {want:#x}");
            }
        }
    }
}

pub fn rows_of_elements_may_be_apart_and_backwards(device: &impl Device) {
    let words = words(30_000);
    let alignment = device.alignment();
    let small = Bounds { bytes: 1 << 17, alignment, groups: 3, at_once: 1 << 12 };
    let smallest = Bounds { bytes: 9000, ..small };
    for dtype in [Dtype::Bool, Dtype::Int8, Dtype::UInt16, Dtype::UInt32, Dtype::Int64] {
        let (to, job) = (Dtype::Int64, to_plain(dtype, Dtype::Int64));
        for (at, step, stride) in
            [(5, 1300, 1), (12_000, -1300, -2), (1, 1, 7), (9, 0, 3), (4, 3, 0)]
        {
            let lens = Lens { signal: 1201, filter: 1, first: 0, outputs: 1201 };
            let signal = Span { at, step, stride };
            let filter = Span { at: 0, step: 0, stride: 0 };
            for out in
                [Span { at: 0, step: 1201, stride: 1 }, Span { at: 3604, step: -1, stride: -3 }]
            {
                let rows = Spans { count: 3, signal, filter, out };
                let cuts_rows = signal.stride.abs() == 1 && out.stride == 1;
                for bounds in [None, Some(if cuts_rows { smallest } else { small })] {
                    let operands = [&words[..], &[0], &[7; 2 * 3605]];
                    let got = device.make(bounds, job, operands, lens, rows).unwrap();
                    for (row, i) in (0..3).flat_map(|row| (0..1201).map(move |i| (row, i))) {
                        let index = |span: Span| span.row(row).wrapping_add_signed(span.stride * i);
                        let want = with_element!(dtype, T => {
                            plain(bytemuck::cast_slice::<_, T>(&words)[index(signal)], to)
                        });
                        assert_eq!(
                            got[2 * index(out)..][..2],
                            want,
                            "{dtype:?} {rows:?} {row} {i}"
                        );
                    }
                }
            }
        }
    }
}

pub fn plain_numbers_are_packed(device: &impl Device) {
    let numbers = words(70_000);
    let small =
        Bounds { bytes: 1 << 15, alignment: device.alignment(), groups: 3, at_once: 1 << 12 };
    for dtype in [
        Dtype::Bool,
        Dtype::UInt8,
        Dtype::Int8,
        Dtype::Int16,
        Dtype::UInt16,
        Dtype::Float16,
        Dtype::BFloat16,
    ] {
        let words = numbers.len() * dtype.size() / 4;
        let lens = Lens { signal: words, filter: 1, first: 0, outputs: words };
        let rows = Spans::one([0; 3], [1, 0, 1]);
        for bounds in [None, Some(small)] {
            let room = vec![0; words];
            let got = device.make(bounds, to_elements(dtype), [&numbers, &[0], &room], lens, rows);
            let bytes = bytemuck::pod_collect_to_vec::<u32, u8>(&got.unwrap());
            for (i, (got, &number)) in bytes.chunks(dtype.size()).zip(&numbers).enumerate() {
                let got = got.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
                let want = packed(number, dtype);
                let same = same_element(got, want, dtype);
                assert!(same, "{dtype:?} {i}: {number:#x} is {got:#x}, not {want:#x}");
            }
        }
    }
}

/// `Truth` and `Complex64` are elements that no test above makes.
#[test]
fn plain_numbers_of_the_host() {
    assert_eq!(plain(Truth(7), Dtype::Int32), [1]);
    let complex = Complex64 { re: 1.0, im: -2.0 };
    assert_eq!(plain(complex, Dtype::Complex64), [0x3f80_0000, 0xc000_0000]);
    assert_eq!(plain(-1_i8, Dtype::Int64), [u32::MAX; 2]);
    assert_eq!(plain(2049_i32, Dtype::Float16), [2048_f32.to_bits()]);
    assert_eq!(
        [Dtype::Bool, Dtype::Int8, Dtype::UInt16].map(|dtype| packed(0x1234_5680, dtype)),
        [1, 0x80, 0x5680]
    );
    let one = 1_f32.to_bits();
    assert_eq!([Dtype::Float16, Dtype::BFloat16].map(|x| packed(one, x)), [0x3c00, 0x3f80]);
}
