#!/usr/bin/env python3
"""Makes the pages of the benchmark, FOLDER/benchmarks.md and benchmarks.png, from the JSON that run.py keeps.

report.py RESULTS.json... FOLDER

The page is of the last run with the parts `peers` and `ctypes`. A part that another run measured later, or alone,
is shown from that run, and its section says so. Runs limited to AVX2 have a section of their own.
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

`scripts/bench.sh` installs the peers, measures, and writes this page and the chart. Nothing on this page is
written by hand. With `--isa avx2`, every side that can be limited to AVX2 is limited to it.
[benchmarks-gpu.md](benchmarks-gpu.md) has the figures of the GPU core.

- Threads: one, unless a section says two.
- Turns: in each cell, our library and the peers take turns in one process, after a warm-up and a check of
  all results.
- Figures: a time is a median. A ratio is the median of the ratios of the rounds. There are at least 15
  rounds, or 5 if a call takes more than 100 ms. If a call takes less than 200 us, a sample is a batch of
  calls.
- Disturbed rounds: a round is left out if the process had less than 97 % of the time. `~` marks a figure
  with too few other rounds.
- Operands: random, unless a section says something else. N is the longer length and K the shorter. The mode
  is `full` unless the cell names another.
- Ways: a peer has several ways to compute, such as algorithms and block lengths. In each cell, its fastest
  way counts.

The figures are of this run, except in sections that name another:
"""

PEERS = """\
- Intel IPP: `ippsConvolve` with each of its algorithms, and dot products for the few outputs of some `valid`
  cells. IPP has `full` only; the outputs of other modes are a part of it.
- Intel MKL, sequential: its convolution tasks in each mode, and overlap-save on its real FFTs.
- FFTW, as Debian builds it: overlap-save on its real FFTs. FFTW_MEASURE makes the plans, in at most 20 s a
  plan.
- Overlap-save: `benches/native/peers/overlap_save.c`, with blocks of 2, 4, 8 and 16 filter lengths, or with
  one transform. The time does not include the plans. It includes the filter's transform, as our time does.
- NumPy: `convolve`. SciPy: `convolve(method="direct")`, `fftconvolve`, `oaconvolve`. PyTorch: `conv1d`.
  MLX: `convolve` on the CPU, without float64, which MLX computes in float32. These four are called from
  Python. Beside them, our library is called from Python too, through ctypes: a call of 1 x 1 takes {Python}
  from Python and {C} from C.
- Empty cells were not measured: a direct sum of more than 2^31 products, or an expansion to more than 5 GiB.
"""


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
        """The ways that gave wrong results, once each: peer, way, dtype, cell, error."""
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
        # The C program comes first: its time of our library includes no Python.
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
            text += f"\n{dtype}:\n\n" + evaluate.table(
                ["N x K", "ours", *(NAMES[name] for name in names)], rows
            )
    if results.wrong():
        text += (
            "\nThe following ways gave wrong results and are left out. The last number is the largest error,"
            "\ndivided by the norm that an output has on average.\n\n"
        )
    for peer, way, dtype, cell, error in results.wrong():
        text += f"- {peer}, {way}: {cell}, {dtype}, {error:.2g}\n"
    return text


def componentwise_section(results):
    rows = []
    for record in results.part("componentwise"):
        ours, best = evaluate.contest(record)
        componentwise, direct = best["componentwise"], best.get("direct")
        rows.append(
            [
                str(cell_of(record)),
                record["dtype"],
                record["operands"],
                evaluate.time_text(*evaluate.nanoseconds(ours)),
                ours["way"],
                multiple(ours, componentwise),
                multiple(direct, componentwise) if direct else "",
                componentwise["way"],
            ]
        )
    header = ["N x K", "dtype", "operands", "default", "default's method", "componentwise / default"]
    return evaluate.table([*header, "componentwise / direct", "componentwise's method"], rows)


def oaconvolve_section(results):
    rows = []
    for record in results.part("oaconvolve"):
        ours, best = evaluate.contest(record)
        time = evaluate.time_text(*evaluate.nanoseconds(ours))
        rows.append(
            [str(cell_of(record)), record["operands"], time, multiple(ours, best["oaconvolve"])]
        )
    return evaluate.table(["N x K", "operands", "ours", "SciPy / ours"], rows)


def lags_section(results):
    """A row for each of SciPy's ways."""
    rows = []
    for record in results.part("lags"):
        ours, *others = record["times"]
        time = evaluate.time_text(*evaluate.nanoseconds(ours))
        rows += [
            [str(cell_of(record)), record["dtype"], time, other["way"], multiple(ours, other)]
            for other in others
        ]
    return evaluate.table(["N x K", "dtype", "ours", "SciPy's method", "SciPy / ours"], rows)


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
    return evaluate.table(header, rows)


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
    return evaluate.table(["N", "time", "an output", "method"], rows)


