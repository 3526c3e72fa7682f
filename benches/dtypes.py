#!/usr/bin/env python3
"""Time and memory of every dtype at 2^20 x 2^10 and 2^20 x 2^16, mode full.

    build/venv/bin/python benches/dtypes.py [--threads T]

Each cell is a process of its own. Operands and output are there, and every page of them touched,
before a call too small to need memory has loaded the code. Then the kernel's high-water mark of
resident memory is reset (Linux: 5 written to /proc/self/clear_refs), and what it rises above the
resident memory of that moment during the first call is the peak extra memory: workspaces, tables and
thread stacks. Elsewhere than on Linux the library's own count of its workspaces stands for it. The time
is the median of the calls that follow.

Prints a Markdown table. Exits with 1 if a cell takes a second, or 32 MiB for each thread.
"""

import argparse
import ctypes
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import evaluate
import measure

SIZES = [(1 << 20, 1 << 10), (1 << 20, 1 << 16)]
SECONDS = 1.0
BYTES_PER_THREAD = 32 << 20
TURNS = 7


def resident(field):
    """VmRSS or VmHWM of this process, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.M)[1]) << 10


def extra_memory(call):
    """Bytes by which `call` raises resident memory at its peak."""
    import mlx_convolve

    if not Path("/proc/self/clear_refs").exists():
        before = mlx_convolve.reset_peak_memory()
        call()
        return mlx_convolve.peak_memory() - before
    # Pages that Python freed and malloc kept would serve the call unseen.
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    call()
    return resident("VmHWM") - before


def cell(dtype, n, k):
    """One measurement, in a process of its own: prints JSON."""
    import ml_dtypes  # noqa: F401, makes np.dtype("bfloat16")
    import mlx_convolve
    import numpy as np
    import operands

    rng = np.random.default_rng(1)
    a, v = operands.random(rng, n, dtype).copy(), operands.random(rng, k, dtype).copy()
    if a.dtype == np.bool_:
        # So few that about half of the outputs are true.
        a, v = (rng.random(length) < (0.7 / k) ** 0.5 for length in (n, k))
    out = np.ones(n + k - 1, a.dtype)
    call = mlx_convolve.bind_into(a, v, out)
    mlx_convolve.convolve_into(a[:2], v[:1], out[:2])
    extra = extra_memory(lambda: call())
    check(out, a, v, rng)
    plan = mlx_convolve.explain(n, k, a.dtype)
    nanoseconds, trusted = measure.median(call, TURNS, 0)
    result = {"nanoseconds": nanoseconds, "trusted": trusted, "extra": extra, "plan": plan}
    print(json.dumps(result))


def check(out, a, v, rng):
    """Asserts some outputs, to the accuracy of the dtype."""
    import numpy as np
    import reference

    outputs = rng.integers(0, len(out), 20)
    if a.dtype.kind in "bui":
        assert np.array_equal(out[outputs], reference.modular_outputs(a, v, outputs))
        return
    wide = np.complex128 if a.dtype.kind == "c" else np.float64
    a, v, got = a.astype(wide), v.astype(wide), out[outputs].astype(wide)
    want = [np.dot(*reference.pairs(a, v, n)) for n in outputs]
    eps = 2.0**-8 if out.itemsize == 2 else 1e-6
    scale = np.linalg.norm(a[: len(v)]) * np.linalg.norm(v)
    assert np.all(np.abs(got - want) <= eps * scale), out.dtype


def measured(dtype, n, k, threads):
    """A cell's result, from a fresh process."""
    environment = os.environ | {"MLX_CONVOLVE_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, "--cell", dtype, str(n), str(k)]
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout)


def describe(plan):
    """Method, block and arithmetic in a few words."""
    block = plan.get("block", "").split(",")[0].replace(" points", "")
    method = plan["method"].removeprefix("fft, ")
    return f"{method} {block}".strip()


def table(threads):
    """Measures and prints; returns how many cells miss a target."""
    import mlx_convolve

    rows, missed = [], 0
    for dtype in mlx_convolve.DTYPES:
        row = f"| {dtype.name} |"
        for n, k in SIZES:
            result = measured(dtype.name, n, k, threads)
            nanoseconds, extra = result["nanoseconds"], result["extra"]
            used = int(result["plan"]["threads"])
            slow, large = nanoseconds >= SECONDS * 1e9, extra > used * BYTES_PER_THREAD
            missed += slow or large
            time = evaluate.time_text(nanoseconds, result["trusted"])
            memory = f"{extra / 2**20:.1f} MiB"
            row += f" {'**' * slow}{time}{'**' * slow} | {'**' * large}{memory}{'**' * large} |"
            row += f" {describe(result['plan'])} |"
        measure.progress(row)
        rows.append(row)
    measure.print_surroundings(f"at most {threads} thread{'s' * (threads > 1)}")
    print()
    print(
        "| dtype |"
        + "".join(f" 2^20 x 2^{k.bit_length() - 1} | extra | method |" for _, k in SIZES)
    )
    print("|---|" + "---|---|---|" * len(SIZES))
    print("\n".join(rows))
    print(f"\n{missed} of {len(rows) * len(SIZES)} above {SECONDS:g} s or 32 MiB a thread")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cell", nargs=3, metavar=("DTYPE", "N", "K"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cell:
        dtype, n, k = arguments.cell
        cell(dtype, int(n), int(k))
        return 0
    return table(arguments.threads) != 0


if __name__ == "__main__":
    sys.exit(main())
