#!/usr/bin/env bash
# Before 1.0 the soname has the major and the minor version, from 1.0 on the major version alone. CMake's package and
# Apple's versions follow the same rule. What the library needs besides is the C runtime.
set -euo pipefail
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | sed -n 1p)
abi() { [[ $1 == 0.* ]] && echo "${1%.*}" || echo "${1%%.*}"; }

dynamic=$(readelf -d "$PREFIX/lib/libmlx_convolve.so")
grep -qF "[libmlx_convolve.so.$(abi "$version")]" <<<"$(grep SONAME <<<"$dynamic")"
if grep NEEDED <<<"$dynamic" | grep -vE '\[(libgcc_s|libc|libm|libpthread|libdl|librt|ld-linux-[a-z0-9-]+)\.so\.[0-9]+\]'; then
  echo "an unexpected dependency"
  exit 1
fi

# configured VERSION [OPTION...]: CMake's files with a version in Cargo.toml, configured in $tree.
configured() {
  local source=$WORK/$1
  tree=$source/build${2:+-apple}
  mkdir -p "$source"
  cp -R "$ROOT/CMakeLists.txt" "$ROOT/cmake" "$ROOT/include" "$source"
  sed "s/^version = .*/version = \"$1\"/" "$ROOT/Cargo.toml" >"$source/Cargo.toml"
  cmake -S "$source" -B "$tree" "${@:2}" >"$WORK/log" 2>&1 || { cat "$WORK/log"; exit 1; }
}

# serves VERSION: whether the package configured in $tree takes itself for that version.
serves() {
  local major=${1%%.*} minor=${1#*.}
  cat >"$WORK/serves.cmake" <<END
set(PACKAGE_FIND_VERSION $1)
set(PACKAGE_FIND_VERSION_COUNT 2)
set(PACKAGE_FIND_VERSION_MAJOR $major)
set(PACKAGE_FIND_VERSION_MINOR $minor)
include("$tree/MlxConvolveConfigVersion.cmake")
if(PACKAGE_VERSION_UNSUITABLE OR NOT PACKAGE_VERSION_COMPATIBLE)
  message(FATAL_ERROR "refused")
endif()
END
  cmake -P "$WORK/serves.cmake" >"$WORK/log" 2>&1
}

# Each with the version that CMake's package serves, and one that it refuses.
for case in "$version ${version%.*} 99.0" "0.9.4 0.9 0.8" "1.0.0 1.0 0.9" "3.12.5 3.1 2.12"; do
  read -r version served refused <<<"$case"
  configured "$version"
  grep -qF "SONAME \"libmlx_convolve.so.$(abi "$version")\"" "$tree/MlxConvolveConfig.cmake"
  serves "$served"
  if serves "$refused"; then
    echo "$version serves $refused"
    exit 1
  fi

  # Nothing is built for macOS here. Whatever the compiler, the flags for its linker are in the build's commands.
  configured "$version" -DCMAKE_SYSTEM_NAME=Darwin -DCMAKE_C_COMPILER_WORKS=ON -DCMAKE_OSX_SYSROOT=/ \
    -DMLX_CONVOLVE_GPU=OFF # as no sources are there to be compiled
  for flag in "install_name,@rpath/libmlx_convolve.$(abi "$version").dylib" \
    "compatibility_version,$(abi "$version")" "current_version,$version"; do
    grep -rqF -e "-Wl,-$flag " "$tree/CMakeFiles" || { echo "$version: no $flag"; exit 1; }
  done
done
