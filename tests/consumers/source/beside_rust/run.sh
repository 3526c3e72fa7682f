#!/usr/bin/env bash
# The static library links beside another Rust library, and into a program in Rust, whose compiler is the library's own or
# another one. Both sides panic, and both survive: the library is built with a panic planted into one of its functions.
set -euo pipefail
mkdir source
tar -xf "$ARCHIVE" -C source
device=source/src/capi/device.rs
sed -i 's/Place::new(res, "res")?.write(is_metal());/panic!("planted");/' "$device"
grep -q 'panic!("planted")' "$device"
cmake -S source -B b -DMLX_CONVOLVE_SHARED=OFF -DCMAKE_INSTALL_LIBDIR=lib
cp -a "$BUILD/cargo" b/cargo # the dependencies
cmake --build b
cmake --install b --prefix p

export PKG_CONFIG_PATH=$PWD/p/lib/pkgconfig
read -ra flags <<<"$(pkg-config --static --cflags --libs mlx_convolve)"
other=$ROOT/build/cross/bin/rustc
[[ $(rustc --version) != "$("$other" --version)" ]] || echo "not run: the library beside another version of Rust's"
for rustc in rustc "$other"; do
  "$rustc" --version
  "$rustc" --edition 2024 --crate-type staticlib other.rs -o libother.a
  # In either order: which of two equal names is taken would depend on it.
  cc program.c -o first "${flags[@]}" libother.a
  cc program.c -o last libother.a "${flags[@]}"
  "$rustc" --edition 2024 program.rs -o unwinds -L p/lib
  "$rustc" --edition 2024 -C panic=abort program.rs -o aborts -L p/lib
  for program in first last unwinds aborts; do
    "./$program"
  done
done
