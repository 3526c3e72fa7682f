"""All short lengths, lengths around powers of two, and long ones, in float32."""

import mlx.core as mx
import numpy as np
import operations
import pytest
import reference

import mlxc

MODES = list(mlxc.MODES)


@pytest.mark.parametrize("mode", MODES)
def test_all_up_to_64(rng, mode):
    a, v = (reference.normal(rng, 64) for _ in range(2))
    taps = [v[:length] for length in range(1, 65)]
    for length in range(1, 65):
        values = a[:length]
        got = [mlxc.convolve(values, filter, mode) for filter in taps]
        mx.eval(got)
        for result, filter in zip(got, taps):
            exact = reference.convolve(reference.widened(values), reference.widened(filter), mode)
            assert reference.error(result, exact, values, filter) < reference.MOST, (length, filter.size)


@pytest.mark.parametrize("mode", MODES)
def test_as_mlx(rng, mode):
    for a_length, v_length in [(1, 1), (5, 2), (2, 5), (7, 4), (40, 40), (300, 31), (31, 300), (5000, 700)]:
        a, v = reference.normal(rng, a_length), reference.normal(rng, v_length)
        got, wanted = mlxc.convolve(a, v, mode), mx.convolve(a, v, mode)
        assert got.dtype == wanted.dtype == mx.float32
        assert reference.error(got, reference.widened(wanted), a, v) < 2 * reference.MOST


AROUND = [power + more for power in (256, 1024, 4096, 32768) for more in (-1, 0, 1)]


@pytest.mark.parametrize("length", AROUND)
def test_around_powers_of_two(rng, length):
    a = reference.normal(rng, length)
    for taps in [63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, length // 2, length // 2 + 1,
                 length - 1, length]:  # fmt: skip
        v = reference.normal(rng, taps)
        exact = reference.convolve(reference.widened(a), reference.widened(v))
        for mode in MODES:
            wanted = reference.kept(exact, max(length, taps), min(length, taps), mode)
            assert reference.error(mlxc.convolve(a, v, mode), wanted, a, v) < reference.MOST, (taps, mode)


def test_every_length_of_a_result(rng):
    """The last block may be full, or have one output."""
    v = reference.normal(rng, 200)
    a = reference.normal(rng, 4000)
    exact = reference.convolve(reference.widened(a), reference.widened(v))
    results = [mlxc.convolve(a[:length], v) for length in range(2000, 4001)]
    for length, result in zip(range(2000, 4001), results):
        assert np.abs(np.array(result)[:length] - exact[:length]).max() < 1e-4
        assert result.shape == (length + 199,)


@pytest.mark.parametrize("length, taps", [
    (1 << 20, 7), (1 << 20, 1024), (1 << 20, 65536), (1 << 20, (1 << 19) - 1), (1 << 20, 1 << 19), (1 << 20, (1 << 19) + 1),
    (1 << 20, 1 << 20), ((1 << 20) + 1, (1 << 20) + 1), (3000000, 1200001),
])  # fmt: skip
def test_long(rng, length, taps):
    a, v = reference.normal(rng, length), reference.normal(rng, taps)
    exact = reference.convolve(reference.widened(a), reference.widened(v))
    for mode in MODES:
        wanted = reference.kept(exact, length, taps, mode)
        assert reference.error(mlxc.convolve(a, v, mode), wanted, a, v) < reference.MOST, mode


@pytest.mark.parametrize("dtype", [mx.float32, mx.float64, mx.complex64], ids=reference.name)
@pytest.mark.parametrize("lengths", [(1 << 20, 600), (1 << 18, 5000), (100000, 100)], ids=str)
def test_blocks(rng, lengths, dtype):
    """A signal with loud and quiet parts: the error depends on what a block reads, in float64 on two of them."""
    loudness = np.repeat(10 ** rng.uniform(-6, 6, lengths[0] // 500 + 1), 500)[: lengths[0]]
    if dtype == mx.complex64:
        a = reference.normal(rng, lengths[0], dtype) * mx.array(loudness.astype(np.float32))
    else:
        a = mx.array(rng.standard_normal(lengths[0]) * loudness, mx.float64).astype(dtype, stream=mx.cpu)
    v = reference.normal(rng, lengths[1], dtype)
    block = operations.block_of(mlxc.convolve, a, v)
    overlap = lengths[1] - 1
    hop = block - overlap
    read = np.concatenate([np.zeros(overlap), np.abs(reference.widened(a)), np.zeros(overlap + 2 * block)])
    got = reference.widened(mlxc.convolve(a, v))
    for first in range(0, got.size, 2 * hop):
        # The reference too, or its own errors would be those of the loudest part.
        here = reference.widened(a)[max(0, first - overlap) : first + 2 * hop]
        exact = reference.convolve(here, reference.widened(v))[min(first, overlap) :][: 2 * hop]
        for begin in range(first, min(first + 2 * hop, got.size), hop):
            ours = slice(begin, min(begin + hop, got.size))
            outputs = exact[begin - first :][: ours.stop - begin]
            reads = read[begin : begin + block] if dtype != mx.float64 else read[first : first + block + hop]
            off = np.abs(got[ours] - outputs).max()
            assert off < reference.MOST * reference.eps(dtype) * np.linalg.norm(reads) * np.linalg.norm(v), begin
