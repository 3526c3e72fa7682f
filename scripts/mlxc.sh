#!/usr/bin/env bash
# mlxc.sh 0.7|0.6: builds mlxc/ for this mlx-c, of those that setup.sh --check leaves in build/mlxc, and runs its tests:
# mlxc_tests/ in C and in Python; for 0.6 the smoke test.
#
# One of the tests uses mlx-c beside the library in the prefix $PREFIX.
set -euo pipefail
source "$(dirname "$0")/common.sh"
version=$1
prefix=${PREFIX:-$build/demo/prefix}
place=$build/mlxc
tree=$build/mlxc_tests/$version
options=()
case $version in
  0.7) options+=(-DMLXC_TESTS_VALGRIND=ON) ;;
  0.6) options+=(-DMLXC_TESTS_SMOKE=ON) ;;
  *) fail "usage: scripts/mlxc.sh 0.7|0.6" ;;
esac
[[ -d $place/$version/prefix ]] || fail "no mlx-c $version in $place: run scripts/setup.sh --check"
rm -rf "$tree"
# For the C++ that MLX compiles when a compiled function is called: it would use that of earlier runs, and of others.
mkdir -p "$tree/tmp"
export TMPDIR=$tree/tmp

cmake -S "$root/mlxc_tests" -B "$tree" -Wno-dev -DCMAKE_PREFIX_PATH="$place/$version/prefix;$prefix" "${options[@]}"
cmake --build "$tree" --parallel 2
status=0
ctest --test-dir "$tree" --output-on-failure --parallel 2 || status=1
if [[ $version == 0.7 ]]; then
  export MLXC_LIBRARY=$tree/libmlxc_python.so
  "$place/venv/bin/python" -m pytest -q -p no:cacheprovider "$root/mlxc_tests/python" || status=1
fi
exit $status
