//! Rows in the program's own memory, and arrays of any number of dimensions: each row has the bits of
//! its own call.

use super::naive::Elements;
use super::support::*;
use crate::array::{Array, Layout, Rows};
use crate::convolve::{
    Boundary, Mode, Operation, Options, convolve_arrays, convolve_arrays_with, convolve_plain,
    convolve_plain_with, convolve_rows, wanted_len,
};
use crate::dtype::Dtype;
use crate::memory::{Grid, RowsMut};
use crate::stream::{Stream, default_device};

fn random_bytes(random: &mut Random, len: usize, dtype: Dtype) -> Elements {
    let numbers: Vec<_> =
        (0..len).map(|_| (random.below(9) as i64 - 4, random.below(9) as i64 - 4)).collect();
    Elements::of(&numbers, dtype)
}

/// The elements at these indices, one after another.
fn gathered(bytes: &[u8], indices: impl Iterator<Item = usize>, dtype: Dtype) -> Elements {
    let indices: Vec<usize> = indices.collect();
    let mut elements = Elements::zeroed(indices.len(), dtype);
    let size = dtype.size();
    for (to, index) in elements.bytes_mut().chunks_exact_mut(size).zip(indices) {
        to.copy_from_slice(&bytes[index * size..][..size]);
    }
    elements
}

fn one_call(a: &Elements, v: &Elements, dtype: Dtype, options: &Options) -> Elements {
    let [a, v] = [a, v].map(Elements::bytes);
    let lens = [a, v].map(|bytes| bytes.len() / dtype.size());
    let mut out = Elements::zeroed(wanted_len(lens[0], lens[1], options).unwrap(), dtype);
    convolve_plain_with(a, v, dtype, options, out.bytes_mut()).unwrap();
    out
}

fn some_options() -> [Options; 4] {
    let options = Options::default();
    [
        options,
        Options { mode: Mode::Same, operation: Operation::Correlate, ..options },
        Options { mode: Mode::Same, boundary: Boundary::Reflect, ..options },
        Options { boundary: Boundary::Wrap, first: 2, count: Some(3), ..options },
    ]
}

#[test]
fn rows_have_the_bits_of_their_own_calls_and_nothing_between_them_changes() {
    let mut random = Random(50);
    for dtype in [Dtype::Float16, Dtype::Float32, Dtype::Complex64, Dtype::Int8, Dtype::Float64] {
        // The last are so many that threads share them.
        for (a_len, v_len, count) in
            [(4, 3, 3), (40, 7, 5), (3000, 150, 3), (200, 300, 3), (20_000, 33, 3), (700, 50, 400)]
        {
            for options in some_options() {
                let len = wanted_len(a_len, v_len, &options).unwrap();
                // Interleaved channels, planes, rows from the last to the first and backwards, and
                // one filter for all rows.
                for (stride, step, is_shared) in [
                    (count as isize, 1, true),
                    (1, len.max(a_len) as isize + 5, false),
                    (-(count as isize), 1, false),
                    (count as isize, -1, true),
                    (-1, -(len.max(a_len) as isize), true),
                ] {
                    let grid = Grid { len, stride, count, step };
                    let reach = |grid: Grid| grid.reach().unwrap();
                    if !grid.is_distinct() {
                        continue;
                    }
                    let of = |len, step| Grid { len, step, ..grid };
                    let in_a = of(a_len, step);
                    let in_v = of(v_len, if is_shared { 0 } else { step });
                    let memory = |random: &mut Random, grid: Grid| {
                        let [low, high] = reach(grid);
                        (random_bytes(random, (high - low + 1) as usize, dtype), -low as usize)
                    };
                    let (a, a_at) = memory(&mut random, in_a);
                    let (v, v_at) = memory(&mut random, in_v);
                    let (mut out, out_at) = memory(&mut random, grid);
                    let rows = |elements, offset, grid: Grid| Rows {
                        bytes: Elements::bytes(elements),
                        dtype,
                        offset,
                        stride: grid.stride,
                        step: grid.step,
                        len: grid.len,
                    };
                    let places = |grid: Grid, offset: usize, i: usize| {
                        let start = offset as isize + i as isize * grid.step;
                        (0..grid.len).map(move |j| (start + j as isize * grid.stride) as usize)
                    };
                    let mut want = out.bytes().to_vec();
                    let size = dtype.size();
                    for i in 0..count {
                        let a = gathered(a.bytes(), places(in_a, a_at, i), dtype);
                        let v = gathered(v.bytes(), places(in_v, v_at, i), dtype);
                        let row = one_call(&a, &v, dtype, &options);
                        for (value, at) in
                            row.bytes().chunks_exact(size).zip(places(grid, out_at, i))
                        {
                            want[at * size..][..size].copy_from_slice(value);
                        }
                    }
                    let (a, v) = (rows(&a, a_at, in_a), rows(&v, v_at, in_v));
                    let mut outputs = RowsMut::within(out.bytes_mut(), size, out_at, grid).unwrap();
                    convolve_rows(&a, &v, &options, dtype, &mut outputs).unwrap();
                    let label = format!("{} {a_len} x {v_len} {options:?} {grid:?}", dtype.name());
                    assert!(out.bytes() == want, "{label}");
                }
            }
        }
    }
}

