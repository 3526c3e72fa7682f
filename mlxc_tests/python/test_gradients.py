"""Derivatives, with respect to both operands: against those of mx.convolve, of sums of products, and of NumPy."""

import gradients
import mlx.core as mx
import numpy as np
import pytest
import reference

import mlxc

MODES = list(mlxc.MODES)
# Few taps and many, of which the last are transformed in one block, and in several.
LENGTHS = [(1, 1), (12, 5), (5, 12), (300, 40), (700, 600), (9000, 500)]
ALL = [mx.float16, mx.bfloat16, mx.float32, mx.float64, mx.complex64]


def scaled(rng, length, dtype):
    """Values whose convolutions have size 1."""
    return (reference.normal(rng, length, mx.complex64 if dtype == mx.complex64 else mx.float32) / 10).astype(dtype)


def assert_near(got, wanted, dtype):
    assert got.dtype == wanted.dtype == dtype and got.shape == wanted.shape
    got, wanted = reference.widened(got), reference.widened(wanted)
    most = {mx.float64: 1e-12, mx.float32: 2e-5, mx.complex64: 2e-5, mx.float16: 0.02, mx.bfloat16: 0.1}[dtype]
    assert np.abs(got - wanted).max() <= most * max(1e-3, np.abs(wanted).max())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16, mx.float32], ids=reference.name)
def test_as_mlx(rng, dtype, mode):
    for a_length, v_length in LENGTHS[1:]:  # the gradient of one tap is 0 in mx.convolve of 0.32.2
        a, v = scaled(rng, a_length, dtype), scaled(rng, v_length, dtype)
        cotangent = scaled(rng, mx.convolve(a, v, mode).size, dtype)
        (_, got), (_, wanted) = (
            mx.vjp(lambda *both: convolution(*both, mode), [a, v], [cotangent])
            for convolution in (mlxc.convolve, mx.convolve)
        )
        for one, other in zip(got, wanted):
            assert_near(one, other, dtype)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=reference.name)
def test_as_sums_of_products(rng, dtype, mode):
    for a_length, v_length in [(1, 1), (12, 5), (5, 12), (300, 40), (1000, 300)]:
        a, v = scaled(rng, a_length, dtype), scaled(rng, v_length, dtype)
        got, wanted = (
            mx.value_and_grad(gradients.loss(convolution, mode), (0, 1))(a, v)
            for convolution in (mlxc.convolve, gradients.convolve)
        )
        assert np.isclose(got[0].item(), wanted[0].item(), rtol=1e-4)
        for one, other in zip(got[1], wanted[1]):
            assert_near(one, other, dtype)


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64], ids=reference.name)
def test_as_correlations(rng, dtype):
    """The gradient of one operand is the cotangent's correlation with the other, for long operands too."""
    for a_length, v_length in [*LENGTHS, (1 << 16, 1000), (1 << 18, 5), (40000, 30000)]:
        a, v = scaled(rng, a_length, dtype), scaled(rng, v_length, dtype)
        cotangent = scaled(rng, a_length + v_length - 1, dtype)
        _, got = mx.vjp(mlxc.convolve, [a, v], [cotangent])
        wide = reference.widened(cotangent)
        for gradient, other in zip(got, (v, a)):
            turned = reference.widened(other)[::-1]
            exact = reference.convolve(wide, turned)[other.size - 1 : wide.size]
            assert gradient.dtype == dtype and gradient.shape == exact.shape
            assert reference.error(gradient, exact, cotangent, other) < reference.MOST


