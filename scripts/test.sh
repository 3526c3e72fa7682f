#!/usr/bin/env bash
# test.sh: the tests of every change. Prints a line per step and, last, `N passed, M failed`.
#
# They stay well below ten minutes on two cores; what takes longer is in check.sh.
set -uo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/report.sh"
cd "$root" || exit 1
work=$build/test
rm -rf "$work"
mkdir -p "$work"

step setup "$root/scripts/setup.sh" --test
use_rust

# The package is checked in a prefix that was moved after the installation.
install_and_move() {
  install_library release "$work/installed" && mv "$work/installed" "$work/moved"
}
beside step installation install_and_move

step format cargo fmt --check
step clippy cargo clippy --locked --all-targets -- -D warnings
suite rust scripts/rust_tests.sh
# The site, with all links; it needs Debian's packages.
[[ $(uname) == Darwin ]] || step docs scripts/docs.sh
# On Apple's own processor; elsewhere on one in software.
gpu=(scripts/gpu.sh swiftshader)
[[ $(uname) != Darwin ]] || gpu=(env)
suite gpu "${gpu[@]}" scripts/rust_tests.sh gpu

await
for check in tests/package/*.sh; do
  name=package-$(basename "$check" .sh)
  mkdir -p "$work/$name"
  step "$name" env ROOT="$root" BUILD="$build/release" PREFIX="$work/moved" WORK="$work/$name" "$check"
done

suite consumers-installed env BUILD="$build/release" PREFIX="$work/moved" scripts/consumers.sh installed

suite c-shared-plain env PREFIX="$work/moved" scripts/c_tests.sh shared plain
# check.sh tests the static library, but not on Apple's systems.
[[ $(uname) != Darwin ]] || suite c-static-plain env PREFIX="$work/moved" scripts/c_tests.sh static plain

suite conformance env MLX_CONVOLVE_LIBRARY="$work/moved/lib/libmlx_convolve.so" \
  "$build/venv/bin/python" -m pytest -q tests/conformance

step demo "$root/scripts/demo.sh"
step demo-output test -s "$build/demo/out/sunspots.png" -a -s "$build/demo/out/dice.png" -a \
  -s "$build/demo/out/ecg.png" -a -s "$build/demo/out/reverb.wav" -a -s "$build/demo/out/lowpass.wav"
# The six sums near all sixes, 1e-70 and less: componentwise, each is the exact probability to 12 digits.
step demo-dice test 6 -eq \
  "$(grep -cE '^ +(600|59[5-9]) +[0-9.]+e-7[0-8] +(1\.000000000000|0\.999999999999)' "$logs/demo.log")"
# The recording has 28 beats; without its baseline and noise, a threshold finds them all.
step demo-ecg grep -q ': 17 as recorded, 28 cleaned$' "$logs/demo.log"
step demo-cpp tests/examples.sh

finish
