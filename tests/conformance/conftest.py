"""Random numbers that can be had again, and a line per observed error constant."""

import os
import zlib

import mlx_convolve
import numpy as np
import operands
import pytest

SEED = int(os.environ.get("CONFORMANCE_SEED", "0"))
_observed = {}
# The pictures and the table of translations are about plain pointers and float64, which no GPU has.
collect_ignore = ["test_pictures.py", "test_translation.py"] if operands.ON_GPU else ["test_gpu.py"]


@pytest.fixture
def rng(request):
    """A generator that depends on the test's name and CONFORMANCE_SEED only. Printed on failure."""
    seed = [SEED, zlib.crc32(request.node.nodeid.encode())]
    print(f"CONFORMANCE_SEED={SEED}, rng = numpy.random.default_rng({seed})")
    return np.random.default_rng(seed)


@pytest.fixture(scope="session")
def observe():
    """observe(name, x) keeps the largest x of each name, for the summary."""

    def keep(name, value):
        _observed[name] = max(value, _observed.get(name, 0.0))

    return keep


def pytest_report_header():
    plan = mlx_convolve.explain(100, 10, operands.WIDEST)
    device = plan.get("device", "Device(cpu, 0)")
    return f"mlx_convolve {mlx_convolve.version()} on {device}, CONFORMANCE_SEED={SEED}"


def pytest_terminal_summary(terminalreporter):
    for name, value in sorted(_observed.items()):
        terminalreporter.write_line(f"{name}: {value:.4f}")
