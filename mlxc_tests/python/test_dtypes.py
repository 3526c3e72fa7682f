"""Every dtype, every pair of dtypes, and what each promises about its values."""

import itertools

import mlx.core as mx
import numpy as np
import pytest
import reference

import mlxc

MODES = list(mlxc.MODES)
# Few taps and many, short and long signals, so that each method has its turn.
LENGTHS = [(1, 1), (7, 3), (40, 40), (300, 64), (1000, 300), (5000, 2049), (40000, 700)]


def ids(dtypes):
    return [reference.name(dtype) for dtype in dtypes]


@pytest.mark.parametrize("dtype", reference.INTEGERS, ids=ids(reference.INTEGERS))
def test_integers_wrap(rng, dtype):
    as_numpy = reference.name(dtype)
    for a_length, v_length in LENGTHS:
        a, v = reference.any_values(rng, a_length, dtype), reference.any_values(rng, v_length, dtype)
        for mode in MODES:
            got = mlxc.convolve(a, v, mode)
            exact = reference.kept(np.convolve(np.array(a), np.array(v)), a_length, v_length, mode)
            assert got.dtype == dtype and exact.dtype == as_numpy
            assert np.array_equal(np.array(got), exact), (a_length, v_length, mode)


@pytest.mark.parametrize("dtype", reference.INTEGERS, ids=ids(reference.INTEGERS))
def test_extreme_integers(dtype):
    info = np.iinfo(reference.name(dtype))
    for values in itertools.product((info.min, info.max), repeat=2):
        a, v = (np.full(length, value, info.dtype) for value, length in zip(values, (70000, 5000)))
        count = np.minimum(np.minimum(np.arange(1, 75000), 5000), np.arange(74999, 0, -1))
        product = (int(values[0]) * int(values[1])) % (1 << info.bits)
        exact = (count.astype(np.uint64) * np.uint64(product)).astype(info.dtype)
        assert np.array_equal(np.array(mlxc.convolve(mx.array(a), mx.array(v))), exact), values


def test_long_integers(rng):
    a, v = (reference.any_values(rng, length, mx.int64) for length in (1 << 20, 1024))
    got = np.array(mlxc.convolve(a, v))
    assert got.shape == ((1 << 20) + 1023,)
    a, v = np.array(a), np.array(v)
    for first in [0, 1000, 5000, 500000, 1048500]:
        around = np.convolve(a[max(0, first - 1023) : first + 50], v)
        skipped = min(first, 1023)
        assert np.array_equal(got[first : first + 50], around[skipped : skipped + 50])


def test_bool_is_or_of_ands(rng):
    for a_length, v_length in [*LENGTHS, (70000, 5000)]:
        for share in (0.5, 1 - 2.0**-10):
            a, v = (mx.array(rng.random(length) > share) for length in (a_length, v_length))
            exact = np.convolve(np.array(a, np.int64), np.array(v, np.int64)) > 0
            for mode in MODES:
                got = mlxc.convolve(a, v, mode)
                assert got.dtype == mx.bool_
                assert np.array_equal(np.array(got), reference.kept(exact, a_length, v_length, mode))


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=ids([mx.float32, mx.float64, mx.complex64]))
def test_floats(rng, dtype):
    for a_length, v_length in [*LENGTHS, (1 << 20, 1024), (1 << 18, 1 << 17)]:
        a, v = reference.normal(rng, a_length, dtype), reference.normal(rng, v_length, dtype)
        exact = reference.convolve(reference.widened(a), reference.widened(v))
        for mode in MODES:
            got = mlxc.convolve(a, v, mode)
            assert got.dtype == dtype
            wanted = reference.kept(exact, a_length, v_length, mode)
            assert reference.error(got, wanted, a, v) < reference.MOST, (a_length, v_length, mode)


def test_complex_with_real(rng):
    """A real signal gives the real parts no imaginary ones, and the other way round."""
    a = reference.normal(rng, 3000, mx.complex64)
    for taps in (3, 40, 700):
        v = reference.normal(rng, taps)
        got = np.array(mlxc.convolve(a, v))
        for part in ("real", "imag"):
            exact = np.convolve(getattr(reference.widened(a), part), reference.widened(v))
            assert np.abs(getattr(got, part) - exact).max() < 1e-5 * np.abs(exact).max()


@pytest.mark.parametrize("dtype", reference.HALVES, ids=ids(reference.HALVES))
def test_halves_are_rounded_once(rng, dtype):
    for a_length, v_length in LENGTHS:
        a, v = reference.normal(rng, a_length, dtype), reference.normal(rng, v_length, dtype)
        got = mlxc.convolve(a, v)
        single = mlxc.convolve(a.astype(mx.float32), v.astype(mx.float32))
        assert got.dtype == dtype
        assert mx.array_equal(got, single.astype(dtype))


def test_range_of_float16():
    """Sums beyond float16 on the way do no harm; results beyond it are infinite."""
    for taps in (30, 1000):
        many = mx.full((5000,), 160.0, mx.float16)
        steps = mx.array([16.0] * (taps // 2) + [-16.0] * (taps // 2), dtype=mx.float16)
        got = mlxc.convolve(many, steps)
        assert mx.abs(got[taps:5000]).max().item() < 1
        assert got[taps // 2 - 1].item() == (taps // 2 * 2560 if taps == 30 else np.inf)
        assert got[-taps // 2].item() == (-taps // 2 * 2560 if taps == 30 else -np.inf)
    assert mlxc.convolve(mx.full((300,), 300.0, mx.float16), mx.array([300.0], dtype=mx.float16))[0].item() == np.inf


@pytest.mark.parametrize("a_length, v_length", [(9, 4), (400, 300)])
def test_promotion(rng, a_length, v_length):
    """Of each of the 14 x 14 pairs: MLX's dtype, and the values of both operands in it."""
    for a_dtype, v_dtype in itertools.product(reference.DTYPES, repeat=2):
        a, v = (mx.array(rng.integers(0, 4, length)) for length in (a_length, v_length))
        a, v = a.astype(a_dtype, stream=mx.cpu), v.astype(v_dtype, stream=mx.cpu)
        dtype = mx.result_type(a, v)
        got = mlxc.convolve(a, v)
        assert got.dtype == dtype, (a_dtype, v_dtype)
        exact = np.convolve(*(reference.widened(operand.astype(dtype)).astype(np.complex128) for operand in (a, v)))
        if dtype == mx.bool_:
            exact = exact != 0
        elif dtype in reference.INTEGERS:
            exact = exact.real.astype(np.int64).astype(reference.name(dtype))
        off = np.abs(reference.widened(got) - exact) if dtype in reference.FLOATS else reference.widened(got) != exact
        assert off.max() <= {mx.float16: 2, mx.bfloat16: 16}.get(dtype, 1e-3), (a_dtype, v_dtype)


def test_as_mlx(rng):
    """mx.convolve has some of the pairs, for real."""
    for a_dtype, v_dtype in itertools.product([mx.float16, mx.bfloat16, mx.float32], repeat=2):
        a, v = reference.normal(rng, 100, a_dtype), reference.normal(rng, 9, v_dtype)
        for mode in MODES:
            got, wanted = mlxc.convolve(a, v, mode), mx.convolve(a, v, mode)
            assert got.dtype == wanted.dtype
            assert mx.abs(got - wanted).max().item() < {mx.float32: 1e-5, mx.float16: 0.02}.get(got.dtype, 0.2)