@pytest.mark.parametrize("dtype", [mx.float64, mx.complex64], ids=reference.name)
@pytest.mark.parametrize("lengths", [(20, 6), (700, 400)], ids=str)
def test_finite_differences(rng, lengths, dtype):
    """A step of one operand; the convolution is linear in it, so that no step is too long."""
    a, v, towards_a, towards_v = (reference.normal(rng, length, dtype) for length in 2 * lengths)
    (value,), (slope,) = mx.jvp(mlxc.convolve, [a, v], [towards_a, towards_v])
    steps = [mlxc.convolve(a + sign * towards_a, v + sign * towards_v) for sign in (1, -1)]
    wanted = reference.widened(steps[0] - steps[1]) / 2
    most = 1e-13 if dtype == mx.float64 else 1e-4
    assert slope.dtype == dtype
    assert np.abs(reference.widened(slope) - wanted).max() < most * np.abs(wanted).max()
    assert reference.error(value, reference.convolve(reference.widened(a), reference.widened(v)), a, v) < reference.MOST
    # The same slope out of the gradients: the cotangent's product with it.
    cotangent = reference.normal(rng, slope.size, dtype)
    _, both = mx.vjp(mlxc.convolve, [a, v], [cotangent])
    along = sum((reference.widened(one) * reference.widened(other)).sum()
                for one, other in zip(both, (towards_a, towards_v)))  # fmt: skip
    if dtype == mx.float64:
        assert np.isclose(along, (reference.widened(cotangent) * wanted).sum(), rtol=1e-10)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ALL, ids=reference.name)
def test_jvp(rng, dtype, mode):
    for lengths in LENGTHS:
        a, v, towards_a, towards_v = (scaled(rng, length, dtype) for length in 2 * lengths)
        _, (slope,) = mx.jvp(lambda *both: mlxc.convolve(*both, mode), [a, v], [towards_a, towards_v])
        wanted = mlxc.convolve(towards_a, v, mode) + mlxc.convolve(a, towards_v, mode)
        assert_near(slope, wanted, dtype)


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=reference.name)
@pytest.mark.parametrize("lengths", [(12, 5), (700, 300)], ids=str)
def test_second_derivatives(rng, lengths, dtype):
    """Products of the Hessian, mixed parts too, with a vector."""
    a, v, along_a, along_v = (scaled(rng, length, dtype) for length in 2 * lengths)
    products = []
    for convolution in (mlxc.convolve, gradients.convolve):

        def slope(a, v):
            to_a, to_v = mx.grad(gradients.loss(convolution), (0, 1))(a, v)
            total = (to_a * along_a).sum() + (to_v * along_v).sum()
            return mx.real(total) if dtype == mx.complex64 else total

        products.append(mx.grad(slope, (0, 1))(a, v))
    for one, other in zip(*products):
        assert_near(one, other, dtype)


def test_of_one_operand(rng):
    a, v = reference.normal(rng, 500), reference.normal(rng, 300)
    value = gradients.loss(mlxc.convolve)
    both = mx.grad(value, (0, 1))(a, v)
    assert mx.allclose(mx.grad(value, 0)(a, v), both[0])
    assert mx.allclose(mx.grad(value, 1)(a, v), both[1])
    square = mx.grad(lambda x: mlxc.convolve(x, x)[37])(v)
    assert mx.allclose(square[:38], 2 * v[:38][::-1], atol=1e-4) and mx.abs(square[38:]).max() < 1e-4


def test_mixed_dtypes(rng):
    """A gradient has its operand's dtype."""
    for a_dtype, v_dtype in [(mx.float32, mx.float16), (mx.bfloat16, mx.float32), (mx.float64, mx.float32)]:
        for lengths in [(50, 7), (900, 400)]:
            a, v = (reference.normal(rng, length, dtype) for length, dtype in zip(lengths, (a_dtype, v_dtype)))
            to_a, to_v = mx.grad(lambda a, v: mlxc.convolve(a, v).sum(), (0, 1))(a, v)
            assert (to_a.dtype, to_v.dtype) == (a_dtype, v_dtype)
            assert np.allclose(reference.widened(to_a), reference.widened(v).sum(), atol=0.2)
            assert np.allclose(reference.widened(to_v), reference.widened(a).sum(), atol=0.2)


def test_descends(rng):
    """Gradients find the filter that made a signal."""
    a, hidden = reference.normal(rng, 4000), reference.normal(rng, 200)
    wanted = mlxc.convolve(a, hidden)
    step = mx.value_and_grad(lambda v: ((mlxc.convolve(a, v) - wanted) ** 2).mean())
    v = mx.zeros(200)
    for _ in range(60):
        value, gradient = step(v)
        v = v - 0.4 * gradient
        mx.eval(v)
    assert value.item() < 1e-4 and mx.abs(v - hidden).max().item() < 0.05
