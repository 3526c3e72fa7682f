#!/usr/bin/env bash
# find_package offers shared, static and the alias that follows BUILD_SHARED_LIBS; others are refused.
set -euo pipefail
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
cat >"$WORK/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(consumer C)
find_package(MlxConvolve \${wanted} CONFIG REQUIRED COMPONENTS shared static)
foreach(kind shared static MlxConvolve)
  add_executable(with_\${kind} "$ROOT/tests/package/consumer.c")
  target_link_libraries(with_\${kind} PRIVATE MlxConvolve::\${kind})
endforeach()
END
configure() {
  rm -rf "$WORK/b"
  cmake -S "$WORK" -B "$WORK/b" -DCMAKE_PREFIX_PATH="$PREFIX" "$@" >"$WORK/log" 2>&1
}
needs_shared() { readelf -d "$1" | grep -q 'NEEDED.*libmlx_convolve'; }

for shared in ON OFF; do
  configure -DBUILD_SHARED_LIBS=$shared -Dwanted="${version%.*}" || { cat "$WORK/log"; exit 1; }
  cmake --build "$WORK/b" >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
  for kind in shared static MlxConvolve; do
    "$WORK/b/with_$kind"
  done
  needs_shared "$WORK/b/with_shared"
  if needs_shared "$WORK/b/with_static"; then exit 1; fi
  if [[ $shared == ON ]]; then
    needs_shared "$WORK/b/with_MlxConvolve"
  else
    if needs_shared "$WORK/b/with_MlxConvolve"; then exit 1; fi
  fi
done

# A version with another soname is not the one wanted, be it newer or older.
for wanted in 99.0 0.0; do
  if configure -Dwanted=$wanted; then exit 1; fi
done
