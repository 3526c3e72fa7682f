"""What is measured: the table cells.csv, the parts of the benchmark, and who takes part in each."""

import csv
import platform
import re
from dataclasses import dataclass
from pathlib import Path

DTYPES = [
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
    "float16", "float32", "float64", "bfloat16", "complex64",
]  # fmt: skip
REALS = ["float32", "float64"]
# Intel's libraries are for its kind of processor; on Linux their wheels are there to link with.
INTEL = ("ipp", "mkl") if (platform.system(), platform.machine()) == ("Linux", "x86_64") else ()


@dataclass(frozen=True)
class Part:
    """Jobs of one kind: cells.csv says at which lengths."""

    dtypes: list
    # Whom the C program lets ours alternate with, and whom Python does. None: the C program has no such job.
    native: tuple | None = ()
    python: tuple = ()
    # What the operands hold. native/audio.h describes audio.
    operands: tuple = ("noise",)

    def peers(self):
        return (self.native or ()) + self.python


PARTS = {
    "peers": Part(REALS, (*INTEL, "fftw"), ("numpy", "scipy", "mlx", "torch")),
    "componentwise": Part(
        [*REALS, "complex64"], ("componentwise", "direct"), operands=("noise", "audio")
    ),
    "oaconvolve": Part(["float32"], None, ("oaconvolve",), ("noise", "audio")),
    "lags": Part(["float32"], None, ("lags",)),
    "dtypes": Part(DTYPES, ("float32",)),
    "outputs": Part(["float32"]),
    "peak": Part(REALS, ("peak",)),
    "copy": Part(["float32"], ("copy",)),
    "threads": Part(REALS, ("threads",)),
    "handles": Part(REALS, ("handles",)),
    # What Python's way into C costs: our own time, of almost no work.
    "ctypes": Part(["float32"], (), ("ctypes",)),
}


@dataclass(frozen=True)
class Cell:
    a_len: int
    v_len: int
    mode: str

    def __str__(self):
        mode = "" if self.mode == "full" else f" {self.mode}"
        return f"{length_text(self.a_len)} x {length_text(self.v_len)}{mode}"


def parse_length(text):
    """`1024`, `2^20` or `2^20-10`."""
    base, power, less = re.fullmatch(r"(\d+)(?:\^(\d+))?(?:-(\d+))?", text.strip()).groups()
    return int(base) ** int(power or 1) - int(less or 0)


def length_text(length):
    """The same, the other way round: powers of two from 2^17 up, and what is a little less than one."""
    power = length.bit_length()
    for exponent in (power - 1, power):
        less = (1 << exponent) - length
        if exponent >= 17 and 0 <= less <= 16:
            return f"2^{exponent}" + f" - {less}" * (less > 0)
    return str(length)


def cells(part):
    """The cells of a part, in the table's order."""
    with open(Path(__file__).with_name("cells.csv"), newline="") as file:
        return [
            Cell(parse_length(row["a_len"]), parse_length(row["v_len"]), row["mode"])
            for row in csv.DictReader(file)
            if part in row["parts"].split()
        ]
