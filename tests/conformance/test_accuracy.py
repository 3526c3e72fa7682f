"""The published bounds, at lengths that are transformed and in ranges that transforms dislike."""

import numpy as np
import pytest
import reference
from mlx_convolve import MODES, explain
from operands import DTYPES, FLOATS, ON_GPU, both, random

# Blocks of several lengths, one transform for all, either operand the longer.
LENGTHS = [(5000, 700), (1000, 1000), (40000, 600), (2000, 30000), (200000, 9000), (1 << 17, 1 << 17)]
REAL = [dtype for dtype in FLOATS if dtype != np.complex64]


def sample(rng, a_len, v_len, mode, count):
    """Indices of `full` in a mode's window: both ends, and random ones."""
    where = reference.window(a_len, v_len, mode)
    inner = rng.integers(where.start, where.stop, count)
    return np.unique(np.concatenate(([where.start, where.stop - 1], inner)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_transforms_keep_the_bound(dtype, mode, rng, observe):
    transformed = 0
    for a_len, v_len in LENGTHS:
        a, v = random(rng, a_len, dtype), random(rng, v_len, dtype)
        transformed += "fft" in explain(a_len, v_len, dtype, mode)["method"]
        got = both(a, v, mode)
        if dtype == np.float64:
            outputs = sample(rng, a_len, v_len, mode, 60)
            reference.check_real(got, a, v, mode, dtype, observe, outputs)
        else:
            reference.check(got, a, v, mode, observe)
    assert transformed >= 4 or ON_GPU


@pytest.mark.parametrize("dtype", [x for x in DTYPES if x in (np.float32, np.float64)], ids=str)
@pytest.mark.parametrize("lengths", [(3000, 9), (6000, 1500)], ids=["short", "long"])
def test_extreme_ranges_neither_overflow_nor_vanish(lengths, dtype, rng, observe):
    if dtype == np.float32:
        scales = [(1e37, 1e-30), (1e-20, 1e-22), (1e-42, 1e30), (1e-30, 1e38), (1e19, 1e-38)]
    else:
        # Not below 1e-275 in products: the exact reference splits them.
        scales = [(1e290, 1e-270), (1e-140, 1e-120), (1e-300, 1e200), (1e150, 1e100)]
    for scale_a, scale_v in scales:
        a = (rng.uniform(-1, 1, lengths[0]) * scale_a).astype(dtype)
        v = (rng.uniform(-1, 1, lengths[1]) * scale_v).astype(dtype)
        outputs = sample(rng, *lengths, "full", 200)
        got = both(a, v, "full")
        assert np.isfinite(got).all()
        reference.check_real(got, a, v, "full", dtype, observe, outputs)


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_loud_blocks_leak_nothing_into_quiet_ones(dtype, rng, observe):
    # Stretches 80 dB apart, each longer than a block reads: noise of the loud ones would show.
    n, k = 60000, 200
    plan = explain(n, k, np.float32)
    reads = int(plan["block"].split()[0]) if "block" in plan else 1000
    quiet = np.arange(n) // (2 * reads) % 2 == 0
    a = (rng.normal(size=n) * np.where(quiet, 1e-4, 1.0)).astype(dtype)
    v = rng.normal(size=k).astype(dtype)
    outputs = sample(rng, n, k, "full", 1000)
    reference.check_real(both(a, v, "full"), a, v, "full", dtype, observe, outputs)


@pytest.mark.parametrize("lengths", [(300, 40), (6000, 1500)], ids=["short", "long"])
def test_beyond_the_largest_float_is_infinity(lengths):
    for dtype in REAL:
        large = {"float16": 6e4, "float64": 1e300}.get(dtype.name, 1e30)
        a, v = (np.full(length, large).astype(dtype) for length in lengths)
        assert np.all(both(a, -v, "valid").astype(np.float64) == -np.inf)
