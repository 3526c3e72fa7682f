#!/usr/bin/env bash
# bench.sh [--quick] [--part PARTS] [--only PEERS] [--cells CELLS] [--dtype DTYPES] [--isa avx2]: measures the
# library against its peers; bench.sh --help lists the options.
#
# Installs the peers that take part into build/bench, builds and installs the library's release build
# there, builds benches/native against it, and runs benches/run.py with the options given.
set -euo pipefail
source "$(dirname "$0")/common.sh"

bench=$build/bench
prefix=$bench/prefix
venv=$bench/venv

# apt_install "PACKAGE..." CHECK...: installs the packages if the check fails.
apt_install() {
  local -a as_root=() packages
  "${@:2}" >/dev/null 2>&1 && return
  command -v apt-get >/dev/null || fail "missing: $1 (no apt here; install it and run this again)"
  ((EUID == 0)) || as_root=(sudo)
  read -ra packages <<<"$1"
  echo "installing: $1"
  quietly bench-apt-update "${as_root[@]}" apt-get update
  quietly bench-apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends --no-remove "${packages[@]}"
}

# pip_install FILE PIP_OPTIONS...: brings what a requirements file lists into the venv, once.
pip_install() {
  local requirements=$root/$1 stamp=$venv/${1//\//-}
  cmp -s "$requirements" "$stamp" && return
  echo "installing: $1 into build/bench/venv"
  [[ -d $venv ]] || quietly bench-venv python3 -m venv "$venv"
  quietly bench-pip "$venv/bin/python" -m pip install --disable-pip-version-check \
    "${@:2}" -r "$requirements"
  cp "$requirements" "$stamp"
}

has_python() { python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; }
apt_install "python3 python3-venv" has_python

if [[ " $* " == *" --help "* || " $* " == *" -h "* ]]; then
  exec python3 "$root/benches/run.py" --help
fi
peers=$(python3 "$root/benches/run.py" --print-peers "$@")

takes_part() { [[ " $peers " == *" $1 "* ]]; }

"$root/scripts/setup.sh"
use_rust

mkdir -p "$bench"
native=() python=python3
for peer in $peers; do
  case $peer in
    ipp | mkl)
      # Of what their wheels ask for, static linking needs nothing.
      pip_install "benches/requirements/$peer.txt" --no-deps
      native+=("$peer")
      ;;
    fftw)
      apt_install libfftw3-dev pkg-config --exists fftw3 fftw3f
      native+=("$peer")
      ;;
    numpy | scipy | mlx | torch | oaconvolve | lags | ctypes) python=$venv/bin/python ;;
  esac
done
# Whole parts make a page, and its chart.
if [[ " $* " == *" --part"* ]]; then
  python=$venv/bin/python
fi
if [[ $python != python3 ]]; then
  pip_install tests/conformance/requirements.txt
  pip_install benches/requirements/chart.txt
fi
if takes_part torch; then
  pip_install benches/requirements/torch.txt
fi

install_library release "$prefix"
quietly bench-configure cmake -S "$root/benches/native" -B "$bench/native" \
  -DCMAKE_PREFIX_PATH="$prefix;$venv" -DBENCH_PEERS="$(IFS=';' && echo "${native[*]}")"
quietly bench-build cmake --build "$bench/native"

"$python" "$root/benches/run.py" "$@"
