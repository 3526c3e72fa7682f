"""Time and memory beside mx.convolve's."""

import os
import subprocess
import sys
import time

import mlx.core as mx
import pytest
import reference

import mlxc


def seconds(work):
    begin = time.perf_counter()
    mx.eval(work())
    return time.perf_counter() - begin


def test_a_hundred_times_as_fast(rng):
    """2^20 values and 1024 taps: the machine's noise can but slow the better of some runs down."""
    a, v = reference.normal(rng, 1 << 20), reference.normal(rng, 1024)
    mx.eval(a, v)
    ours = min(seconds(lambda: mlxc.convolve(a, v)) for _ in range(10))
    theirs = seconds(lambda: mx.convolve(a, v))
    mx.clear_cache()
    assert theirs > 100 * ours, (theirs, ours)


# What a process takes at most beyond what it has when its operands are there: told by MLX, and by the system.
MEASURE = """
import mlx.core as mx
import mlxc

def status(line):
    return int(next(x for x in open("/proc/self/status") if x.startswith(line)).split()[1]) * 1024

a, v = (mx.random.normal((length,)) for length in ({a}, {v}))
mx.eval(a, v, mlxc.convolve(a[:1000], v[:300]))
mx.clear_cache()
mx.reset_peak_memory()
before, resident = mx.get_active_memory(), status("VmRSS")
mx.eval({what})
print(mx.get_peak_memory() - before, status("VmHWM") - resident)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("a, v, what, most", [
    (1 << 20, 1024, "mlxc.convolve(a, v)", 100e6),
    (1 << 20, 65536, "mlxc.convolve(a, v)", 200e6),
    (1 << 20, 65536, "mlxc.convolve(a, v, 'same')", 200e6),
])  # fmt: skip
def test_memory(a, v, what, most):
    program = MEASURE.format(a=a, v=v, what=what)
    folder = os.path.dirname(__file__)
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    counted, resident = map(int, done.stdout.split())
    print(f"{counted / 1e6:.0f} MB counted, {resident / 1e6:.0f} MB resident")
    assert 4e6 < counted < most and resident < most


def test_memory_comes_back(rng):
    a, v = reference.normal(rng, 100000), reference.normal(rng, 3000)
    mx.eval(a, v, mlxc.convolve(a, v))
    before = mx.get_active_memory()
    for dtype in reference.DTYPES:
        x, y = a.astype(dtype, stream=mx.cpu), v.astype(dtype, stream=mx.cpu)
        for taps in (3, 3000):
            mx.eval(mlxc.convolve(x, y[:taps]))
            mlxc.convolve(x, y[:taps])  # never evaluated
    x = y = None
    assert mx.get_active_memory() == before
