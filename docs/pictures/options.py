"""options.py FOLDER: draws the pictures of docs/options.md from what the library computes.

Needs NumPy and tests/conformance on PYTHONPATH; tests/conformance/test_pictures.py compares what is drawn with
what is committed, and CONTRIBUTING.md says how to draw anew.
"""

import sys
from pathlib import Path

import mlx_convolve
import numpy as np
from drawing import BLUE, GREY, LIGHT, ORANGE, TEXT, WIDTH, Picture
from mlx_convolve import Options, convolve_with

LEFT = 210  # where the outputs begin, right of the labels


def columns(first, count, step, origin):
    """The places of outputs `first` and on."""
    return [origin + step * (first + i) for i in range(count)]


def boundary():
    """What the filter reads beyond the ends: a filter that only shifts shows it."""
    a, reach, step = np.array([1, 3, 2, 4, 2.5]), 7, 24
    picture = Picture(5 * 62 + 12, "How the signal goes on beyond its ends")
    shift = np.zeros(2 * reach + 1)
    shift[reach] = 1
    xs = columns(0, len(a) + 2 * reach, step, LEFT + 4)
    for i, name in enumerate(mlx_convolve.BOUNDARIES):
        y = 62 * (i + 1) - 8
        picture.text(8, y - 12, f"MLX_BOUNDARY_{name.upper()}", mono=True, size=12)
        values = convolve_with(a, shift, Options(boundary=name))
        picture.box(xs[reach] - step / 2, y - 54, step * len(a), 62, "#eef4fa")
        picture.line(xs[0] - 8, y, xs[-1] + 8, y)
        inside = slice(reach, reach + len(a))
        for part, colour in ((slice(0, reach), GREY), (slice(reach + len(a), None), GREY), (inside, BLUE)):
            picture.stems(xs[part], y, values[part], 11, colour)
    return picture


def mode():
    """The outputs that each mode keeps, above the same places."""
    a, v, step = np.array([1.0, 2, 4, 3, 3, 1, 2, 4]), np.array([0.25, 0.5, 0.25]), 40
    picture = Picture(4 * 66 + 8, "The outputs that each mode keeps")
    xs = columns(0, len(a) + 2, step, LEFT + 20)
    rows = [("the signal", 1, a, GREY)]
    for name, first in (("full", 0), ("same", 1), ("valid", 2)):
        rows.append((f"MLX_MODE_{name.upper()}", first, convolve_with(a, v, Options(name)), BLUE))
    for i, (label, first, values, colour) in enumerate(rows):
        y = 66 * (i + 1) - 10
        picture.text(8, y - 12, label, mono=i > 0, size=12)
        picture.text(8, y + 4, f"{len(values)} values", GREY, size=12)
        picture.line(xs[0] - 16, y, xs[-1] + 16, y, LIGHT)
        picture.stems(xs[first : first + len(values)], y, values, 11, colour)
    return picture


def operation():
    """A filter without symmetry, at one value that is not 0."""
    a, v, step = np.zeros(13), np.array([4, 2.0, 1]), 34
    a[6] = 1
    picture = Picture(4 * 62 + 8, "Convolution and correlation of one value with three taps")
    xs = columns(0, len(a), step, LEFT + 8)
    rows = [("the signal", xs, 3 * a, GREY), ("the taps", xs[:3], v, ORANGE)]
    for name in mlx_convolve.OPERATIONS:
        rows.append((f"MLX_OPERATION_{name.upper()}", xs, convolve_with(a, v, Options("same", operation=name)), BLUE))
    for i, (label, places, values, colour) in enumerate(rows):
        y = 62 * (i + 1) - 8
        picture.text(8, y - 12, label, mono=i > 1, size=12)
        picture.line(places[0] - 8, y, places[-1] + 8, y, LIGHT)
        picture.stems(places, y, values, 11, colour)
    return picture


def lags():
    """A range of a correlation beside the whole of it."""
    random, delay, most = np.random.default_rng(4), 5, 12
    sent = random.integers(-9, 10, 40).astype(float)
    heard = np.concatenate([np.zeros(delay), sent[:-delay]]) + random.integers(-2, 3, 40)
    picture = Picture(250, "The lags -12 to 12 of a correlation")
    whole = convolve_with(heard, sent, Options(operation="correlate"))
    part = convolve_with(heard, sent, Options(operation="correlate", first=39 - most, count=2 * most + 1))
    step, y, scale = (WIDTH - 40) / len(whole), 170, 130 / whole.max()
    place = lambda lag: 20 + step * (lag + 39.5)  # noqa: E731
    picture.box(place(-most) - step / 2, 20, step * len(part), 190, "#eef4fa")
    picture.line(16, y, WIDTH - 16, y)
    outside = [lag for lag in range(-39, 40) if abs(lag) > most]
    picture.stems([place(lag) for lag in outside], y, [whole[lag + 39] for lag in outside], scale, "#c3ccd6")
    picture.stems([place(lag) for lag in range(-most, most + 1)], y, part, scale, BLUE)
    best = int(part.argmax()) - most
    picture.text(place(best) + 10, 42, f"the largest: lag {best}", ORANGE)
    for lag in (-most, 0, most):
        picture.text(place(lag), 205, str(lag), anchor="middle", size=12)
    picture.text(place(-most), 232, "first = v_len - 1 - 12", mono=True, size=12)
    picture.text(place(most) + 10, 232, "count = 25", mono=True, size=12)
    return picture


