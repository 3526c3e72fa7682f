"""mx.compile, mx.vmap and their combinations with gradients."""

import gradients
import mlx.core as mx
import numpy as np
import pytest
import reference

import mlxc

DTYPES = [mx.float32, mx.float64, mx.complex64, mx.int32, mx.bool_]
# A filter of few taps and of many.
LENGTHS = [(60, 5), (900, 300)]


def assert_equal(got, wanted):
    """Nearly: compiled operations may be fused, and batches summed in another order."""
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    if got.dtype in reference.FLOATS:
        got, wanted = reference.widened(got), reference.widened(wanted)
        assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()
    else:
        assert mx.array_equal(got, wanted)


def pair(rng, lengths, dtype):
    return [reference.any_values(rng, length, dtype) for length in lengths]


def rows(rng, count, length, dtype):
    return reference.any_values(rng, count * length, dtype).reshape(count, length)


@pytest.mark.parametrize("mode", mlxc.MODES)
@pytest.mark.parametrize("dtype", DTYPES, ids=reference.name)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_compile(rng, lengths, dtype, mode):
    """Called again with other values, and with other lengths, for which it is traced anew."""
    compiled = mx.compile(lambda a, v: mlxc.convolve(a, v, mode))
    for _ in range(3):
        a, v = pair(rng, lengths, dtype)
        assert_equal(compiled(a, v), mlxc.convolve(a, v, mode))
    assert_equal(compiled(a[1:], v[1:]), mlxc.convolve(a[1:], v[1:], mode))


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_compiled_among_operations(rng, lengths):
    """In the middle of a graph, with taps that the function holds, and with taps made inside."""
    a, taps = pair(rng, lengths, mx.float32)

    def smoothed(x):
        window = mx.exp(-mx.arange(taps.size) / 7)
        return mx.tanh(mlxc.convolve(mx.sin(x), taps, "same")) + mlxc.convolve(x * 2, window / window.sum(), "same")

    compiled = mx.compile(smoothed)
    for values in (a, a + 1):
        assert_equal(compiled(values), smoothed(values))


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=reference.name)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_compiled_gradient(rng, lengths, dtype):
    slope = mx.value_and_grad(gradients.loss(mlxc.convolve), (0, 1))
    compiled = mx.compile(slope)
    for _ in range(2):
        a, v = (x / 10 for x in pair(rng, lengths, dtype))
        got, wanted = compiled(a, v), slope(a, v)
        assert np.isclose(got[0].item(), wanted[0].item(), rtol=1e-4, atol=1e-5)
        for one, other in zip(got[1], wanted[1]):
            assert_equal(one, other)


@pytest.mark.parametrize("mode", mlxc.MODES)
@pytest.mark.parametrize("dtype", DTYPES, ids=reference.name)
@pytest.mark.parametrize("lengths", [*LENGTHS, (5, 60)], ids=str)
def test_vmap(rng, lengths, dtype, mode):
    """Over either operand and over both, along any axis, out of any axis."""
    many_a, many_v = (rows(rng, 4, length, dtype) for length in lengths)
    a, v = many_a[0], many_v[0]

    def convolve(a, v):
        return mlxc.convolve(a, v, mode)

    over_a = mx.stack([convolve(row, v) for row in many_a])
    over_v = mx.stack([convolve(a, row) for row in many_v])
    over_both = mx.stack([convolve(*both) for both in zip(many_a, many_v)])
    assert_equal(mx.vmap(convolve, (0, None))(many_a, v), over_a)
    assert_equal(mx.vmap(convolve, (None, 0))(a, many_v), over_v)
    assert_equal(mx.vmap(convolve)(many_a, many_v), over_both)
    assert_equal(mx.vmap(convolve, (1, 0), 1)(many_a.T, many_v), over_both.T)
    assert_equal(mx.vmap(convolve, (0, 1), 0)(many_a, many_v.T), over_both)


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_vmap_of_vmap(rng, lengths):
    """Each of some signals with each of some filters."""
    many_a, many_v = (rows(rng, count, length, mx.float32) for count, length in zip((3, 4), lengths))
    each = mx.vmap(mx.vmap(mlxc.convolve, (None, 0)), (0, None))(many_a, many_v)
    assert_equal(each, mx.stack([mx.stack([mlxc.convolve(a, v) for v in many_v]) for a in many_a]))


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=reference.name)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_vmap_and_gradients(rng, lengths, dtype):
    many_a, many_v = (rows(rng, 3, length, dtype) / 10 for length in lengths)
    slope = mx.grad(gradients.loss(mlxc.convolve), (0, 1))
    wanted = [mx.stack(x) for x in zip(*(slope(*both) for both in zip(many_a, many_v)))]
    for one, other in zip(mx.vmap(slope)(many_a, many_v), wanted):
        assert_equal(one, other)
    # The gradient of a mapped function, also compiled.
    of_all = mx.grad(lambda a, v: mx.vmap(gradients.loss(mlxc.convolve))(a, v).sum(), (0, 1))
    for of_all in (of_all, mx.compile(of_all)):
        for one, other in zip(of_all(many_a, many_v), wanted):
            assert_equal(one, other)


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_checkpoint(rng, lengths):
    a, v = pair(rng, lengths, mx.float32)
    value = gradients.loss(mlxc.convolve)
    assert_equal(mx.grad(mx.checkpoint(value))(a, v), mx.grad(value)(a, v))


@pytest.mark.parametrize("dtype", DTYPES, ids=reference.name)
@pytest.mark.parametrize("lengths", [(60, 1), *LENGTHS], ids=str)
def test_export(rng, lengths, dtype, tmp_path):
    """Into a file, and back, for other values."""
    file = str(tmp_path / "convolve.mlxfn")
    mx.export_function(file, mlxc.convolve, *pair(rng, lengths, dtype))
    a, v = pair(rng, lengths, dtype)
    (got,) = mx.import_function(file)(a, v)
    assert_equal(got, mlxc.convolve(a, v))


@pytest.mark.parametrize("dtype", DTYPES, ids=reference.name)
@pytest.mark.parametrize("mode", mlxc.MODES)
@pytest.mark.parametrize("lengths", [(60, 1), (1, 1), *LENGTHS], ids=str)
def test_shapeless(rng, lengths, mode, dtype):
    """The lengths decide what is computed, and MLX would keep it for other lengths: it refuses, at the first call."""
    compiled = mx.compile(lambda a, v: mlxc.convolve(a, v, mode), shapeless=True)
    with pytest.raises(ValueError, match="cannot infer output shapes"):
        compiled(*pair(rng, lengths, dtype))
