#!/usr/bin/env bash
# bench.sh [--quick] [--only PEERS] [--cells CELLS] [--dtype DTYPES] [--isa avx2]: measures the library
# against its peers; bench.sh --help lists the options.
#
# Installs the peers that take part into build/bench, builds and installs the library's release build
# there, builds benches/native against it, and runs benches/run.py with the options given.
set -euo pipefail
source "$(dirname "$0")/common.sh"

if [[ " $* " == *" --help "* || " $* " == *" -h "* ]]; then
  exec python3 "$root/benches/run.py" --help
fi
peers=$(python3 "$root/benches/run.py" --print-peers "$@")

takes_part() { [[ " $peers " == *" $1 "* ]]; }

"$root/scripts/setup.sh"
use_rust

bench=$build/bench
prefix=$bench/prefix
venv=$bench/venv

# apt_install PACKAGE CHECK...: installs the package if the check fails.
apt_install() {
  local -a as_root=()
  "${@:2}" >/dev/null 2>&1 && return
  command -v apt-get >/dev/null || fail "missing: $1 (no apt here; install it and run this again)"
  ((EUID == 0)) || as_root=(sudo)
  echo "installing: $1"
  quietly bench-apt-update "${as_root[@]}" apt-get update
  quietly bench-apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends --no-remove "$1"
}

# pip_install NAME PIP_OPTIONS...: brings what benches/requirements/NAME.txt lists into the venv, once.
pip_install() {
  local requirements=$root/benches/requirements/$1.txt stamp=$venv/$1.txt
  cmp -s "$requirements" "$stamp" && return
  echo "installing: benches/requirements/$1.txt into build/bench/venv"
  [[ -d $venv ]] || quietly bench-venv python3 -m venv "$venv"
  quietly "bench-pip-$1" "$venv/bin/python" -m pip install --disable-pip-version-check \
    "${@:2}" -r "$requirements"
  cp "$requirements" "$stamp"
}

mkdir -p "$bench"
native=()
for name in ipp mkl fftw; do
  takes_part $name || continue
  native+=($name)
  # Of what IPP and MKL ask for, static linking needs nothing.
  [[ $name == fftw ]] || pip_install $name --no-deps
done
takes_part fftw && apt_install libfftw3-dev pkg-config --exists fftw3 fftw3f

python=python3
for name in numpy scipy mlx torch ctypes; do
  takes_part $name || continue
  pip_install python
  python=$venv/bin/python
done
takes_part torch && pip_install torch

install_library release "$prefix"
quietly bench-configure cmake -S "$root/benches/native" -B "$bench/native" \
  -DCMAKE_PREFIX_PATH="$prefix;$venv" -DBENCH_PEERS="$(IFS=';' && echo "${native[*]}")"
quietly bench-build cmake --build "$bench/native"

"$python" "$root/benches/run.py" "$@"
