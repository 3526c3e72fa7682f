"""prepare.py ROOT OUT: writes what Doxygen reads into the empty folder OUT; scripts/docs.sh runs it."""

import sys
from pathlib import Path

import cpp_header
from header import convert, declared
from layout import layout
from pages import Site

root, out = Path(sys.argv[1]), Path(sys.argv[2])
briefs = {
    "mlx_convolve.h": "MLX's 1-D convolve as a C library: everything that C programs call.",
    "mlx_convolve_types.h": "The modes of a convolution, which mlx_convolve.h includes.",
}
headers = {file: (root / "include" / file).read_text() for file in briefs}
names = set().union(*map(declared, headers.values()))
cpp = root / "include/mlx_convolve.hpp"

site = Site(root, out, names)
site.write()
(out / "layout.xml").write_text(layout(site.groups(), cpp=cpp.exists()))
include = out / "include"
include.mkdir()
for file, header in headers.items():
    (include / file).write_text(convert(header, names, file, briefs[file]))
if cpp.exists():
    (include / cpp.name).write_text(cpp_header.convert(cpp.read_text(), names))
