"""prepare.py ROOT OUT: writes what Doxygen reads into the empty folder OUT; scripts/docs.sh runs it."""

import sys
from pathlib import Path

from header import convert, declared
from layout import layout
from pages import Site

root, out = Path(sys.argv[1]), Path(sys.argv[2])
header = (root / "include/mlx_convolve.h").read_text()
# Their comments are Doxygen's already.
others = list(root.glob("include/*.hpp"))

site = Site(root, out, declared(header))
site.write()
(out / "layout.xml").write_text(layout(site.groups(), namespaces=bool(others)))
include = out / "include"
include.mkdir()
(include / "mlx_convolve.h").write_text(convert(header))
for path in others:
    (include / path.name).write_text(path.read_text())
