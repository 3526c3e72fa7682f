// Everything that holds elements side by side: inputs and outputs.
#include "support.hpp"

#include <doctest/doctest.h>

#include <array>
#if __cplusplus >= 202002L
#include <ranges>
#include <span>
#endif

using namespace mlxconv;

TEST_CASE("vectors, arrays, C arrays, views and pointers mix") {
    const std::vector<float> vector = {1, 2, 3};
    const std::array<float, 2> taps = {1, 1};
    const float c_array[] = {1, 2, 3};
    const std::vector<float> want = {1, 3, 5, 3};
    CHECK(convolve(vector, taps) == want);
    CHECK(convolve(c_array, taps) == want);
    CHECK(convolve(taps, view<const float>(c_array, 3)) == want);
    CHECK(convolve(vector.data(), 3, taps.data(), 2) == want);

    std::array<float, 4> out_array{};
    convolve_into(vector, taps, out_array);
    CHECK(std::vector<float>(out_array.begin(), out_array.end()) == want);
    float out_c_array[4] = {};
    convolve_into(vector, taps, out_c_array);
    CHECK(std::vector<float>(out_c_array, out_c_array + 4) == want);
    std::vector<float> out(6, 7.0f);
    convolve_into(vector, taps, view<float>(out.data() + 1, 4));
    CHECK(out == std::vector<float>{7, 1, 3, 5, 3, 7});
}

TEST_CASE("filters in braces") {
    const std::vector<float> x = {1, 2, 3};
    CHECK(convolve(x, {1, 1}) == std::vector<float>{1, 3, 5, 3});
    CHECK(convolve(x, {1, 0.5}) == std::vector<float>{1, 2.5, 4, 1.5});
    CHECK(convolve(x, {0.5, 0.5}, Mode::valid) == std::vector<float>{1.5, 2.5});
    CHECK(convolve<double>(x, {2}) == std::vector<double>{2, 4, 6});
    CHECK(convolve(std::vector<int>{1, 2}, {4, 5}) == std::vector<int>{4, 13, 10});
    const bool bits[] = {true, false};
    CHECK(convolve(bits, {true, true}) == std::vector<bool8>{true, true, false});
    CHECK(convolve(bits, {1, 2}) == std::vector<int>{1, 2, 0});
    float out[3];
    convolve_into(x, {2}, out);
    CHECK(out[2] == 6);
    CHECK(try_convolve(x, {}).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(x, {1}, out).has_value());
}

TEST_CASE("filters in braces have the type of the results") {
    const std::vector<float> x = {1};
    const std::vector<std::uint8_t> bytes = {200, 100};
    const std::vector<std::int16_t> samples = {2, 4};
    CHECK(convolve<double>(x, {0.1})[0] == 0.1);
    double out[1];
    convolve_into(x, {0.1}, out);
    CHECK(out[0] == 0.1);
    static_assert(std::is_same_v<decltype(convolve(x, {0.25, 0.5, 0.25})), std::vector<float>>);
    CHECK(convolve<int>(bytes, {-1, 0, 1}) == std::vector<int>{-200, -100, 200, 100});
    // A signal of integers leaves the type to the braces.
    CHECK(convolve(bytes, {-1, 2}) == std::vector<int>{-200, 300, 200});
    CHECK(convolve(samples, {0.5f, 0.25f}) == std::vector<float>{1, 2.5, 1});
    CHECK(convolve(samples, {0.1})[0] == 0.2);
    CHECK(convolve<std::uint64_t>(std::vector<std::uint64_t>{(1ULL << 53) + 1}, {1, 0})[0] == (1ULL << 53) + 1);
    const std::vector<std::complex<float>> z = {{0, 1}};
    CHECK(convolve(z, {{0, 1}, {2, 0}}) == std::vector<std::complex<float>>{-1, {0, 2}});
    CHECK(convolve(z, {0.5f})[0] == std::complex<float>(0, 0.5f));
}

TEST_CASE("a view is read only where that is asked for") {
    float x[] = {1, 2};
    const view<const float> read = view<float>(x, 2);
    CHECK(read.data() == x);
    static_assert(std::is_same_v<decltype(read)::value_type, float>);
    static_assert(!std::is_convertible_v<view<const float>, view<float>>);
}

TEST_CASE("no rows have no results") {
    const float x[] = {1, 2};
    CHECK(convolve(consecutive(x, 0, 2), x).empty());
    CHECK(convolve(x, consecutive(x, 0, 2)).empty());
}

#if __cplusplus >= 202002L
TEST_CASE("spans") {
    const std::vector<float> x = {1, 2, 3}, want = {1, 3, 5, 3};
    std::array<float, 2> taps = {1, 1};
    std::vector<float> out(4);
    convolve_into(std::span(x), std::span(taps), std::span(out));
    CHECK(out == want);
    CHECK(convolve(std::span<const float, 3>(x), taps) == want);
    const auto a = array::copy(std::span(x));
    const std::span<const float> values = a.values<float>(); // a view is a range
    CHECK(std::vector<float>(values.begin(), values.end()) == x);
    static_assert(std::ranges::borrowed_range<view<const float>>);
}
#endif

TEST_CASE("a call allocates nothing when it writes into memory of the program") {
    const auto x = numbers<float>(1 << 12, 1), taps = numbers<float>(9, 2);
    std::vector<float> out(x.size());
    convolve_into(x, taps, out, Mode::same);
    const auto before = active_memory();
    convolve_into(x, taps, out, Mode::same);
    CHECK(active_memory() == before);
}
