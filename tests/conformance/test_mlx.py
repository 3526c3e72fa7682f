"""MLX itself: its promotions, its conversions, its own cases of convolve, and its results."""

import platform
import sys

import mlx_convolve
import numpy as np
import pytest
from mlx_convolve import BFLOAT16, MODES
from operands import DTYPES, INTEGERS, ON_GPU, both, lengths, random

if sys.platform == "darwin" and platform.machine() != "arm64":
    pytest.skip("there is no MLX for this platform", allow_module_level=True)

import mlx.core as mx  # noqa: E402

# float64 exists on MLX's CPU device only.
mx.set_default_device(mx.cpu)

MLX_DTYPES = [
    mx.bool_, mx.uint8, mx.uint16, mx.uint32, mx.uint64, mx.int8, mx.int16, mx.int32, mx.int64,
    mx.float16, mx.float32, mx.float64, mx.bfloat16, mx.complex64,
]  # fmt: skip
TO_MLX = dict(zip(mlx_convolve.DTYPES, MLX_DTYPES, strict=True))
FROM_MLX = {mlx: dtype for dtype, mlx in TO_MLX.items()}


def to_mlx(values):
    """An MLX array of the same bits."""
    values = np.ascontiguousarray(values)
    if values.dtype == BFLOAT16:
        return mx.array(values.view(np.uint16)).view(mx.bfloat16)
    return mx.array(values, TO_MLX[values.dtype])


def from_mlx(values):
    """A NumPy array of the same bits."""
    if values.dtype == mx.bfloat16:
        return np.array(values.view(mx.uint16)).view(BFLOAT16)
    return np.array(values)


def promoted(a, v):
    """The dtype that MLX gives a sum of the two."""
    return FROM_MLX[(mx.zeros(1, TO_MLX[a]) + mx.zeros(1, TO_MLX[v])).dtype]


def test_dtypes_are_numbered_in_mlxs_order():
    sizes = [dtype.itemsize for dtype in mlx_convolve.DTYPES]
    assert sizes == [dtype.size for dtype in MLX_DTYPES]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_promotion_is_mlxs(dtype):
    for other in DTYPES:
        got = mlx_convolve.convolve(np.ones(3, dtype), np.ones(2, other))
        assert got.dtype == promoted(dtype, other), other
        assert got.real.astype(int).tolist() == ([1] * 4 if got.dtype == bool else [1, 2, 2, 1])


def edges(dtype):
    """Values where conversions round, overflow or keep signs: limits, and around powers of two."""
    if dtype == np.bool_:
        return np.array([False, True])
    if dtype in INTEGERS:
        info = np.iinfo(dtype)
        powers = [s * 2**p + d for p in range(64) for d in (-3, -1, 0, 1, 3) for s in (1, -1)]
        halfway = [2049, 2051, 4098, 257, 259, 65519, 65520, 16777217, 16777219, 2**53 + 1]
        near = [info.min, info.max, info.max - 1, *powers, *halfway]
        return np.array(sorted({x for x in near if info.min <= x <= info.max}), dtype)
    if dtype in (np.float16, BFLOAT16):
        values = np.arange(1 << 16, dtype=np.uint16).view(dtype)
        return values[np.isfinite(values.astype(np.float32))]
    if dtype == np.complex64:
        x = edges(np.dtype(np.float32))[::37]
        return (x + 1j * x[::-1]).astype(dtype)
    info = np.finfo(dtype)
    small = np.array([info.smallest_subnormal, info.tiny, info.eps, 1 + info.eps, 1 / 3], dtype)
    if dtype == np.float64:
        # Halfway between float32s, and beyond them.
        small = np.concatenate((small, [1 + 2.0**-24, 1 + 3 * 2.0**-24, 1e39, 3.4028235677973366e38]))
    steps = np.ldexp(dtype.type(1.37), np.arange(-126, 127)).astype(dtype)
    return np.concatenate((small, -small, steps, [0, info.max, info.min])).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_conversions_are_mlxs_astype(dtype):
    for other in DTYPES:
        result = promoted(dtype, other)
        values = edges(dtype)
        if result == np.complex64 and dtype == np.float64:
            # An infinity times the imaginary zero of 1 is NaN.
            values = values[np.abs(values) < 3e38]
        got = mlx_convolve.convolve(values, np.ones(1, other))
        want = from_mlx(to_mlx(values).astype(TO_MLX[result]))
        assert got.dtype == want.dtype
        if result == np.complex64:
            got, want = got.view(np.float32), want.view(np.float32)
        # Equal, not the same bits: a sum begins with +0, and +0 + -0 is +0.
        equal = got == want
        if ON_GPU and result in (np.float32, BFLOAT16, np.complex64):
            # A GPU may take subnormal numbers for zeros.
            equal |= (got == 0) & (np.abs(want) < np.finfo(np.float32).tiny)
        assert equal.all(), f"{other}: {got[~equal][:5]}, in MLX {want[~equal][:5]}"


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_mixed_operands_are_converted_first(dtype, rng):
    for other in DTYPES:
        for a_len, v_len in ((40, 7), (3000, 1600)):
            a, v = random(rng, a_len, dtype), random(rng, v_len, other)
            result = TO_MLX[promoted(dtype, other)]
            converted = [from_mlx(to_mlx(x).astype(result)) for x in (a, v)]
            mode = rng.choice(MODES)
            got, want = mlx_convolve.convolve(a, v, mode), mlx_convolve.convolve(*converted, mode)
            assert got.dtype == want.dtype
            # NaNs that overflows meet are equal, whatever their payload.
            wide = np.complex128 if result == mx.complex64 else np.longdouble
            wide = got.dtype if got.dtype.kind in "biu" else wide
            assert np.array_equal(got.astype(wide), want.astype(wide), equal_nan=True), other


