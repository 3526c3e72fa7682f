#!/usr/bin/env bash
# docs.sh PREFIX MLXC WORK: the programs of docs/mlx-c.md print what stands beside them, built in each way that the page
# shows, with the package of this project in PREFIX and mlx-c in MLXC. The example does what its comment says.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export PREFIX=$1 MLXC=$2
work=$3
rm -rf "$work"
mkdir -p "$work"
cd "$work"
ln -s "$root" mlx-convolve

# Blocks become files: those of C by their names, NAME.cmake, 1.sh and so on, 1.text and so on.
awk '
  /^```/ && !inside {
    inside = 1
    if (/^```c with mlx-c /) file = $NF
    else if (/^```cmake with mlx-c /) file = $NF ".cmake"
    else if (/^```sh with mlx-c$/) file = ++commands ".sh"
    else if (/^```text with mlx-c$/) file = ++texts ".text"
    else { print "no such block: " $0; exit 1 }
    next
  }
  /^```$/ { inside = 0; next }
  inside { print > file }' "$root/docs/mlx-c.md"
test -s 1.sh -a -s 2.sh -a -s 3.sh -a -s 2.text

bash -eu 1.sh | diff - 1.text
for way in sources installed; do
  rm -rf b
  cp $way.cmake CMakeLists.txt
  bash -eu 2.sh >out
  tail -n 1 out | diff - 1.text
done
bash -eu 3.sh | tee out
grep -q '^1825    16.6      31.0$' out # the mean of 1820 to 1830
grep -q '^after    0 steps, off by 24.2 spots$' out
grep -q '^after 3000 steps, off by 15.[01] spots$' out

rm -rf b
cp both.cmake CMakeLists.txt
cmake -S . -B b -Wno-dev -DCMAKE_PREFIX_PATH="$MLXC;$PREFIX"
cmake --build b
b/both | diff - 2.text
