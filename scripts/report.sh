# Sourced by test.sh and check.sh, which run steps: a line for each, its output in build/logs, and
# last of all `N passed, M failed`.
#
# A step counts the tests that its tool reports, or one. A missing tool fails; nothing is skipped.
# shellcheck shell=bash

passed=0 failed=0
logs=$build/logs
mkdir -p "$logs"

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

# report NAME PASSED FAILED SECONDS
report() {
  passed=$((passed + $2)) failed=$((failed + $3))
  if (($3)); then
    tail -n 60 "$logs/$1.log"
    echo "FAILED  $1: $2 passed, $3 failed ($4 s; build/logs/$1.log)"
  else
    echo "ok      $1: $2 ($4 s)"
  fi
}

# step NAME COMMAND...: one test, passed if the command succeeds.
step() {
  local name=$1 begin=$SECONDS status=0
  shift
  timeout 900 "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
  report "$name" $((status == 0)) $((status != 0)) $((SECONDS - begin))
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
  report "$name" "$good" "$bad" $((SECONDS - begin))
}

# beside NAME COMMAND...: starts a step that runs beside the next ones, one at a time; `await` reports it.
# A release build ends in one long single-threaded link, which leaves a core idle.
beside() {
  beside_name=$1 beside_begin=$SECONDS
  shift
  "$@" >"$logs/$beside_name.log" 2>&1 </dev/null &
  beside_job=$!
}

await() {
  local status=0
  wait "$beside_job" || status=$?
  report "$beside_name" $((status == 0)) $((status != 0)) $((SECONDS - beside_begin))
  return "$status"
}

# The last line, and the exit status.
finish() {
  echo "$passed passed, $failed failed"
  exit $((failed != 0))
}
