/* The part in C makes an array, which the part in C++ smooths. */
#include <mlx_convolve.h>

mlx_array smooth(mlx_array x);

int main(void) {
  const float x[] = {2, 4, 6, 8};
  const int length = 4;
  mlx_array a = mlx_array_new_data(x, &length, 1, MLX_FLOAT32);
  mlx_array smoothed = smooth(a);
  const float *y = mlx_array_data_float32(smoothed);
  const int is_right = y != NULL && mlx_array_size(smoothed) == 4 && y[0] == 2 && y[1] == 4 && y[3] == 5.5f;
  mlx_array_free(smoothed);
  mlx_array_free(a);
  return !is_right;
}
