// Rows where they lie: interleaved, strided, consecutive.
#include "support.hpp"

#include <doctest/doctest.h>

using namespace mlxconv;

TEST_CASE("interleaved samples of 16 bits with float taps, into interleaved floats") {
    const auto samples = numbers<std::int16_t>(3 * 40, 1);
    const auto taps = numbers<float>(7, 2);
    std::vector<float> out(3 * 40, -1.0f);
    convolve_into(interleaved(samples.data(), 40, 3), taps, interleaved(out.data(), 40, 3), Mode::same);
    for (std::size_t c = 0; c < 3; ++c) {
        std::vector<number> channel;
        std::vector<float> got;
        for (std::size_t i = c; i < samples.size(); i += 3) {
            channel.push_back(samples[i]);
            got.push_back(out[i]);
        }
        CHECK(is_near(got, plain_loop(channel, to_numbers(taps), Mode::same)));
        // A channel alone, as a vector.
        CHECK(convolve(strided(samples.data() + c, 40, 3), taps, Mode::same) == got);
    }
}

TEST_CASE("rows give a vector of rows, one after another") {
    const float samples[] = {1, 10, 2, 20, 3, 30}, taps[] = {1, 1};
    const auto got = convolve(interleaved(samples, 3, 2), taps);
    CHECK(got == std::vector<float>{1, 3, 5, 3, 10, 30, 50, 30});
    const auto back = convolve(consecutive(got.data(), 2, 4), consecutive(taps, 2, 1));
    CHECK(back == got);
}

TEST_CASE("one row of the signal serves several filters") {
    const int x[] = {1, 2, 3}, filters[] = {1, 0, 0, 1};
    CHECK(convolve(x, consecutive(filters, 2, 2)) == std::vector<int>{1, 2, 3, 0, 0, 1, 2, 3});
}

TEST_CASE("reversed rows") {
    const int x[] = {1, 2, 3}, one[] = {1};
    int out[3];
    convolve_into(strided(x + 2, 3, -1), one, out);
    CHECK(out[0] == 3);
    CHECK(out[2] == 1);
    convolve_into(x, one, strided(out + 2, 3, -1));
    CHECK(out[0] == 3);
    CHECK(out[2] == 1);
}

TEST_CASE("numbers of rows that do not fit") {
    const float x[] = {1, 2, 3, 4, 5, 6}, one[] = {1};
    float out[6];
    const auto two = interleaved(x, 3, 2);
    CHECK(try_convolve_into(two, one, interleaved(out, 2, 3)).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(two, one, out).status() == StatusCode::invalid_argument);
    const auto wrong = try_convolve(two, interleaved(x, 2, 3));
    CHECK(wrong.status() == StatusCode::invalid_argument);
    CHECK(std::string(wrong.message()).find("rows") != std::string::npos);
    CHECK(try_convolve(interleaved(x, 3, 0), one).status() == StatusCode::invalid_argument);
}
