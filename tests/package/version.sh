#!/usr/bin/env bash
# Cargo.toml's version is the one that the header, the library, CMake and pkg-config state.
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
grep -q "\[$version\]\|\[Unreleased\]" "$ROOT/CHANGELOG.md"
