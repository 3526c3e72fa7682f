"""The table of docs/mlx-c.md: mlx_convolve of mlxc/ beside mlx.core.convolve, on the CPU.

MLXC_LIBRARY=build/mlxc_tests/0.7/libmlxc_python.so PYTHONPATH=mlxc_tests/python build/mlxc/venv/bin/python benches/mlx_c.py

Both sides alternate; the figures are medians. Results are compared before. mlx.core.convolve is left out where it takes
minutes, ends the process, or has no result of the dtype.
"""

import statistics
import time

import mlx.core as mx
import numpy as np
from mlxc import convolve

SIZES = [(64, 8), (1000, 32), (2**16, 64), (2**20, 8), (2**20, 1024), (2**20, 2**16)]
DTYPES = [mx.float32, mx.float64, mx.complex64, mx.int16, mx.int32, mx.int64]
MOST_PRODUCTS = 2**30  # of mlx.core.convolve


def operand(rng, count, dtype):
    values = rng.standard_normal(count)
    if dtype == mx.complex64:
        return mx.array((values + 1j * rng.standard_normal(count)).astype(np.complex64))
    if dtype in (mx.int16, mx.int32, mx.int64):
        return mx.array((100 * values).astype(np.int64)).astype(dtype)
    return mx.array(values, dtype=dtype)


def milliseconds(function, a, v):
    begin = time.perf_counter()
    mx.eval(function(a, v))
    return 1e3 * (time.perf_counter() - begin)


def cell(rng, lengths, dtype):
    a, v = (operand(rng, count, dtype) for count in lengths)
    mx.eval(a, v)
    functions = [convolve]
    if dtype == mx.float32 and lengths[0] * lengths[1] <= MOST_PRODUCTS:
        functions.append(mx.convolve)
        error = mx.abs(convolve(a, v) - mx.convolve(a, v)).max().item()
        assert error < 1e-4 * lengths[1] ** 0.5, error
    rounds = 3 if lengths[0] * lengths[1] > 2**26 else 9 if lengths[0] > 2**12 else 301
    times = [[milliseconds(function, a, v) for function in functions] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times)]


def main():
    mx.set_default_device(mx.cpu)
    rng = np.random.default_rng(1)
    names = [str(dtype).split(".")[-1] for dtype in DTYPES]
    print(f"| N x K | mlx.core.convolve, float32 | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    for lengths in SIZES:
        rows = [cell(rng, lengths, dtype) for dtype in DTYPES]
        reference = f"{rows[0][1]:.3g}" if len(rows[0]) > 1 else "-"
        print(f"| {lengths[0]} x {lengths[1]} | {reference} | {' | '.join(f'{row[0]:.3g}' for row in rows)} |")


main()
