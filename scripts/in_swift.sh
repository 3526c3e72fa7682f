#!/usr/bin/env bash
# in_swift.sh COMMAND...: runs a command in build/swift/root, the system that has Swift, as its superuser. The project
# is there as /mlx-convolve, which is the working directory, and nothing else of this machine but its devices and
# processes. The environment is a fresh one.
set -euo pipefail
source "$(dirname "$0")/common.sh"
system=$build/swift/root
[[ -f $build/swift/version ]] || fail "no $system: run scripts/setup.sh --check"

# In a mount namespace of its own, so that nothing stays mounted. Inside a chroot, which has no mount of its own to make
# private, the mounts may be seen outside, so they are taken away at the end. A user who is not root may not do that, and
# need not.
if [[ ${1:-} != --inside ]]; then
  own=(unshare --mount)
  ((EUID == 0)) || own+=(--map-root-user)
  "${own[@]}" true 2>/dev/null || own+=(--propagation unchanged)
  exec "${own[@]}" "$0" --inside "$@"
fi
shift

mounted=()
leave() {
  for place in "${mounted[@]}"; do
    umount --recursive --lazy "$place" 2>/dev/null || true
  done
}
trap leave EXIT
bind() {
  mkdir -p "$system$2"
  mount --rbind "$1" "$system$2"
  # What is unmounted here at the end stays mounted there.
  mount --make-rslave "$system$2"
  mounted+=("$system$2")
}
bind /proc /proc
bind /dev /dev
bind "$root" /mlx-convolve
chroot "$system" /usr/bin/env -i HOME=/tmp PATH=/usr/libexec/swift/bin:/usr/bin LANG=C.UTF-8 \
  bash -c 'cd /mlx-convolve && exec "$@"' bash "$@"
