#!/usr/bin/env bash
# The static library links beside another Rust library, and into a program in Rust, whose compiler is the library's own or
# another one. Both sides panic, and both survive: the library is built with a panic planted into one of its functions.
set -euo pipefail
source=$WORK/source
mkdir "$source"
tar -xf "$ARCHIVE" -C "$source"
device=$source/src/capi/device.rs
sed -i 's/Place::new(res, "res")?.write(is_metal());/panic!("planted");/' "$device"
grep -q 'panic!("planted")' "$device"
cmake -S "$source" -B "$WORK/b" -DMLX_CONVOLVE_SHARED=OFF -DCMAKE_INSTALL_LIBDIR=lib
cp -a "$BUILD/cargo" "$WORK/b/cargo" # the dependencies
cmake --build "$WORK/b"
cmake --install "$WORK/b" --prefix "$WORK/p"

export PKG_CONFIG_PATH=$WORK/p/lib/pkgconfig
read -ra flags <<<"$(pkg-config --static --cflags --libs mlx_convolve)"
own=$(rustc --version) other=$("$ROOT/build/cross/bin/rustc" --version)
[[ $own != "$other" ]] || { echo "both compilers are $own"; exit 1; }
for rustc in rustc "$ROOT/build/cross/bin/rustc"; do
  "$rustc" --version
  "$rustc" --edition 2024 --crate-type staticlib "$SOURCES/other.rs" -o "$WORK/libother.a"
  # In either order: which of two equal names is taken would depend on it.
  cc "$SOURCES/program.c" -o "$WORK/first" "${flags[@]}" "$WORK/libother.a"
  cc "$SOURCES/program.c" -o "$WORK/last" "$WORK/libother.a" "${flags[@]}"
  "$rustc" --edition 2024 "$SOURCES/program.rs" -o "$WORK/unwinds" -L "$WORK/p/lib"
  "$rustc" --edition 2024 -C panic=abort "$SOURCES/program.rs" -o "$WORK/aborts" -L "$WORK/p/lib"
  for program in first last unwinds aborts; do
    "$WORK/$program"
  done
done
