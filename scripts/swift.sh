#!/usr/bin/env bash
# swift.sh: the Swift package on Linux: its tests, the examples in Swift, and the Swift programs of README and docs, in a
# package that depends on the clone as a user's does. Everything is built by the Swift in build/swift/root.
#
# PREFIX names an installed library below the project's folder, such as build/test/moved. Without it, the library is
# built and installed first.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$root"
work=$build/swift_tests
rm -rf "$work"
mkdir -p "$work"
out=build/swift_tests # the same folder inside and outside
if [[ -z ${PREFIX:-} ]]; then
  use_rust
  PREFIX=$work/prefix
  install_library release "$PREFIX"
fi
PREFIX=$(cd "$PREFIX" && pwd)
[[ $PREFIX == "$root"/* ]] || fail "PREFIX is not below $root: $PREFIX"

# in_swift COMMAND...: with the environment that README tells a user to set.
inside=/mlx-convolve${PREFIX#"$root"}
in_swift() {
  scripts/in_swift.sh env PREFIX="$inside" PKG_CONFIG_PATH="$inside/lib/pkgconfig" LD_LIBRARY_PATH="$inside/lib" "$@"
}
# Without information for debuggers, which nobody reads here.
options=(-Xswiftc -warnings-as-errors -debug-info-format none)

echo "== the tests of the package"
in_swift swift build --build-tests --scratch-path $out/package "${options[@]}"
in_swift swift test --skip-build --disable-swift-testing --scratch-path $out/package "${options[@]}"

echo "== every public declaration has its documentation"
mkdir -p "$work/symbols"
in_swift swift symbolgraph-extract -module-name MLXConvolve -target x86_64-pc-linux-gnu -output-dir $out/symbols \
  -I $out/package/debug/Modules -I swift/CMlxConvolve -Xcc "-I$inside/include" \
  -minimum-access-level public -skip-synthesized-members
python3 - $out/symbols/MLXConvolve*.json <<'END'
import json, sys

symbols = [symbol for path in sys.argv[1:] for symbol in json.load(open(path))["symbols"]]
bare = [".".join(symbol["pathComponents"]) for symbol in symbols if "docComment" not in symbol]
print(len(symbols), "declarations, without documentation:", bare)
sys.exit(bool(bare) or len(symbols) < 100)
END

# expect TEXT COMMAND...: the command's output, which must contain the text.
expect() {
  local text=$1 printed
  shift
  printed=$("$@")
  echo "$printed"
  [[ $printed == *"$text"* ]] || fail "not in its output: $text"
}

echo "== examples/swift"
in_swift swift build --package-path examples/swift --scratch-path $out/examples "${options[@]}"
run() { in_swift "$out/examples/debug/$@"; }
# The average of 1850 is that of the recorded years 1845 to 1855.
average=$(awk -F, '$1 >= 1845 && $1 <= 1855 { sum += $2 } END { printf "%.2f", sum / 11 }' examples/data/sunspots.csv)
expect "  1850    66.6     $average" run smooth examples/data/sunspots.csv $out/sunspots.csv
# Two seconds of a low note on the left, which passes, and of a high one on the right, which does not.
python3 - $out/tones.wav <<'END'
import math, struct, sys, wave

with wave.open(sys.argv[1], "wb") as file:
    file.setparams((2, 2, 44100, 0, "NONE", ""))
    notes = [[round(13000 * math.sin(2 * math.pi * hertz * i / 44100)) for i in range(88200)] for hertz in (440, 4400)]
    file.writeframes(b"".join(struct.pack("<hh", *frame) for frame in zip(*notes)))
END
expect $'dB before,  -11.0 dB after\n  channel 1:  -11.0 dB before,  -59.3 dB after' \
  run lowpass $out/tones.wav $out/lowpass.wav
expect "2.00 s of 2 channels at 44100 Hz, with a response of 2.00 s: 4.00 s" run reverb $out/tones.wav $out/reverb.wav
expect "17 as recorded, 28 cleaned" run ecg examples/data/ecg.csv $out/ecg.csv

echo "== the Swift of README and docs"
# Fenced blocks become files: program1.swift, program1.text (the block after it), commands1.sh, and the manifest, which
# begins with its tools' version. A block marked "swift FILE" has lines of that file.
awk -v dir="$work" '
  /^```/ && !inside { kind = substr($0, 4); inside = 1; body = ""; next }
  /^```$/ {
    inside = 0
    if (kind == "swift" && body ~ /^\/\/ swift-tools-version/) printf "%s", body > (dir "/manifest.swift")
    else if (kind == "swift") printf "%s", body > (dir "/program" ++programs ".swift")
    if (kind ~ /^swift ./) printf "%s", body > (dir "/excerpt" ++excerpts)
    if (kind ~ /^swift ./) print substr(kind, 7) > (dir "/excerpt" excerpts ".from")
    if (kind == "text" && last == "swift") printf "%s", body > (dir "/program" programs ".text")
    if (kind == "sh runs in swift.sh") printf "%s", body > (dir "/commands.sh")
    last = kind
    next
  }
  inside { body = body $0 "\n" }' README.md docs/*.md
test -f "$work/manifest.swift" -a -f "$work/commands.sh" -a -f "$work/program2.swift" -a -f "$work/excerpt1"

# As a user's, the package lies beside the clone. README's commands run its first program, and then the others.
cat >"$work/programs.sh" <<'END'
set -euo pipefail
work=/mlx-convolve/build/swift_tests
rm -rf /first
mkdir /first
cd /first
cp $work/manifest.swift Package.swift
unset PKG_CONFIG_PATH LD_LIBRARY_PATH
for program in $work/program*.swift; do
  name=${program%.swift}
  cp "$program" main.swift
  source $work/commands.sh >"$name.out" 2>"$name.log" || { cat "$name.log"; exit 1; }
done
rm -rf /first
END
in_swift bash $out/programs.sh
for program in "$work"/program*.swift; do
  name=${program%.swift}
  diff "$name.out" "$name.text"
done
for excerpt in "$work"/excerpt*[0-9]; do
  from=$(cat "$excerpt.from")
  while IFS= read -r line; do
    grep -qF -- "$line" "$from" || fail "not in $from: $line"
  done <"$excerpt"
done
echo "$(ls "$work"/program*.swift | wc -l) programs of README and docs print what stands beside them"
