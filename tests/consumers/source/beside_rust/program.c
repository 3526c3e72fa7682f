/* A program of two Rust libraries, each of which panics and survives. */
#include <mlx_convolve.h>
#include <stdio.h>
#include <string.h>

bool other_survives(void);

static bool convolves(void) {
  const float x[] = {1, 2, 3}, taps[] = {1, 10}, expected[] = {1, 12, 23, 30};
  float out[4];
  return mlx_convolve_into(x, 3, taps, 2, MLX_FLOAT32, MLX_MODE_FULL, out, 4) == MLX_STATUS_SUCCESS &&
         memcmp(out, expected, sizeof expected) == 0;
}

/* In the library that this is linked to, the function panics. */
static bool survives(void) {
  bool metal;
  return mlx_metal_is_available(&metal) == MLX_STATUS_INTERNAL && strstr(mlx_last_error(), "planted") != NULL;
}

int main(void) {
  for (int i = 0; i < 3; i++) {
    if (!convolves() || !survives() || !other_survives()) {
      fprintf(stderr, "%d %d %d\n", convolves(), survives(), other_survives());
      return 1;
    }
  }
  return 0;
}
