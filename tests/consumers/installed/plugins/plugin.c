/* A plug-in, of which CMake makes two. Each links the archive, and so has a copy of the library for itself. */
#include "plugin.h"

#include <string.h>

static mlx_array kept;

int convolves(void) {
  const float x[] = {1, 2, 3}, taps[] = {1, 10}, expected[] = {1, 12, 23, 30};
  const int three = 3, two = 2;
  mlx_stream stream = mlx_default_stream_new();
  mlx_array a = mlx_array_new_data(x, &three, 1, MLX_FLOAT32);
  mlx_array v = mlx_array_new_data(taps, &two, 1, MLX_FLOAT32);
  mlx_array out = mlx_array_new();
  mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out);
  const float *y = mlx_array_data_float32(out);
  const int is_right = y != NULL && memcmp(y, expected, sizeof expected) == 0;
  mlx_array_free(out);
  mlx_array_free(v);
  mlx_array_free(a);
  mlx_stream_free(stream);
  return is_right;
}

size_t held(void) {
  size_t bytes = 0;
  mlx_get_active_memory(&bytes);
  return bytes;
}

void keep(void) {
  const double one = 1;
  const int length = 1;
  kept = mlx_array_new_data(&one, &length, 1, MLX_FLOAT64);
}
