#!/usr/bin/env bash
# Cargo.toml's version is the one that the header, the library, CMake, pkg-config and the changelog state.
set -euo pipefail
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
cat >"$WORK/version.c" <<'END'
#include <mlx_convolve.h>
#include <stdio.h>
int main(void) {
  return printf("%d.%d.%d %s\n", MLX_CONVOLVE_VERSION_MAJOR, MLX_CONVOLVE_VERSION_MINOR,
                MLX_CONVOLVE_VERSION_PATCH, mlx_convolve_version()) < 0;
}
END
cc -I"$PREFIX/include" "$WORK/version.c" -o "$WORK/version" \
  -L"$PREFIX/lib" -lmlx_convolve -Wl,-rpath,"$PREFIX/lib"
[[ $("$WORK/version") == "$version $version" ]]
[[ $(PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig pkg-config --modversion mlx_convolve) == "$version" ]]
grep -q "set(PACKAGE_VERSION \"$version\")" \
  "$PREFIX/lib/cmake/MlxConvolve/MlxConvolveConfigVersion.cmake"
# In the changelog it is the first section with a number: a section without one is not released yet.
newest=$(sed -n 's/^## .*\[\([0-9.]*\)\].*/\1/p' "$ROOT/CHANGELOG.md" | sed -n 1p)
[[ $newest == "$version" ]] || { echo "CHANGELOG.md's newest version is '$newest', not $version"; exit 1; }
