"""prepare.py ROOT OUT: writes what Doxygen reads into the empty folder OUT; scripts/docs.sh runs it."""

import sys
from pathlib import Path

import cpp_header
from header import convert, declared
from layout import layout
from pages import Site

root, out = Path(sys.argv[1]), Path(sys.argv[2])
header = (root / "include/mlx_convolve.h").read_text()
names = declared(header)
cpp = root / "include/mlx_convolve.hpp"

site = Site(root, out, names)
site.write()
(out / "layout.xml").write_text(layout(site.groups(), cpp=cpp.exists()))
include = out / "include"
include.mkdir()
(include / "mlx_convolve.h").write_text(convert(header))
if cpp.exists():
    (include / cpp.name).write_text(cpp_header.convert(cpp.read_text(), names))
