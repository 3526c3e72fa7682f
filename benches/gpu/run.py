#!/usr/bin/env python3
"""The GPU core on GPU 0 against what bounds it, the CPU core, and other libraries on the same GPU.

    scripts/gpu_bench.sh [--minutes M] [--page FILE]

The script builds the library and gpu_roofs, and starts this program, which needs only these two: MLX_CONVOLVE_LIBRARY
and --roofs name them. Results are compared with the CPU core's before they are timed. Prints Markdown; --page puts it
into a page, in place of an earlier section of the same device. Exits with 1 if a result is wrong.
"""

import argparse
import json
import re
import subprocess
import sys
import time as clock
from dataclasses import dataclass, field
from pathlib import Path

import device  # the first: it says where the others are
import cells
import evaluate
import measure
import mlx_convolve
import numpy as np
import peers
from mlx_convolve import Array, Options

TAPS = [5, 32, 64, 512, 1024, 1 << 16]
LENGTHS = [1 << 20, 1 << 24, 1 << 26]
ROWS = [(1 << 16, 1 << 8, 32), (1 << 12, 1 << 12, 64), (1 << 10, 1 << 14, 512), (64, 1 << 18, 1 << 10)]
# Software is slow.
LENGTHS_IN_SOFTWARE = [1 << 16, 1 << 18, 1 << 20]
ROWS_IN_SOFTWARE = [(1 << 10, 1 << 8, 32), (64, 1 << 12, 64), (16, 1 << 14, 512)]
MOST_PRODUCTS_IN_SOFTWARE = 1 << 28
# Calls of a chain: each takes the result of the one before it.
LINKS = 4
SECONDS = 0.5
SAME = Options("same")

INTRODUCTION = """\
# Benchmarks of the GPU core

`scripts/gpu_bench.sh` measures one device and writes its section of this page; nothing here is written by hand.

- Operands: random float32; the mode is `same`. In each cell the results are compared with the CPU core's first.
- On the device: the time of a call in a chain of calls without a copy to the host, each of which takes the result of
  the one before it. The wait at the end is included.
- Of the copy: the time to copy so many bytes as signal and outputs have, as a share of our time. Of the
  multiply-adds: the time of the direct sum's multiply-adds, if they were all that is done, as a share of our time.
  The device's own figures for both are measured in the same run.
- With copies: operands and results are in host memory, and are copied to the device and back in each call.
- CPU core: `mlx_convolve_into`, or `mlx_convolve_rows`, of this library on all cores.
- Figures: medians; in software, the fastest of at least three, as other work on the machine slows the driver.
- Peers' times are divided by our time on the device; above 1 we are faster. Their operands and results stay there too.
"""


@dataclass
class Cell:
    """What is convolved, and what was found."""

    n: int
    k: int
    rows: int = 1
    method: str = ""
    on_device: float = 0
    with_copies: float = 0
    on_cpu: float = 0
    peers: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)

    def __str__(self):
        rows = f"{self.rows} rows of " if self.rows > 1 else ""
        return rows + str(cells.Cell(self.n, self.k, "full"))

    def bytes(self):
        """Of signal and outputs."""
        return 2 * 4 * self.rows * self.n

    def products(self):
        return self.rows * self.n * self.k


def typical(call):
    """The typical time of a call that waits for its result, in nanoseconds."""
    times, start = [], clock.perf_counter()
    while len(times) < 3 or (clock.perf_counter() - start < SECONDS and len(times) < 50):
        times.append(measure.sample(call, 1)[0])
    return device.typical(times)


def differs(got, want, a, v):
    """The largest difference over the norm that an output has on average, if it is too large."""
    norm = np.sqrt(np.mean(np.square(a, dtype=float))) * np.linalg.norm(v.astype(float))
    error = float(np.abs(got - want).max()) / norm
    # As in benches/native/contest.c.
    return error if not error <= (36 + 2 * np.sqrt(len(v))) * np.finfo(np.float32).eps else 0


def time_cell(cell, stream, found):
    """Fills a cell in."""
    rng = np.random.default_rng([cell.rows, cell.n, cell.k])
    shape = (cell.rows, cell.n) if cell.rows > 1 else (cell.n,)
    a = rng.standard_normal(shape, np.float32)
    v = rng.standard_normal(cell.k, np.float32)
    v /= np.linalg.norm(v)
    want = np.empty_like(a)
    if cell.rows > 1:
        on_cpu = lambda: mlx_convolve.convolve_rows(a, v, want, SAME)  # noqa: E731
    else:
        on_cpu = mlx_convolve.bind_into(a, v, want, "same")
    on_cpu()
    cell.on_cpu = typical(on_cpu)
    if device.computes(cell.n, cell.k):
        time_ours(cell, stream, a, v, want)
        for peer in found:
            time_peer(cell, peer, a, v, want)


def time_ours(cell, stream, a, v, want):
    plan = mlx_convolve.explain(cell.n, cell.k, "float32", "same")
    cell.method = plan["method"].replace(" on the GPU", "").split(",")[0]
    x, h = Array.contiguous(a), Array.contiguous(v)
    if error := differs(stream.convolve(x, h, SAME).numpy(), want, a, v):
        cell.wrong.append(f"ours: {error:.2g}")
        return

    def chain():
        y = x
        for _ in range(LINKS):
            y = stream.convolve(y, h, SAME)

    def with_copies():
        stream.convolve(Array.borrowed(a), Array.borrowed(v), SAME).wait()

    cell.on_device = device.time(stream, chain) / LINKS
    with_copies()
    cell.with_copies = typical(with_copies)


