#!/usr/bin/env python3
"""What NaN and infinities cost: times with 0.1, 10, 50 and 100 % of them, as multiples of the finite time.

    build/venv/bin/python benches/nonfinite.py

One thread, mode full. Prints a Markdown table of the worst multiples and the inputs they are for.
Exits with 1 if one is above 6.
"""

import os
import sys

os.environ["MLX_CONVOLVE_NUM_THREADS"] = "1"

import evaluate  # noqa: E402
import measure  # noqa: E402
import mlx_convolve  # noqa: E402
import numpy as np  # noqa: E402
import test_nonfinite  # noqa: E402
from test_nonfinite import KINDS, spoil  # noqa: E402

SIZES = [
    (1 << 16, 16), (4096, 256), (1 << 16, 100), (1 << 16, 1 << 10), (1 << 20, 1 << 10),
    (1 << 20, 1 << 16), (1 << 18, 1 << 18),
]  # fmt: skip
SHARES = [*test_nonfinite.SHARES, (0.1, 0), (0, 0.1), (0.1, 0.1)]
LIMIT = 6
SHOWN = 2


def multiples(n, k, dtype):
    """The finite time, and the multiples of it, with the kind and the shares of non-finite values."""
    rng = np.random.default_rng([n, k])
    a, v = (rng.normal(size=length).astype(dtype) for length in (n, k))
    out = np.zeros(n + k - 1, dtype)
    finite, _ = measure.median(mlx_convolve.bind_into(a, v, out), 5, 0.1)
    found = []
    for kind in KINDS:
        for shares in SHARES:
            x, y = (
                spoil(rng, values, share, kind) if share else values
                for values, share in zip((a, v), shares, strict=True)
            )
            call = mlx_convolve.bind_into(x, y, out)
            nanoseconds = min(measure.sample(call, 1)[0] for _ in range(4))
            found.append((nanoseconds / finite, kind, shares))
    return finite, sorted(found, reverse=True)


def main():
    rows, above, worst_tenth = [], 0, 0
    for n, k in SIZES:
        for dtype in ("float32", "float64", "float16"):
            finite, found = multiples(n, k, dtype)
            above += sum(multiple > LIMIT for multiple, _, _ in found)
            tenths = [multiple for multiple, _, shares in found if 0.1 in shares]
            worst_tenth = max(worst_tenth, *tenths)
            worst = "; ".join(
                f"{multiple:.1f} ({kind} {a:g}, {v:g})" for multiple, kind, (a, v) in found[:SHOWN]
            )
            rows.append(f"| {n} x {k} | {dtype} | {evaluate.time_text(finite)} | {worst} |")
            measure.progress(rows[-1])
    measure.print_surroundings("one thread; kinds and shares of non-finite values in a, v")
    print("\n| N x K | dtype | finite | worst multiples |\n|---|---|---|---|")
    print("\n".join(rows))
    print(f"\n{above} of {len(rows) * len(KINDS) * len(SHARES)} above {LIMIT}")
    print(f"with 10 % in either, at most {worst_tenth:.1f}")
    return above != 0


if __name__ == "__main__":
    sys.exit(main())
