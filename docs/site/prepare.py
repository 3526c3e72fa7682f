"""prepare.py ROOT OUT: writes what Doxygen reads into the empty folder OUT; scripts/docs.sh runs it."""

import sys
from pathlib import Path

import header
from pages import Site

root, out = Path(sys.argv[1]), Path(sys.argv[2])
Site(root, out).write()
include = out / "include"
include.mkdir()
(include / "mlx_convolve.h").write_text(header.convert((root / "include/mlx_convolve.h").read_text()))
# The C++ header's comments are Doxygen's already.
for cpp in root.glob("include/*.hpp"):
    (include / cpp.name).write_text(cpp.read_text())
