// A C++ program that convolves, and knows when it was built whether the GPU core is in the library.
#include <mlx_convolve.h>

#include <cstdio>
#include <cstring>
#include <vector>

int main() {
  const std::vector<double> x{1, 2, 3}, taps{1, 10}, expected{1, 12, 23, 30};
  std::vector<double> out(4);
  const mlx_status status = mlx_convolve_into(x.data(), x.size(), taps.data(), taps.size(), MLX_FLOAT64, MLX_MODE_FULL,
                                              out.data(), out.size());
  if (status != MLX_STATUS_SUCCESS || out != expected) return 1;
  const mlx_stream stream = mlx_default_gpu_stream_new();
  if (stream.ctx == nullptr) std::puts(mlx_last_error());
  mlx_stream_free(stream);
  return HAS_GPU;
}
