"""docs/translation.md: what stands at the left of its tables is what stands at the right.

Each row with the columns `options` and `holds for` is run. Values are small integers, so that direct sums are exact.
"""

import itertools
import re
from pathlib import Path

import mlx_convolve
import numpy
import pytest
import scipy.ndimage
import scipy.signal

try:
    import mlx.core
except ImportError:  # there is no MLX for this platform
    mlx = None

PAGE = Path(__file__).parents[2] / "docs" / "translation.md"
CELLS = re.compile(r"\| `(.+?)` \| (.+?) \| ([^|`]+) \|")
CONDITIONS = {
    "all lengths": lambda a_len, v_len: True,
    "v_len <= a_len": lambda a_len, v_len: v_len <= a_len,
    "odd v_len": lambda a_len, v_len: v_len % 2 == 1,
    "even v_len": lambda a_len, v_len: v_len % 2 == 0,
}
LENGTHS = list(itertools.product((1, 2, 3, 4, 5, 8, 13), repeat=2)) + [(300, 100), (400, 9)]


def rows():
    """The rows of the tables whose last column says for which lengths they hold."""
    inside = False
    for line in PAGE.read_text().splitlines():
        if line.startswith("|"):
            inside = inside or line.endswith("| holds for |")
            match = CELLS.fullmatch(line)
            if inside and match:
                yield match.groups()
            elif inside:
                assert line.endswith("| holds for |") or set(line) <= set("|-"), line
        else:
            inside = False


def ours(options, a, v):
    """The right side: mlx_convolve_into_with and these options."""
    settings = {}
    for field, value in (code.split(" = ") for code in re.findall(r"`([^`]+)`", options)):
        if field == "v[k]":
            v = numpy.full(len(v), eval(value, {"v_len": len(v)}))
        elif field in ("first", "count"):
            settings[field] = eval(value.replace("/", "//"), {"a_len": len(a), "v_len": len(v)})
        else:
            prefix = f"MLX_{field.upper()}_"
            assert value.startswith(prefix), options
            settings[field] = value.removeprefix(prefix).lower()
    options = mlx_convolve.Options(**settings)
    out = numpy.empty(mlx_convolve.length_with(len(a), len(v), options), a.dtype)
    mlx_convolve.convolve_into_with(a, v, out, options)
    return out


def theirs(call, a, v):
    """The left side."""
    names = {"numpy": numpy, "scipy": scipy, "a_len": len(a), "v_len": len(v)}
    if "mlx." in call:
        names |= {"mlx": mlx}
        a, v = (mlx.core.array(x.astype(numpy.float32)) for x in (a, v))
    return numpy.array(eval(call, names | {"a": a, "v": v}))


def agree(call, options, a, v):
    """Whether both sides have the same outputs. A side that refuses the lengths does not agree."""
    try:
        left, right = theirs(call, a, v), ours(options, a, v)
    except (ValueError, RuntimeError, mlx_convolve.Error):
        return False
    return left.shape == right.shape and numpy.allclose(
        left, right, rtol=0, atol=1e-6 * numpy.abs(right).max()
    )


@pytest.mark.parametrize("call, options, condition", list(rows()))
def test_both_sides_are_the_same(call, options, condition, rng):
    if "mlx." in call and mlx is None:
        pytest.skip("there is no MLX for this platform")
    holds = CONDITIONS[condition.strip()]
    # Neither ndimage nor MLX takes the conjugate; their rows are for real numbers.
    complex_too = not re.match(r"mlx|scipy\.ndimage", call)
    elsewhere = []
    for a_len, v_len in LENGTHS:
        for dtype in (numpy.float64, numpy.complex64)[: 1 + complex_too]:
            a, v = (rng.integers(-9, 10, length).astype(dtype) for length in (a_len, v_len))
            if dtype == numpy.complex64:
                a.imag, v.imag = (rng.integers(-9, 10, length) for length in (a_len, v_len))
            if holds(a_len, v_len):
                assert agree(call, options, a, v), (
                    a_len,
                    v_len,
                    dtype,
                    theirs(call, a, v),
                    ours(options, a, v),
                )
            else:
                elsewhere.append(agree(call, options, a, v))
    assert not elsewhere or not all(elsewhere), "the row holds for all lengths"


def test_every_library_has_rows():
    """So that a table that cannot be read is no table that passes."""
    calls = [call for call, _, _ in rows()]
    for start, least in (("numpy.", 11), ("scipy.signal.", 11), ("scipy.ndimage.", 9), ("mlx.core.", 5)):
        assert sum(call.startswith(start) for call in calls) >= least, start


def test_what_the_page_says_of_mlx_swift(rng):
    """Its padding, done by hand: for even filters the last values are missing."""
    if mlx is None:
        pytest.skip("there is no MLX for this platform")
    a = mlx.core.array(rng.integers(-9, 10, 50).astype(numpy.float32))
    for v_len in range(2, 40, 2):
        v = mlx.core.array(rng.integers(-9, 10, v_len).astype(numpy.float32))
        half = v_len // 2
        padded = mlx.core.pad(a, [(half, max(0, half // 2 - 1))])
        got = numpy.array(mlx.core.conv1d(padded[None, :, None], v[::-1][None, :, None]).flatten())
        want = mlx_convolve.convolve(numpy.array(a), numpy.array(v), "same")
        missing = v_len // 2 - v_len // 4 if v_len >= 4 else 0
        assert numpy.array_equal(got, want[: len(want) - missing])
