// The part in C++: exceptions of its own pass through while the library is in the program.
#include <mlx_convolve.h>

#include <stdexcept>

extern "C" mlx_array smooth(mlx_array x) {
  const float taps[] = {0.25f, 0.5f, 0.25f};
  const int width = 3;
  mlx_array v = mlx_array_new_data(taps, &width, 1, MLX_FLOAT32), out = mlx_array_new();
  mlx_stream stream = mlx_default_stream_new();
  try {
    if (mlx_convolve(&x, &v, 99, stream, &out) != MLX_STATUS_SUCCESS) throw std::invalid_argument(mlx_last_error());
  } catch (const std::invalid_argument &) {
    mlx_convolve(&x, &v, MLX_MODE_SAME, stream, &out);
  }
  mlx_stream_free(stream);
  mlx_array_free(v);
  return out;
}
