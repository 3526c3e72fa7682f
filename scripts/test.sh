#!/usr/bin/env bash
# test.sh: every test there is. Prints a line per step and, last, `N passed, M failed`.
#
# A step counts the tests its tool reports, or one. A missing tool fails; nothing is skipped.
# Logs: build/logs.
set -uo pipefail
source "$(dirname "$0")/common.sh"
cd "$root" || exit 1

passed=0 failed=0
logs=$build/logs
work=$build/test
rm -rf "$work"
mkdir -p "$logs" "$work"

# Sums what cargo, ctest and pytest say in a log about their tests: "PASSED FAILED".
count_tests() {
  awk '
    /^test result:/ { passed += $4; failed += $6 }
    /tests failed out of/ {
      for (i = 2; i <= NF; i++) if ($i == "tests" && $(i + 1) == "failed") bad = $(i - 1)
      failed += bad; passed += $NF - bad
    }
    /^=* ?[0-9]+ (passed|failed|error).* in [0-9.]+s/ {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) passed += $(i - 1)
        if ($i ~ /^(failed|error)/) failed += $(i - 1)
      }
    }
    END { print passed + 0, failed + 0 }' "$1"
}

# report NAME EXIT_STATUS PASSED FAILED SECONDS
report() {
  passed=$((passed + $3)) failed=$((failed + $4))
  if (($4)); then
    tail -n 60 "$logs/$1.log"
    echo "FAILED  $1: $3 passed, $4 failed ($5 s; build/logs/$1.log)"
  else
    echo "ok      $1: $3 ($5 s)"
  fi
}

# step NAME COMMAND...: one test, passed if the command succeeds.
step() {
  local name=$1 begin=$SECONDS status=0
  shift
  timeout 900 "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
  report "$name" "$status" $((status == 0)) $((status != 0)) $((SECONDS - begin))
  return "$status"
}

# suite NAME COMMAND...: as many tests as the command's output tells. None at all is a failure.
suite() {
  local name=$1 begin=$SECONDS status=0 good bad
  shift
  timeout 900 "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
  read -r good bad < <(count_tests "$logs/$name.log")
  if ((bad == 0 && (status != 0 || good == 0))); then
    bad=1
  fi
  report "$name" "$status" "$good" "$bad" $((SECONDS - begin))
}

step setup "$root/scripts/setup.sh" --test
use_rust

# The release build ends in one long single-threaded link, so it runs beside what follows. The package
# is checked in a prefix that was moved after the installation.
install_and_move() {
  install_release "$work/installed" && mv "$work/installed" "$work/moved"
}
install_and_move >"$logs/installation.log" 2>&1 </dev/null &
installation=$!

step format cargo fmt --check
step clippy cargo clippy --locked --all-targets -- -D warnings
suite rust cargo test --locked

status=0
wait "$installation" || status=$?
report installation "$status" $((status == 0)) $((status != 0)) "$SECONDS"
for check in tests/package/*.sh; do
  name=package-$(basename "$check" .sh)
  mkdir -p "$work/$name"
  step "$name" env ROOT="$root" BUILD="$build/release" PREFIX="$work/moved" WORK="$work/$name" "$check"
done

for how in plain valgrind asan; do
  for link in shared static; do
    suite "c-$link-$how" env PREFIX="$work/moved" scripts/c_tests.sh "$link" "$how"
  done
done

suite conformance env MLX_CONVOLVE_LIBRARY="$work/moved/lib/libmlx_convolve.so" \
  "$build/venv/bin/python" -m pytest -q tests/conformance

step demo "$root/scripts/demo.sh"
step demo-output test -s "$build/demo/out/sunspots.png" -a -s "$build/demo/out/reverb.wav"

echo "$passed passed, $failed failed"
exit $((failed != 0))
