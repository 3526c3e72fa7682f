#!/usr/bin/env bash
# windows.sh: builds and installs the library for Windows, and runs programs with it under wine, linked
# to the DLL and to the static library. Checks the types of the GPU core, too.
set -euo pipefail
source "$(dirname "$0")/common.sh"
target=x86_64-pc-windows-gnu
work=$build/windows
use_cross "$target"
mkdir -p "$work"

# CMake asks rustc about a library of its own, so the standard library has to be in its place.
std=$build/cross/usr/lib/rustlib/$target/lib
if [[ ! -d $std ]]; then
  mkdir -p "$work/std/src"
  printf '[workspace]\n[package]\nname = "nothing"\n' >"$work/std/Cargo.toml"
  echo '#![no_std]' >"$work/std/src/lib.rs"
  # With bitcode, for link-time optimisation.
  RUSTFLAGS=-Cembed-bitcode=yes cargo build --release --manifest-path "$work/std/Cargo.toml" \
    --target-dir "$work/std/target"
  mkdir -p "$std.new"
  cp "$work/std/target/$target"/release/deps/*.rlib "$std.new"
  rm "$std.new"/libnothing-*
  mv "$std.new" "$std"
fi
unset CARGO_UNSTABLE_BUILD_STD

# wine has no Vulkan driver here: the GPU core is compiled, not run.
(cd "$root" && cargo check --locked --features gpu)

export CMAKE_TOOLCHAIN_FILE=$root/scripts/toolchains/x86_64-w64-mingw32.cmake
install_library windows "$work/prefix"

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
cmake -S "$work/consumer" -B "$work/consumer/b" -DCMAKE_PREFIX_PATH="$work/prefix"
cmake --build "$work/consumer/b"
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
export WINEPATH="$work/prefix/bin;$work/dlls"
# The servers of this prefix would outlive the script by a while.
trap 'wineserver --kill || true' EXIT
ctest --test-dir "$work/consumer/b" --output-on-failure
