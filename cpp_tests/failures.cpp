// Statuses and messages, thrown and returned.
#include "support.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mlxconv;

static_assert(std::is_base_of_v<std::runtime_error, error> && std::is_nothrow_copy_constructible_v<error>);
static_assert(noexcept(try_convolve(std::vector<float>(), std::vector<float>())));

static bool contains(const std::string& text, const char* words) { return text.find(words) != std::string::npos; }

TEST_CASE("an exception has the status and the message that a result has") {
    const std::vector<float> x = {1, 2}, none;
    const auto returned = try_convolve(x, none);
    CHECK(!returned);
    CHECK(returned.status() == StatusCode::invalid_argument);
    CHECK(contains(returned.message(), "2 and 0"));
    try {
        (void)convolve(x, none);
        FAIL("nothing was thrown");
    } catch (const error& thrown) {
        CHECK(thrown.status() == returned.status());
        CHECK(std::string(thrown.what()) == returned.message());
    }
    CHECK_THROWS_AS((void)returned.value(), error);
}

TEST_CASE("a message outlives the next failure") {
    const float x[] = {1}, two[] = {1, 2};
    float out[9];
    auto first = try_convolve_into(x, two, out);
    auto second = try_set_num_threads(-1);
    CHECK(contains(first.message(), "9"));
    CHECK(contains(second.message(), "-1"));
    const failure moved = std::move(first).why();
    CHECK(contains(moved.message(), "9"));
}

TEST_CASE("results are copied where their values are, and have another value instead of none") {
    const float x[] = {1, 2};
    const auto failed = try_convolve(x, view<const float>());
    const auto copy = failed; // NOLINT
    CHECK(std::string(copy.message()) == failed.message());
    CHECK(copy.message() != failed.message());
    const failure& why = copy.why();
    CHECK(contains(why.message(), "2 and 0"));
    failure other(StatusCode::internal, "a text");
    CHECK(contains(failure(other).status() == StatusCode::internal ? other.message() : "", "a text"));
    other = why;
    CHECK(contains(other.message(), "2 and 0"));
    CHECK(failed.value_or({7}) == std::vector<float>{7});
    CHECK(try_convolve(x, x).value_or({7}).size() == 3);
    static_assert(std::is_copy_constructible_v<result<std::vector<float>>>);
    static_assert(!std::is_copy_constructible_v<result<array>>);
}

TEST_CASE("success has no message") {
    const float x[] = {1, 2};
    auto done = try_convolve(x, x);
    CHECK(done.has_value());
    CHECK(done.status() == StatusCode::success);
    CHECK(std::string(done.message()).empty());
    CHECK(done->size() == 3);
    CHECK((*done)[0] == 1);
    const std::vector<float> moved = *std::move(done);
    CHECK(moved.size() == 3);
    const auto set = try_set_num_threads(0);
    CHECK(set.message() == std::string());
}

TEST_CASE("statuses of wrong calls") {
    const float x[] = {1, 2, 3};
    float out[5];
    CHECK(try_convolve_into(x, x, view<float>(out, 4)).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(x, x, view<float>()).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(view<const float>(), x, out).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(x, x, out, Mode(3)).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(x, x, options().range(4, 2)).status() == StatusCode::invalid_argument);
    CHECK(try_length(0, 1).status() == StatusCode::invalid_argument);
    CHECK(try_explain(1, 1, Dtype(14)).status() == StatusCode::invalid_argument);
    CHECK(try_explain(1, 1, Dtype::promoted).status() == StatusCode::invalid_argument);
    CHECK_THROWS_AS(convolve_into(x, x, view<float>(out, 4)), error);
    CHECK_THROWS_AS(length(0, 1), error);
    CHECK_THROWS_AS(explain(1, 0, Dtype::float32), error);
    CHECK_THROWS_AS(set_num_threads(-1), error);
    CHECK(contains(to_string(StatusCode::out_of_memory), "memory"));
}

TEST_CASE("texts, versions and counters") {
    CHECK(contains(explain(1000, 10, Dtype::float32), "1000 x 10"));
    CHECK(contains(explain(1000, 10, Dtype::float32, Mode::same), "1000"));
    CHECK(std::string(version()) == mlx_convolve_version());
    set_num_threads(1);
    set_num_threads(0);

    const auto limit = set_cache_limit(0);
    CHECK(cache_memory() == 0);
    CHECK(set_cache_limit(limit) == 0);
    clear_cache();
    reset_peak_memory();
    const auto held = active_memory();
    {
        const auto a = array::copy(std::vector<float>(1 << 16));
        CHECK(active_memory() >= held + (1 << 18));
    }
    CHECK(active_memory() == held);
    CHECK(peak_memory() >= held + (1 << 18));
}
