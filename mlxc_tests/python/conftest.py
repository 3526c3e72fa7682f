"""Random numbers that can be had again."""

import zlib

import numpy as np
import pytest


@pytest.fixture
def rng(request):
    """A generator that depends on the test's name only."""
    return np.random.default_rng(zlib.crc32(request.node.nodeid.encode()))
