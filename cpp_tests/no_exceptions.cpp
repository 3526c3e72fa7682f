// The header without exceptions and without RTTI, and the whole program with it. Its tests are plain: doctest throws.
#include <mlx_convolve.hpp>

#include <cstdio>

using namespace mlxconv;

static int failures = 0;
#define CHECK(condition) check((condition), __LINE__, #condition)
static void check(bool holds, int line, const char* condition) {
    if (holds) return;
    ++failures;
    std::printf("line %d: %s\n", line, condition);
}

int main() {
    const std::vector<float> x = {1, 2, 3}, taps = {1, 1}, none;
    const auto y = try_convolve(x, taps, Mode::same);
    CHECK(y && *y == (std::vector<float>{1, 3, 5}));
    const auto failed = try_convolve(x, none);
    CHECK(!failed && failed.status() == StatusCode::invalid_argument && failed.message()[0] != '\0');
    float out[3];
    CHECK(try_convolve_into(x, taps, out, options(Mode::same).boundary(Boundary::edge)).has_value());
    CHECK(out[0] == 2 && out[2] == 5);
    const auto wide = try_convolve<double>(x.data(), 3, taps.data(), 2);
    CHECK(wide && wide->size() == 4 && *try_length(3, 2) == 4);

    const auto a = array::try_copy(x), v = array::try_copy(taps);
    const auto cpu = device::try_cpu();
    const auto where = stream::try_on(*cpu);
    CHECK(a && v && where);
    const auto result = try_convolve(*a, *v, Mode::same, *where);
    CHECK(result && result->try_eval() && where->try_synchronize());
    const auto values = result->try_values<float>();
    CHECK(values && values->size() == 3 && (*values)[2] == 5);
    CHECK(try_convolve(*a, array()).status() == StatusCode::invalid_argument);
    CHECK(*result->try_to_vector<float>() == *y);
    const auto text = try_explain(3, 2, Dtype::float32);
    CHECK(text && text->find("3 x 2") != std::string::npos);
    auto owner = std::make_shared<std::vector<float>>(x);
    const std::weak_ptr<std::vector<float>> watched = owner;
    {
        const auto borrowed = array::try_borrow(owner->data(), owner->size(), owner);
        owner.reset();
        CHECK(borrowed && !watched.expired());
    }
    CHECK(watched.expired());
    return failures != 0;
}