def time_peer(cell, peer, a, v, want):
    try:
        for name, call, back in peer.ways(a, v):
            if error := differs(back(call()), want, a, v):
                cell.wrong.append(f"{name}: {error:.2g}")
            else:
                cell.peers[name] = device.time(peer.queue, call)
    except Exception as error:  # of memory, mostly, each in a class of its own
        cell.wrong.append(f"{peer.version}: {peers.first_line(error)}")


def roofs_of(program):
    """What bounds the device, by gpu_roofs; nothing without it."""
    if program is None:
        return {}
    done = subprocess.run([program, device.name()], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def share(time, bound):
    """`bound` as a share of a time."""
    percent = 100 * bound / time
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1g} %"


def multiple(theirs, ours):
    """Their time divided by ours."""
    ratio = theirs / ours
    return evaluate.ratio_text(ratio) if ratio >= 0.1 else f"{ratio:.1g}"


def line(cell, roofs, names):
    """A row of the table."""
    texts = [str(cell), cell.method or "the CPU core's"]
    if not cell.on_device:
        return [*texts, "", "", "", "", evaluate.time_text(cell.on_cpu), "", *("" for _ in names)]
    time, direct = cell.on_device, "direct" in cell.method
    texts.append(evaluate.time_text(time))
    texts.append(share(time, 1e9 * cell.bytes() / roofs["copy"]) if roofs else "")
    peak = 1e9 * cell.products() / roofs["multiply_adds"] if roofs and direct else 0
    texts.append(share(time, peak) if peak else "")
    texts += [evaluate.time_text(cell.with_copies), evaluate.time_text(cell.on_cpu)]
    texts.append(multiple(cell.on_cpu, time))
    return texts + [
        multiple(cell.peers[name], time) if name in cell.peers else "" for name in names
    ]


def section(measured, roofs, found, missing, surroundings):
    """The Markdown of a run."""
    software = " (in software)" if device.is_software() else ""
    names = list(dict.fromkeys(name for cell in measured for name in cell.peers))
    text = f"## {device.name()}\n\n"
    if software:
        text += "**This is no GPU but a driver that computes on the processor. The figures say nothing of any GPU.**\n\n"
    lines = [*surroundings]
    if roofs:
        lines.append(
            f"the device copies {roofs['copy'] / 2e9:.3g} GB a second, and does"
            f" {roofs['multiply_adds'] / 1e9:.4g} G multiply-adds of float32{software}"
        )
    lines.append("peers: " + ("; ".join(peer.version for peer in found) or "none"))
    lines += [f"not measured: {why}" for why in missing]
    text += "".join(f"- {line}\n" for line in lines)
    header = ["method", "on the device", "of the copy", "of the multiply-adds", "with copies"]
    header += ["CPU core", "CPU core / on the device", *names]
    for title, kept in (
        ("N x K", [cell for cell in measured if cell.rows == 1]),
        ("rows", [cell for cell in measured if cell.rows > 1]),
    ):
        rows = [line(cell, roofs, names) for cell in kept]
        text += "\n" + evaluate.table([title + software, *header], rows)
    if wrong := [f"- {cell}: {what}\n" for cell in measured for what in cell.wrong]:
        text += "\nNot measured, or wrong by so many norms:\n\n" + "".join(wrong)
    return text


def put_into(page, text):
    """Puts a section into a page, in place of one with the same title."""
    old = page.read_text() if page.exists() else INTRODUCTION
    parts = [INTRODUCTION, *re.split(r"^(?=## )", old, flags=re.M)[1:]]
    title = text.splitlines()[0]
    at = next((i for i, part in enumerate(parts) if part.startswith(title)), len(parts))
    parts[at : at + 1] = [text]
    page.write_text("\n".join(part.rstrip() + "\n" for part in parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--roofs", help="the program gpu_roofs")
    parser.add_argument("--minutes", type=float, default=7, help="no cell begins later")
    parser.add_argument("--page", type=Path, help="the page that the section is put into")
    arguments = parser.parse_args()
    start = clock.monotonic()
    stream = device.stream()
    software = device.is_software()
    lengths, rows = (LENGTHS_IN_SOFTWARE, ROWS_IN_SOFTWARE) if software else (LENGTHS, ROWS)
    wanted = [Cell(n, k) for n in lengths for k in TAPS if k <= n]
    wanted += [Cell(n, k, count) for count, n, k in rows]
    if software:
        wanted = [cell for cell in wanted if cell.products() <= MOST_PRODUCTS_IN_SOFTWARE]
    roofs = roofs_of(arguments.roofs)
    found, missing = peers.installed()
    surroundings = device.surroundings()
    measured = []
    for cell in wanted:
        if clock.monotonic() - start > 60 * arguments.minutes:
            missing.append(f"{cell} and what follows it: {arguments.minutes:g} minutes were over")
            break
        time_cell(cell, stream, found)
        measured.append(cell)
        names = list(cell.peers)
        measure.progress(" | ".join([*line(cell, roofs, names), *names, *cell.wrong]))
    text = section(measured, roofs, found, missing, surroundings)
    print(text)
    if arguments.page:
        put_into(arguments.page, text)
    return any(what.startswith("ours") for cell in measured for what in cell.wrong)


if __name__ == "__main__":
    sys.exit(main())
