// The header in C++98: no more of it than a struct of options, and a call.
#include "mlx_convolve.h"

#include <cstdio>

int main() {
    mlx_convolve_options options = MLX_CONVOLVE_OPTIONS_INIT;
    options.boundary = MLX_BOUNDARY_EDGE;
    options.mode = MLX_MODE_SAME;
    const int a[] = {1, 2, 3}, v[] = {1, 1, 1}, want[] = {4, 6, 8};
    int out[3];
    mlx_status status = mlx_convolve_into_with(a, 3, v, 3, MLX_INT32, &options, out, 3);
    bool good = status == MLX_STATUS_SUCCESS && options.size == sizeof options && options.axis == -1;
    for (int i = 0; i < 3; i++) {
        good = good && out[i] == want[i];
    }
    if (!good) {
        std::printf("status %d: %s\n", static_cast<int>(status), mlx_last_error());
    }
    return good ? 0 : 1;
}
