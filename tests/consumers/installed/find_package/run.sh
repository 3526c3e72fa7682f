#!/usr/bin/env bash
# find_package offers shared, static and the alias that follows BUILD_SHARED_LIBS, and tells whether the GPU core is there;
# other versions are refused.
set -euo pipefail
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
configure() {
  rm -rf b
  cmake -S . -B b -DCMAKE_PREFIX_PATH="$PREFIX" "$@"
}
needs_shared() { grep -q 'NEEDED.*libmlx_convolve' <(readelf -d "$1"); }

for shared in ON OFF; do
  configure -DBUILD_SHARED_LIBS=$shared -Dwanted="${version%.*}"
  cmake --build b
  for kind in shared static MlxConvolve; do
    "b/with_$kind"
  done
  needs_shared b/with_shared
  if needs_shared b/with_static; then exit 1; fi
  if [[ $shared == ON ]]; then
    needs_shared b/with_MlxConvolve
  else
    if needs_shared b/with_MlxConvolve; then exit 1; fi
  fi
done

has_gpu=FALSE
if grep -q '^MLX_CONVOLVE_GPU:BOOL=ON$' "$BUILD/CMakeCache.txt"; then has_gpu=TRUE; fi
[[ $(cat b/gpu) == "$has_gpu" ]]

# A version with another soname is not the one wanted, be it newer or older.
for wanted in 99.0 0.0; do
  if configure -Dwanted=$wanted; then exit 1; fi
done
