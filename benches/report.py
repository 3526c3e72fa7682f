#!/usr/bin/env python3
"""Makes the pages of the benchmark, FOLDER/benchmarks.md and benchmarks.png, from the JSON that run.py keeps.

report.py RESULTS.json [RESULTS-avx2.json] FOLDER
"""

import json
import sys
from pathlib import Path

import cells
import chart
import evaluate

NAMES = {
    "ipp": "Intel IPP", "mkl": "Intel MKL", "fftw": "FFTW",
    "numpy": "NumPy", "scipy": "SciPy", "mlx": "MLX", "torch": "PyTorch",
}  # fmt: skip

INTRODUCTION = """\
# Benchmarks

`scripts/bench.sh` installs the peers, measures, and writes this page and the chart; nothing here is
written by hand. `--isa avx2` measures with AVX2 on all sides that can be held to it.

One thread everywhere but where two are said. In each cell ours and the peers take turns within one
process, after a warm-up and a check of all results; a time is the median, a ratio the median of the
ratios of the rounds, at least 15 of them (5 where calls take above 100 ms). Samples are batches of
calls where one takes below 200 us. Rounds in which the process had less than 97 % of the time are left
out; `~` marks figures that too few others were left for. Operands are random, N is the longer length,
K the shorter, the mode is `full` where none is said. A peer has several ways - algorithms, block
lengths - and the fastest counts, cell by cell.
"""

PEERS = """\
- Intel IPP: `ippsConvolve` by each of its algorithms, for few outputs of `valid` dot products too. `full` is
  all it knows; other modes are taken from within.
- Intel MKL, sequential: its convolution tasks in each mode, and overlap-save on its real transforms.
- FFTW, as Debian builds it: overlap-save on its real transforms, planned with FFTW_MEASURE, at most 20 s a plan.
- Overlap-save is written in `benches/native/peers/overlap_save.c`: blocks of 2, 4, 8 and 16 filters, or one
  transform. Plans are made outside the time, the filter's transform inside, as ours is.
- NumPy: `convolve`. SciPy: `convolve(method="direct")`, `fftconvolve`, `oaconvolve`. MLX: `convolve` on the CPU,
  not in float64, which it computes in float32. PyTorch: `conv1d`. They are called from Python, and so are
  we, through ctypes: 1 x 1 takes {Python} there and {C} from C.
- An empty cell was not measured: direct sums above 2^31 products, or what would expand to above 5 GiB.
"""


def table(header, rows):
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell_of(record):
    return cells.Cell(record["a_len"], record["v_len"], record["mode"])


class Results:
    """The records of a run, found by part."""

    def __init__(self, file):
        kept = json.loads(Path(file).read_text())
        self.about, self.versions, self.records = kept["about"], kept["versions"], kept["records"]

    def part(self, name, dtype=None):
        return [r for r in self.records if r["part"] == name and dtype in (None, r["dtype"])]

    def wrong(self):
        """What gave wrong results, once each: peer, way, cell, dtype."""
        return sorted(
            {
                (NAMES.get(w["peer"], w["peer"]), w["way"], r["dtype"], str(cell_of(r)), w["error"])
                for r in self.records
                for w in r["wrong"]
            }
        )


def ratios(results, dtype):
    """cell -> (our time as text, {peer: (ratio, trusted)}), in the order of cells.csv."""
    found = {}
    for record in results.part("peers", dtype):
        ours, best = evaluate.contest(record)
        # The C program comes first; its time of ours has no Python in it.
        _, kept = found.setdefault(
            cell_of(record), (evaluate.time_text(*evaluate.nanoseconds(ours)), {})
        )
        kept |= {peer: evaluate.ratio(ours, times) for peer, times in best.items()}
    return found


def emphasised(ratio):
    """A ratio's text, bold where we are slower."""
    text = evaluate.ratio_text(*ratio)
    return f"**{text}**" if ratio[0] < 1 else text


def peers_section(results):
    text = ""
    for dtype in cells.REALS:
        found = ratios(results, dtype)
        if found:
            names = [name for name in NAMES if any(name in kept for _, kept in found.values())]
            rows = [
                [
                    str(cell),
                    ours,
                    *(emphasised(kept[name]) if name in kept else "" for name in names),
                ]
                for cell, (ours, kept) in found.items()
            ]
            text += f"\n{dtype}:\n\n" + table(
                ["N x K", "ours", *(NAMES[name] for name in names)], rows
            )
    if results.wrong():
        text += "\nThese ways gave wrong results and were left out, by the largest error in norms of an output:\n\n"
    for peer, way, dtype, cell, error in results.wrong():
        text += f"- {peer}, {way}: {cell}, {dtype}, {error:.2g}\n"
    return text


