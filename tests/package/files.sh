#!/usr/bin/env bash
# The prefix holds exactly the files that are promised, and links that lead to one library.
set -euo pipefail
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
soname=$(readelf -d "$PREFIX/lib/libmlx_convolve.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
diff <(cd "$PREFIX" && find . ! -type d | sort) <(sort <<END
./include/mlx_convolve.h
./include/mlx_convolve.hpp
./include/mlx_convolve_mlxc.h
./include/mlx_convolve_types.h
./lib/libmlx_convolve.a
./lib/libmlx_convolve.so
./lib/$soname
./lib/libmlx_convolve.so.$version
./lib/cmake/MlxConvolve/MlxConvolveConfig.cmake
./lib/cmake/MlxConvolve/MlxConvolveConfigVersion.cmake
./lib/cmake/MlxConvolve/MlxConvolveTargets.cmake
./lib/pkgconfig/mlx_convolve.pc
$(cd "$ROOT/mlxc" && find . -type f ! -name mlx_convolve_mlxc.h -printf './share/mlx_convolve/mlxc/%P\n')
END
)
for link in libmlx_convolve.so "$soname"; do
  [[ $(readlink -f "$PREFIX/lib/$link") == "$(readlink -f "$PREFIX")/lib/libmlx_convolve.so.$version" ]]
done
