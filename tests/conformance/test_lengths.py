"""Lengths on both sides of powers of two, where tiles, blocks, workgroups and counters of 16 bits end."""

import numpy as np
import pytest
import reference
from mlx_convolve import MODES, convolve_with
from operands import DTYPES, INTEGERS, both, random

POWERS = [256, 512, 1024, 2048, 4096, 8192]
AROUND = [power + d for power in POWERS for d in (-1, 0, 1)]
# A signal around a power, with few taps, with as many as around another power, and with its own length.
PAIRS = [(n, k) for n in AROUND for k in (1, 2, 3, 33, *AROUND) if k <= n]
LARGE = [(1 << power) + d for power in (15, 16) for d in (-1, 0, 1)]


def check(a, v, mode, observe):
    """The bound of floats, and NumPy's values of integers."""
    got = both(a, v, mode)
    if a.dtype in INTEGERS:
        assert np.array_equal(got, np.convolve(a, v, mode)), (len(a), len(v), mode)
    else:
        reference.check(got, a, v, mode, observe)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_around_powers_of_two(dtype, rng, observe):
    # All of them in float32, and others in each run's dtypes: NumPy's sums take most of the time.
    pairs = PAIRS if dtype == np.float32 else rng.permutation(PAIRS)[:24]
    for i, (n, k) in enumerate(pairs):
        a, v = random(rng, n, dtype), random(rng, k, dtype)
        check(*((a, v) if i % 4 else (v, a)), MODES[i % 3], observe)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_around_65536_elements(dtype, rng, observe):
    for n in LARGE:
        taps = {1, 2, 31, 128, 129, 700} if dtype == np.float32 else rng.choice([1, 2, 31, 129], 1)
        for k in map(int, taps):
            # So many values in; and so many outputs, which `full` has more of.
            a, v = random(rng, n, dtype), random(rng, k, dtype)
            check(a, v, "same", observe)
            check(a[: n - k + 1], v, "full", observe)


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 1000])
@pytest.mark.parametrize("dtype", [np.dtype(x) for x in ("float32", "int32")], ids=str)
def test_rows_are_as_if_alone(dtype, count, rng, observe):
    for n, k in ((5, 3), (1023, 2), (1024, 17), (300, 300)):
        if count * n > 300_000:
            continue
        a = random(rng, count * n, dtype).reshape(count, n)
        one, each = random(rng, k, dtype), random(rng, count * k, dtype).reshape(count, k)
        for v in (one, each):
            rows = convolve_with(a, v)
            assert rows.shape == (count, n + k - 1)
            for i in {0, count // 2, count - 1, *rng.integers(count, size=8).tolist()}:
                filter_ = v if v is one else v[i]
                assert rows[i].tobytes() == convolve_with(a[i], filter_).tobytes(), (n, k, i)
        check(a[-1], one, "full", observe)