# Lengths and modes of MLX's own test of convolve (python/tests/test_conv.py, test_numpy_conv), which
# compares with NumPy within these tolerances.
MLX_CASES = [
    (1, 1, "full"), (25, 5, "full"), (24, 5, "same"), (24, 4, "same"), (24, 4, "valid"),
    (4, 24, "full"), (5, 25, "same"), (4, 25, "valid"),
]  # fmt: skip
MLX_TOLERANCES = {"float16": 1e-5, "float32": 1e-6}


@pytest.mark.parametrize("case", MLX_CASES, ids=str)
@pytest.mark.parametrize("dtype", MLX_TOLERANCES)
def test_mlxs_own_cases(dtype, case, rng):
    a_len, v_len, mode = case
    a, v = rng.random(a_len).astype(dtype), rng.random(v_len).astype(dtype)
    got, want = both(a, v, mode), np.convolve(a, v, mode)
    assert got.shape == want.shape and got.dtype == want.dtype
    assert np.allclose(got, want, atol=MLX_TOLERANCES[dtype])
    assert mx.convolve(mx.array(a), mx.array(v), mode=mode).shape == got.shape


@pytest.mark.parametrize("dtype", [np.dtype(np.float16), np.dtype(np.float32), BFLOAT16], ids=str)
def test_results_are_mlxs_within_its_rounding(dtype, rng):
    # MLX rounds in its own order and, for 16-bit floats, perhaps oftener than once.
    eps = {BFLOAT16: 2.0**-7}.get(dtype) or np.finfo(dtype).eps
    for a_len, v_len in [*lengths(rng, 60, 600), (5000, 900), (900, 5000)]:
        a, v = random(rng, a_len, dtype), random(rng, v_len, dtype)
        magnitude = np.convolve(np.abs(a).astype(np.float64), np.abs(v).astype(np.float64), "full")
        for mode in MODES:
            got = both(a, v, mode)
            want = from_mlx(mx.convolve(to_mlx(a), to_mlx(v), mode=mode))
            assert got.dtype == want.dtype and got.shape == want.shape
            error = np.abs(got.astype(np.float64) - want.astype(np.float64))
            assert np.all(error <= 4 * eps * magnitude.max()), (a_len, v_len, mode)


def test_strided_views_of_mlx_arrays(rng):
    x = random(rng, 2000, np.float32)
    for step in (2, 3, -1, -5):
        a, v = x[::step], x[:50]
        want = from_mlx(mx.convolve(mx.array(x)[::step], mx.array(v)))
        assert np.allclose(both(a, v, "full"), want, atol=1e-3)
