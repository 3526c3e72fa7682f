#!/usr/bin/env python3
"""Lets the library and one peer that Python calls take turns, as native/contest.c does for those that C calls.

Reads jobs from standard input and prints JSON in the same form. Ours is called through ctypes, from
pointers that are ready, and writes to an output that is there; peers allocate theirs.
"""

import argparse
import importlib
import json
import math
import platform
import sys

import measure
import mlx_convolve
import numpy as np

# A way of a peer this much slower than its fastest one is not measured further.
NEAR = 1.25
# Direct sums are not tried at more products than this, nor what expands the signal to more bytes.
DIRECT_LIMIT = 1 << 31
EXPANDED_LIMIT = 5 << 30


def faded(values, length):
    """60 dB less after `length` values; then anew."""
    return values * 10.0 ** (-3 * (np.arange(len(values)) % length) / length)


def recording(rng, length):
    """As in native/audio.h."""
    from scipy import signal

    sound = signal.lfilter([1], [1, -0.98], rng.uniform(-1, 1, length))
    sound = faded(sound, length // 7 + 1)
    return np.round(sound / np.abs(sound).max() * 2**23) / 2**23


class Job:
    """Operands and output of one convolution."""

    def __init__(self, a_len, v_len, mode, dtype, operands):
        rng = np.random.default_rng([a_len, v_len])
        self.mode, self.dtype = mode, np.dtype(dtype)
        if operands == "audio":
            a, v = recording(rng, a_len), faded(rng.uniform(-1, 1, v_len), v_len)
        else:
            a, v = (rng.uniform(-1, 1, length) for length in (a_len, v_len))
        self.a, self.v = a.astype(dtype), v.astype(dtype)
        # The filter of the convolution that gives these outputs.
        self.taps = self.v
        self.out = np.zeros(mlx_convolve.length(a_len, v_len, mode), dtype)
        self.first = {"full": 0, "valid": v_len - 1, "same": (v_len - 1) // 2}[mode]
        # As in native/contest.c.
        self.norm = np.sqrt(np.mean(np.square(self.a, dtype=float))) * np.linalg.norm(
            self.v.astype(float)
        )
        self.tolerance = (36 + 2 * math.sqrt(v_len)) * np.finfo(dtype).eps

    def ours(self):
        return mlx_convolve.bind_into(self.a, self.v, self.out, self.mode)

    def direct_is_short(self):
        return len(self.out) * len(self.v) <= DIRECT_LIMIT

    def expansion_is_small(self):
        return len(self.out) * len(self.v) * self.dtype.itemsize <= EXPANDED_LIMIT

    def exact(self, n):
        """Output n by definition."""
        n += self.first
        k = np.arange(max(0, n - len(self.a) + 1), min(n + 1, len(self.taps)))
        return math.fsum(self.a[n - k].astype(float) * self.taps[k])


class Componentwise(Job):
    """The library has an error bound for each output."""

    def ours(self):
        options = mlx_convolve.Options(self.mode, accuracy="componentwise")
        return mlx_convolve.bind_into_with(self.a, self.v, self.out, options)


class Lags(Job):
    """1000 lags of a correlation, around 0."""

    COUNT = 1000

    def __init__(self, a_len, v_len, mode, dtype, operands):
        super().__init__(a_len, v_len, mode, dtype, operands)
        self.taps = self.v[::-1]
        self.first = v_len - 1 - self.COUNT // 2
        self.out = np.zeros(self.COUNT, dtype)

    def ours(self):
        options = mlx_convolve.Options(
            self.mode, operation="correlate", first=self.first, count=self.COUNT
        )
        return mlx_convolve.bind_into_with(self.a, self.v, self.out, options)


def numpy_ways(job):
    if job.direct_is_short():
        yield "", lambda: np.convolve(job.a, job.v, job.mode)


def scipy_ways(job):
    from scipy import signal

    if job.direct_is_short():
        yield "direct", lambda: signal.convolve(job.a, job.v, job.mode, method="direct")
    yield "fftconvolve", lambda: signal.fftconvolve(job.a, job.v, job.mode)
    yield "oaconvolve", lambda: signal.oaconvolve(job.a, job.v, job.mode)


def mlx_ways(job):
    """On the CPU. float64 is computed in float32 there, and is left out."""
    import mlx.core as mx

    mx.set_default_device(mx.cpu)
    a, v = mx.array(job.a), mx.array(job.v)
    mx.eval(a, v)

    def convolve():
        out = mx.convolve(a, v, job.mode)
        mx.eval(out)
        return out

    if job.dtype == np.float32 and job.expansion_is_small():
        yield "", convolve


def torch_ways(job):
    """conv1d correlates: the filter is turned round, and the signal padded."""
    import torch

    torch.set_num_threads(1)
    a, v = torch.from_numpy(job.a), torch.from_numpy(job.v)
    padding = {"full": len(v) - 1, "valid": 0, "same": len(v) - 1}[job.mode]
    skipped = len(v) - 1 - job.first if job.mode == "same" else 0

    def convolve():
        out = torch.nn.functional.conv1d(a[None, None], v.flip(0)[None, None], padding=padding)
        return out[0, 0][job.first : job.first + len(job.out)] if skipped else out[0, 0]

    if job.expansion_is_small():
        yield "conv1d", convolve


def oaconvolve_ways(job):
    """SciPy's overlap-add in float64, from operands that are float64 already."""
    from scipy import signal

    a, v = job.a.astype(float), job.v.astype(float)
    yield "", lambda: signal.oaconvolve(a, v, job.mode)


def lags_ways(job):
    """SciPy computes all lags, of which some are kept."""
    from scipy import signal

    kept = slice(job.first, job.first + job.COUNT)
    for method in ("fft", "auto"):
        yield method, lambda method=method: signal.correlate(job.a, job.v, job.mode, method)[kept]


# For each peer: the job, the ways to do it, and the package that does it.
PEERS = {
    "numpy": (Job, numpy_ways, "numpy"),
    "scipy": (Job, scipy_ways, "scipy"),
    "mlx": (Job, mlx_ways, "mlx"),
    "torch": (Job, torch_ways, "torch"),
    "oaconvolve": (Componentwise, oaconvolve_ways, "scipy"),
    "lags": (Lags, lags_ways, "scipy"),
    # What a call through ctypes costs shows in our own time at 1 x 1.
    "ctypes": (Job, lambda job: (), None),
}
MODULES = {"mlx": "mlx.core"}


def error(job, got, want):
    """The largest difference relative to the norm of an output, and where it is."""
    off = np.abs(np.asarray(got, dtype=float) - want.astype(float))
    worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
    return float(off[worst] / job.norm), worst


def check_ours(job):
    """Asserts some outputs of ours by definition; returns all of them, and their largest error."""
    assert job.ours()() == 0
    outputs = [(len(job.out) - 1) * i // 15 for i in range(16)]
    off = max(abs(float(job.out[n]) - job.exact(n)) / job.norm for n in outputs)
    assert off <= job.tolerance, f"ours is off by {off}"
    return job.out.copy(), off


def contest(job, ways, rounds, seconds):
    """The times of ours and of the peer's fastest ways, and the ways whose results are wrong."""
    want, own_error = check_ours(job)
    found, wrong = [], []
    for name, call in ways:
        off, worst = error(job, call(), want)
        if off <= job.tolerance:
            found.append((measure.warm_up(call), name, off, call))
            continue
        assert abs(float(want[worst]) - job.exact(worst)) / job.norm <= job.tolerance, (
            f"ours, output {worst}"
        )
        wrong.append({"way": name, "error": off})
    fastest = min((nanoseconds for nanoseconds, *_ in found), default=0)
    near = [
        (name, off, call) for nanoseconds, name, off, call in found if nanoseconds <= NEAR * fastest
    ]
    entered = [("", own_error, job.ours()), *near]
    turns = measure.take_turns([call for *_, call in entered], rounds, seconds)
    times = [
        {"way": name, "error": off} | samples
        for (name, off, _), samples in zip(entered, turns, strict=True)
    ]
    return times, wrong


def versions(package):
    """Python's version, and the package's."""
    found = {"python": platform.python_version()}
    if package is not None:
        found[package] = importlib.import_module(MODULES.get(package, package)).__version__
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, choices=PEERS)
    parser.add_argument("--isa", help="is in the environment by now")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.5)
    arguments = parser.parse_args()
    make_job, ways_of, package = PEERS[arguments.peer]
    print(json.dumps({"versions": versions(package)}), flush=True)
    for line in sys.stdin:
        a_len, v_len, mode, dtype, operands = line.split()
        job = make_job(int(a_len), int(v_len), mode, dtype, operands)
        ways = list(ways_of(job))
        if not ways and arguments.peer != "ctypes":
            continue
        times, wrong = contest(job, ways, arguments.rounds, arguments.seconds)
        names = ["ours", *[arguments.peer] * (len(times) - 1)]
        record = {"a_len": int(a_len), "v_len": int(v_len), "mode": mode, "dtype": dtype}
        record["operands"] = operands
        record["times"] = [{"peer": name} | each for name, each in zip(names, times, strict=True)]
        record["wrong"] = [{"peer": arguments.peer} | each for each in wrong]
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
