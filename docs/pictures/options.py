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

LEFT = 16
PANEL = "#eef4fa"


def columns(count, step, first=0):
    """The places of so many outputs, from output `first` on."""
    return [LEFT + step * (first + i) for i in range(count)]


def series(picture, all_rows, xs, row_height, scale):
    """Rows below each other: label, places, values, colour."""
    for i, (label, places, values, colour) in enumerate(all_rows):
        top, y = row_height * i, row_height * (i + 1) - 12
        picture.text(8, top + 18, label, mono=label.startswith("MLX"), size=12)
        picture.line(xs[0] - 8, y, xs[-1] + 8, y, LIGHT)
        picture.stems(places, y, values, scale, colour)


def boundary():
    """What the filter reads beyond the ends: a filter that only shifts shows it."""
    a, reach, step, height = np.array([1, 3, 2, 4, 2.5]), 7, 23.8, 76
    picture = Picture(5 * height, "How the signal goes on beyond its ends")
    shift = np.zeros(2 * reach + 1)
    shift[reach] = 1
    xs = columns(len(a) + 2 * reach, step)
    picture.box(xs[reach] - step / 2, 0, step * len(a), 5 * height, PANEL)
    for i, name in enumerate(mlx_convolve.BOUNDARIES):
        y = height * (i + 1) - 10
        values = convolve_with(a, shift, Options(boundary=name))
        picture.text(8, y - 50, f"MLX_BOUNDARY_{name.upper()}", mono=True, size=12)
        picture.line(xs[0] - 8, y, xs[-1] + 8, y)
        inside = slice(reach, reach + len(a))
        for part, colour in ((slice(0, reach), GREY), (slice(reach + len(a), None), GREY), (inside, BLUE)):
            picture.stems(xs[part], y, values[part], 10, colour)
    return picture


def mode():
    """The outputs that each mode keeps, above the same places."""
    a, v, step = np.array([1.0, 2, 4, 3, 3, 1, 2, 4]), np.array([0.25, 0.5, 0.25]), 46
    picture = Picture(4 * 78, "The outputs that each mode keeps")
    xs = columns(len(a) + 2, step)
    rows = [("the signal: 8 values", xs[1:-1], a, GREY)]
    for name, first in (("full", 0), ("same", 1), ("valid", 2)):
        values = convolve_with(a, v, Options(name))
        rows.append(
            (f"MLX_MODE_{name.upper()}: {len(values)} values", xs[first : first + len(values)], values, BLUE)
        )
    series(picture, rows, xs, 78, 11)
    return picture


def operation():
    """A filter without symmetry, at one value that is not 0."""
    a, v = np.zeros(13), np.array([4, 2.0, 1])
    a[6] = 1
    picture = Picture(4 * 76, "Convolution and correlation of one value with three taps")
    xs = columns(len(a), 35)
    rows = [("the signal", xs, 3 * a, GREY), ("the taps", xs[5:8], v, ORANGE)]
    for name in mlx_convolve.OPERATIONS:
        rows.append(
            (f"MLX_OPERATION_{name.upper()}", xs, convolve_with(a, v, Options("same", operation=name)), BLUE)
        )
    series(picture, rows, xs, 76, 10)
    return picture


def lags():
    """A range of a correlation beside the whole of it."""
    random, delay, most = np.random.default_rng(4), 5, 12
    sent = random.integers(-9, 10, 40).astype(float)
    heard = np.concatenate([np.zeros(delay), sent[:-delay]]) + random.integers(-2, 3, 40)
    picture = Picture(230, "The lags -12 to 12 of a correlation")
    whole = convolve_with(heard, sent, Options(operation="correlate"))
    part = convolve_with(heard, sent, Options(operation="correlate", first=39 - most, count=2 * most + 1))
    step, y, scale = (WIDTH - 20) / len(whole), 156, 120 / whole.max()
    places = [10 + step * (lag + 39.5) for lag in range(-39, 40)]
    wanted = slice(39 - most, 39 + most + 1)
    picture.box(places[39 - most] - step / 2, 14, step * len(part), 180, PANEL)
    picture.line(8, y, WIDTH - 8, y)
    for side in (slice(0, wanted.start), slice(wanted.stop, None)):
        picture.stems(places[side], y, whole[side], scale, "#c3ccd6", 2.2)
    picture.stems(places[wanted], y, part, scale, BLUE, 2.6)
    best = int(part.argmax()) - most
    picture.text(places[39 + best] + 8, 36, f"the largest: lag {best}", ORANGE)
    for lag in (-most, 0, most):
        picture.text(places[39 + lag], 190, str(lag), anchor="middle", size=12)
    picture.text(WIDTH / 2, 218, "first = v_len - 1 - 12, count = 25", mono=True, size=12, anchor="middle")
    return picture


def axis():
    """One value of a matrix, convolved along each axis."""
    a, v, cell = np.zeros((5, 7)), np.array([1.0, 2, 3]), 19
    a[2, 3] = 1
    picture = Picture(136, "One value of a matrix, convolved along each axis")
    results = [("a", 3 * a)]
    for number in (-1, 0):
        results.append((f"axis = {number}", convolve_with(a, v, Options("same", axis=number))))
    for i, (label, values) in enumerate(results):
        x = 10 + i * 153
        picture.text(x, 22, label, mono=True)
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                shade = [
                    f"{round(255 - (255 - int(BLUE[j : j + 2], 16)) * value / 3):02x}" for j in (1, 3, 5)
                ]
                picture.box(x + column * cell, 32 + row * cell, cell, cell, "#" + "".join(shade), GREY)
    return picture


