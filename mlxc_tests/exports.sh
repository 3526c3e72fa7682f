#!/bin/sh
# exports.sh NM OBJECT: the object has one name for the linker, that of the function.
set -eu
names=$("$1" --extern-only --defined-only "$2" | awk '{ print $NF }')
echo "$names"
test "$names" = mlx_convolve_mlxc
