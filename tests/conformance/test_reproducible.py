"""The bits depend on values, lengths, mode and dtype: on neither strides, threads nor order."""

import mlx_convolve
import numpy as np
import pytest
from mlx_convolve import MODES, convolve
from operands import DTYPES, both, random, strided


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_strides_and_order_do_not_matter(dtype, rng):
    for a_len, v_len in ((50, 7), (33, 64), (3000, 40), (9000, 4100)):
        for stride_a, stride_v in ((2, 1), (1, 3), (-1, -2), (0, 1), (-3, 0), (0, 0)):
            a, v = strided(rng, a_len, dtype, stride_a), strided(rng, v_len, dtype, stride_v)
            mode = rng.choice(MODES)
            want = both(np.ascontiguousarray(a), np.ascontiguousarray(v), mode).tobytes()
            where = (a_len, v_len, stride_a, stride_v, mode)
            assert convolve(a, v, mode).tobytes() == want, where
            if dtype != np.complex64:
                # NumPy's and MLX's rule: the longer comes first. (A complex sum's parts would swap.)
                assert convolve(v, a, mode).tobytes() == want, where


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_channels_of_interleaved_samples(dtype, rng):
    frames = random(rng, 5000 * 6, dtype).reshape(5000, 6)
    response = random(rng, 700 * 2, dtype).reshape(700, 2)
    for channel in range(6):
        a, v = frames[:, channel], response[:, channel % 2]
        want = both(np.ascontiguousarray(a), np.ascontiguousarray(v), "same")
        assert convolve(a, v, "same").tobytes() == want.tobytes()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_threads_do_not_matter(dtype, rng):
    try:
        for a_len, v_len in ((60000, 64), (60000, 3000)):
            a, v = random(rng, a_len, dtype), random(rng, v_len, dtype)
            results = set()
            for threads in (1, 2, 7):
                mlx_convolve.set_num_threads(threads)
                results.add(convolve(a, v).tobytes())
            assert len(results) == 1
    finally:
        mlx_convolve.set_num_threads(0)
