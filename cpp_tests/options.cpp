// Every option, against the sums of the C header.
#include "support.hpp"

#include <doctest/doctest.h>

using namespace mlxconv;

constexpr auto chained = options()
                             .mode(Mode::valid)
                             .dtype(Dtype::float64)
                             .accuracy(Accuracy::componentwise)
                             .boundary(Boundary::reflect)
                             .operation(Operation::correlate)
                             .subnormals(Subnormals::flush)
                             .axis(-2)
                             .range(3, 4);
static_assert(chained.get().mode == MLX_MODE_VALID && chained.get().dtype == MLX_FLOAT64);
static_assert(chained.get().accuracy == MLX_ACCURACY_COMPONENTWISE && chained.get().boundary == MLX_BOUNDARY_REFLECT);
static_assert(chained.get().operation == MLX_OPERATION_CORRELATE && chained.get().axis == -2);
static_assert(chained.get().subnormals == MLX_SUBNORMALS_FLUSH && chained.get().first == 3 && chained.get().count == 4);
static_assert(options(chained.get()).mode(Mode::full).get().boundary == MLX_BOUNDARY_REFLECT);

TEST_CASE("defaults are those of the C header") {
    const mlx_convolve_options c = MLX_CONVOLVE_OPTIONS_INIT;
    CHECK(std::memcmp(&c, &options().get(), sizeof c) == 0);
    CHECK(sizeof c == 3 * sizeof(std::size_t) + 8 * sizeof(std::int32_t)); // no padding: the header compares bytes
    CHECK(options().range(5).get().count == SIZE_MAX);
}

TEST_CASE_TEMPLATE("boundaries, operations, modes and ranges", T, float, double, std::complex<float>, std::int32_t) {
    for (const std::size_t a_len : {1u, 2u, 5u, 24u}) {
        for (const std::size_t v_len : {1u, 2u, 3u, 8u, 31u}) {
            const auto a = numbers<T>(a_len, 5), v = numbers<T>(v_len, 6);
            for (int boundary = 0; boundary < 5; ++boundary) {
                for (const auto operation : {Operation::convolve, Operation::correlate}) {
                    for (const auto mode : {Mode::full, Mode::valid, Mode::same}) {
                        if (mode == Mode::valid && boundary != 0 && v_len > a_len) continue;
                        CAPTURE(a_len);
                        CAPTURE(v_len);
                        CAPTURE(boundary);
                        CAPTURE(static_cast<int>(operation));
                        CAPTURE(static_cast<int>(mode));
                        const auto how = options(mode).boundary(Boundary(boundary)).operation(operation);
                        auto want = plain_loop(to_numbers(a), to_numbers(v), mode, Boundary(boundary), operation);
                        CHECK(is_near(convolve(a, v, how), want));
                        CHECK(is_near(convolve(array::copy(a), array::copy(v), how).template to_vector<T>(), want));
                        want.erase(want.begin(), want.begin() + static_cast<std::ptrdiff_t>(want.size() / 2));
                        const auto half = how.range(length(a_len, v_len, how) / 2);
                        CHECK(is_near(convolve(a, v, half), want));
                        CHECK(length(a_len, v_len, half) == want.size());
                        want.resize(1);
                        CHECK(is_near(convolve(a, v, half.range(half.get().first, 1)), want));
                    }
                }
            }
        }
    }
}

TEST_CASE("no outputs are a vector of none") {
    const float x[] = {1, 2};
    CHECK(convolve(x, x, options().range(1, 0)).empty());
}

TEST_CASE("dtype: of arrays") {
    const float x[] = {1, 2};
    const auto a = array::copy(x);
    CHECK(convolve(a, a, options().dtype(Dtype::float64)).to_vector<double>() == std::vector<double>{1, 4, 4});
    CHECK(try_convolve(a, a, options().dtype(Dtype::int8)).status() == StatusCode::invalid_argument);
    CHECK(convolve<double>(x, x, options().dtype(Dtype::float64)) == std::vector<double>{1, 4, 4});
    CHECK(try_convolve<double>(x, x, options().dtype(Dtype::complex64)).status() == StatusCode::invalid_argument);
}

TEST_CASE("dtype: another one than that of `out` fails, and writes nothing") {
    const float x[] = {1, 2, 3};
    std::vector<float> memory(16, -7.0f);
    const auto untouched = memory;
    const view<float> out(memory.data() + 3, 5);
    for (int dtype = 0; dtype < 14; ++dtype) {
        CAPTURE(dtype);
        if (Dtype(dtype) == Dtype::float32) continue;
        CHECK(try_convolve_into(x, x, out, options().dtype(Dtype(dtype))).status() == StatusCode::invalid_argument);
        CHECK(memory == untouched);
        CHECK(try_convolve(x, x, options().dtype(Dtype(dtype))).status() == StatusCode::invalid_argument);
    }
    convolve_into(x, x, out, options().dtype(Dtype::float32));
    CHECK(out[4] == 9);
    CHECK(memory[8] == -7);
}

TEST_CASE("axis: of arrays of several dimensions") {
    const int x[] = {1, 2, 3, 4, 5, 6}, taps[] = {1, 1};
    const auto a = array::copy(x, {2, 3}), v = array::copy(taps);
    const auto along_0 = convolve(a, v, options().axis(0)), along_1 = convolve(a, v, options().axis(1));
    CHECK(along_0.to_vector<int>() == std::vector<int>{1, 2, 3, 5, 7, 9, 4, 5, 6});
    CHECK(along_1.to_vector<int>() == std::vector<int>{1, 3, 5, 3, 4, 9, 11, 6});
    CHECK(along_0.shape()[0] == 3);
    CHECK(along_1.shape()[1] == 4);
}

TEST_CASE("subnormals count as zeros where asked") {
    const float x[] = {1e-39f}, one[] = {1.0f};
    CHECK(convolve(x, one)[0] == x[0]);
    CHECK(convolve(x, one, options().subnormals(Subnormals::flush))[0] == 0.0f);
}

TEST_CASE("componentwise accuracy keeps small outputs beside large ones") {
    std::vector<double> x(4096), taps(2048, 1.0);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = i < 100 ? 1e-20 : 1.0;
    const auto y = convolve(x, taps, options().accuracy(Accuracy::componentwise));
    CHECK(y[49] == doctest::Approx(50e-20).epsilon(1e-12));
    CHECK(explain(4096, 2048, Dtype::float64, options().accuracy(Accuracy::componentwise)).find("componentwise") !=
          std::string::npos);
}
