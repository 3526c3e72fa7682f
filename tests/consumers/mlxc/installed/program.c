/* Convolves arrays of mlx-c. */
#include <mlx/c/mlx.h>

#include <mlx_convolve_mlxc.h>

#include <stdio.h>

int main(void) {
  const float x[] = {1, 2, 3, 4}, taps[] = {0.5f, 0.25f}, expected[] = {0.5f, 1.25f, 2, 2.75f, 1};
  const int x_len = 4, taps_len = 2;
  mlx_stream stream = mlx_default_cpu_stream_new();
  mlx_array a = mlx_array_new_data(x, &x_len, 1, MLX_FLOAT32);
  mlx_array v = mlx_array_new_data(taps, &taps_len, 1, MLX_FLOAT32);
  mlx_array out = mlx_array_new();
  int good = mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out) == 0 && mlx_array_eval(out) == 0 && mlx_array_size(out) == 5;
  for (int i = 0; good && i < 5; i++) {
    good = mlx_array_data_float32(out)[i] == expected[i];
  }
  mlx_array_free(out);
  mlx_array_free(v);
  mlx_array_free(a);
  mlx_stream_free(stream);
  puts(good ? "good" : "wrong");
  return !good;
}
