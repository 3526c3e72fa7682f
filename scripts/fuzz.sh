#!/usr/bin/env bash
# fuzz.sh [SECONDS]: runs random programs over the C surface beside a model of it, 60 seconds if not told otherwise.
#
# The library has AddressSanitizer inside, and the counters by which libFuzzer sees what an input reaches. The time is
# shared by the instruction sets, one after another; inputs that reached something new stay in build/fuzz/corpus for the
# next run. A finding ends the run: its input lies in build/fuzz/findings, and fuzz/README.md says what to do with it.
set -euo pipefail
source "$(dirname "$0")/common.sh"
use_rust || fail "no Rust: run scripts/setup.sh --check"
symbolizer=$(command -v llvm-symbolizer-19) || fail "no clang 19: run scripts/setup.sh --check"
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "usage: scripts/fuzz.sh [SECONDS]"
tree=$build/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# As in c_tests.sh, and with assertions: where one fails, the call comes to MLX_STATUS_INTERNAL, which none may.
# Comparisons are not traced, as libFuzzer could: kernels compare so much that programs take half as long again, and what
# they compare is not found in the bytes of the input.
build_target() {
  local flags="-Zsanitizer=address -Cpasses=sancov-module" option
  for option in level=4 inline-8bit-counters pc-table; do
    flags+=" -Cllvm-args=-sanitizer-coverage-$option"
  done
  RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_STRIP=none \
    CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true \
    install_library fuzz "$tree/prefix" -DMLX_CONVOLVE_RUST_TARGET="$host" -DMLX_CONVOLVE_SHARED=OFF
  quietly fuzz-target-configure cmake -S "$root/fuzz" -B "$tree/target" -DCMAKE_PREFIX_PATH="$tree/prefix" \
    -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19
  quietly fuzz-target-build cmake --build "$tree/target" --parallel 2
}
build_target
mkdir -p "$tree/corpus" "$tree/findings"

# allocator_may_return_null: enormous sizes are for the library to refuse.
export ASAN_OPTIONS=allocator_may_return_null=1
export ASAN_SYMBOLIZER_PATH=$symbolizer
# Inputs to begin with: programs of random bytes, which mutations and crossings make better.
if [[ -z $(ls "$tree/corpus") ]]; then
  head -c 65536 /dev/urandom | split -b 512 - "$tree/corpus/random-"
fi
isas=(avx512 avx2 portable)
each=$(((seconds + ${#isas[@]} - 1) / ${#isas[@]}))
runs=0
for isa in "${isas[@]}"; do
  seed=$((RANDOM * 32768 + RANDOM + 1))
  echo "fuzzing $isa for $each s with seed $seed"
  log=$build/logs/fuzz-$isa.log
  # The last three numbers: bytes, seconds and MiB that an input may take.
  if ! MLX_CONVOLVE_ISA=$isa "$tree/target/fuzz" -seed="$seed" -max_total_time="$each" -len_control=0 \
    -print_final_stats=1 -detect_leaks=0 -artifact_prefix="$tree/findings/" -max_len=1024 -timeout=20 -rss_limit_mb=4096 \
    "$tree/corpus" >"$log" 2>&1; then
    grep -vE '^#|NEW_FUNC|fuzzer::' "$log" | tail -n 100
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    ! grep -q '^FOUND: a leak' "$log" || input="$tree/findings/leak-*"
    command="$tree/target/fuzz -detect_leaks=0 ${input:-(no input: $log)}"
    echo "found: MLX_CONVOLVE_ISA=$isa ASAN_OPTIONS=$ASAN_OPTIONS $command"
    exit 1
  fi
  more=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  ((more > 0)) || fail "nothing ran: $log"
  runs=$((runs + more))
done
echo "$runs programs, no finding; $(find "$tree/corpus" -type f | wc -l) inputs kept"
