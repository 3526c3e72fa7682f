#!/usr/bin/env bash
# In secure execution - here a program that belongs to another user and runs with that user's rights - the caller's
# environment does not choose how the library computes.
set -euo pipefail
cat >"$WORK/method.c" <<'END'
#include <mlx_convolve.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
int main(int count, char **arguments) {
  (void)arguments;
  if (count > 1) return getauxval(AT_SECURE) == 0;
  mlx_string text = mlx_string_new();
  if (mlx_convolve_explain(1000, 4, MLX_FLOAT32, MLX_MODE_FULL, &text) != MLX_STATUS_SUCCESS) return 1;
  puts(strstr(mlx_string_data(text), "direct") != NULL ? "direct" : "fft");
  return mlx_string_free(text);
}
END
cc "$WORK/method.c" -I"$PREFIX/include" "$PREFIX/lib/libmlx_convolve.a" -lpthread -lm -ldl -o "$WORK/method"
export MLX_CONVOLVE_METHOD=fft
[[ $("$WORK/method") == fft ]] || { echo "the environment is not read"; exit 1; }
as_root=()
((EUID == 0)) || as_root=(sudo -n) # a program of another user's needs root
"${as_root[@]}" chown nobody "$WORK/method"
"${as_root[@]}" chmod u+s,a+rx "$WORK/method"
"$WORK/method" is-secure || { echo "no secure execution here: setuid has no effect in $WORK"; exit 1; }
[[ $("$WORK/method") == direct ]] || { echo "the environment is read in secure execution"; exit 1; }
