// Which C++ type has which dtype, and which type results have.
#include "support.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace mlxconv;

// The dtype in which the library convolves two arrays.
static Dtype library_promotes(Dtype a, Dtype v) {
    const std::uint64_t zeros[2] = {};
    const int len = 1;
    const auto left = array::adopt(mlx_array_new_data(zeros, &len, 1, static_cast<mlx_dtype>(a)));
    const auto right = array::adopt(mlx_array_new_data(zeros, &len, 1, static_cast<mlx_dtype>(v)));
    return convolve(left, right).dtype();
}

TEST_CASE("promotion is the library's, for each pair") {
    for (int a = 0; a < 14; ++a) {
        for (int v = 0; v < 14; ++v) {
            CAPTURE(a);
            CAPTURE(v);
            CHECK(promoted(Dtype(a), Dtype(v)) == library_promotes(Dtype(a), Dtype(v)));
        }
    }
}

TEST_CASE("an operand promotes to a dtype where the library says so") {
    const std::uint64_t zeros[2] = {};
    for (int from = 0; from < 14; ++from) {
        for (int to = 0; to < 14; ++to) {
            CAPTURE(from);
            CAPTURE(to);
            std::uint64_t out[1];
            const auto how = options().dtype(Dtype(to));
            const auto status = mlx_convolve_into_with(zeros, 1, zeros + 1, 1, from, &how.get(), out, 1);
            CHECK((promoted(Dtype(from), Dtype(to)) == Dtype(to)) == (status == MLX_STATUS_SUCCESS));
        }
    }
}

TEST_CASE("sizes of C++ types are those of their dtypes") {
    const auto agree = [](auto... values) { return ((size_of(dtype_of<decltype(values)>) == sizeof values) && ...); };
    CHECK(agree(true, bool8(), char(), 1, 1u, 1L, 1UL, 1LL, 1ULL, short(), std::size_t(), std::ptrdiff_t(), 1.0f, 1.0,
          float16(), bfloat16(), std::complex<float>(), mlx_complex64_t()));
    for (int dtype = 0; dtype < 14; ++dtype) CHECK(size_of(Dtype(dtype)) == mlx_dtype_size(dtype));
    CHECK(size_of(Dtype::promoted) == 0);
}

static_assert(dtype_of<char> == (std::is_signed_v<char> ? Dtype::int8 : Dtype::uint8));
static_assert(dtype_of<signed char> == Dtype::int8 && dtype_of<unsigned char> == Dtype::uint8);
static_assert(dtype_of<long> == (sizeof(long) == 8 ? Dtype::int64 : Dtype::int32));
static_assert(dtype_of<long long> == Dtype::int64 && dtype_of<const std::uint64_t> == Dtype::uint64);

static_assert(std::is_same_v<result_element<long long, long long>, long long>);
static_assert(std::is_same_v<result_element<bool, bool>, bool8>);
static_assert(std::is_same_v<result_element<bool, short>, short>);
static_assert(std::is_same_v<result_element<const std::int16_t, const float>, float>);
static_assert(std::is_same_v<result_element<float, std::complex<float>>, std::complex<float>>);
static_assert(std::is_same_v<result_element<float16, bfloat16>, float>);
static_assert(std::is_same_v<result_element<std::uint64_t, std::int8_t>, float>);
static_assert(std::is_same_v<result_element<std::uint8_t, std::int8_t>, std::int16_t>);
static_assert(std::is_same_v<result_element<std::uint16_t, std::int8_t>, std::int32_t>);
static_assert(std::is_same_v<result_element<std::uint32_t, std::int32_t>, std::int64_t>);

// A type of the program with the bits of a float16.
namespace {
struct my_half {
    std::uint16_t bits;
};
} // namespace
template <>
struct mlxconv::element<my_half> {
    static constexpr auto dtype = Dtype::float16;
};