def axis():
    """One bright value of a matrix, convolved along each axis."""
    a, v, cell = np.zeros((5, 7)), np.array([1.0, 2, 3]), 26
    a[2, 3] = 1
    picture = Picture(196, "One value of a matrix, convolved along each axis")
    results = [("a", 3 * a)]
    for number in (-1, 0):
        results.append((f"axis = {number}", convolve_with(a, v, Options("same", axis=number))))
    for i, (label, values) in enumerate(results):
        x = 16 + i * 226
        picture.text(x, 24, label, mono=True)
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                shade = [f"{int(255 - (255 - int(BLUE[j : j + 2], 16)) * value / 3):02x}" for j in (1, 3, 5)]
                picture.box(x + column * cell, 38 + row * cell, cell, cell, "#" + "".join(shade), GREY)
    return picture


def rows():
    """Interleaved samples and outputs, as they lie in memory."""
    samples = np.array([[100, -1], [200, -2], [300, -3], [400, -4]], np.int16)
    taps, out = np.array([0.25, 0.5, 0.25], np.float32), np.empty((4, 2), np.float32)
    mlx_convolve.convolve_rows(samples.T, taps, out.T, Options("same", boundary="edge"))
    picture = Picture(210, "Two interleaved channels, filtered where they lie")
    cell = 66
    for y, label, values in ((48, "samples: int16", samples), (136, "out: float32", out)):
        picture.text(8, y + 24, label, size=13)
        for i, value in enumerate(values.ravel()):
            x = 130 + cell * i
            picture.box(x, y, cell, 38, "#eef4fa" if i % 2 == 0 else "#fdf0e8", GREY)
            colour = ORANGE if i % 2 else BLUE
            picture.text(x + cell / 2, y + 24, f"{value:g}", colour, 13, "middle", mono=True)
    x, y = 130 + cell / 2, 34
    picture.line(x, y, x + cell, y, ORANGE, 2)
    picture.line(x, 18, x + 2 * cell, 18, BLUE, 2)
    for at, height in ((x, 18), (x + 2 * cell, 18)):
        picture.line(at, height, at, height + 6, BLUE, 2)
    for at in (x, x + cell):
        picture.line(at, y, at, y + 6, ORANGE, 2)
    picture.text(x + 2 * cell + 8, 22, "stride = 2: the next element of a row", BLUE, 12)
    picture.text(x + cell + 8, 38, "step = 1: the next row", ORANGE, 12)
    picture.text(130, 198, "blue: row 0, the left channel; orange: row 1, the right channel", TEXT, 12)
    return picture


def dtype():
    """Sums of bytes, as bytes and as wider integers."""
    a, v = np.array([40, 90, 120, 80, 100, 60, 30, 110], np.uint8), np.ones(3, np.uint8)
    picture = Picture(232, "Sums of three bytes, by default and with a wider dtype")
    default, wide = convolve_with(a, v, Options("same")), convolve_with(a, v, Options("same", dtype=np.int32))
    assert default.dtype == np.uint8 and wide.dtype == np.int32
    y, scale, step = 216, 0.56, 58
    picture.line(LEFT - 8, y - scale * 255, WIDTH - 8, y - scale * 255, GREY, 1, dashed=True)
    picture.text(LEFT - 14, y - scale * 255 + 4, "255", GREY, 12, "end")
    picture.line(LEFT - 8, y, WIDTH - 8, y)
    for i in range(len(a)):
        x = LEFT + 8 + step * i
        for value, at, colour in ((wide[i], x, BLUE), (default[i], x + 24, ORANGE)):
            picture.box(at, y - scale * value, 20, scale * value, colour)
            picture.text(at + 10, y - scale * value - 4, str(value), colour, 11, "middle")
    picture.text(8, 60, "dtype = MLX_INT32", BLUE, 12, mono=True)
    picture.text(8, 80, "the sums", BLUE, 12)
    picture.text(8, 120, "MLX_DTYPE_PROMOTED", ORANGE, 12, mono=True)
    picture.text(8, 140, "bytes: modulo 256", ORANGE, 12)
    return picture


def subnormals():
    """An echo that fades below the smallest normal number."""
    a, step = np.float32(10) ** -np.arange(30, 46, dtype=np.float32), 27
    keep, flush = Options("valid"), Options("valid")
    flush.subnormals = 1
    one = np.ones(1, np.float32)
    kept, flushed = convolve_with(a, one, keep), convolve_with(a, one, flush)
    picture = Picture(254, "Values that fade below the smallest normal number")
    foot, scale = 236, 12.5
    height = lambda value: scale * (np.log10(float(value)) + 46)  # noqa: E731
    tiny = foot - height(np.finfo(np.float32).tiny)
    picture.line(LEFT - 8, tiny, WIDTH - 8, tiny, GREY, 1, dashed=True)
    picture.text(8, tiny + 4, "smallest normal, 1.2e-38", GREY, 12)
    picture.line(LEFT - 8, foot, WIDTH - 8, foot)
    picture.text(8, foot + 4, "0", GREY, 12)
    for i, x in enumerate(columns(0, len(a), step, LEFT + 8)):
        for value, colour, at, radius in ((kept[i], BLUE, x, 5), (flushed[i], ORANGE, x, 3)):
            picture.dot(at, foot - height(value) if value > 0 else foot, colour, radius)
    picture.text(8, 40, "MLX_SUBNORMALS_KEEP", BLUE, 12, mono=True)
    picture.text(8, 64, "MLX_SUBNORMALS_FLUSH", ORANGE, 12, mono=True)
    picture.text(LEFT + 8, 24, "1e-30", TEXT, 12)
    return picture


PICTURES = [boundary, mode, operation, lags, axis, rows, dtype, subnormals]


def main(folder):
    for draw in PICTURES:
        (Path(folder) / f"{draw.__name__}.svg").write_text(str(draw()))


if __name__ == "__main__":
    main(sys.argv[1])
