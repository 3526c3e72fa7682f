#!/usr/bin/env bash
# The source tree serves as a subdirectory and through FetchContent, shared and static, and installs
# nothing of its own into the project that uses it.
set -euo pipefail
cat >"$WORK/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(consumer C)
if(FETCH)
  include(FetchContent)
  FetchContent_Declare(MlxConvolve SOURCE_DIR "$ROOT")
  FetchContent_MakeAvailable(MlxConvolve)
else()
  add_subdirectory("$ROOT" mlx_convolve)
endif()
foreach(kind shared static MlxConvolve)
  add_executable(with_\${kind} "$ROOT/tests/package/consumer.c")
  target_link_libraries(with_\${kind} PRIVATE MlxConvolve::\${kind})
endforeach()
END
for fetch in OFF ON; do
  cmake -S "$WORK" -B "$WORK/b$fetch" -DFETCH=$fetch >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
  # What cargo has built in another tree spares compiling it again.
  binary_dir=$WORK/bOFF/mlx_convolve
  [[ $fetch == OFF ]] || binary_dir=$WORK/bON/_deps/mlxconvolve-build
  cp -a "$BUILD/cargo" "$binary_dir/cargo"
  cmake --build "$WORK/b$fetch" >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
  for kind in shared static MlxConvolve; do
    "$WORK/b$fetch/with_$kind"
  done
done
cmake --install "$WORK/bON" --prefix "$WORK/p" >/dev/null
[[ ! -e $WORK/p/include/mlx_convolve.h ]]
