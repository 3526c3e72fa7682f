#!/usr/bin/env bash
# The static library's only global names are the functions of the header. It is machine code alone, and a plug-in that links
# it exports none of its names.
set -euo pipefail
static=$PREFIX/lib/libmlx_convolve.a
nm=${NM:-nm} # of another system, as CC
functions=$("$nm" -D --defined-only "$PREFIX/lib/libmlx_convolve.so" | awk '{ print $3 }' | sort)
[[ -n $functions ]]
diff <(echo "$functions") <("$nm" --extern-only --defined-only "$static" | awk 'NF == 3 { print $3 }' | sort)
# Hidden, and in no group, of which a linker would keep another library's instead.
readelf -sW "$static" | awk '$5 == "GLOBAL" && $7 != "UND" { print $6 }' | sort -u | diff - <(echo HIDDEN)
if readelf -gW "$static" | grep 'group section' || readelf -SW "$static" | grep -E ' \.llvm(bc|cmd) '; then
  exit 1
fi
# Every function of the library is there to be taken: none is left undefined.
if "$nm" --undefined-only "$static" | grep ' U mlx_convolve'; then
  exit 1
fi

echo '#include <mlx_convolve.h>
const char *plugin_version(void) { return mlx_last_error() == NULL ? mlx_convolve_version() : ""; }' >"$WORK/plugin.c"
"${CC:-cc}" -shared -fPIC "$WORK/plugin.c" -I"$PREFIX/include" "$static" -lpthread -lm -ldl -o "$WORK/plugin.so"
"$nm" -D --defined-only "$WORK/plugin.so" | awk '{ print $3 }' | diff - <(echo plugin_version)
