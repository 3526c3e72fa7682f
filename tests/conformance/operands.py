"""The device under test, its dtypes, and operands: random values, and views with strides."""

import os

import mlx_convolve
import numpy as np
from mlx_convolve import BFLOAT16

# CONFORMANCE_DEVICE=gpu makes GPU 0 the default device, on which all arrays are then convolved. If
# there is none, nothing runs.
ON_GPU = {"cpu": False, "gpu": True}[os.environ.get("CONFORMANCE_DEVICE", "cpu")]
if ON_GPU:
    mlx_convolve.set_default_device("gpu")

# A GPU has no float64: test_gpu.py asks for it.
DTYPES = [dtype for dtype in mlx_convolve.DTYPES if not (ON_GPU and dtype == np.float64)]
WIDEST = np.dtype(np.float32 if ON_GPU else np.float64)
INTEGERS = [dtype for dtype in DTYPES if dtype.kind in "bui"]
FLOATS = [dtype for dtype in DTYPES if dtype not in INTEGERS]
# ml_dtypes' bfloat16 has no kind of its own.
assert BFLOAT16 in FLOATS and len(FLOATS) == (4 if ON_GPU else 5)


def random(rng, length, dtype):
    """Every bit pattern of an integer, standard normal floats, few trues."""
    dtype = np.dtype(dtype)
    if dtype == np.bool_:
        return rng.random(length) < rng.choice([0.02, 0.3, 1.0])
    if dtype in INTEGERS:
        return np.frombuffer(rng.bytes(length * dtype.itemsize), dtype)
    if dtype == np.complex64:
        return (rng.normal(size=length) + 1j * rng.normal(size=length)).astype(dtype)
    return rng.normal(size=length).astype(dtype)


def strided(rng, length, dtype, stride):
    """Random values that lie `stride` elements apart, with others between them."""
    if stride == 0:
        return np.broadcast_to(random(rng, 1, dtype), length)
    return random(rng, length * abs(stride), dtype)[::stride]


def both(a, v, mode):
    """The result, through handles and, where both are contiguous and of one dtype, between plain
    pointers too; and through the calls with options, and rows: the bits must be the same. A GPU has
    no plain pointers; there, rows are a dimension of arrays."""
    result = mlx_convolve.convolve(a, v, mode)
    options = mlx_convolve.Options(mode)
    bits = result.tobytes()
    assert mlx_convolve.convolve_with(a, v, options).tobytes() == bits
    if ON_GPU:
        if max(len(a), len(v)) <= 5000:
            rows = mlx_convolve.convolve_with(np.stack([a, a]), v, options)
            assert all(row.tobytes() == bits for row in rows)
        return result
    if all(len(x) == 1 or x.strides[0] != 0 for x in (a, v)):
        # Between the outputs lie others, which keep their bytes.
        frames = np.full((len(result), 2), 1, result.dtype)
        mlx_convolve.convolve_rows(a, v, frames.T[:1], options)
        assert frames[:, 0].tobytes() == bits and (frames[:, 1] == 1).all()
    if a.dtype == v.dtype and a.flags.c_contiguous and v.flags.c_contiguous:
        out = np.empty(mlx_convolve.length(len(a), len(v), mode), a.dtype)
        mlx_convolve.convolve_into(a, v, out, mode)
        assert out.tobytes() == bits
        out = np.empty_like(out)
        mlx_convolve.convolve_into_with(a, v, out, options)
        assert out.tobytes() == bits
    return result


def lengths(rng, count, longest):
    """Pairs of random lengths, either of which may be the longer; short ones are as likely as long."""
    return np.exp(rng.uniform(0, np.log(longest + 1), (count, 2))).astype(int).clip(1).tolist()
