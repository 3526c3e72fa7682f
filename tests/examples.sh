#!/usr/bin/env bash
# The examples in C++ print and write what those in C do. Behind scripts/demo.sh, which builds and runs all of them.
set -euo pipefail
source "$(dirname "$0")/../scripts/common.sh"
examples=$build/demo/examples
out=$build/demo/out
data=$root/examples/data
work=$build/demo/compared
mkdir -p "$work"

# The C program prints a chart after these 16 lines.
"$examples/smooth_cpp" "$data/sunspots.csv" >"$work/smooth"
test "$(wc -l <"$work/smooth")" -eq 16
diff "$work/smooth" <("$examples/smooth" "$data/sunspots.csv" "$work/sunspots.png" | head -n 16)

diff <("$examples/ecg_cpp" "$data/ecg.csv" "$work/ecg.csv") <("$examples/ecg" "$data/ecg.csv" "$work/ecg.png")
test "$(wc -l <"$work/ecg.csv")" -eq 5041 # a heading, and a line for each sample

# The samples are the last bytes of both files, whose headings differ.
diff <("$examples/fir_cpp" "$out/tones.wav" "$out/fir.wav") <("$examples/lowpass" "$out/tones.wav" "$out/lowpass.wav")
bytes=$((44100 * 2 * 4))
test "$(wc -c <"$out/lowpass.wav")" -gt "$bytes"
cmp <(tail -c "$bytes" "$out/fir.wav") <(tail -c "$bytes" "$out/lowpass.wav")

# One adds blocks, the other convolves at once: the last bits of floats differ, samples of 16 bits by 1 at most.
samples() { tail -c +45 "$1" | od -An -v -t d2 -w2; }
cmp -n 44 "$out/reverb.wav" "$out/reverb_cpp.wav"
paste <(samples "$out/reverb.wav") <(samples "$out/reverb_cpp.wav") | awk '
  { difference = $1 - $2; if (NF != 2 || difference > 1 || difference < -1) wrong++ }
  END { print NR " samples, " wrong + 0 " differ"; exit wrong > 0 || NR < 10000 }'