#[test]
fn rows_convert_to_the_dtype_of_the_outputs() {
    let (a, v) = ([1i16, 2, 3, 4], [0.5f32, 0.25]);
    let rows = |bytes, dtype, len, step| Rows { bytes, dtype, offset: 0, stride: 1, step, len };
    let a = rows(bytemuck::cast_slice(&a), Dtype::Int16, 2, 2);
    let v = rows(bytemuck::cast_slice(&v), Dtype::Float32, 2, 0);
    let mut out = [0f64; 6];
    let grid = Grid { len: 3, stride: 1, count: 2, step: 3 };
    let mut run = |options: &Options, dtype, grid| {
        let bytes = bytemuck::cast_slice_mut(&mut out);
        let mut rows = RowsMut::within(bytes, 8, 0, grid).unwrap();
        convolve_rows(&a, &v, options, dtype, &mut rows)
    };
    let of = |dtype| Options { dtype, ..Options::default() };
    run(&of(None), Dtype::Float64, grid).unwrap();
    run(&of(Some(Dtype::Float64)), Dtype::Float64, grid).unwrap();
    assert!(run(&of(None), Dtype::Float64, Grid { count: 0, ..grid }).is_ok());
    assert_eq!(out, [0.5, 1.25, 0.5, 1.5, 2.75, 1.0]);
}

fn array(elements: &Elements, shape: &[i32], dtype: Dtype) -> Array {
    Array::copied(Layout::contiguous(shape, dtype).unwrap(), dtype, elements.bytes()).unwrap()
}

/// The index of dimension `at` of `ndim`, counted from the end, in a shape that lacks some, or -1.
fn size(shape: &[i32], at: usize, ndim: usize) -> i32 {
    (at + shape.len()).checked_sub(ndim).map_or(1, |own| shape[own])
}

