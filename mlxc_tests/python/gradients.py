"""The convolution in a few operations of MLX, whose gradients are MLX's own."""

import mlx.core as mx


def convolve(a, v, mode="full"):
    """A sum of shifted products. Of every dtype and, unlike mx.convolve's, its derivatives too; slow."""
    if a.size < v.size:
        a, v = v, a
    count, taps = a.size, v.size
    full = sum(mx.pad(a * v[k], (k, taps - 1 - k)) for k in range(taps))
    first, length = {"full": (0, count + taps - 1), "valid": (taps - 1, count - taps + 1), "same": ((taps - 1) // 2, count)}[
        mode
    ]
    return full[first : first + length]


def bend(x):
    """Neither linear nor symmetric, of complex numbers too."""
    return x * x * x - 2 * x


def loss(convolution, mode="full"):
    """A real function of both operands: each output with a weight of its own."""

    def value(a, v):
        out = convolution(a, v, mode)
        weights = mx.cos(mx.arange(out.size)).astype(mx.float32 if out.dtype == mx.complex64 else out.dtype)
        bent = bend(out)
        if out.dtype == mx.complex64:
            bent = mx.real(bent) + 2 * mx.imag(bent)
        return (weights * bent).sum()

    return value
