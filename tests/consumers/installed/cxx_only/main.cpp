// A C++ program that convolves, in a project without C, by the C header and by the C++ header.
#include <mlx_convolve.hpp>

int main() {
  const std::vector<double> x{1, 2, 3}, taps{1, 10}, expected{1, 12, 23, 30};
  std::vector<double> out(4);
  const mlx_status status = mlx_convolve_into(x.data(), x.size(), taps.data(), taps.size(), MLX_FLOAT64, MLX_MODE_FULL,
                                              out.data(), out.size());
  return status != MLX_STATUS_SUCCESS || out != expected || mlxconv::convolve(x, taps) != expected;
}