#[test]
fn arrays_broadcast_row_by_row() {
    let mut random = Random(51);
    let stream = Stream::new(default_device()).unwrap();
    for (a_shape, v_shape, axis) in [
        (&[30][..], &[7][..], -1),
        (&[3, 30], &[7], -1),
        (&[30, 3], &[7], 0),
        (&[7], &[30, 3], 0),
        (&[2, 30, 3], &[2, 7, 3], 1),
        (&[2, 30, 3], &[7, 1], -2),
        (&[2, 1, 30], &[3, 7], 2),
        (&[2, 3, 1, 30], &[3, 4, 7], -1),
        (&[1, 4], &[3, 9], 1),
        (&[2, 0, 5], &[3], 2),
        (&[700, 2], &[200, 1], 0),
    ] {
        let dtype = Dtype::Float32;
        let elements = |random: &mut Random, shape: &[i32]| {
            random_bytes(random, shape.iter().product::<i32>() as usize, dtype)
        };
        let (a, v) = (elements(&mut random, a_shape), elements(&mut random, v_shape));
        for options in some_options() {
            let options = Options { axis, ..options };
            let ndim = a_shape.len().max(v_shape.len());
            let axis = (axis + if axis < 0 { ndim as i32 } else { 0 }) as usize;
            // A 1-D operand lies along the axis: ones follow it.
            let laid = |shape: &[i32]| -> Vec<i32> {
                (0..ndim)
                    .map(|at| match shape {
                        &[len] => {
                            if at == axis {
                                len
                            } else {
                                1
                            }
                        }
                        _ => size(shape, at, ndim),
                    })
                    .collect()
            };
            let (a_dims, v_dims) = (laid(a_shape), laid(v_shape));
            let [a_len, v_len] = [&a_dims, &v_dims].map(|dims| dims[axis] as usize);
            let len = wanted_len(a_len, v_len, &options).unwrap();
            let shape: Vec<i32> = (0..ndim)
                .map(|at| match (a_dims[at], v_dims[at]) {
                    _ if at == axis => len as i32,
                    (1, other) | (other, _) => other,
                })
                .collect();
            let out = convolve_arrays_with(
                &array(&a, a_shape, dtype),
                &array(&v, v_shape, dtype),
                &options,
                &stream,
            )
            .unwrap();
            assert_eq!(out.shape(), shape, "{a_shape:?} {v_shape:?} {options:?}");
            out.wait().unwrap();
            let got = out.ready_bytes().unwrap();
            // Every index of the result with 0 along the axis.
            let rows: usize = shape
                .iter()
                .enumerate()
                .filter(|&(at, _)| at != axis)
                .map(|(_, &n)| n as usize)
                .product();
            for row in 0..rows {
                let (mut rest, mut index) = (row, vec![0; ndim]);
                for at in (0..ndim).rev().filter(|&at| at != axis) {
                    index[at] = rest % shape[at] as usize;
                    rest /= shape[at] as usize;
                }
                let places = |dims: &[i32], len: usize| -> Vec<usize> {
                    let place = |along: usize| {
                        (0..ndim).fold(0, |place, at| {
                            let i = match at {
                                _ if at == axis => along,
                                _ if dims[at] == 1 => 0,
                                _ => index[at],
                            };
                            place * dims[at] as usize + i
                        })
                    };
                    (0..len).map(place).collect()
                };
                let a = gathered(a.bytes(), places(&a_dims, a_len).into_iter(), dtype);
                let v = gathered(v.bytes(), places(&v_dims, v_len).into_iter(), dtype);
                let want = one_call(&a, &v, dtype, &options);
                let got = gathered(got, places(&shape, len).into_iter(), dtype);
                assert!(got.bytes() == want.bytes(), "{a_shape:?} {v_shape:?} {options:?} {row}");
            }
        }
    }
}

#[test]
fn default_options_have_the_bits_and_the_refusals_of_plain_calls() {
    let mut random = Random(52);
    let stream = Stream::new(default_device()).unwrap();
    for dtype in [Dtype::Float32, Dtype::Int16, Dtype::Complex64] {
        for (a_len, v_len) in [(1, 1), (64, 8), (8, 64), (3000, 300), (100_000, 1000)] {
            let a = random_bytes(&mut random, a_len, dtype);
            let v = random_bytes(&mut random, v_len, dtype);
            let (a, v) = (array(&a, &[a_len as i32], dtype), array(&v, &[v_len as i32], dtype));
            for mode in MODES {
                let plain = convolve_arrays(&a, &v, mode, &stream).unwrap();
                let options = Options::of_mode(mode);
                let with = convolve_arrays_with(&a, &v, &options, &stream).unwrap();
                plain.wait().and(with.wait()).unwrap();
                assert!(plain.ready_bytes() == with.ready_bytes(), "{a_len} x {v_len} {mode:?}");
                let (a, v) = (a.ready_bytes().unwrap(), v.ready_bytes().unwrap());
                let len = wanted_len(a_len, v_len, &options).unwrap();
                let mut outputs = [(); 2].map(|()| Elements::zeroed(len, dtype));
                convolve_plain(a, v, dtype, mode, outputs[0].bytes_mut()).unwrap();
                convolve_plain_with(a, v, dtype, &options, outputs[1].bytes_mut()).unwrap();
                assert!(outputs.iter().all(|out| Ok(out.bytes()) == plain.ready_bytes()));
            }
        }
    }
    let matrix = array(&Elements::zeroed(6, Dtype::Int8), &[2, 3], Dtype::Int8);
    assert!(convolve_arrays(&matrix, &matrix, Mode::Full, &stream).is_err());
    assert!(convolve_arrays_with(&matrix, &matrix, &Options::default(), &stream).is_ok());
}
