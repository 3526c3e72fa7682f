#!/usr/bin/env bash
# A fresh, minimal Debian with compilers for C and C++, CMake and pkg-config, but no Rust and no network: README's lines for people
# without Rust lead to its first program running, in C++ too, and so does its CMake project, with the archive and with the
# Debian packages. dpkg has nothing to complain of, and removes all that it installed.
#
# A folder of its own, not a view of this machine with Rust hidden: only there is it seen what the packages do not ask for.
set -euo pipefail
as_root=()
((EUID == 0)) || as_root=(sudo -n)
clean=$WORK/root
# It has files of root's.
trap '"${as_root[@]}" rm -rf --one-file-system "$clean"' EXIT
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
# Debian as apt has it here.
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  grep -E " $suite(-updates|-security)? " | sort -u |
  "${as_root[@]}" mmdebstrap --mode=root --variant=minbase --include=gcc,g++,libc6-dev,cmake,make,pkg-config \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/libmlx*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --aptopt='APT::Sandbox::User "root"' "$suite" "$clean" - >"$WORK/log" 2>&1 ||
  { cat "$WORK/log"; exit 1; }

# inside COMMANDS: runs them there, in the folder /try.
inside() {
  "${as_root[@]}" unshare --net --pid --fork --mount-proc="$clean/proc" chroot "$clean" \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
    bash -euo pipefail -c "cd /try; $1" 2>"$WORK/err" || { cat "$WORK/err"; return 1; }
}
# block KIND N: the Nth of README's blocks of a kind.
block() {
  awk -v kind="$1" -v n="$2" '
    /^```/ && !inside { inside = 1; wanted = substr($0, 4) == kind && ++count == n; next }
    /^```$/ { inside = wanted = 0; next }
    wanted' "$ROOT/README.md"
}
# fresh_try: README's first program, its project, and the files for this machine, in an empty /try.
fresh_try() {
  rm -rf "$clean/try"
  mkdir "$clean/try"
  block c 1 >"$clean/try/first.c"
  block cmake 2 >"$clean/try/CMakeLists.txt"
  grep -qF 'project(first C)' "$clean/try/CMakeLists.txt"
  block cpp 1 >"$clean/try/first.cpp"
  cp "$FILES"/*_amd64.deb "$FILES"/*-x86_64-linux.tar.gz "$clean/try"
}
expected=$(block text 1)
# The program in C++ prints the same.
[[ $(block text 3) == "$expected" ]]
grep -q convolve <<<"$(block c 1)"
wanted() { [[ $(tail -n "$(wc -l <<<"$expected")" <<<"$1") == "$expected" ]] || { echo "printed: $1"; exit 1; }; }
project='cmake -S . -B b -DCMAKE_PREFIX_PATH="${PREFIX:-}" >/dev/null && cmake --build b >/dev/null && b/first'

fresh_try
[[ $(inside 'command -v rustc cargo gcc || true') == /usr/bin/gcc ]] || { echo "Rust is there, or no compiler"; exit 1; }
archive=$(block "sh runs in a clean root" 1)
[[ $archive == *tar*cc\ first.c* ]]
wanted "$(inside "$archive")"
wanted "$(inside "$archive; $project")"
in_cpp='g++ -std=c++17 -Wall -Wextra -Werror first.cpp'
wanted "$(inside "${archive/cc first.c/$in_cpp}")"

fresh_try
packages=$(block "sh runs in a clean root" 2)
[[ $packages == *deb*cc\ first.c* ]]
wanted "$(inside "$packages")"
wanted "$(inside "${packages/cc first.c/$in_cpp}")"
wanted "$(inside "$project")"
[[ $(inside 'ldd b/first') == */lib/x86_64-linux-gnu/libmlx_convolve.so* ]]
inside 'packages=$(dpkg-query -W -f "\${Package} " "libmlx-convolve*")
  [[ $(dpkg --audit; dpkg --verify $packages) == "" ]]
  dpkg --purge $packages >/dev/null'
inside '! find / -xdev -name "*mlx*convolve*" -not -path "/try/*" | grep .'
