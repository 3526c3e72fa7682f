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
if takes_part ipp; then
  pip_install ipp --no-deps
  native+=(ipp)
fi

install_release "$prefix"
quietly bench-configure cmake -S "$root/benches/native" -B "$bench/native" \
  -DCMAKE_PREFIX_PATH="$prefix;$venv" -DBENCH_PEERS="$(IFS=';' && echo "${native[*]}")"
quietly bench-build cmake --build "$bench/native"

python3 "$root/benches/run.py" "$@"
