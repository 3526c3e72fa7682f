// The header in C++17, alone, as the first header, and included twice: every type. Complex numbers are a struct of two
// floats.
#include "mlx_convolve.h"
#include "mlx_convolve.h"

#include <complex>
#include <cstdio>
#include <type_traits>
#include <vector>

static_assert(std::is_standard_layout_v<mlx_complex64_t> && std::is_trivial_v<mlx_complex64_t>);
static_assert(sizeof(mlx_complex64_t) == 8 && alignof(mlx_complex64_t) == 4);
static_assert(sizeof(mlx_array) == sizeof(void *) && std::is_same_v<mlx_status, std::int32_t>);
static_assert(std::is_same_v<decltype(mlx_array_strides(mlx_array{})), const std::int64_t *>);
static_assert(std::is_same_v<decltype(mlx_array_data_float16(mlx_array{})), const std::uint16_t *>);
static_assert(MLX_MODE_FULL == 0 && MLX_MODE_VALID == 1 && MLX_MODE_SAME == 2 && MLX_COMPLEX64 == 13);

static_assert(std::is_standard_layout_v<mlx_convolve_options> && std::is_trivial_v<mlx_convolve_options>);
static_assert(sizeof(mlx_convolve_options) == 3 * sizeof(std::size_t) + 8 * sizeof(std::int32_t));
constexpr mlx_convolve_options defaults = MLX_CONVOLVE_OPTIONS_INIT;
static_assert(defaults.size == sizeof defaults && defaults.dtype == MLX_DTYPE_PROMOTED && defaults.count == SIZE_MAX);
static_assert(std::is_same_v<decltype(mlx_rows::stride), std::ptrdiff_t>);

namespace {

int failures = 0;
void handle(const char *, void *data) { ++*static_cast<int *>(data); }

} // namespace

int main() {
    const mlx_complex64_t a[] = {{1, 2}, {3, 0}};
    const std::complex<float> v[] = {{0, 1}}; // the same layout
    std::vector<std::complex<float>> out(2);
    const mlx_mode mode = MLX_MODE_FULL;
    const mlx_dtype dtype = MLX_COMPLEX64;
    mlx_status status = mlx_convolve_into(a, 2, v, 1, dtype, mode, out.data(), out.size());
    bool good = status == MLX_STATUS_SUCCESS && out[0] == std::complex<float>(-2, 1);

    const mlx_device_type type = MLX_CPU;
    mlx_device device = mlx_device_new_type(type, 0);
    mlx_stream stream = mlx_stream_new_device(device);
    mlx_array array = mlx_array_new_complex(5, 6), result = mlx_array_new();
    mlx_string text = mlx_string_new();
    mlx_complex64_t item{};
    good = good && mlx_array_item_complex64(&item, array) == MLX_STATUS_SUCCESS && item.re == 5 && item.im == 6;
    good = good && mlx_array_tostring(&text, array) == MLX_STATUS_SUCCESS;
    mlx_error_handler_func handler = handle;
    mlx_set_error_handler(handler, &failures, nullptr);
    good = good && mlx_convolve(&array, &array, mode, stream, &result) == MLX_STATUS_INVALID_ARGUMENT;
    good = good && failures == 1 && result.ctx == nullptr;
    mlx_set_error_handler(nullptr, nullptr, nullptr);

    if (!good) {
        std::printf("status %d: %s\n", static_cast<int>(status), mlx_last_error());
    }
    mlx_string_free(text);
    mlx_array_free(array);
    mlx_stream_free(stream);
    mlx_device_free(device);
    return good ? 0 : 1;
}
