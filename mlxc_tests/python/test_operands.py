"""Operands as MLX may hold them: strided, reversed, broadcast, unevaluated; and in either order."""

import mlx.core as mx
import numpy as np
import pytest
import reference

import mlxc

TAPS = [5, 300]


def check(got, a, v, mode="full"):
    exact = reference.convolve(reference.widened(a), reference.widened(v), mode)
    assert reference.error(got, exact, a, v) < reference.MOST


VIEWS = {
    "every third": lambda x: x[::3],
    "backwards": lambda x: x[::-1],
    "every second backwards": lambda x: x[-1:100:-2],
    "from the middle": lambda x: x[1001:4000],
    "broadcast": lambda x: mx.broadcast_to(x[7], (2000,)),
    "a column": lambda x: x.reshape(1000, 6)[:, 2],
    "a row of a transposed matrix": lambda x: x.reshape(6, 1000).T.reshape(1000, 6)[:, 3],
    "a strided window": lambda x: mx.as_strided(x, (1000,), (5,), 3),
    "overlapping": lambda x: mx.as_strided(x, (60, 50), (1, 2), 0).reshape(-1),
}


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64, mx.int32], ids=reference.name)
@pytest.mark.parametrize("taps", TAPS)
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_views(rng, view, taps, dtype):
    base, short = (reference.any_values(rng, length, dtype) for length in (6000, 3 * taps))
    for evaluated in (False, True):
        a, v = view(base), short[::-3]
        if evaluated:
            mx.eval(a, v)
        got = mlxc.convolve(a, v, "same")
        exact = reference.convolve(reference.widened(a), reference.widened(v), "same")
        if dtype == mx.int32:
            assert np.array_equal(np.array(got), exact)
        else:
            assert reference.error(got, exact, a, v) < reference.MOST


@pytest.mark.parametrize("taps", TAPS)
def test_unevaluated(rng, taps):
    x, y = reference.normal(rng, 5000), reference.normal(rng, taps)
    expressions = mx.sin(x) + x[::-1], y / mx.linalg.norm(y)
    check(mlxc.convolve(*expressions), *expressions)
    # A result as an operand, before it has values.
    twice = mlxc.convolve(mlxc.convolve(x, y), y)
    exact = np.convolve(np.convolve(reference.widened(x), reference.widened(y)), reference.widened(y))
    assert np.abs(np.array(twice) - exact).max() < 1e-5 * np.abs(exact).max()


@pytest.mark.parametrize("taps", TAPS)
def test_one_array_twice(rng, taps):
    x = reference.normal(rng, taps)
    check(mlxc.convolve(x, x), x, x)


@pytest.mark.parametrize("mode", mlxc.MODES)
def test_swap(rng, mode):
    """The longer operand is the signal, for even filters too."""
    for longer, shorter in [(5, 4), (5, 2), (64, 6), (2000, 31), (5000, 500), (5000, 501)]:
        a, v = reference.normal(rng, longer), reference.normal(rng, shorter)
        assert mx.array_equal(mlxc.convolve(v, a, mode), mlxc.convolve(a, v, mode))
        check(mlxc.convolve(v, a, mode), v, a, mode)


def test_operands_stay_as_they_are(rng):
    for dtype in reference.DTYPES:
        for lengths in [(9, 4), (3000, 700)]:
            a, v = (reference.any_values(rng, length, dtype) for length in lengths)
            before = mx.array(a), mx.array(v)
            mx.eval(before, mlxc.convolve(a, v))
            assert mx.array_equal(a, before[0]) and mx.array_equal(v, before[1])
