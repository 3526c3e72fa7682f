// Every element type, and every filter length from 1 to 64, in every mode, against a plain loop.
#include "support.hpp"

#include <doctest/doctest.h>

using namespace mlxconv;

TYPE_TO_STRING(bool8);

TEST_CASE_TEMPLATE("filters of every length in every mode", T, bool8, std::uint8_t, std::uint16_t, std::uint32_t,
                   std::uint64_t, std::int8_t, std::int16_t, std::int32_t, std::int64_t, float16, float, double,
                   bfloat16, std::complex<float>, char, long, unsigned long, long long, unsigned long long,
                   std::size_t) {
    for (const std::size_t a_len : {1u, 7u, 64u, 65u, 100u}) {
        const auto a = numbers<T>(a_len, 1);
        for (std::size_t v_len = 1; v_len <= 64; ++v_len) {
            const auto v = numbers<T>(v_len, 2);
            for (const Mode mode : {Mode::full, Mode::valid, Mode::same}) {
                CAPTURE(a_len);
                CAPTURE(v_len);
                CAPTURE(static_cast<int>(mode));
                const auto want = plain_loop(to_numbers(a), to_numbers(v), mode);
                const auto got = convolve(a, v, mode);
                static_assert(std::is_same_v<decltype(got), const std::vector<T>>);
                CHECK(is_near(got, want));
                CHECK(length(a_len, v_len, mode) == want.size());

                std::vector<T> out(want.size(), from_number<T>(1));
                convolve_into(a.data(), a.size(), v.data(), v.size(), out.data(), out.size(), mode);
                CHECK(std::memcmp(out.data(), got.data(), got.size() * sizeof(T)) == 0);
            }
        }
    }
}

TEST_CASE("convolve and convolve_into give the bits of the C functions, short and long") {
    for (const std::size_t len : {20u, 3000u, 100000u}) {
        const auto a = numbers<float>(len, 3), v = numbers<float>(len / 2, 4);
        std::vector<float> c(len);
        REQUIRE(mlx_convolve_into(a.data(), len, v.data(), len / 2, MLX_FLOAT32, MLX_MODE_SAME, c.data(), len) == 0);
        const auto vector = convolve(a, v, Mode::same);
        const auto handles = convolve(array::copy(a), array::copy(v), Mode::same);
        CHECK(vector == c);
        CHECK(handles.to_vector<float>() == c);
    }
}
