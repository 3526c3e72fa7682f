"""Streams and threads."""

import threading

import mlx.core as mx
import numpy as np
import pytest
import reference

import mlxc

LENGTHS = [(60, 5), (5000, 700)]


def check(got, a, v):
    exact = reference.convolve(reference.widened(a), reference.widened(v))
    assert reference.error(got, exact, a, v) < reference.MOST


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=reference.name)
def test_other_streams(rng, lengths, dtype):
    """Operands from two other streams, the result into a fourth, nothing evaluated in between."""
    streams = [mx.new_stream(mx.cpu) for _ in range(4)]
    x, y = (reference.normal(rng, length, dtype) for length in lengths)
    a, v = mx.add(x, x, stream=streams[0]), mx.multiply(y, y, stream=streams[1])
    got = mlxc.convolve(a, v, stream=streams[2])
    doubled = mx.add(got, got, stream=streams[3])
    assert np.allclose(reference.widened(doubled), 2 * reference.widened(got))
    check(got, a, v)


@pytest.mark.parametrize("stream", [None, mx.cpu, mx.Device(mx.cpu, 0), "new"], ids=str)
def test_names_of_streams(rng, stream):
    a, v = (reference.normal(rng, length) for length in LENGTHS[1])
    check(mlxc.convolve(a, v, stream=mx.new_stream(mx.cpu) if stream == "new" else stream), a, v)


def test_asynchronous(rng):
    a, v = (reference.normal(rng, length) for length in LENGTHS[1])
    results = [mlxc.convolve(a + number, v, stream=mx.new_stream(mx.cpu)) for number in range(8)]
    mx.async_eval(*results)
    for number, got in enumerate(results):
        check(got, a + number, v)


def on_threads(count, work):
    """Runs work(number) on threads that begin together; the exceptions that they ended with."""
    together, failures = threading.Barrier(count), []

    def run(number):
        together.wait()
        try:
            work(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@pytest.mark.parametrize("own", [False, True], ids=["default stream", "own stream"])
def test_threads(rng, own):
    """Many at once, each on its default stream or on one of its own, with operands and gradients that all share."""
    operands = [[reference.normal(rng, length, dtype) for length in lengths]
                for lengths in LENGTHS for dtype in (mx.float32, mx.float64, mx.complex64)]  # fmt: skip
    mx.eval(operands)
    wanted = [reference.convolve(*map(reference.widened, both)) for both in operands]

    def work(number):
        stream = mx.new_stream(mx.cpu) if own else None
        for round in range(4):
            which = (number + round) % len(operands)
            a, v = operands[which]
            assert reference.error(mlxc.convolve(a, v, stream=stream), wanted[which], a, v) < reference.MOST
            if a.dtype == mx.float32:
                to_a, _ = mx.grad(lambda a, v: mlxc.convolve(a, v, stream=stream).sum(), (0, 1))(a, v)
                assert np.allclose(np.array(to_a), reference.widened(v).sum(), atol=1e-3)
        mx.synchronize(stream or mx.default_stream(mx.cpu))

    assert not on_threads(12, work)


def test_errors_of_threads(rng):
    """Each thread hears of its own errors only."""
    a, v = (reference.normal(rng, length) for length in LENGTHS[0])
    mx.eval(a, v)

    def work(number):
        for round in range(50):
            if number % 2:
                with pytest.raises(RuntimeError, match=f" {1000 + number}"):
                    mlxc.convolve(a, v, 1000 + number)
            else:
                mx.eval(mlxc.convolve(a, v))

    assert not on_threads(8, work)
