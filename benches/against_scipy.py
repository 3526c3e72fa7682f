#!/usr/bin/env python3
"""mlx_convolve_into against the best of NumPy and SciPy, one thread each, mode full.

    build/venv/bin/python benches/against_scipy.py [--seconds S] [--dtype float32|float64]

The other side is the fastest of numpy.convolve, scipy.signal.fftconvolve and scipy.signal.oaconvolve
at each size. The two sides take turns. Ours is called through ctypes, which costs it nearly a
microsecond, and writes to an output that is there; theirs allocates the output.

Prints a Markdown table. Exits with 1 if any size is slower than the other side.
"""

import argparse
import math
import os
import sys

for variable in ("MLX_CONVOLVE_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

import measure  # noqa: E402
import mlx_convolve  # noqa: E402
import numpy as np  # noqa: E402
import scipy.signal  # noqa: E402

SIZES = [
    (64, 8), (1024, 16), (1024, 64), (1024, 128), (1024, 1024), (4096, 256), (16384, 64),
    (16384, 1024), (65536, 128), (65536, 1024), (65536, 65536), (1 << 20, 5), (1 << 20, 32),
    (1 << 20, 128), (1 << 20, 1024), (1 << 20, 65536), (1 << 20, 1 << 20), (1 << 22, 1 << 20),
]  # fmt: skip
# Above so many products numpy.convolve, which is direct, is not tried: it takes seconds.
DIRECT_LIMIT = 1 << 31


def others(a, v):
    """The other side's ways to compute it."""
    ways = {
        "fftconvolve": lambda: scipy.signal.fftconvolve(a, v),
        "oaconvolve": lambda: scipy.signal.oaconvolve(a, v),
    }
    if len(a) * len(v) <= DIRECT_LIMIT:
        ways["np.convolve"] = lambda: np.convolve(a, v)
    return ways


def check(out, a, v):
    """Asserts that both sides computed the same, within the rounding of transforms."""
    a, v = a.astype(np.float64), v.astype(np.float64)
    want = scipy.signal.oaconvolve(a, v)
    levels = 1 + math.log2(len(out))
    unit = np.finfo(out.dtype).eps * levels * np.linalg.norm(a) * np.linalg.norm(v)
    error = np.abs(out - want).max()
    assert error <= unit, f"{len(a)} x {len(v)} {out.dtype}: off by {error}"


def compare(a_len, v_len, dtype, seconds):
    """One row: our time, theirs and which of theirs it is."""
    rng = np.random.default_rng([a_len, v_len])
    a, v = (rng.uniform(-1, 1, length).astype(dtype) for length in (a_len, v_len))
    out = np.zeros(a_len + v_len - 1, dtype)
    ours, ways = mlx_convolve.bind_into(a, v, out), others(a, v)
    assert ours() == 0
    check(out, a, v)
    # Those that are far behind at once need no medians.
    first = {way: min(measure.sample(call, 1)[0] for _ in range(2)) for way, call in ways.items()}
    near = [way for way in ways if first[way] <= 2 * min(first.values())]
    mine, *theirs = measure.alternate([ours, *(ways[way] for way in near)], seconds)
    best = min(range(len(near)), key=lambda i: theirs[i][0])
    return mine, theirs[best], near[best]


def length_text(length):
    return f"2^{length.bit_length() - 1}" if length >= 1 << 20 else str(length)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="for each size and dtype")
    parser.add_argument("--dtype", choices=["float32", "float64"], action="append")
    arguments = parser.parse_args()
    dtypes = arguments.dtype or ["float32", "float64"]
    rows, slower = [], 0
    for i, (n, k) in enumerate(SIZES):
        row = f"| {length_text(n)} x {length_text(k)} |"
        for dtype in dtypes:
            mine, theirs, way = compare(n, k, dtype, arguments.seconds)
            ratio = theirs[0] / mine[0]
            slower += ratio < 1
            row += f" {measure.time_text(*mine)} | {measure.time_text(*theirs)} {way} |"
            row += f" {ratio:.1f} |" if ratio >= 1 else f" **{ratio:.2f}** |"
        measure.progress(f"{i + 1}/{len(SIZES)} {row}")
        rows.append(row)
    overhead = measure.time_text(compare(1, 1, "float32", 0.2)[0][0])
    measure.print_surroundings(
        f"one thread each; a call of 1 x 1 takes us {overhead}, nearly all of it in Python's ctypes",
        "~ marks medians of samples that were interrupted",
    )
    print()
    print("| N x K |" + "".join(f" {d} | NumPy's, SciPy's best | ratio |" for d in dtypes))
    print("|---|" + "---|---|---|" * len(dtypes))
    print("\n".join(rows))
    print(f"\n{slower} of {len(rows) * len(dtypes)} slower")
    return slower != 0


if __name__ == "__main__":
    sys.exit(main())
