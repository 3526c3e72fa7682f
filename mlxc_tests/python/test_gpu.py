"""What a GPU would be given to do, which this machine lacks: graphs on a stream of a GPU, that nobody evaluates."""

import itertools

import gradients
import mlx.core as mx
import operations
import pytest
import reference

import mlxc

LENGTHS = [(50, 1), (50, 5), (3000, 200), (3000, 256), (100000, 3000), (1 << 22, 1 << 20)]
ON_GPU = [dtype for dtype in reference.DTYPES if dtype != mx.float64]


def zeros(length, dtype):
    """Of any length, without memory."""
    return mx.broadcast_to(mx.array(0).astype(dtype, stream=mx.cpu), (length,), stream=mx.cpu)


def on_gpu(a, v):
    return mlxc.convolve(a, v, stream=operations.GPU)


@pytest.mark.parametrize("dtype", ON_GPU, ids=reference.name)
def test_no_float64(dtype):
    """GPUs of Apple have no float64; derivatives need none either."""
    for a_length, v_length in LENGTHS:
        if dtype not in reference.FLOATS and v_length > 256:
            continue
        a, v = zeros(a_length, dtype), zeros(v_length, dtype)
        functions = [on_gpu]
        if dtype in reference.FLOATS:
            slope = mx.grad(gradients.loss(lambda a, v, mode: on_gpu(a, v)), (0, 1))
            functions.append(lambda a, v: slope(a, v))
        for function in functions:
            told = operations.operations(function, a, v)
            dtypes = {each[2] for operation in told for each in operation["outputs"]}
            assert told and mx.float64 not in dtypes


@pytest.mark.parametrize("stream", [operations.GPU, mx.cpu], ids=["gpu", "cpu"])
@pytest.mark.parametrize("dtype", [mx.float32, mx.complex64], ids=reference.name)
def test_transforms_have_no_more_than_2_20_points(dtype, stream):
    """Longer ones are wrong on Metal, or refused, by the version of MLX."""
    for a_length, v_length in [(100000, 3000), (1 << 20, 1 << 20), (1 << 22, 1 << 20), (1 << 27, 1 << 19), (1 << 24, 1 << 24)]:
        told = operations.operations(
            lambda a, v: mlxc.convolve(a, v, stream=stream), zeros(a_length, dtype), zeros(v_length, dtype)
        )
        points = set()
        for each in told:
            if each["name"] == "FFT":
                points.add(max(each["inputs"][0][1][-1], each["outputs"][0][1][-1]))
        assert len(points) == 1
        (points,) = points
        assert points <= 1 << 20 and points & (points - 1) == 0


def test_float64_is_refused():
    for a_dtype, v_dtype in itertools.product(reference.DTYPES, repeat=2):
        a, v = zeros(20, a_dtype), zeros(3, v_dtype)
        if mx.float64 not in (a_dtype, v_dtype):
            assert on_gpu(a, v).dtype == mx.result_type(a, v)
            continue
        name = "a" if a_dtype == mx.float64 else "v"
        with pytest.raises(RuntimeError, match=rf"^\[convolve\] {name} is float64, which a GPU stream does not take"):
            on_gpu(a, v)


@pytest.mark.parametrize("dtype", [mx.bool_, *reference.INTEGERS], ids=reference.name)
def test_long_filters_of_integers_are_refused(dtype):
    for lengths in [(257, 257), (1000, 257), (257, 1000)]:
        with pytest.raises(RuntimeError, match=rf"^\[convolve\] On a GPU stream, {reference.name(dtype)} filters .* 257:"):
            on_gpu(*(zeros(length, dtype) for length in lengths))
    assert on_gpu(zeros(1000, dtype), zeros(256, dtype)).shape == (1255,)
