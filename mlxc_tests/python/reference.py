"""The definition of the convolution, in NumPy's float64 and complex128 and in integers, and bounds of errors."""

import mlx.core as mx
import numpy as np

INTEGERS = [mx.uint8, mx.uint16, mx.uint32, mx.uint64, mx.int8, mx.int16, mx.int32, mx.int64]
HALVES = [mx.float16, mx.bfloat16]
FLOATS = [*HALVES, mx.float32, mx.float64, mx.complex64]
DTYPES = [mx.bool_, *INTEGERS, *FLOATS]

# From here on, FFTs replace the sums.
LONG = 1 << 24
# What `error` is below. The header of mlxc/ says 5.
MOST = 2


def name(dtype):
    return str(dtype).removeprefix("mlx.core.")


def kept(full, longer, shorter, mode):
    """What a mode keeps of the full convolution."""
    first, length = {
        "full": (0, longer + shorter - 1),
        "valid": (shorter - 1, longer - shorter + 1),
        "same": ((shorter - 1) // 2, longer),
    }[mode]
    return full[first : first + length]


def convolve(a, v, mode="full"):
    """Of NumPy's arrays, in the arithmetic of their dtype."""
    longer, shorter = max(a.size, v.size), min(a.size, v.size)
    if longer * shorter < LONG:
        full = np.convolve(a, v)
    else:
        points = 1 << (longer + shorter - 2).bit_length()
        forward, inverse = (np.fft.fft, np.fft.ifft) if np.iscomplexobj(a) else (np.fft.rfft, np.fft.irfft)
        full = inverse(forward(a, points) * forward(v, points), points)
    return kept(full, longer, shorter, mode)


def widened(array):
    """An array of MLX in the widest dtype of its kind of NumPy, its values unchanged."""
    if array.dtype == mx.complex64:
        return np.array(array).astype(np.complex128)
    if mx.issubdtype(array.dtype, mx.floating):
        return np.array(array.astype(mx.float32) if array.dtype in HALVES else array).astype(np.float64)
    return np.array(array)


def eps(dtype):
    return 2.0**-52 if dtype == mx.float64 else 2.0**-23


def error(got, exact, a, v):
    """The largest error, in eps of the dtype and relative to the product of the operands' norms."""
    scale = np.linalg.norm(widened(a)) * np.linalg.norm(widened(v))
    assert got.shape == exact.shape
    return np.abs(widened(got) - exact).max() / scale / eps(got.dtype)


def normal(rng, length, dtype=mx.float32):
    """Normally distributed values of a dtype of floats."""
    values = rng.standard_normal(length)
    if dtype == mx.complex64:
        return mx.array((values + 1j * rng.standard_normal(length)).astype(np.complex64))
    return mx.array(values, dtype=mx.float64).astype(dtype, stream=mx.cpu)


def any_values(rng, length, dtype):
    """Values of the whole range of a dtype of integers, bools, or normally distributed ones."""
    if dtype in FLOATS:
        return normal(rng, length, dtype)
    if dtype == mx.bool_:
        return mx.array(rng.integers(0, 4, length) == 0)
    info = np.iinfo(name(dtype))
    return mx.array(rng.integers(info.min, info.max, length, dtype=name(dtype), endpoint=True))