def rival_section(results, part, header, text):
    """A row per cell and dtype: our time, our method, and `text` of our times and the rival's."""
    rows = []
    for record in results.part(part):
        ours, best = evaluate.contest(record)
        (rival,) = best.values()
        time = evaluate.time_text(*evaluate.nanoseconds(ours))
        rows.append([str(cell_of(record)), record["dtype"], time, ours["way"], text(ours, rival)])
    return evaluate.table(["N x K", "dtype", "ours", "method", header], rows)


def multiple(ours, rival):
    """The rival's time divided by ours."""
    return evaluate.ratio_text(*evaluate.ratio(ours, rival))


def speedup(ours, rival):
    """Our time divided by the rival's."""
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


# For each part: its title, the meaning of its table, and the table.
SECTIONS = {
    "componentwise": (
        "Componentwise accuracy",
        "The time of `MLX_ACCURACY_COMPONENTWISE` divided by the time of the default, and divided by the time of direct\n"
        "sums, up to 2^31 products. The direct sums are those of a copy of the library that `MLX_CONVOLVE_METHOD=direct`\n"
        "was set for.\n\n"
        "- Noise: random values.\n"
        "- Audio: a recording of 24 bits, and the response of a room. The recording is noise through a low-pass filter,\n"
        "  in seven bursts that fade by 60 dB each; the response is noise that fades by 60 dB.",
        componentwise_section,
    ),
    "oaconvolve": (
        "Componentwise accuracy in float32, and SciPy in float64",
        "The time of SciPy's `oaconvolve` in float64, divided by our time for the same values in float32 with\n"
        "`MLX_ACCURACY_COMPONENTWISE`. Both are called from Python.",
        oaconvolve_section,
    ),
    "lags": (
        "Some lags of a correlation",
        "1000 lags around 0. Our library computes a range of the outputs; SciPy computes all outputs of\n"
        "`signal.correlate`, of which 1000 are kept.",
        lags_section,
    ),
    "threads": ("Two threads and one", "The time with one thread divided by the time with two.", threads_section),
    "handles": (
        "Handles and plain pointers",
        "The time of `mlx_convolve` divided by that of `mlx_convolve_into`. `mlx_convolve` writes to a live handle,\n"
        "on the default stream; its time includes the access to the data.",
        handles_section,
    ),
    "peak": (
        "Share of the peak",
        "The peak is the time of the direct sum's multiply-adds if they only use registers. The last column is the\n"
        "peak as a share of our time: above 100 % if FFTs need fewer multiply-adds.",
        peak_section,
    ),
    "copy": (
        "Short filters and memory",
        "The last column is the time to copy the signal to the output, as a share of our time.",
        copy_section,
    ),
    "dtypes": ("Every dtype", "Our time, and our time divided by that of float32.", dtypes_section),
    "outputs": ("Time per output", "The time of a call, and this time divided by the number of outputs; float32, K = 1024.", outputs_section),
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


def latest(runs, *parts):
    """The first of the runs that has all these parts."""
    return next((run for run in runs if all(run.part(part) for part in parts)), None)


def page(main, best, avx2):
    """The page of the run `main`. `best` and `avx2` are all runs with that instruction set, the newest first."""
    overhead = {
        record["caller"]: evaluate.time_text(*evaluate.nanoseconds(record["times"][0]))
        for record in main.part("ctypes")
    }
    chosen = {part: run for part in SECTIONS if (run := latest(best, part))}
    runs = list(dict.fromkeys([main, *chosen.values()]))
    text = INTRODUCTION + "\n" + surroundings(main)
    for number, run in enumerate(runs[1:], 2):
        text += f"\nRun {number}:\n\n{surroundings(run)}"
    text += (
        "\n## Peers' times divided by ours\n\n"
        "Each cell is the peer's fastest time divided by ours; above 1 we are faster.\n\n"
    )
    text += (
        "![Peers' times divided by ours](benchmarks.png)\n\n"
        + PEERS.format(**overhead)
        + peers_section(main)
    )
    for part, run in chosen.items():
        title, words, section = SECTIONS[part]
        own = "" if run is main else f"Measured in run {runs.index(run) + 1}.\n\n"
        text += f"\n## {title}\n\n{own}{words}\n\n{section(run)}"
    if held := latest(avx2, "peers"):
        text += "\n## Limited to AVX2\n\n" + surroundings(held) + peers_section(held)
    return text


def write(files, folder):
    """Makes page and chart of the runs in the files."""
    runs = sorted(map(Results, files), key=lambda run: run.about["started"], reverse=True)
    best = [run for run in runs if run.about["isa"] == "best"]
    avx2 = [run for run in runs if run.about["isa"] == "avx2"]
    main = latest(best, "peers", "ctypes")
    folder = Path(folder)
    (folder / "benchmarks.md").write_text(page(main, best, avx2))
    panels = {dtype: ratios(main, dtype) for dtype in cells.REALS}
    chart.draw(
        {dtype: found for dtype, found in panels.items() if found}, NAMES, folder / "benchmarks.png"
    )


if __name__ == "__main__":
    *given, to = sys.argv[1:]
    write(given, to)
