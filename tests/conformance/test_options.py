"""Options, against NumPy's pad, convolve and correlate, and SciPy's ndimage and signal."""

import mlx_convolve
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from mlx_convolve import BFLOAT16, BOUNDARIES, MODES, Options, convolve_with
from operands import DTYPES, INTEGERS, ON_GPU, WIDEST, lengths, random

# How numpy.pad and scipy.ndimage call the boundaries.
PAD = dict(zip(BOUNDARIES, ["constant", "edge", "symmetric", "reflect", "wrap"], strict=True))
NDIMAGE = dict(zip(BOUNDARIES, ["constant", "nearest", "reflect", "mirror", "wrap"], strict=True))
SIGNED = [dtype for dtype in DTYPES if dtype not in INTEGERS or dtype.kind == "i"]


def small(rng, length, dtype):
    """Integers so small that all sums of the tests are exact in every dtype."""
    lowest = -2 if np.dtype(dtype) in SIGNED else 0
    values = rng.integers(lowest, 3, length).astype(dtype)
    if dtype == np.complex64:
        values.imag = rng.integers(lowest, 3, length)
    return values


def wide(values):
    """A dtype that NumPy convolves, and that holds all values exactly."""
    return values.astype(np.float32) if values.dtype == BFLOAT16 else values


def every_way(a, v, options):
    """The result through arrays, plain pointers and rows, whose bits must be the same. On a GPU,
    through arrays of one dimension and of two."""
    got = convolve_with(a, v, options)
    assert len(got) == mlx_convolve.length_with(len(a), len(v), options)
    if ON_GPU:
        forwards, backwards = convolve_with(np.stack([a, a[::-1]]), v, options)
        assert forwards.tobytes() == got.tobytes()
        assert backwards.tobytes() == convolve_with(a[::-1], v, options).tobytes()
        return got
    if a.dtype == v.dtype:
        out = np.empty(len(got), got.dtype)
        mlx_convolve.convolve_into_with(a, v, out, options)
        assert out.tobytes() == got.tobytes()
    # Two rows, interleaved, of which the second is the first one reversed in time.
    rows = np.stack([a, a[::-1]], axis=-1)
    frames = np.empty((len(got), 2), got.dtype)
    mlx_convolve.convolve_rows(rows.T, v, frames.T, options)
    assert frames[:, 0].tobytes() == got.tobytes()
    assert frames[:, 1].tobytes() == convolve_with(a[::-1], v, options).tobytes()
    return got


def padded(a, v, boundary, operation):
    """y[j] for all j of a boundary, by NumPy: the signal is padded, then the outputs are kept that
    read the whole filter."""
    with_ends = np.pad(a, len(v) - 1, PAD[boundary])
    call = np.convolve if operation == "convolve" else np.correlate
    return call(with_ends, v, "valid")


