# Sourced by test.sh and check.sh, which run steps: a line for each, its output in build/logs, and
# last of all `N passed, M failed`.
#
# A step counts the tests that its tool reports, or one. A missing tool fails; nothing is skipped. What the
# machine cannot run is told before the last line: the lines of logs that begin with `not run: `.
# shellcheck shell=bash

passed=0 failed=0 not_run=
logs=$build/logs
mkdir -p "$logs"

# Sums what cargo, ctest, pytest and XCTest say in a log about their tests: "PASSED FAILED".
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
    # XCTest sums up the assertions that failed, not the tests.
    /^Test Case .* passed \(/ { passed++ }
    /^Test Case .* failed \(/ { failed++ }
    END { print passed + 0, failed + 0 }' "$1"
}

# report NAME PASSED FAILED SECONDS
report() {
  passed=$((passed + $2)) failed=$((failed + $3))
  not_run+=$(grep '^not run: ' "$logs/$1.log")$'\n'
  if (($3)); then
    tail -n 60 "$logs/$1.log"
    echo "FAILED  $1: $2 passed, $3 failed ($4 s; build/logs/$1.log)"
  else
    echo "ok      $1: $2 ($4 s)"
  fi
}

# count_step, count_suite: NAME STATUS BEGIN counts and reports what has run since the second BEGIN: one
# test, passed if the status is 0; or as many as the log tells, of which none at all is a failure.
count_step() {
  report "$1" $(($2 == 0)) $(($2 != 0)) $((SECONDS - $3))
}
count_suite() {
  local good bad
  read -r good bad < <(count_tests "$logs/$1.log")
  if ((bad == 0 && ($2 != 0 || good == 0))); then
    bad=1
  fi
  report "$1" "$good" "$bad" $((SECONDS - $3))
}

# step NAME COMMAND..., suite NAME COMMAND...: run a command and count it so.
step() { run step "$@"; }
suite() { run suite "$@"; }
run() {
  local kind=$1 name=$2 begin=$SECONDS status=0
  shift 2
  timeout 900 "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
  "count_$kind" "$name" "$status" "$begin"
}

# beside step|suite NAME COMMAND...: starts one that runs beside the next; `await` counts it. One at a time.
# A release build ends in one long single-threaded link, which leaves a core idle.
beside() {
  beside_kind=$1 beside_name=$2 beside_begin=$SECONDS
  shift 2
  [[ $(type -t "$1") == function ]] || set -- timeout 900 "$@"
  "$@" >"$logs/$beside_name.log" 2>&1 </dev/null &
  beside_job=$!
}
await() {
  local status=0
  wait "$beside_job" || status=$?
  "count_$beside_kind" "$beside_name" "$status" "$beside_begin"
}

# The last lines, and the exit status.
finish() {
  grep . <<<"$not_run" | sort -u
  echo "$passed passed, $failed failed"
  exit $((failed != 0))
}
