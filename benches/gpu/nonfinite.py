#!/usr/bin/env python3
"""What NaN and infinities cost on a GPU: times with 0.1, 10 and 100 % of them, as multiples of the finite time.

    MLX_CONVOLVE_LIBRARY=... build/venv/bin/python benches/gpu/nonfinite.py

The operands are on the GPU, and the results stay there. Prints a Markdown table: for each share, and then of all
inputs, the worst multiples. Of a driver in software, processor time is counted. Exits with 1 if a multiple is above 15.
"""

import sys
import time

import device
import evaluate
import measure
import numpy as np
from mlx_convolve import Array
from test_nonfinite import spoil

SIZES = [(1 << 22, 16), (1 << 24, 100), (1 << 22, 1 << 10), (1 << 22, 1 << 12), (1 << 22, 1 << 16)]
IN_SOFTWARE = [(1 << 16, 16), (1 << 16, 100), (1 << 16, 1 << 10), (1 << 15, 1 << 12)]
KINDS = ["nan", "inf", "both signs"]
PARTS = [0.001, 0.1, 1.0]
SHARES = [(a, v) for part in PARTS for a, v in ((part, 0), (0, part), (part, part))]
LIMIT = 15
SHOWN = 3


def multiples(stream, n, k):
    """The finite time, and the multiples of it, with the kind and the shares of non-finite values."""
    rng = np.random.default_rng([n, k])
    finite = [rng.normal(size=length).astype(np.float32) for length in (n, k)]
    there = [Array.contiguous(values) for values in finite]
    # A driver in software shares the processors with others: its time there is counted, of all threads.
    now = time.process_time_ns if device.is_software() else time.perf_counter_ns
    best = min(device.samples(stream, lambda: stream.convolve(*there), now))
    found = []
    for kind in KINDS:
        for shares in SHARES:
            a, v = (
                Array.contiguous(spoil(rng, values, share, kind)) if share else array
                for values, array, share in zip(finite, there, shares, strict=True)
            )
            spoilt = device.samples(stream, lambda a=a, v=v: stream.convolve(a, v), now)
            found.append((min(spoilt) / best, kind, shares))
    return best, sorted(found, reverse=True)


def main():
    stream = device.stream()
    rows, above, count = [], 0, 0
    for n, k in IN_SOFTWARE if device.is_software() else SIZES:
        if not device.computes(n, k):
            measure.progress(f"{n} x {k}: not computed by the GPU core")
            continue
        finite, found = multiples(stream, n, k)
        above += sum(multiple > LIMIT for multiple, _, _ in found)
        count += len(found)
        of_parts = [max(x for x, _, shares in found if part in shares) for part in PARTS]
        worst = "; ".join(f"{x:.1f} ({kind} {a:g}, {v:g})" for x, kind, (a, v) in found[:SHOWN])
        texts = (evaluate.time_text(finite), *(f"{x:.1f}" for x in of_parts), worst)
        rows.append([f"{n} x {k}", *texts])
        measure.progress(" | ".join(rows[-1]))
    for line in (*device.surroundings(), "kinds and shares of non-finite values in a, v"):
        print(f"- {line}")
    shares = [f"{100 * part:g} %" for part in PARTS]
    print("\n" + evaluate.table(["N x K", "finite", *shares, "worst multiples"], rows))
    print(f"{above} of {count} above {LIMIT}")
    return above != 0


if __name__ == "__main__":
    sys.exit(main())
