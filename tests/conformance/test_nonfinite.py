"""Which outputs NaN and infinities reach: those of NumPy's schoolbook sums, whatever the method."""

import numpy as np
import pytest
import reference
from mlx_convolve import explain
from operands import FLOATS, ON_GPU, both, random

KINDS = {
    "nan": [np.nan],
    "inf": [np.inf],
    "both signs": [np.inf, -np.inf],
    "all": [np.inf, -np.inf, np.nan],
}
SHARES = [(0.001, 0), (0, 0.001), (0.001, 0.001), (0.5, 0), (0, 0.5), (1, 0), (0, 1), (1, 1)]


def spoil(rng, values, share, kind):
    """Zeros among finite values, and non-finite ones in place of a share of them."""
    values = values.copy()
    real = values.view(np.float32) if values.dtype == np.complex64 else values
    real[rng.random(len(real)) < 0.2] = 0
    bad = rng.random(len(real)) < share
    if share:
        bad[rng.integers(len(real))] = True
    real[bad] = rng.choice(KINDS[kind], bad.sum()).astype(real.dtype)
    return values


def finite(x):
    """Zeros for what is not finite, part by part."""
    parts = x.view(np.float32) if x.dtype == np.complex64 else x
    wide = parts.astype(np.float64)
    return np.where(np.isfinite(wide), wide, 0).astype(parts.dtype).view(x.dtype)


def schoolbook(a, v):
    """`full` by NumPy's direct sums in float64: for complex numbers, four of them."""
    with np.errstate(invalid="ignore"):
        if a.dtype != np.complex64:
            return [np.convolve(a.astype(np.float64), v.astype(np.float64))]
        ar, ai, vr, vi = (x.astype(np.float64) for x in (a.real, a.imag, v.real, v.imag))
        return [
            np.convolve(ar, vr) - np.convolve(ai, vi),
            np.convolve(ar, vi) + np.convolve(ai, vr),
        ]


def classes(x):
    """0 for finite values, and NaN and the infinities as they are."""
    return np.where(np.isfinite(x), 0.0, x)


@pytest.mark.parametrize("lengths", [(300, 20), (8000, 1500)], ids=["direct", "fft"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_footprints_are_those_of_direct_sums(dtype, kind, lengths, rng):
    method = "direct" if lengths[0] == 300 else "fft"
    assert method in explain(*lengths, dtype)["method"] or ON_GPU
    for shares in SHARES:
        a, v = (
            spoil(rng, random(rng, length, dtype), share, kind)
            for length, share in zip(lengths, shares, strict=True)
        )
        got = both(a, v, "full")
        parts = [got.real, got.imag] if dtype == np.complex64 else [got]
        wants = schoolbook(a, v)
        # Finite outputs: as if what is not finite, which they do not read, were zero.
        clean, values = both(finite(a), finite(v), "full"), got.copy()
        for part, want, to, of in zip(
            parts, wants, [values.real, values.imag], [clean.real, clean.imag], strict=False
        ):
            part = part.astype(np.float64)
            same = np.array_equal(classes(part), classes(want), equal_nan=True)
            assert same, (shares, np.flatnonzero(classes(part) != classes(want))[:5])
            np.copyto(to, of, where=~np.isfinite(want))
        if dtype == np.float64:
            some = rng.integers(0, len(values), 100)
            reference.check_real(values, finite(a), finite(v), "full", dtype, outputs=some)
        else:
            reference.check(values, finite(a), finite(v), "full")


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_one_nan_touches_the_outputs_that_read_it(dtype, rng):
    for n, k in ((300, 20), (20000, 3000)):
        a, v = random(rng, n, dtype), random(rng, k, dtype)
        at = int(rng.integers(n))
        spoilt = a.copy()
        spoilt[at] = np.nan
        got, clean = both(spoilt, v, "full"), both(a, v, "full")
        touched = np.isnan(got.astype(np.complex64))
        assert np.array_equal(np.flatnonzero(touched), np.arange(at, at + k))
        assert np.isfinite(clean.astype(np.complex64)).all()
