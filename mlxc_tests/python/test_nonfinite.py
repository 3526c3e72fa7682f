"""NaN and infinities."""

import mlx.core as mx
import numpy as np
import pytest
import reference

import mlxc

SPECIAL = [np.nan, np.inf, -np.inf]
TRANSFORMED = [mx.float32, mx.float64, mx.complex64]


def with_value(array, where, value):
    """The array with another value at an index."""
    value = mx.array([value]).astype(array.dtype, stream=mx.cpu)
    return mx.concatenate([array[:where], value, array[where + 1 :]])


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16, mx.float32, mx.float64], ids=reference.name)
@pytest.mark.parametrize("taps", [1, 2, 5])
@pytest.mark.parametrize("special", SPECIAL)
def test_direct_sums(rng, special, taps, dtype):
    """The outputs that read the value are not finite, and no others: infinite where NumPy's are."""
    a, v = reference.normal(rng, 200, dtype), reference.normal(rng, taps, dtype)
    for where in (0, 77, 199):
        spoilt = with_value(a, where, special)
        got = reference.widened(mlxc.convolve(spoilt, v))
        exact = np.convolve(reference.widened(spoilt), reference.widened(v))
        assert np.array_equal(np.isnan(got), np.isnan(exact))
        assert np.array_equal(np.isposinf(got), np.isposinf(exact)) and np.array_equal(np.isneginf(got), np.isneginf(exact))
        assert np.isfinite(got).sum() == 200 - 1


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64], ids=reference.name)
@pytest.mark.parametrize("special", SPECIAL)
def test_direct_sums_as_mlx(rng, special, dtype):
    """In the filter too, which meets the zeros around the signal."""
    a, v = reference.normal(rng, 200, mx.float32), with_value(reference.normal(rng, 5, mx.float32), 2, special)
    for mode in mlxc.MODES:
        wanted = reference.widened(mx.convolve(a, v, mode))
        got = reference.widened(mlxc.convolve(a.astype(dtype, stream=mx.cpu), v.astype(dtype, stream=mx.cpu), mode))
        assert np.array_equal(np.isfinite(got), np.isfinite(wanted))


def check_transforms(rng, lengths, places, dtype, mode, special):
    """All outputs that read the value are NaN, and up to 62 others on either side; the rest is as exact as ever."""
    length, taps = lengths
    a, v = reference.normal(rng, length, dtype), reference.normal(rng, taps, dtype)
    for where in places:
        got = reference.widened(mlxc.convolve(with_value(a, where, special), v, mode))
        full = np.arange(length + taps - 1)
        reading, near = (
            reference.kept((where - more <= full) & (full < where + taps + more), length, taps, mode) for more in (0, 62)
        )
        nan = np.isnan(got)
        assert nan[reading].all() and near[nan].all(), where
        finite = with_value(a, where, 0)
        exact = reference.convolve(reference.widened(finite), reference.widened(v), mode)
        off = np.abs(got - exact)[~nan].max(initial=0)
        norms = np.linalg.norm(reference.widened(finite)) * np.linalg.norm(reference.widened(v))
        assert off < reference.MOST * reference.eps(dtype) * norms, where


@pytest.mark.parametrize("mode", mlxc.MODES)
@pytest.mark.parametrize("dtype", TRANSFORMED, ids=reference.name)
@pytest.mark.parametrize("special", SPECIAL)
def test_transforms(rng, special, dtype, mode):
    for lengths in [(1 << 16, 700), (30000, 20001)]:
        check_transforms(rng, lengths, (0, 1, 20000, lengths[0] - 1), dtype, mode, special)


@pytest.mark.parametrize("mode", mlxc.MODES)
@pytest.mark.parametrize("taps", [*range(320, 352), 3 + 32 * 40])
def test_every_place_and_length(rng, taps, mode):
    """Outputs are marked by chunks of 32: each place in a chunk, and filters of each length beyond whole chunks."""
    check_transforms(rng, (5000, taps), range(2000, 2032), mx.float32, mode, np.nan)


@pytest.mark.parametrize("dtype", TRANSFORMED, ids=reference.name)
@pytest.mark.parametrize("special", SPECIAL)
def test_transformed_filter(rng, special, dtype):
    a, v = reference.normal(rng, 1 << 16, dtype), with_value(reference.normal(rng, 700, dtype), 300, special)
    assert np.isnan(reference.widened(mlxc.convolve(a, v))).all()


def test_gradient_beside_nan(rng):
    """The derivatives of outputs that do not read it."""
    a, v = with_value(reference.normal(rng, 20000), 5000, np.nan), reference.normal(rng, 700)
    to_a, to_v = mx.grad(lambda a, v: mlxc.convolve(a, v)[10000:].sum(), (0, 1))(a, v)
    finite = mx.grad(lambda a, v: mlxc.convolve(a, v)[10000:].sum(), (0, 1))(with_value(a, 5000, 0), v)
    assert mx.allclose(to_a, finite[0], atol=1e-4) and mx.allclose(to_v, finite[1], rtol=1e-4, atol=1e-2)