def dtypes_section(results):
    columns = list(dict.fromkeys(cell_of(record) for record in results.part("dtypes")))
    rows = []
    for dtype in cells.DTYPES:
        records = {cell_of(record): record for record in results.part("dtypes", dtype)}
        if records:
            texts = []
            for cell in columns:
                ours, best = evaluate.contest(records[cell])
                value, trusted = evaluate.ratio(best["float32"], ours)
                texts += [
                    evaluate.time_text(*evaluate.nanoseconds(ours)),
                    evaluate.ratio_text(value, trusted),
                ]
            rows.append([dtype, *texts])
    header = ["dtype", *(text for cell in columns for text in (str(cell), "over float32"))]
    return table(header, rows)


def outputs_section(results):
    rows = []
    for record in results.part("outputs"):
        time, trusted = evaluate.nanoseconds(record["times"][0])
        outputs = record["a_len"] + record["v_len"] - 1
        rows.append(
            [
                cells.length_text(record["a_len"]),
                evaluate.time_text(time, trusted),
                evaluate.ratio_text(time / outputs, trusted) + " ns",
                record["times"][0]["way"],
            ]
        )
    return table(["N", "time", "an output", "method"], rows)


def rival_section(results, part, header, text):
    """A row per cell and dtype: our time, our method, and what `text` says of ours and the rival."""
    rows = []
    for record in results.part(part):
        ours, best = evaluate.contest(record)
        (rival,) = best.values()
        time = evaluate.time_text(*evaluate.nanoseconds(ours))
        rows.append([str(cell_of(record)), record["dtype"], time, ours["way"], text(ours, rival)])
    return table(["N x K", "dtype", "ours", "method", header], rows)


def multiple(ours, rival):
    """How many times as long the rival takes."""
    return evaluate.ratio_text(*evaluate.ratio(ours, rival))


def speedup(ours, rival):
    """How many times as fast the rival is."""
    return multiple(rival, ours)


def percent(ours, rival):
    """The rival's time as a share of ours."""
    value, trusted = evaluate.ratio(ours, rival)
    return f"{'' if trusted else '~'}{100 * value:.0f} % ({rival['way']})"


def threads_section(results):
    return rival_section(results, "threads", "two threads", speedup)


def handles_section(results):
    return rival_section(results, "handles", "handles", multiple)


def peak_section(results):
    return rival_section(results, "peak", "peak", percent)


def copy_section(results):
    return rival_section(results, "copy", "copy", percent)


# Each part's title, what its table says, and the table.
SECTIONS = {
    "threads": ("Two threads over one", "How many times faster two threads are.", threads_section),
    "handles": (
        "Handles over plain pointers",
        "`mlx_convolve` into a live handle on the default stream, and its data, over `mlx_convolve_into`.",
        handles_section,
    ),
    "peak": (
        "Share of the peak",
        "As many multiply-adds as the direct sum has, in registers alone, take this share of our time:\n"
        "above 100 % where transforms need fewer.",
        peak_section,
    ),
    "copy": (
        "Short filters and memory",
        "Copying the signal to the output takes this share of our time.",
        copy_section,
    ),
    "dtypes": ("Every dtype", "Time, and how many times float32's.", dtypes_section),
    "outputs": ("Time per output", "float32, K = 1024.", outputs_section),
}


def surroundings(results):
    about = results.about
    lines = [
        f"{about['system']}, {about['processor']}; caches: {about['caches']}",
        f"instruction set: {about['isa']}; load average before {about['load before']}, after "
        f"{about['load after']}; the process had {100 * about['share']:.1f} % of its wall time",
        f"commit {about['commit']}, {about['started']}; {about['rustc']}",
        "; ".join(f"{name} {version}" for name, version in results.versions.items()),
    ]
    return "".join(f"- {line}\n" for line in lines)


def page(results, avx2):
    overhead = {
        record["caller"]: evaluate.time_text(*evaluate.nanoseconds(record["times"][0]))
        for record in results.part("ctypes")
    }
    text = INTRODUCTION + "\n" + surroundings(results)
    text += "\n## Peers' times over ours\n\nAbove 1, ours is faster.\n\n"
    text += (
        "![Peers' times over ours](benchmarks.png)\n\n"
        + PEERS.format(**overhead)
        + peers_section(results)
    )
    for part, (title, words, section) in SECTIONS.items():
        if results.part(part):
            text += f"\n## {title}\n\n{words}\n\n{section(results)}"
    if avx2:
        text += "\n## Held to AVX2\n\n" + surroundings(avx2) + peers_section(avx2)
    return text


def write(files, folder):
    """Makes page and chart of the run in the first file, and of an AVX2 run in a second one."""
    results, *more = (Results(file) for file in files)
    folder = Path(folder)
    (folder / "benchmarks.md").write_text(page(results, more[0] if more else None))
    panels = {dtype: ratios(results, dtype) for dtype in cells.REALS}
    chart.draw(
        {dtype: found for dtype, found in panels.items() if found}, NAMES, folder / "benchmarks.png"
    )


if __name__ == "__main__":
    *given, to = sys.argv[1:]
    write(given, to)
