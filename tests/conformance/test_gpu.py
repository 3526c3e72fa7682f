"""What only a GPU refuses or says. These tests run with CONFORMANCE_DEVICE=gpu."""

import mlx_convolve
import numpy as np
import pytest
from mlx_convolve import Options, convolve, convolve_with, explain
from operands import DTYPES

FLOAT64 = np.dtype(np.float64)


def refused(call, *arguments):
    """Whether a call fails with UNSUPPORTED, and a message that names float64."""
    with pytest.raises(mlx_convolve.Error, match="float64 is not available on Device") as error:
        call(*arguments)
    return error.value.status == mlx_convolve.UNSUPPORTED


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_what_promotes_to_float64_is_refused(dtype):
    for a, v in ((FLOAT64, dtype), (dtype, FLOAT64), (FLOAT64, FLOAT64)):
        if np.complex64 in (a, v):
            continue
        operands = np.ones(3, a), np.ones(2, v)
        assert refused(convolve, *operands)
        assert refused(convolve_with, *operands, Options("same", boundary="wrap"))


def test_float64_that_becomes_complex64_is_not_refused():
    got = convolve(np.ones(3), np.ones(2, np.complex64))
    assert got.dtype == np.complex64 and got.real.tolist() == [1, 2, 2, 1]


def test_explain_is_about_the_gpu():
    assert refused(explain, 1000, 10, FLOAT64)
    plan = explain(1000, 10, np.float32)
    assert plan["device"].startswith("Device(gpu, 0), ") and "on the GPU" in plan["method"]
