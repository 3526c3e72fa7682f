// The macros of other headers: Xlib.h, and windows.h.
#define Status int
#define Bool int
#define None 0L
#define Success 0
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#include <mlx_convolve.hpp>

bool works_without_exceptions(mlx_array array) {
    auto borrowed = mlxconv::array::adopt(array);
    const auto values = borrowed.try_values<float>();
    const bool good = values && (*values)[2] == 6 && !mlxconv::try_convolve(borrowed, mlxconv::array());
    return borrowed.release().ctx == array.ctx && good;
}
