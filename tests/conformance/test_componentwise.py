"""Componentwise accuracy through the C surface, against exact sums.

src/convolve/tests/componentwise has more families of operands, and all options.
"""

import numpy as np
import pytest
from mlx_convolve import MODES, Options, convolve_into_with, convolve_rows, convolve_with
from operands import DTYPES, ON_GPU
from reference import pairs, window

DTYPES = [dtype for dtype in DTYPES if dtype in (np.float32, np.float64)]
LENGTHS = [(600, 200), (600, 257), (5000, 700), (900, 3000), (12000, 5000)]


def decay(rng, length, info):
    """From the largest number to the smallest."""
    exponents = np.linspace(info.maxexp - 1, info.minexp - info.nmant, length)
    return rng.uniform(0.5, 1, length) * np.exp2(exponents)


def tails(rng, length, info):
    """A Gaussian, down to subnormal numbers."""
    end = np.sqrt(2 * np.log(2) * -info.minexp)
    return np.exp(-np.linspace(-end, end, length) ** 2 / 2)


def spikes(rng, length, info):
    """1e30 beside 1e-30 in float32, and as far apart in float64."""
    quiet, loud = np.exp2(0.78 * info.minexp), np.exp2(0.78 * info.maxexp)
    return rng.uniform(-1, 1, length) * np.where(rng.random(length) < 0.01, loud, quiet)


def loud(rng, length, info):
    """Values whose sums of products overflow midway."""
    return rng.uniform(-1, 1, length) * np.exp2(info.maxexp / 2) / length**0.25


def as_integer(x):
    """A finite number in units of 2^-1074."""
    numerator, denominator = float(x).as_integer_ratio()
    return numerator * (2**1074 // denominator)


def ratio(got, x, y, taps, info, largest_factor):
    """The error of one output, in units of its bound. All sums are exact: integers in units of
    2^-2148. What counts as zero is below the smallest normal number, times `largest_factor`."""
    products = [as_integer(p) * as_integer(q) for p, q in zip(x, y, strict=True)]
    exact, magnitude = sum(products), sum(map(abs, products))
    unit, largest = as_integer(1), as_integer(info.max) * as_integer(1)
    bound = min(taps, 256) * magnitude * int(info.eps * 2**52) // 2**52
    bound += taps * as_integer(info.tiny) * as_integer(largest_factor)
    if np.isinf(got):
        beyond = exact if got > 0 else -exact
        return max(0, largest - beyond) / bound
    return abs(as_integer(got) * unit - exact) / bound


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("family", [decay, tails, spikes, loud], ids=lambda family: family.__name__)
def test_each_output_keeps_its_bound(family, dtype, rng, observe):
    info = np.finfo(dtype)
    for a_len, v_len in LENGTHS:
        with np.errstate(under="ignore"):
            a, v = (family(rng, length, info).astype(dtype) for length in (a_len, v_len))
        # On a GPU, subnormal operands may be zeros.
        factor = max(1, np.abs(a).max(), np.abs(v).max()) if ON_GPU else 1
        for mode in MODES:
            options = Options(mode, accuracy="componentwise")
            got = convolve_with(a, v, options)
            if ON_GPU:
                others = convolve_with(np.stack([a, a]), v, options)
            else:
                out, rows = np.empty_like(got), np.empty((2, len(got)), dtype)
                convolve_into_with(a, v, out, options)
                convolve_rows(np.stack([a, a]), v, rows, options)
                others = (out, *rows)
            assert all(x.tobytes() == got.tobytes() for x in others)
            first = window(a_len, v_len, mode).start
            # Both ends, and others between them.
            for i in np.linspace(0, len(got) - 1, 25).astype(int):
                products = pairs(a, v, first + i)
                worst = ratio(got[i], *products, min(a_len, v_len), info, factor)
                observe(f"componentwise error over bound, {dtype.name}", worst)
                assert worst <= 1, (family.__name__, a_len, v_len, mode, i, worst)
