"""NumPy's convolve, for every dtype it has."""

import numpy as np
import pytest
import reference
from mlx_convolve import BFLOAT16, MODES, convolve, explain
from operands import DTYPES, FLOATS, INTEGERS, ON_GPU, both, lengths, random, strided

STRIDES = [1, 2, 3, -1, -2, 0]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_short_length_gives_numpys_values(dtype, rng):
    # Sums of up to 20 times -2, -1, 0, 1 or 2 are exact in every dtype, so all 14 can be compared.
    for a_len in range(1, 21):
        for v_len in range(1, 21):
            a = rng.integers(-2, 3, a_len).astype(dtype)
            v = rng.integers(-2, 3, v_len).astype(dtype)
            for mode in MODES:
                got = both(a, v, mode)
                # ml_dtypes has no convolve; complex64 holds all of its sums.
                wide = np.complex64 if dtype == BFLOAT16 else dtype
                want = np.convolve(a.astype(wide), v.astype(wide), mode)
                assert got.dtype == dtype
                assert np.array_equal(got.astype(wide), want), (a_len, v_len, mode, got, want)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integers_and_bools_are_numpys(dtype, rng):
    for a_len, v_len in lengths(rng, 60, 1000):
        a = strided(rng, a_len, dtype, rng.choice(STRIDES))
        v = strided(rng, v_len, dtype, rng.choice(STRIDES))
        mode = rng.choice(MODES)
        where = (a_len, v_len, mode, a.strides, v.strides)
        assert np.array_equal(both(a, v, mode), np.convolve(a, v, mode)), where


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_floats_keep_the_bound(dtype, rng, observe):
    for a_len, v_len in lengths(rng, 60, 1000):
        a = strided(rng, a_len, dtype, rng.choice(STRIDES))
        v = strided(rng, v_len, dtype, rng.choice(STRIDES))
        mode = rng.choice(MODES)
        reference.check(both(a, v, mode), a, v, mode, observe)


def test_float16_is_numpys_but_for_ties_and_the_order_of_sums(rng):
    # NumPy too accumulates float16 in float32 and rounds once, but may add in another order: results
    # differ where the float32 sums lie on either side of a tie, by one unit in the last place.
    different, outputs = 0, 0
    for a_len, v_len in lengths(rng, 40, 300):
        a, v = random(rng, a_len, np.float16), random(rng, v_len, np.float16)
        got, want = both(a, v, "full"), np.convolve(a, v)
        apart = got != want
        bits = np.array([x[apart].view(np.int16).astype(int) for x in (got, want)])
        assert np.all((np.abs(bits[0] - bits[1]) <= 1) | (np.abs(want[apart]) < 0.1))
        different, outputs = different + apart.sum(), outputs + len(got)
    assert different <= outputs / 200


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_long_integers_are_exact(dtype, rng):
    lowest = False if dtype == np.bool_ else np.iinfo(dtype).min or np.iinfo(dtype).max
    highest = True if dtype == np.bool_ else np.iinfo(dtype).max
    extremes = np.full(9000, lowest, dtype), np.full(4100, highest, dtype)
    # Either operand may be the longer; every true of a sparse bool result stands alone.
    for a, v in (
        (random(rng, 9000, dtype), random(rng, 4100, dtype)),
        (random(rng, 3000, dtype), random(rng, 20001, dtype)),
        extremes,
    ):
        for mode in MODES:
            assert "fft" in explain(len(a), len(v), dtype)["method"] or ON_GPU
            assert np.array_equal(both(a, v, mode), np.convolve(a, v, mode)), (len(a), mode)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_the_longest_integers_are_exact_where_sampled(dtype, rng):
    n, k = 1 << 20, 1 << 16
    if dtype == np.bool_:
        # Of the outputs about half are true; and counts that fill every wrapping counter are true.
        a, v = rng.random(n) < 0.003, rng.random(k) < 0.003
        assert convolve(np.ones(n, bool), np.ones(k, bool)).all()
    else:
        a, v = random(rng, n, dtype), random(rng, k, dtype)
    got = both(a, v, "full")
    outputs = np.concatenate(([0, 1, k - 1, k, n - 1, n + k - 2], rng.integers(0, n + k - 1, 200)))
    want = reference.modular_outputs(a, v, outputs)
    assert np.array_equal(got[outputs], want)
    if dtype == np.bool_:
        assert want.any() and not want.all()


def test_any_nonzero_byte_is_true(rng):
    for a_len, v_len in ((40, 5), (9000, 4100)):
        a = (rng.random(a_len) < 0.01) * rng.integers(1, 256, a_len)
        v = (rng.random(v_len) < 0.01) * rng.integers(1, 256, v_len)
        a, v = a.astype(np.uint8), v.astype(np.uint8)
        got = both(a.view(np.bool_), v.view(np.bool_), "full")
        assert np.array_equal(got.view(np.uint8), np.convolve(a != 0, v != 0).view(np.uint8))
