#!/usr/bin/env bash
# demo.sh: from a fresh clone to results. Builds the library, installs it into a prefix, builds
# examples/ against that prefix as a stranger would, and runs the programs.
set -euo pipefail
source "$(dirname "$0")/common.sh"

"$root/scripts/setup.sh" --demo
use_rust

prefix=$build/demo/prefix
out=$build/demo/out
speech=/usr/share/sounds/alsa/Front_Center.wav

echo "building and installing the library into $prefix (a minute when nothing is built yet)"
install_library release "$prefix"
echo "building examples/ against it"
rm -rf "$build/demo/examples"
quietly examples-configure cmake -S "$root/examples" -B "$build/demo/examples" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix"
quietly examples-build cmake --build "$build/demo/examples"
mkdir -p "$out"
examples=$build/demo/examples

echo
echo "== smooth: $root/examples/data/sunspots.csv (recorded, NOAA)"
"$examples/smooth" "$root/examples/data/sunspots.csv" "$out/sunspots.png"

echo
echo "== dice: the sum of 100 dice, by default and with componentwise accuracy"
"$examples/dice" "$out/dice.png"

echo
echo "== ecg: $root/examples/data/ecg.csv (recorded, MIT-BIH Arrhythmia Database)"
"$examples/ecg" "$root/examples/data/ecg.csv" "$out/ecg.png"

echo
echo "== chain: four filters, one after another, on the CPU"
"$examples/chain" cpu
echo "   and on a GPU, if this build has a GPU core (cmake -DMLX_CONVOLVE_GPU=ON) and the machine a GPU"
"$examples/chain" gpu

echo
if [[ -f $speech ]]; then
  input=$speech
  echo "== reverb: $input (recorded speech)"
else
  input=$out/dry.wav
  echo "== reverb: a generated signal, $input (Debian's alsa-utils would bring recorded speech)"
  "$examples/make_signals" music "$input"
fi
echo "   with a synthetic impulse response, $out/response.wav"
"$examples/make_signals" response "$input" "$out/response.wav"
"$examples/reverb" "$input" "$out/response.wav" "$out/reverb.wav"

echo
echo "== lowpass: generated samples of 16 bits, $out/tones.wav"
"$examples/make_signals" tones "$out/tones.wav"
"$examples/lowpass" "$out/tones.wav" "$out/lowpass.wav"

echo
echo "== the same in C++: smooth, ecg, fir, reverb"
"$examples/smooth_cpp" "$root/examples/data/sunspots.csv"
"$examples/ecg_cpp" "$root/examples/data/ecg.csv" "$out/ecg.csv"
"$examples/fir_cpp" "$out/tones.wav" "$out/fir.wav"
"$examples/reverb_cpp" "$input" "$out/response.wav" "$out/reverb_cpp.wav"

echo
echo "charts:  $out/sunspots.png, $out/dice.png, $out/ecg.png"
echo "sounds:  $out/reverb.wav, $out/lowpass.wav; those of C++ are $out/reverb_cpp.wav, $out/fir.wav"
