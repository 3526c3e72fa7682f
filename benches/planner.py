#!/usr/bin/env python3
"""What the planner's choice costs: direct sums against transforms, over a grid of lengths.

    build/venv/bin/python benches/planner.py [--dtypes float32,float64] [--isa avx2]

One thread, mode full, plain pointers. Each method is forced in a process of its own, the two take turns, and the
smallest time of each counts. Prints a Markdown table of the time of the method that the planner chooses over that of
the better one, and exits with 1 if one is above 1.15.
"""

import argparse
import os
import subprocess
import sys

LENGTHS = [1 << 10, 1 << 12, 1 << 14, 1 << 17, 1 << 20]
TAPS = [8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 4096]
METHODS = ("direct", "fft")
TURNS = 5
LIMIT = 1.15


def serve():
    """Times what it is asked for, in the method that the environment forces."""
    import measure
    import mlx_convolve
    import numpy as np

    for line in sys.stdin:
        n, k, name = line.split()
        rng = np.random.default_rng([int(n), int(k)])
        dtype = np.dtype(name)
        a, v = (
            (rng.integers(-99, 99, length) if dtype.kind in "iu" else rng.normal(size=length)).astype(dtype)
            for length in (int(n), int(k))
        )
        out = np.zeros(int(n) + int(k) - 1, dtype)
        call = mlx_convolve.bind_into(a, v, out)
        calls = measure.batch(measure.warm_up(call))
        print(min(measure.sample(call, calls)[0] for _ in range(4)), flush=True)


def start(method):
    environment = dict(os.environ, MLX_CONVOLVE_NUM_THREADS="1", MLX_CONVOLVE_METHOD=method)
    command = [sys.executable, __file__, "--serve"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)


def time_of(server, cell):
    print(*cell, file=server.stdin, flush=True)
    return float(server.stdout.readline())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dtypes", default="float32,float64")
    parser.add_argument("--isa", help="caps the instruction set")
    parser.add_argument("--times", action="store_true", help="both times, in microseconds, beside each ratio")
    options = parser.parse_args()
    if options.isa:
        os.environ["MLX_CONVOLVE_ISA"] = options.isa
    import measure
    import mlx_convolve

    measure.print_surroundings("one thread; time of the chosen method over that of the better one")
    servers = [start(method) for method in METHODS]
    worst = 0
    for name in options.dtypes.split(","):
        print(f"\n| {name} | " + " | ".join(map(str, TAPS)) + " |\n|" + "---|" * (len(TAPS) + 1))
        for n in LENGTHS:
            row = []
            for k in TAPS:
                turns = [[time_of(server, (n, k, name)) for server in servers] for _ in range(TURNS)]
                direct, fft = map(min, zip(*turns, strict=True))
                chosen = mlx_convolve.explain(n, k, name)["method"].split(",")[0]
                ratio = (direct if chosen == "direct" else fft) / min(direct, fft)
                worst = max(worst, ratio)
                letter = "d" if chosen == "direct" else "t"
                times = f" ({direct / 1e3:.1f} {fft / 1e3:.1f})" if options.times else ""
                row.append(f"{letter} {ratio:.2f}{times}")
            print(f"| {n} | " + " | ".join(row) + " |", flush=True)
    print(f"\nd direct, t transforms; worst {worst:.2f}")
    return worst > LIMIT


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(main())
