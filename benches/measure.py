"""What the benchmarks share: the binding, times, and what a figure was measured on."""

import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

# A sample shorter than this is a batch of calls: reading the clock costs some 20 ns, Python more.
BATCH_SECONDS = 200e-6
# A sample is trusted if the thread ran for this share of its wall time. It was interrupted otherwise.
UNDISTURBED = 0.97


def sample(call, batch):
    """Seconds per call, by the wall clock, and the share of them that the thread ran."""
    cpu, wall = time.thread_time(), time.perf_counter()
    for _ in range(batch):
        call()
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    return wall / batch, cpu / wall


def batch_size(call):
    """How many calls fill BATCH_SECONDS."""
    seconds = min(sample(call, 1)[0] for _ in range(3))
    return max(1, int(BATCH_SECONDS / seconds))


def median(samples):
    """The median of the undisturbed samples; of all, and False, where fewer than three are."""
    quiet = [seconds for seconds, share in samples if share >= UNDISTURBED]
    if len(quiet) >= 3:
        return statistics.median(quiet), True
    return statistics.median(seconds for seconds, _ in samples), False


def alternate(calls, seconds, least=5, most=200):
    """Medians of several calls, measured in turns until `seconds` have passed."""
    batches = [batch_size(call) for call in calls]
    samples = [[] for _ in calls]
    end = time.perf_counter() + seconds
    for turn in range(most):
        if turn >= least and time.perf_counter() > end:
            break
        for call, batch, kept in zip(calls, batches, samples, strict=True):
            kept.append(sample(call, batch))
    return [median(kept) for kept in samples]


def _run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return _run("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()


def print_surroundings(*lines):
    """Machine, compiler, versions, commit, load average; and more lines."""
    import mlx_convolve
    import numpy
    import scipy

    kernel = mlx_convolve.explain(64, 8, "float32")["kernel"].split()[0]
    dirty = "-dirty" if _run("git", "status", "--porcelain", "--untracked-files=no") else ""
    commit = _run("git", "rev-parse", "--short", "HEAD") + dirty
    load = "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg())
    for line in (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {_processor()}, {kernel}",
        f"mlx_convolve {mlx_convolve.version()} at {commit}, {_run('rustc', '--version')}",
        f"Python {platform.python_version()}, NumPy {numpy.__version__}, SciPy {scipy.__version__}",
        f"load average {load}",
        *lines,
    ):
        print(f"- {line}")


def time_text(seconds, trusted=True):
    """A time in a unit that suits it, with ~ where it was disturbed."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale or unit == "us":
            return f"{'' if trusted else '~'}{seconds / scale:.3g} {unit}"


def progress(text):
    """A line for whoever waits."""
    print(text, file=sys.stderr, flush=True)
