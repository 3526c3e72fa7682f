#!/usr/bin/env bash
# gpu.sh DRIVER COMMAND...: runs a command with one Vulkan driver, which computes on the processor.
#
#   scripts/gpu.sh lavapipe COMMAND...      Mesa's
#   scripts/gpu.sh swiftshader COMMAND...   Google's, which gpu_setup.sh unpacks
#   scripts/gpu.sh validated COMMAND...     lavapipe under Khronos' validation layer, which prints each
#                                           error on the command's standard output
#
# Mesa keeps compiled shaders for later runs. Here it does not, so that all runs are alike;
# GPU_SHADER_CACHE=keep lets it.
set -euo pipefail
source "$(dirname "$0")/common.sh"

usage="usage: scripts/gpu.sh lavapipe|swiftshader|validated COMMAND..."
(($# >= 2)) || fail "$usage"
driver=$1
shift

# write FILE: puts standard input into the file, all at once, as others may be reading it.
write() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.$$"
  mv "$1.$$" "$1"
}

# Mesa's own manifest; newer versions do not name it after the processor.
use_lavapipe() {
  local manifests=/usr/share/vulkan/icd.d
  manifest=$manifests/lvp_icd.$(uname -m).json
  [[ -f $manifest ]] || manifest=$manifests/lvp_icd.json
  [[ -f $manifest ]] || fail "no lavapipe in $manifests: run scripts/setup.sh --test"
}

# The manifest names a place, so it is written each time: the project may have moved.
use_swiftshader() {
  local library=$build/gpu/swiftshader/libvk_swiftshader.so
  [[ -f $library ]] || fail "no $library: run scripts/setup.sh --test"
  manifest=$build/gpu/swiftshader.json
  write "$manifest" <<END
{
  "file_format_version": "1.0.0",
  "ICD": { "library_path": "$library", "api_version": "1.3.0" }
}
END
}

use_validation() {
  local layer=VK_LAYER_KHRONOS_validation settings=$build/gpu/vk_layer_settings.txt
  # A layer that is not there would be left out without an error.
  grep -qs "\"$layer\"" /usr/share/vulkan/explicit_layer.d/*.json ||
    fail "no $layer in /usr/share/vulkan/explicit_layer.d: run scripts/setup.sh --check"
  # By default the layer prints nothing if the program asks for its messages, as wgpu does.
  write "$settings" <<END
khronos_validation.report_flags = error
khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.log_filename = stdout
END
  export VK_INSTANCE_LAYERS=$layer VK_LAYER_SETTINGS_PATH=$settings
}

case $driver in
  lavapipe) use_lavapipe ;;
  swiftshader) use_swiftshader ;;
  validated)
    use_lavapipe
    use_validation
    ;;
  *) fail "$usage" ;;
esac

# Mesa's layer that chooses a device looks for a display, and says that there is none.
export NODEVICE_SELECT=1

# Older loaders know the second name only.
export VK_DRIVER_FILES=$manifest VK_ICD_FILENAMES=$manifest MLX_CONVOLVE_GPU=software
[[ ${GPU_SHADER_CACHE:-} == keep ]] || export MESA_SHADER_CACHE_DISABLE=true
exec "$@"
