// What programs do by mistake: it fails, or works, and harms nothing.
#include "support.hpp"

#include <doctest/doctest.h>

using namespace mlxconv;

TEST_CASE("outputs that overlap an input") {
    std::vector<float> x = {1, 2, 3, 4};
    const auto before = x;
    CHECK(try_convolve_into(x, view<const float>(before.data(), 2), x, Mode::same).status() ==
          StatusCode::invalid_argument);
    CHECK(try_convolve_into(strided(x.data(), 2, 2), view<const float>(before.data(), 1), strided(x.data() + 1, 2, 2))
              .status() == StatusCode::invalid_argument);
    CHECK(x == before);
    CHECK(convolve(x, x)[0] == 1); // inputs may be the same
}

TEST_CASE("strides of 0, rows upon each other, pointers to nothing") {
    float x[4] = {1, 2, 3, 4}, out[4];
    CHECK(try_convolve_into(strided(x, 4, 0), view<const float>(x, 1), out).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(x, view<const float>(x, 1), strided(out, 4, 0)).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(consecutive(x, 2, 2), view<const float>(x, 1), rows<float>{out, 2, 2, 1, 1}).status() ==
          StatusCode::invalid_argument);
    const float* nothing = nullptr;
    CHECK(try_convolve(nothing, 4, x, 1).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(x, 1, nothing, 1).status() == StatusCode::invalid_argument);
    CHECK(try_convolve_into(x, 4, x, 1, static_cast<float*>(nullptr), 4).status() == StatusCode::invalid_argument);
}

TEST_CASE("temporaries live as long as the call, and as the loop over its result") {
    float sum = 0;
    for (const float y : convolve(std::vector<float>{1, 2}, std::vector<float>{1, 1})) sum += y;
    for (const float y : try_convolve(std::vector<float>{1, 2}, std::vector<float>{1, 1}).value()) sum += y;
    for (const float y : convolve(array::copy(std::vector<float>{3}), array::copy(std::vector<float>{1}))
                             .to_vector<float>()) {
        sum += y;
    }
    CHECK(sum == 15);
}

TEST_CASE("assigned to an input, and to itself") {
    std::vector<float> x = {1, 2, 3};
    x = convolve(x, x, Mode::same);
    CHECK(x == std::vector<float>{4, 10, 12});
    auto a = array::copy(x);
    a = convolve(a, a, Mode::same);
    CHECK(a.size() == 3);
    auto& itself = a;
    a = std::move(itself);
    CHECK(a.size() == 3);
    auto failed = try_convolve(a, array());
    failed = try_convolve(a, a);
    CHECK(failed.has_value());
    CHECK(failed.status() == StatusCode::success);
}

TEST_CASE("moved from") {
    auto a = array::copy(std::vector<float>{1});
    const auto b = std::move(a);
    CHECK(try_convolve(a, b).status() == StatusCode::invalid_argument);
    CHECK(a.size() == 0);
    a = b.share();
    CHECK(a.size() == 1);
    auto s = stream::on(device::cpu());
    const auto t = std::move(s);
    CHECK(s.try_synchronize().status() == StatusCode::invalid_argument);
}

TEST_CASE("numbers without names") {
    const float x[] = {1, 2};
    CHECK(try_convolve(x, x, Mode(-1)).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(x, x, options().boundary(Boundary(5))).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(x, x, options().operation(Operation(2))).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(x, x, options().accuracy(Accuracy(2))).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(x, x, options().subnormals(Subnormals(2))).status() == StatusCode::invalid_argument);
    const auto a = array::copy(x);
    CHECK(try_convolve(a, a, options().axis(1)).status() == StatusCode::invalid_argument);
    CHECK(device::count(DeviceType(7)) == 0);
    CHECK(size_of(Dtype(99)) == 0);
}
