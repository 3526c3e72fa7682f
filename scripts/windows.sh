#!/usr/bin/env bash
# windows.sh: runs programs with the library for Windows that release.sh has packed, under wine, linked to the DLL and to
# the static library. Checks the types of the GPU core, too.
set -euo pipefail
source "$(dirname "$0")/common.sh"
target=x86_64-pc-windows-gnu
work=$build/windows
use_cross "$target"
mkdir -p "$work"

prefix=$(echo "$build"/release_unpacked/*-x86_64-windows)
[[ -d $prefix ]] || fail "no library for Windows: run scripts/release.sh"
# release.sh has put the standard library in its place.
unset CARGO_UNSTABLE_BUILD_STD

# wine has no Vulkan driver here: the GPU core is compiled, not run.
(cd "$root" && cargo check --locked --features gpu)

export CMAKE_TOOLCHAIN_FILE=$root/scripts/toolchains/x86_64-w64-mingw32.cmake

# As of version 8, wine lacks a function that Rust's standard library seeds its hash maps with.
cat >"$work/bcryptprimitives.c" <<'END'
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return RtlGenRandom(data, length);
}
END
mkdir -p "$work/dlls"
x86_64-w64-mingw32-gcc -shared "$work/bcryptprimitives.c" -o "$work/dlls/bcryptprimitives.dll" -ladvapi32

mkdir -p "$work/consumer"
cat >"$work/consumer/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(consumer C)
find_package(MlxConvolve CONFIG REQUIRED COMPONENTS shared static)
enable_testing()
foreach(program consumer workers)
  foreach(kind shared static)
    add_executable(\${program}_\${kind} "$root/tests/package/\${program}.c")
    target_link_libraries(\${program}_\${kind} PRIVATE MlxConvolve::\${kind})
    add_test(NAME windows.\${program}.\${kind} COMMAND \${program}_\${kind})
  endforeach()
endforeach()
END
rm -rf "$work/consumer/b"
cmake -S "$work/consumer" -B "$work/consumer/b" -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/consumer/b"
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
export WINEPATH="$prefix/bin;$work/dlls"
# The servers of this prefix would outlive the script by a while.
trap 'wineserver --kill || true' EXIT
ctest --test-dir "$work/consumer/b" --output-on-failure