def kept(a_len, v_len, mode, boundary):
    """The outputs that a mode keeps of the a_len + v_len - 1 of a boundary. With zeros, `a` is not
    the shorter operand."""
    first, count = {
        "full": (0, a_len + v_len - 1),
        "valid": (v_len - 1, a_len - v_len + 1),
        "same": ((v_len - 1) // 2, a_len),
    }[mode]
    return slice(first, first + count)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_correlations_are_numpys_in_every_mode_and_order(dtype, rng):
    for a_len in range(1, 16):
        for v_len in range(1, 16):
            a, v = small(rng, a_len, dtype), small(rng, v_len, dtype)
            for mode in MODES:
                got = every_way(a, v, Options(mode, operation="correlate"))
                want = np.correlate(wide(a), wide(v), mode)
                assert got.dtype == dtype
                assert np.array_equal(wide(got), want), (a_len, v_len, mode, got, want)


def test_correlations_are_scipys(rng):
    for a_len, v_len in [*lengths(rng, 40, 300), (4000, 700), (300, 2000)]:
        a, v = small(rng, a_len, np.complex64), small(rng, v_len, np.complex64)
        for mode in MODES:
            got = convolve_with(a, v, Options(mode, operation="correlate"))
            want = scipy.signal.correlate(a.astype(np.complex128), v.astype(np.complex128), mode)
            if mode == "same" and v_len > a_len:
                # SciPy's has the length of `a`, from the middle of `full`.
                first = ((a_len + v_len - 1) - a_len) // 2
                got = convolve_with(a, v, Options(operation="correlate", first=first, count=a_len))
            assert got.shape == want.shape and np.abs(got - want).max() < 1e-3
    # The lags -m to m, as the header has them.
    a, v, m = small(rng, 50, np.int32), small(rng, 20, np.int32), 12
    got = convolve_with(a, v, Options(operation="correlate", first=20 - 1 - m, count=2 * m + 1))
    lags = scipy.signal.correlation_lags(50, 20)
    want = scipy.signal.correlate(a, v)[(lags >= -m) & (lags <= m)]
    assert np.array_equal(got, want)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_boundaries_are_numpys_pad(dtype, boundary, rng):
    for a_len in (1, 2, 3, 4, 7, 12):
        for v_len in (1, 2, 3, 5, 8, 30):
            if boundary == "zero" and v_len > a_len:
                continue  # the operands are swapped, as in the test above
            a, v = small(rng, a_len, dtype), small(rng, v_len, dtype)
            for operation in mlx_convolve.OPERATIONS:
                whole = padded(wide(a), wide(v), boundary, operation)
                for mode in MODES[: 3 if v_len <= a_len else 1] + MODES[2:]:
                    options = Options(mode, boundary=boundary, operation=operation)
                    got = every_way(a, v, options)
                    want = whole[kept(a_len, v_len, mode, boundary)]
                    where = (a_len, v_len, operation, mode)
                    assert got.dtype == dtype and np.array_equal(wide(got), want), where


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", [np.dtype(x) for x in ("int32", "float32", "complex64")], ids=str)
def test_long_operands_with_boundaries(dtype, boundary, rng):
    exact = {"float32": np.float64, "complex64": np.complex128}.get(dtype.name, dtype)
    longer_filters = [] if boundary == "zero" else [(40, 700), (300, 3000)]
    for a_len, v_len in [(3000, 20), (9000, 1500), (2000, 2000), *longer_filters]:
        a, v = random(rng, a_len, dtype), random(rng, v_len, dtype)
        for operation in mlx_convolve.OPERATIONS:
            mode = rng.choice(["full", "same"])
            first = int(rng.integers(0, a_len // 2))
            options = Options(
                mode, boundary=boundary, operation=operation, first=first, count=a_len // 3
            )
            got = every_way(a, v, options)
            with np.errstate(over="ignore"):
                whole = padded(a.astype(exact), v.astype(exact), boundary, operation)
            want = whole[kept(a_len, v_len, mode, boundary)][first : first + a_len // 3]
            if dtype == np.int32:
                assert np.array_equal(got, want)
            else:
                largest = np.abs(a).max() * np.linalg.norm(v) * np.sqrt(v_len)
                assert np.abs(got - want).max() <= 1e-6 * largest


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_same_is_scipys_ndimage(boundary, rng):
    for a_len in (1, 2, 3, 5, 8, 20):
        for v_len in (1, 2, 3, 4, 7, 8, 19):
            if boundary == "zero" and v_len > a_len:
                continue
            a, v = small(rng, a_len, WIDEST), small(rng, v_len, WIDEST)
            how = dict(mode=NDIMAGE[boundary], cval=0.0)
            got = convolve_with(a, v, Options("same", boundary=boundary, operation="correlate"))
            want = scipy.ndimage.correlate1d(a, v, **how, origin=0)
            assert np.array_equal(got, want), (a_len, v_len)
            got = convolve_with(a, v, Options("same", boundary=boundary))
            want = scipy.ndimage.convolve1d(a, v, **how, origin=0 if v_len % 2 else -1)
            assert np.array_equal(got, want), (a_len, v_len)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_an_axis_of_several_is_scipys_ndimage(axis, rng):
    for boundary in BOUNDARIES[1:]:
        a, v = small(rng, 6 * 7 * 8, np.float32).reshape(6, 7, 8), small(rng, 5, np.float32)
        got = convolve_with(a, v, Options("same", boundary=boundary, axis=axis))
        want = scipy.ndimage.convolve1d(a, v, axis=axis, mode=NDIMAGE[boundary])
        assert np.array_equal(got, want)


def test_dimensions_broadcast_as_numpys(rng):
    for a_shape, v_shape in [
        ((3, 9), (4,)), ((4,), (3, 9)), ((3, 1, 9), (2, 4)), ((2, 9), (5, 1, 4)), ((1, 9), (3, 4)),
        ((0, 9), (4,)), ((2, 0, 9), (1, 4)),
    ]:  # fmt: skip
        a = small(rng, int(np.prod(a_shape)), np.int32).reshape(a_shape)
        v = small(rng, int(np.prod(v_shape)), np.int32).reshape(v_shape)
        got = convolve_with(a, v)
        outer = np.broadcast_shapes(a_shape[:-1], v_shape[:-1])
        want = np.empty(outer + (a_shape[-1] + v_shape[-1] - 1,), np.int32)
        all_a = np.broadcast_to(a, outer + a_shape[-1:])
        all_v = np.broadcast_to(v, outer + v_shape[-1:])
        for index in np.ndindex(outer):
            want[index] = np.convolve(all_a[index], all_v[index])
        assert got.shape == want.shape and np.array_equal(got, want)


def test_circular_convolution_is_that_of_dfts(rng):
    for a_len, v_len in [(8, 3), (9, 9), (100, 17), (5000, 800), (7, 40)]:
        a, v = (rng.normal(size=length).astype(WIDEST) for length in (a_len, v_len))
        got = convolve_with(a, v, Options(boundary="wrap", count=a_len))
        folded = np.zeros(-(-v_len // a_len) * a_len)
        folded[:v_len] = v
        folded = folded.reshape(-1, a_len).sum(axis=0)
        want = np.fft.ifft(np.fft.fft(a.astype(float)) * np.fft.fft(folded)).real
        norms = np.linalg.norm(a.astype(float)) * np.linalg.norm(v.astype(float))
        assert np.abs(got - want).max() <= 1000 * np.finfo(WIDEST).eps * norms


@pytest.mark.parametrize("taps", [31, 900])
def test_interleaved_samples_and_float_taps(taps, rng):
    samples = random(rng, 6000 * 2, np.int16).reshape(6000, 2)
    v = rng.normal(size=taps).astype(np.float32)
    if ON_GPU:
        frames = convolve_with(samples, v, Options("same", boundary="edge", axis=0))
    else:
        frames = np.empty((6000, 2), np.float32)
        mlx_convolve.convolve_rows(samples.T, v, frames.T, Options("same", boundary="edge"))
    for channel in range(2):
        a = samples[:, channel].astype(np.float32)
        want = convolve_with(a, v, Options("same", boundary="edge"))
        assert frames[:, channel].tobytes() == want.tobytes()
        exact = scipy.ndimage.convolve1d(a.astype(np.float64), v.astype(np.float64), mode="nearest",
                                         origin=0 if taps % 2 else -1)  # fmt: skip
        assert np.abs(want - exact).max() <= 1e-6 * np.abs(a).max() * np.abs(v).sum()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_dtype_that_is_asked_for(dtype, rng):
    for given in DTYPES:
        a, v = small(rng, 30, given), small(rng, 7, given)
        promoted = convolve_with(np.ones(1, given), np.ones(1, dtype)).dtype
        if promoted != dtype:
            with pytest.raises(mlx_convolve.Error, match="options->dtype"):
                convolve_with(a, v, Options(dtype=dtype))
            continue
        got = convolve_with(a, v, Options(dtype=dtype))
        want = convolve_with(a.astype(dtype), v.astype(dtype))
        assert got.dtype == dtype and got.tobytes() == want.tobytes()
