"""What the benchmarks in Python share: the binding, times in turns, and what they were measured on."""

import platform
import sys
import time
from pathlib import Path

import evaluate
import machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "conformance"))

# As in native/measure.c. A sample shorter than this is a batch of calls: reading the clocks takes some
# of a microsecond, Python more.
SAMPLE_NS = 200e3
# From here on a call is long, and gets fewer rounds.
LONG_NS = 100e6
LONG_ROUNDS = 5
MOST_ROUNDS = 99


def sample(call, calls):
    """Nanoseconds per call, by the wall clock, and processor time as a share of the wall's."""
    cpu, wall = time.process_time(), time.perf_counter_ns()
    for _ in range(calls):
        call()
    wall, cpu = time.perf_counter_ns() - wall, time.process_time() - cpu
    return wall / calls, cpu * 1e9 / wall


def warm_up(call):
    """About how long a call takes, in nanoseconds."""
    best = sample(call, 1)[0]
    for _ in range(4):
        if best >= LONG_NS:
            break
        best = min(best, sample(call, batch(best))[0])
    return best


def batch(nanoseconds):
    """How many calls make a sample."""
    return int(SAMPLE_NS / nanoseconds) + 1 if nanoseconds < SAMPLE_NS else 1


def take_turns(calls, rounds, seconds):
    """For each call its samples as {"ns": [...], "share": [...]}, taken in turns: at least `rounds`, fewer of
    long calls, and on until `seconds` have passed."""
    batches = [batch(warm_up(call)) for call in calls]
    times = [{"ns": [], "share": []} for _ in calls]
    start = time.perf_counter_ns()
    for turn in range(MOST_ROUNDS):
        passed = time.perf_counter_ns() - start
        wanted = LONG_ROUNDS if turn and passed / (turn * len(calls)) > LONG_NS else rounds
        if turn >= wanted and passed > seconds * 1e9:
            break
        for call, calls_each, kept in zip(calls, batches, times, strict=True):
            nanoseconds, share = sample(call, calls_each)
            kept["ns"].append(nanoseconds)
            kept["share"].append(share)
    return times


def median(call, rounds, seconds):
    """The median time of a call in nanoseconds, and whether it is trusted."""
    return evaluate.nanoseconds(take_turns([call], rounds, seconds)[0])


def surroundings():
    """Machine, compiler, versions, commit, load average."""
    import mlx_convolve
    import numpy

    described = machine.describe()
    kernel = mlx_convolve.explain(64, 8, "float32")["kernel"].split()[0]
    return [
        f"{described['system']}, {described['processor']}, {kernel}",
        f"mlx_convolve {mlx_convolve.version()} at {described['commit']}, {described['rustc']}",
        f"Python {platform.python_version()}, NumPy {numpy.__version__}",
        f"load average {machine.load()}",
    ]


def print_surroundings(*lines):
    """The surroundings, and more lines."""
    for line in (*surroundings(), *lines):
        print(f"- {line}")


def progress(text):
    """A line for whoever waits."""
    print(text, file=sys.stderr, flush=True)
