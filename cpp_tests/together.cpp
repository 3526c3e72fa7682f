// Both headers, in several files of one program, of which one is C and one is compiled without exceptions.
#include <mlx_convolve.hpp>
#include <mlx_convolve.h>
#include <mlx_convolve.hpp>

#include <vector>

extern "C" mlx_array made_in_c(void);
extern "C" float sum_in_c(mlx_array array);
bool works_without_exceptions(mlx_array array);

int main() {
    const auto a = mlxconv::array::adopt(made_in_c());
    const auto y = mlxconv::convolve(a, mlxconv::array::copy(std::vector<float>{2}));
    return sum_in_c(y.get()) == 12 && works_without_exceptions(y.get()) ? 0 : 1;
}
