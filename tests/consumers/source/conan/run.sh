#!/usr/bin/env bash
# `conan create` makes packages of both kinds from a copy of the sources, and its test package links them.
set -euo pipefail
export CONAN_HOME=$PWD/home PATH=$ROOT/build/conan/bin:$PATH
mkdir source
tar -xf "$ARCHIVE" -C source
conan profile detect
conan remote disable "*" # nothing is needed of any
for shared in True False; do
  conan create source --build=missing -o "&:shared=$shared"
done
# With the GPU core, only the configuration is tried: scripts/gpu_package.sh has the rest.
conan install source -o "&:gpu=True" -o "&:shared=True" --output-folder gpu
grep -rq 'MLX_CONVOLVE_GPU.*ON' gpu
