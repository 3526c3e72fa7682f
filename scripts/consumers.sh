#!/usr/bin/env bash
# consumers.sh installed|source|mlxc [NAME...]: strangers' projects that use the library, of tests/consumers. Prints a line
# for each and, last, how many passed, in cargo's words.
#
# Each runs on a copy of its folder, in build/consumers. Those of `installed` find the library in the prefix $PREFIX,
# built in $BUILD; those of `source` build it themselves. Those of `mlxc` also find mlx-c in the prefix $MLXC, which
# scripts/mlxc_setup.sh has made.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust
kind=${1:?installed, source or mlxc}
shift
work=$build/consumers/$kind
names=("$@")
((${#names[@]})) || read -ra names < <(cd "$root/tests/consumers/$kind" && echo *)

export ROOT=$root
if [[ $kind == source ]]; then
  # What consumers see does not depend on optimisation: the quickest build serves. What cargo has built here spares
  # building it again.
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
  mkdir -p "$build/consumers"
  export BUILD=$build/consumers-library ARCHIVE=$build/consumers/mlx-convolve.tar.gz
  install_library consumers-library "$build/consumers/prefix"
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | tar --null -T - -czf "$ARCHIVE")
fi

passed=0 failed=0
for name in "${names[@]}"; do
  rm -rf "${work:?}/$name"
  mkdir -p "$work/$name"
  cp -R "$root/tests/consumers/$kind/$name/." "$root/tests/package/consumer.c" "$work/$name"
  begin=$SECONDS
  if (cd "$work/$name" && ./run.sh) >"$work/$name.log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    echo "ok      $name ($((SECONDS - begin)) s)"
    grep '^not run: ' "$work/$name.log" || true
  else
    failed=$((failed + 1))
    tail -n 40 "$work/$name.log"
    echo "FAILED  $name ($work/$name.log)"
  fi
done
echo "test result: $( ((failed)) && echo FAILED || echo ok). $passed passed; $failed failed"
((failed == 0))