TEST_CASE("mixed types, and a type that the call names") {
    const auto samples = numbers<std::int16_t>(50, 1);
    const auto taps = numbers<float>(9, 2);
    const auto want = plain_loop(to_numbers(samples), to_numbers(taps), Mode::same);
    const auto got = convolve(samples, taps, Mode::same);
    static_assert(std::is_same_v<decltype(got), const std::vector<float>>);
    CHECK(is_near(got, want));
    const auto wide = convolve<double>(samples, taps, Mode::same);
    static_assert(std::is_same_v<decltype(wide), const std::vector<double>>);
    CHECK(is_near(wide, want));
    std::vector<std::complex<float>> out(50);
    convolve_into(samples, taps, out, Mode::same);
    CHECK(is_near(out, want));
    CHECK(is_near(convolve<double>(samples.data(), 50, taps.data(), 9, Mode::same), want));
}

TEST_CASE("sums of narrow integers wrap, and of a wider type do not") {
    const std::uint8_t a[] = {200}, v[] = {2};
    CHECK(convolve(a, v)[0] == 144);
    CHECK(convolve<std::uint16_t>(a, v)[0] == 400);
}

TEST_CASE("bools: arrays, pointers and vectors of bytes") {
    const bool a[] = {true, false, false, true};
    const std::array<bool, 2> v = {true, true};
    const std::vector<bool8> want = {true, true, false, true, true};
    const auto got = convolve(a, v);
    CHECK(got == want);
    CHECK(convolve(std::vector<bool8>{true, false, false, true}, v) == want);
    bool out[5];
    convolve_into(a, 4, v.data(), 2, out, 5);
    CHECK(std::vector<bool8>(out, out + 5) == want);
}

static_assert(std::is_convertible_v<bool, bool8> && std::is_convertible_v<std::vector<bool>::reference, bool8>);
static_assert(!std::is_constructible_v<bool8, int> && !std::is_constructible_v<bool8, float>);
static_assert(!std::is_constructible_v<bool8, const float*>);

TEST_CASE("bits become bytes") {
    std::vector<bool> bits = {true, false};
    CHECK(std::vector<bool8>(bits.begin(), bits.end()) == std::vector<bool8>{true, false});
    CHECK(std::vector<bool8>(bits.cbegin(), bits.cend()) == std::vector<bool8>{true, false});
}

// Functions of the program with the names of the header's.
namespace program {
struct half {
    std::uint16_t bits;
};
template <class... T>
int strided(T&&...) {
    return 0;
}
template <class... T>
int consecutive(T&&...) {
    return 0;
}
template <class... T>
int try_convolve(T&&...) {
    return 0;
}
template <class... T>
int try_convolve_into(T&&...) {
    return 0;
}
} // namespace program
template <>
struct mlxconv::element<program::half> {
    static constexpr auto dtype = Dtype::float16;
};

TEST_CASE("functions of the program with the same names are not called") {
    const std::vector<program::half> x = {{0x4000}};
    CHECK(mlxconv::convolve(x, x)[0].bits == 0x4400);
    CHECK(mlxconv::convolve(x.data(), 1, x.data(), 1)[0].bits == 0x4400);
    program::half out[1];
    mlxconv::convolve_into(x, x, out);
    mlxconv::convolve_into(x.data(), 1, x.data(), 1, out, 1);
    CHECK(out[0].bits == 0x4400);
}

TEST_CASE("a type of the program") {
    const std::vector<my_half> a = {{0x4000}, {0x3c00}}, v = {{0x4000}}; // 2, 1; 2
    const auto got = convolve(a, v);
    static_assert(std::is_same_v<decltype(got), const std::vector<my_half>>);
    CHECK(got[0].bits == 0x4400);
    CHECK(convolve<float>(a, v)[1] == 2.0f);
}

#ifdef __STDCPP_FLOAT16_T__
TEST_CASE("std::float16_t") {
    const std::vector<std::float16_t> a = {2, 1}, v = {2};
    CHECK(convolve(a, v) == std::vector<std::float16_t>{4, 2});
}
#endif