def rows():
    """Interleaved samples and outputs, as they lie in memory."""
    samples = np.array([[100, -1], [200, -2], [300, -3], [400, -4]], np.int16)
    taps, out = np.array([0.25, 0.5, 0.25], np.float32), np.empty((4, 2), np.float32)
    mlx_convolve.convolve_rows(samples.T, taps, out.T, Options("same", boundary="edge"))
    picture = Picture(214, "Two interleaved channels, filtered where they lie")
    cell = 55
    for y, label, values in ((72, "samples, int16", samples), (148, "out, float32", out)):
        picture.text(10, y - 8, label, size=12)
        for i, value in enumerate(values.ravel()):
            x = 10 + cell * i
            picture.box(x, y, cell, 34, "#fdf0e8" if i % 2 else PANEL, GREY)
            picture.text(
                x + cell / 2, y + 22, f"{value:g}", ORANGE if i % 2 else BLUE, 12, "middle", mono=True
            )
    first = 10 + 2.5 * cell
    for y, reach, colour, words in (
        (20, 2, BLUE, "stride = 2: the next of a row"),
        (44, 1, ORANGE, "step = 1: the next row"),
    ):
        picture.line(first, y, first + reach * cell, y, colour, 2)
        for end in (first, first + reach * cell):
            picture.line(end, y, end, y + 7, colour, 2)
        picture.text(first + reach * cell + 8, y + 5, words, colour, 12)
    picture.text(10, 204, "blue: row 0, the left channel", BLUE, 12)
    picture.text(WIDTH / 2, 204, "orange: row 1, the right channel", ORANGE, 12)
    return picture


def dtype():
    """Sums of bytes, as bytes and as wider integers."""
    a, v = np.array([40, 90, 120, 80, 100, 60, 30, 110], np.uint8), np.ones(3, np.uint8)
    picture = Picture(250, "Sums of three bytes, by default and with a wider dtype")
    default, wide = convolve_with(a, v, Options("same")), convolve_with(a, v, Options("same", dtype=np.int32))
    assert default.dtype == np.uint8 and wide.dtype == np.int32
    y, scale, step = 236, 0.56, 55
    picture.text(8, 20, "dtype = MLX_INT32: the sums", BLUE, 12, mono=True)
    picture.text(8, 38, "MLX_DTYPE_PROMOTED: bytes, modulo 256", ORANGE, 12, mono=True)
    picture.line(8, y - scale * 255, WIDTH - 8, y - scale * 255, GREY, 1, dashed=True)
    picture.text(WIDTH - 8, y - scale * 255 - 5, "255", GREY, 12, "end")
    picture.line(8, y, WIDTH - 8, y)
    for i, x in enumerate(columns(len(a), step)):
        for value, at, colour in ((wide[i], x, BLUE), (default[i], x + 23, ORANGE)):
            picture.box(at, y - scale * value, 20, scale * value, colour)
            picture.text(at + 10, y - scale * value - 4, str(value), colour, 11, "middle")
    return picture


def subnormals():
    """Values that fade below the smallest normal number."""
    a = np.float32(10) ** -np.arange(30, 46, dtype=np.float32)
    keep, flush = Options("valid"), Options("valid")
    flush.subnormals = 1
    one = np.ones(1, np.float32)
    kept, flushed = convolve_with(a, one, keep), convolve_with(a, one, flush)
    picture = Picture(236, "Values that fade below the smallest normal number")
    foot, scale = 214, 12

    def height(value):
        return scale * (np.log10(float(value)) + 46) if value > 0 else 0

    tiny = foot - height(np.finfo(np.float32).tiny)
    picture.text(WIDTH - 8, 24, "MLX_SUBNORMALS_KEEP", BLUE, 12, "end", mono=True)
    picture.text(WIDTH - 8, 44, "MLX_SUBNORMALS_FLUSH", ORANGE, 12, "end", mono=True)
    picture.line(8, tiny, WIDTH - 8, tiny, GREY, 1, dashed=True)
    picture.text(WIDTH - 8, tiny - 6, "the smallest normal number, 1.2e-38", GREY, 12, "end")
    picture.line(8, foot, WIDTH - 8, foot)
    picture.text(8, foot + 17, "0", GREY, 12)
    for i, x in enumerate(columns(len(a), 28)):
        picture.dot(x, foot - height(kept[i]), BLUE, 5)
        picture.dot(x, foot - height(flushed[i]), ORANGE, 3)
    picture.text(LEFT + 12, foot - height(kept[0]) + 4, "1e-30", TEXT, 12)
    return picture


PICTURES = [boundary, mode, operation, lags, axis, rows, dtype, subnormals]


def main(folder):
    for draw in PICTURES:
        (Path(folder) / f"{draw.__name__}.svg").write_text(str(draw()))


if __name__ == "__main__":
    main(sys.argv[1])
