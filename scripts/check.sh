#!/usr/bin/env bash
# check.sh: the longer checks. Prints a line per step and, last, `N passed, M failed`.
set -uo pipefail
source "$(dirname "$0")/common.sh"
source "$(dirname "$0")/report.sh"
cd "$root" || exit 1
work=$build/check
rm -rf "$work"
mkdir -p "$work"

step setup "$root/scripts/setup.sh" --test
use_rust

beside installation install_library release "$work/prefix"
suite c-shared-asan scripts/c_tests.sh shared asan
suite c-static-asan scripts/c_tests.sh static asan
await
suite c-static-valgrind env PREFIX="$work/prefix" scripts/c_tests.sh static valgrind

finish
