#!/usr/bin/env python3
"""Runs the benchmark: starts the programs that measure, shows what they find, and keeps it as JSON.

scripts/bench.sh, which installs and builds everything, is the way to start it; options are the same.
Times are in turns: ours, then each peer's, then ours again; a peer's figure is that of its fastest way.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import cells
import evaluate
import machine

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"
NATIVE = BUILD / "native" / "native"
SUFFIX = "dylib" if sys.platform == "darwin" else "so"

# One thread everywhere. Only the part `threads` asks for more, by a call.
ONE_THREAD = dict.fromkeys(
    ["MLX_CONVOLVE_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1"
)
# Holds to AVX2 whoever reads it from the environment. IPP is told by a call; FFTW and MLX choose themselves.
AVX2 = {
    "MLX_CONVOLVE_ISA": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}


def environment(isa):
    """What the programs that measure run in."""
    inherited = dict(os.environ)
    # Machines set these for old builds of OpenBLAS; the current one is to choose its kernels itself.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        inherited.pop(name, None)
    fixed = {
        "BENCH_FFTW_WISDOM": str(BUILD / "fftw-wisdom"),
        "MLX_CONVOLVE_LIBRARY": str(BUILD / "prefix" / "lib" / f"libmlx_convolve.{SUFFIX}"),
    }
    return inherited | ONE_THREAD | fixed | (AVX2 if isa == "avx2" else {})


def peers_of(parts):
    """The names of all who take part in these parts."""
    return {peer for name in parts for peer in cells.PARTS[name].peers()}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description=__doc__.splitlines()[0])
    names = sorted(peers_of(cells.PARTS))
    words = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--part", type=words, help=f"parts, of {','.join(cells.PARTS)}")
    parser.add_argument("--only", type=words, help=f"peers, of {','.join(names)}")
    parser.add_argument("--cells", type=words, help="lengths, as in 64x8,2^20x1024")
    parser.add_argument("--dtype", type=words, help="dtypes, as in float32,float64")
    parser.add_argument("--isa", choices=["avx2"], help="hold both sides to this instruction set")
    parser.add_argument("--quick", action="store_true", help="three cells a part, few repeats")
    parser.add_argument("--rounds", type=int, default=15, help="repeats, at least")
    parser.add_argument("--seconds", type=float, default=0.5, help="repeats go on for so long")
    parser.add_argument("--print-peers", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds = 3, 0.02
    for name in arguments.part or []:
        if name not in cells.PARTS:
            parser.error(f"no part is called {name}: {', '.join(cells.PARTS)}")
    for name in arguments.only or []:
        if name not in names:
            parser.error(f"no peer is called {name}: {', '.join(names)}")
    for name in arguments.dtype or []:
        if name not in cells.DTYPES:
            parser.error(f"no dtype is called {name}: {', '.join(cells.DTYPES)}")
    arguments.cells = [
        tuple(cells.parse_length(length) for length in cell.split("x"))
        for cell in arguments.cells or []
    ]
    return arguments


def jobs(name, arguments):
    """What a part measures, less what the arguments leave out."""
    chosen = cells.cells(name)
    if arguments.cells:
        chosen = [cell for cell in chosen if (cell.a_len, cell.v_len) in arguments.cells]
    elif arguments.quick:
        chosen = chosen[:: max(1, len(chosen) // 3)][:3]
    dtypes = [
        dtype for dtype in cells.PARTS[name].dtypes if dtype in (arguments.dtype or cells.DTYPES)
    ]
    return [
        (cell, dtype, operands)
        for cell in chosen
        for dtype in dtypes
        for operands in cells.PARTS[name].operands
    ]


def programs(name, arguments):
    """The commands that measure a part: the C program, and a Python process for each of its peers."""
    part, only = cells.PARTS[name], arguments.only
    native = [peer for peer in part.native or () if only is None or peer in only]
    python = [peer for peer in part.python if only is None or peer in only]
    options = [f"--rounds={arguments.rounds}", f"--seconds={arguments.seconds}"]
    options += [f"--isa={arguments.isa}"] if arguments.isa else []
    commands = []
    if native or (part.native is not None and only is None):
        commands.append([NATIVE, f"--peers={','.join(native)}", *options])
    for peer in python:
        commands.append(
            [sys.executable, ROOT / "benches" / "python_peers.py", f"--peer={peer}", *options]
        )
    return commands


def measured(command, wanted, isa):
    """The lines of JSON with which the program answers the jobs."""
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(isa)
    )
    for cell, dtype, operands in wanted:
        child.stdin.write(f"{cell.a_len} {cell.v_len} {cell.mode} {dtype} {operands}\n")
    child.stdin.close()
    for line in child.stdout:
        yield json.loads(line)
    if child.wait() != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")


def show(part, record):
    """Prints a record: our time, and each peer's as a multiple of it."""
    ours, best = evaluate.contest(record)
    cell = cells.Cell(record["a_len"], record["v_len"], record["mode"])
    line = f"{part:13} {cell!s:24} {record['dtype']:9} {record['operands']:5} "
    line += f"{evaluate.time_text(*evaluate.nanoseconds(ours)):>9}"
    for peer, times in best.items():
        ratio = evaluate.ratio_text(*evaluate.ratio(ours, times))
        line += f"   {peer} {ratio}" + f" ({times['way']})" * bool(times["way"])
    for wrong in record["wrong"]:
        line += f"   {wrong['peer']} ({wrong['way']}) is WRONG"
    print(line, flush=True)


def main():
    arguments = parse_arguments()
    if arguments.print_peers:
        chosen = peers_of(arguments.part or cells.PARTS)
        print(*sorted(chosen.intersection(arguments.only or chosen)))
        return
    about = machine.describe() | {"isa": arguments.isa or "best", "load before": machine.load()}
    about["started"] = time.strftime("%Y-%m-%d %H:%M %Z")
    records, versions = [], {}
    for name in arguments.part or cells.PARTS:
        wanted = jobs(name, arguments)
        for command in programs(name, arguments) if wanted else []:
            for record in measured(command, wanted, arguments.isa):
                if "versions" in record:
                    versions |= record["versions"]
                    continue
                caller = "C" if command[0] == NATIVE else "Python"
                records.append({"part": name, "caller": caller} | record)
                show(name, record)
    about["load after"] = machine.load()
    about["share"] = statistics.mean(
        share for record in records for share in record["times"][0]["share"]
    )
    write(arguments, {"about": about, "versions": versions, "records": records})


def write(arguments, results):
    """Keeps the results, and makes the pages of a run that left nothing out of its parts."""
    filtered = arguments.only or arguments.cells or arguments.dtype
    kind = "partial" if filtered else "quick" if arguments.quick else "results"
    names = [kind, *(arguments.part or []), *(["avx2"] if arguments.isa else [])]
    file = BUILD / f"{'-'.join(names)}.json"
    file.write_text(json.dumps(results))
    print(f"kept in {file.relative_to(ROOT)}")
    if not filtered and (BUILD / f"{kind}.json").exists():
        import report  # It needs matplotlib, which a filtered run does without.

        folder = BUILD if arguments.quick else ROOT / "docs"
        report.write(sorted(BUILD.glob(f"{kind}*.json")), folder)
        print(f"written: {(folder / 'benchmarks.md').relative_to(ROOT)}, benchmarks.png")


if __name__ == "__main__":
    main()
