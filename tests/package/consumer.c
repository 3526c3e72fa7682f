/* A user's first, small program: exits with 0 if the linked library convolves. */
#include <mlx_convolve.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  const float x[] = {1, 2, 3}, taps[] = {1, 10}, expected[] = {1, 12, 23, 30};
  const int three = 3, two = 2;
  mlx_stream stream = mlx_default_stream_new();
  mlx_array a = mlx_array_new_data(x, &three, 1, MLX_FLOAT32);
  mlx_array v = mlx_array_new_data(taps, &two, 1, MLX_FLOAT32);
  mlx_array out = mlx_array_new();
  int wrong = 1;
  if (mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &out) != MLX_STATUS_SUCCESS ||
      mlx_array_eval(out) != MLX_STATUS_SUCCESS) {
    fprintf(stderr, "%s\n", mlx_last_error());
  } else if (mlx_array_size(out) != 4 ||
             memcmp(mlx_array_data_float32(out), expected, sizeof expected) != 0) {
    fprintf(stderr, "wrong values\n");
  } else {
    wrong = 0;
  }
  mlx_array_free(out);
  mlx_array_free(v);
  mlx_array_free(a);
  mlx_stream_free(stream);
  return wrong;
}
