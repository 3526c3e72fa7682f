"""What results are compared with: windows of `full`, sums in higher precision, published bounds."""

import math

import mlx_convolve
import numpy as np
import scipy.signal
from mlx_convolve import BFLOAT16
from operands import ON_GPU

# eps and the smallest normal number of what a dtype is computed in.
_COMPUTED_IN = {
    np.dtype(np.float64): np.finfo(np.float64),
    **dict.fromkeys(
        (np.dtype(np.float32), np.dtype(np.float16), np.dtype(np.complex64), BFLOAT16),
        np.finfo(np.float32),
    ),
}

# The constant of the bound for transforms that tests hold the library to.
FFT_CONSTANT = 0.2


def window(a_len, v_len, mode):
    """The slice of `full` that a mode keeps."""
    n, k = max(a_len, v_len), min(a_len, v_len)
    first, count = {
        "full": (0, n + k - 1),
        "valid": (k - 1, n - k + 1),
        "same": ((k - 1) // 2, n),
    }[mode]
    return slice(first, first + count)


def exact_outputs(a, v, outputs):
    """full[n] for each n, for float64 operands: exact sums, rounded once."""
    return np.array([_exact_dot(*pairs(a, v, n)) for n in outputs])


def pairs(a, v, n):
    """What output n of `full` multiplies: a's values, and v's in the same order."""
    low, high = max(0, n - len(v) + 1), min(n, len(a) - 1)
    return a[low : high + 1], v[n - high : n - low + 1][::-1]


def _exact_dot(x, y):
    # Veltkamp's splitting and Dekker's product: x * y = product + error exactly.
    def split(x):
        c = x * 134217729.0  # 2^27 + 1
        high = c - (c - x)
        return high, x - high

    product = x * y
    (xh, xl), (yh, yl) = split(x), split(y)
    error = ((xh * yh - product) + xh * yl + xl * yh) + xl * yl
    return math.fsum(np.concatenate((product, error)).tolist())


def modular_outputs(a, v, outputs):
    """full[n] modulo 2^bits for each n, for integers."""
    with np.errstate(over="ignore"):
        sums = [np.dot(*(x.astype(np.uint64) for x in pairs(a, v, n))) for n in outputs]
    return np.array(sums, np.uint64).astype(a.dtype)


def _full64(a, v):
    """`full` in float64, at 1e-16 of the norms at worst: exact, as float32 goes. Of lengths that are
    summed directly somewhere, each output is exact: its own bound may be far below the norms."""
    if min(len(a), len(v)) <= (4096 if ON_GPU else 600):
        return np.convolve(a, v)
    return scipy.signal.oaconvolve(a, v)


def _block_norms(a_len, v_len, x, mode, block_outputs):
    """For each output, the norm of what its block reads of the longer operand x."""
    k = min(a_len, v_len)
    outputs = window(a_len, v_len, mode)
    indices = np.arange(outputs.start, outputs.stop)
    starts = outputs.start + (indices - outputs.start) // block_outputs * block_outputs
    ends = np.minimum(starts + block_outputs, outputs.stop)
    # Scaled, so that squares neither overflow nor vanish.
    scale = np.abs(x).max() or 1.0
    starts, ends = np.maximum(starts - (k - 1), 0), np.minimum(ends, len(x))
    norms = {}
    for pair in set(zip(starts.tolist(), ends.tolist(), strict=True)):
        norms[pair] = scale * np.linalg.norm(x[slice(*pair)] / scale)
    return np.array([norms[pair] for pair in zip(starts.tolist(), ends.tolist(), strict=True)])


def real_units(a, v, mode, dtype):
    """The error that one unit of the published bound allows at each output, `K tiny`, and whether
    it is the bound for transforms. a and v are float64."""
    info = _COMPUTED_IN[np.dtype(dtype)]
    x, taps = (a, v) if len(a) >= len(v) else (v, a)
    tiny = len(taps) * float(info.tiny)
    if ON_GPU:
        # Subnormal values may count as zeros: a value times the other operand's largest.
        tiny *= max(1.0, np.abs(x).max(), np.abs(taps).max())
    plan = mlx_convolve.explain(len(a), len(v), dtype, mode)
    if "direct" in plan["method"]:
        magnitude = np.maximum(_full64(np.abs(a), np.abs(v)), 0)
        return len(taps) * info.eps * magnitude[window(len(a), len(v), mode)], tiny, False
    points, outputs = (int(word.split()[0]) for word in plan["block"].split(", "))
    norms = _block_norms(len(a), len(v), x, mode, outputs)
    scale = np.abs(taps).max() or 1.0
    return info.eps * math.log2(points) * norms * scale * np.linalg.norm(taps / scale), tiny, True


def check_real(got, a, v, mode, dtype, observe=None, outputs=None):
    """Asserts the published bound for real floats. `outputs`, for float64, are the indices of `full`
    that are compared; all otherwise."""
    a, v = a.astype(np.float64), v.astype(np.float64)
    where = window(len(a), len(v), mode)
    assert got.dtype == dtype and len(got) == where.stop - where.start
    unit, tiny, transformed = real_units(a, v, mode, dtype)
    if np.dtype(dtype) == np.float64:
        outputs = np.arange(where.start, where.stop) if outputs is None else outputs
        want = exact_outputs(a, v, outputs)
        at = outputs - where.start
        got, unit = got[at], unit[at]
    else:
        want = _full64(a, v)[where]
    error = np.abs(got.astype(np.float64) - want)
    bound = (FFT_CONSTANT if transformed else 1.0) * unit + tiny
    if np.dtype(dtype).itemsize == 2:
        bound = bound + _half_ulp(np.abs(want) + bound, dtype)
    elif observe and transformed:
        kind = f"largest observed constant of the bound for transforms, {np.dtype(dtype).name}"
        observe(kind, float(np.max((error - tiny)[unit > 0] / unit[unit > 0], initial=0.0)))
    worst = np.argmax(error - bound)
    assert error[worst] <= bound[worst], (
        f"{len(a)} x {len(v)} {mode} {np.dtype(dtype).name} at {worst}: {got[worst]} for "
        f"{want[worst]}, off by {error[worst]:.3g}, allowed {bound[worst]:.3g}"
    )


def _half_ulp(magnitude, dtype):
    """Half the distance between neighbours of a 16-bit dtype at a magnitude."""
    bits, least = (10, -14) if np.dtype(dtype) == np.float16 else (7, -126)
    exponent = np.maximum(np.frexp(magnitude)[1] - 1, least)
    return np.ldexp(0.5, exponent - bits)


def check_complex(got, a, v, mode):
    """Asserts the bound of complex64: of the real sums, and of adding them."""
    parts = [x.astype(np.float64) for x in (a.real, a.imag, v.real, v.imag)]
    ar, ai, vr, vi = parts
    where = window(len(a), len(v), mode)
    assert got.dtype == np.complex64 and len(got) == where.stop - where.start
    eps = np.finfo(np.float32).eps
    for part, sums, sign in (
        (got.real, ((ar, vr), (ai, vi)), -1),
        (got.imag, ((ar, vi), (ai, vr)), 1),
    ):
        (x, y), bound = [_full64(*pair)[where] for pair in sums], 0.0
        for pair in sums:
            unit, tiny, transformed = real_units(*pair, mode, np.complex64)
            bound = bound + (FFT_CONSTANT if transformed else 1.0) * unit + tiny
        want = x + sign * y
        error = np.abs(part.astype(np.float64) - want)
        assert np.all(error <= bound + eps * np.abs(want)), (len(a), len(v), mode)


def check(got, a, v, mode, observe=None):
    """check_real or check_complex, by the dtype of `a`."""
    if a.dtype == np.complex64:
        check_complex(got, a, v, mode)
    else:
        check_real(got, a, v, mode, a.dtype, observe)
