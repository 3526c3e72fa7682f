#!/usr/bin/env bash
# A library with the GPU core opens the Vulkan loader at run time: where there is none, the library still loads, and
# reports that there is no GPU. A library without the core does not call Vulkan.
set -euo pipefail
shared=$PREFIX/lib/libmlx_convolve.so
if readelf -d "$shared" | grep 'NEEDED.*vulkan'; then
  exit 1
fi
has_core=no calls_vulkan=no
grep -q '^MLX_CONVOLVE_GPU:BOOL=ON$' "$BUILD/CMakeCache.txt" && has_core=yes
grep -qaF vkGetInstanceProcAddr "$shared" && calls_vulkan=yes
[[ $calls_vulkan == "$has_core" ]] || { echo "GPU core: $has_core, calls Vulkan: $calls_vulkan"; exit 1; }

cat >"$WORK/stream.c" <<'END'
#include <mlx_convolve.h>
#include <stdio.h>
int main(void) {
  mlx_stream stream = mlx_default_gpu_stream_new();
  const char *error = mlx_last_error();
  return stream.ctx != NULL || error == NULL || printf("%s\n", error) < 0;
}
END
cc "$WORK/stream.c" -I"$PREFIX/include" -L"$PREFIX/lib" -lmlx_convolve -o "$WORK/stream"
# A fully static program cannot load drivers: it has no GPU.
read -ra flags <<<"$(PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig pkg-config --static --cflags --libs mlx_convolve)"
cc -static "$WORK/stream.c" -o "$WORK/static" "${flags[@]}"
"$ROOT/scripts/gpu.sh" lavapipe "$WORK/static" | grep -F "$([[ $has_core == no ]] || echo 'fully static')"

# A loader that cannot be loaded stands before the system's.
: >"$WORK/libvulkan.so.1"
said=$(LD_LIBRARY_PATH=$WORK:$PREFIX/lib MLX_CONVOLVE_GPU=software "$WORK/stream")
[[ -n $said ]] || { echo "no error was reported"; exit 1; }
