"""What the benchmarks of the GPU core share: the device, times of work that stays there, tables.

Modules of benches/ and of tests/conformance can be imported after this one.
"""

import statistics
import sys
import time as clock
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import measure  # noqa: E402
import mlx_convolve  # noqa: E402, measure.py says where it is

# Drivers that compute on the processor. They serve with MLX_CONVOLVE_GPU=software only.
SOFTWARE = ("llvmpipe", "swiftshader")
# A sample is a chain of as many calls as take about so long, and one wait. The wait takes some 0.1 ms.
SAMPLE_NS = 20e6
ROUNDS = 5
SECONDS = 0.3
# A call that takes so long is measured twice.
LONG_NS = 1e9


def stream():
    """A stream of GPU 0, which explain() is about from now on."""
    mlx_convolve.set_default_device("gpu")
    return mlx_convolve.Stream("gpu")


def name():
    """The GPU's name, and how it is reached."""
    return mlx_convolve.explain(1000, 10, "float32")["device"].partition("), ")[2]


def is_software():
    """Whether the GPU is none."""
    return any(driver in name().lower() for driver in SOFTWARE)


def label():
    """The device, for people. Figures of software say nothing of a GPU."""
    return f"{name()}{': SOFTWARE on the processor, no GPU' * is_software()}"


def computes(n, k):
    """Whether the GPU core computes such a convolution of float32."""
    return "on the GPU" in mlx_convolve.explain(n, k, "float32")["method"]


def sample(stream, call, calls, now=clock.perf_counter_ns):
    """Nanoseconds per call of a chain, by the clock `now`."""
    start = now()
    for _ in range(calls):
        call()
    stream.synchronize()
    return (now() - start) / calls


def samples(stream, call, now=clock.perf_counter_ns):
    """Times of a call whose result stays on the device, in nanoseconds, by the clock `now`."""
    stream.synchronize()
    sample(stream, call, 1)
    about = sample(stream, call, 1)
    if about >= LONG_NS:
        return [sample(stream, call, 1, now) for _ in range(2)]
    if about < SAMPLE_NS:
        about = sample(stream, call, int(SAMPLE_NS / about) + 1)
    calls = int(SAMPLE_NS / about) + 1
    rounds = max(ROUNDS, min(50, int(SECONDS * 1e9 / (calls * about))))
    return [sample(stream, call, calls, now) for _ in range(rounds)]


def typical(times):
    """The median. In software the fastest: there, whatever else runs takes processors from the driver."""
    return min(times) if is_software() else statistics.median(times)


def time(stream, call):
    """The typical one of these times."""
    return typical(samples(stream, call))


def surroundings():
    """The device, and what measure.py says of the rest."""
    mlx_convolve.set_default_device("cpu")
    lines = measure.surroundings()
    mlx_convolve.set_default_device("gpu")
    return [f"device: {label()}", *lines]
