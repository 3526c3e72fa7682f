"""What is refused, with MLX's words where MLX has some. mlxc.convolve checks that each refusal is one message, and that
the result's handle stays as it was."""

import mlx.core as mx
import numpy as np
import pytest
import reference

import mlxc

ROW = mx.array([1.0, 2.0, 3.0])
FEW = mx.array([1.0, 0.5])


@pytest.mark.parametrize("a, v, mode, words", [
    (mx.zeros((2, 3)), FEW, "full", "Inputs must be 1D"),
    (ROW, mx.zeros((3, 1)), "full", "Inputs must be 1D"),
    (mx.array(1.0), FEW, "full", "Inputs must be 1D"),
    (ROW, mx.zeros((0,)), "full", "Inputs cannot be empty"),
    (mx.zeros((0,)), FEW, "same", "Inputs cannot be empty"),
    (mx.zeros((0,)), mx.zeros((0,)), "valid", "Inputs cannot be empty"),
    (ROW, FEW, -1, "Invalid mode"),
    (ROW, FEW, 3, "Invalid mode"),
    (ROW, FEW, 2**31 - 1, "Invalid mode"),
])  # fmt: skip
def test_refused(a, v, mode, words):
    for order in ((a, v), (v, a)):
        with pytest.raises(RuntimeError, match=rf"^\[convolve\] {words}"):
            mlxc.convolve(*order, mode)
        if mode in mlxc.MODES:
            with pytest.raises(ValueError, match=rf"^\[convolve\] {words}"):
                mx.convolve(*order, mode)
    # Nothing of it is left.
    assert mlxc.convolve(ROW, FEW).tolist() == [1.0, 2.5, 4.0, 1.5]


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=reference.name)
@pytest.mark.parametrize("mode", mlxc.MODES)
@pytest.mark.parametrize("taps", [1, 5, 3000, 1 << 20, 1 << 29])
def test_too_long(taps, mode, dtype):
    """Where MLX's shapes end: operands without memory, and graphs that nobody evaluates."""
    most = 2**31 - 1 - 2**22 - 2 * taps
    one = mx.array(0).astype(dtype, stream=mx.cpu)
    for length in (most, most + 1, 2**31 - 1):
        a, v = (mx.broadcast_to(one, (n,), stream=mx.cpu) for n in (length, taps))
        if length == most:
            assert mlxc.convolve(a, v, mode).dtype == dtype
        else:
            with pytest.raises(RuntimeError, match=rf"^\[convolve\] Inputs are too long: they have {length} and {taps} "):
                mlxc.convolve(v, a, mode)


def test_refused_under_transforms():
    with pytest.raises(RuntimeError, match=r"^\[convolve\] Inputs must be 1D"):
        mx.grad(lambda a: mlxc.convolve(a, FEW).sum())(mx.zeros((2, 3)))
    with pytest.raises(RuntimeError, match=r"^\[convolve\] Invalid mode"):
        mx.compile(lambda a: mlxc.convolve(a, FEW, 7))(ROW)
    assert mx.grad(lambda a: mlxc.convolve(a, FEW).sum())(ROW).tolist() == [1.5] * 3


def test_refusals_keep_no_memory():
    """A thousand of them, in the middle of everything."""
    a, v = mx.zeros(100000), mx.zeros(100)
    mx.eval(a, v)
    mx.clear_cache()
    before = mx.get_active_memory()
    for _ in range(1000):
        with pytest.raises(RuntimeError):
            mlxc.convolve(a, v, 9)
    assert mx.get_active_memory() == before
    assert np.array(mlxc.convolve(a, v)).any() == np.False_
