// array: ownership, borrowed data, values.
#include "support.hpp"

#include <doctest/doctest.h>

#include <array>
#include <climits>
#include <memory>
#include <string>
#include <thread>

using namespace mlxconv;

static_assert(!std::is_copy_constructible_v<array> && !std::is_copy_assignable_v<array>);
static_assert(std::is_nothrow_move_constructible_v<array> && std::is_nothrow_move_assignable_v<array>);
static_assert(sizeof(array) == sizeof(mlx_array));

TEST_CASE("moves leave nothing behind") {
    const auto held = active_memory();
    {
        auto a = array::copy(std::vector<int>{1, 2, 3});
        array b = std::move(a);
        CHECK(!a);
        CHECK(b.size() == 3);
        array& same = b;
        b = std::move(same);
        CHECK(b.size() == 3);
        auto c = array::copy(std::vector<int>{4});
        c = std::move(b);
        CHECK(!b);
        CHECK(c.size() == 3);
        std::swap(a, c);
        CHECK(a.size() == 3);
        std::vector<array> many;
        for (int i = 0; i < 100; ++i) many.push_back(array::copy(std::vector<int>{i}));
        CHECK(many[57].item<int>() == 57);
    }
    CHECK(active_memory() == held);
}

TEST_CASE("handles of C come and go") {
    auto a = array::adopt(mlx_array_new_int(7));
    CHECK(a.item<int>() == 7);
    CHECK(mlx_array_ndim(a.get()) == 0);
    const mlx_array c = a.release();
    CHECK(!a);
    CHECK(mlx_array_free(c) == MLX_STATUS_SUCCESS);
    CHECK(!array::adopt(mlx_array_new()));
}

TEST_CASE("empty arrays fail, and have nothing") {
    const array empty;
    const auto one = array::copy(std::vector<float>{1});
    CHECK(!empty);
    CHECK(empty.size() == 0);
    CHECK(empty.ndim() == 0);
    CHECK(empty.nbytes() == 0);
    CHECK(empty.itemsize() == 0);
    CHECK(empty.dtype() == Dtype::promoted);
    CHECK(empty.shape().empty());
    CHECK(empty.strides().empty());
    CHECK(empty.try_eval().status() == StatusCode::invalid_argument);
    CHECK(empty.try_share().status() == StatusCode::invalid_argument);
    CHECK(empty.try_values<float>().status() == StatusCode::invalid_argument);
    CHECK(empty.try_item<float>().status() == StatusCode::invalid_argument);
    CHECK(empty.try_to_vector<float>().status() == StatusCode::invalid_argument);
    CHECK(empty.try_to_string().status() == StatusCode::invalid_argument);
    CHECK(try_convolve(empty, one).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(one, empty).status() == StatusCode::invalid_argument);
    CHECK(try_convolve(one, one, {}, stream()).status() == StatusCode::invalid_argument);
    CHECK_THROWS_AS(empty.eval(), error);
    CHECK_THROWS_AS((void)empty.share(), error);
    CHECK_THROWS_AS(empty.values<float>(), error);
}

TEST_CASE("copies: ranges, pointers, shapes") {
    const double x[] = {1, 2, 3, 4, 5, 6};
    const auto line = array::copy(x);
    CHECK(line.ndim() == 1);
    CHECK(line.shape()[0] == 6);
    CHECK(line.dtype() == Dtype::float64);
    CHECK(line.nbytes() == 48);
    CHECK(line.itemsize() == 8);
    const auto table = array::copy(x, {2, 3});
    CHECK(table.shape().size() == 2);
    CHECK(table.strides()[0] == 3);
    CHECK(table.is_contiguous());
    CHECK(table.to_vector<double>() == std::vector<double>(x, x + 6));
    CHECK(array::copy(x, 3).to_vector<double>() == std::vector<double>(x, x + 3));
    const auto row = array::copy(x, std::vector<int>{1, 6});
    CHECK(row.shape()[1] == 6);
    CHECK(array::copy(x, std::array<int, 1>{5}).size() == 5);
    CHECK(array::copy(x, shape({})).ndim() == 0);
    const auto none = array::copy(std::vector<float>());
    CHECK(none.size() == 0);
    CHECK(none.values<float>().empty());
    CHECK(array::try_copy(x, {-1}).status() == StatusCode::invalid_argument);
    CHECK(array::try_copy(x, std::size_t(1) << 40).status() == StatusCode::invalid_argument);
    CHECK(array::try_copy(x, std::vector<int>(65, 1)).status() == StatusCode::invalid_argument);
    CHECK(array::copy(x, std::vector<int>(64, 1)).ndim() == 64);
    CHECK(array::try_copy<float>(nullptr, 3).status() == StatusCode::invalid_argument);
}

static_assert(!std::is_convertible_v<double, shape> && !std::is_convertible_v<bool, shape>);
static_assert(!std::is_convertible_v<std::vector<double>, shape>);

TEST_CASE("sizes are integers of all types, and have a range") {
    const double x[] = {1, 2, 3, 4, 5, 6};
    const std::size_t two = 2, large = std::size_t(INT_MAX) + 1;
    CHECK(array::copy(x, {two, 3}).size() == 6);
    CHECK(array::copy(x, std::vector<std::size_t>{2, 3}).ndim() == 2);
    CHECK(array::copy(x, std::array<short, 1>{5}).size() == 5);
    const auto table = array::copy(x, {3, two});
    CHECK(array::copy(x, table.shape()).size() == 6);
    for (const auto& failed : {array::try_copy(x, large).status(), array::try_copy(x, {1, SIZE_MAX}).status(),
                               array::try_borrow(x, large).status(), array::try_copy(x, {LLONG_MIN, 1}).status(),
                               table.try_as_strided({large}, {0}).status(),
                               table.try_as_strided({1}, {SIZE_MAX}).status()}) {
        CHECK(failed == StatusCode::invalid_argument);
    }
    const auto failed = array::try_copy(x, std::vector<std::size_t>{1, large});
    CHECK(std::string(failed.message()).find("2147483648 of a dimension is above 2147483647") != std::string::npos);
}

TEST_CASE("values, items and dtypes that are not asked for") {
    const auto a = array::copy(std::vector<float>{1, 2});
    float sum = 0;
    for (const float value : a.values<float>()) sum += value;
    CHECK(sum == 3);
    CHECK(a.try_values<double>().status() == StatusCode::invalid_argument);
    CHECK(a.try_values<std::int32_t>().status() == StatusCode::invalid_argument);
    CHECK(a.try_item<float>().status() == StatusCode::invalid_argument);
    CHECK(array::copy(std::vector<float>{5}).item<float>() == 5);
    CHECK(a.to_string() == "array([1, 2], dtype=float32)");
    const bool bits[] = {true, false};
    const auto b = array::copy(bits);
    CHECK(b.to_vector<bool>() == std::vector<bool>{true, false});
    CHECK(b.to_vector<bool8>() == std::vector<bool8>{true, false});
    const auto z = array::copy(std::vector<std::complex<float>>{{1, 2}});
    CHECK(z.item<std::complex<float>>() == std::complex<float>(1, 2));
    CHECK(z.item<mlx_complex64_t>().im == 2);
}

TEST_CASE("strided arrays") {
    std::vector<std::int16_t> x(24);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::int16_t>(i);
    const auto a = array::copy(x);
    const auto channel = a.as_strided(12, {2}, 1);
    CHECK(!channel.is_contiguous());
    CHECK(channel.try_values<std::int16_t>().status() == StatusCode::invalid_argument);
    CHECK(channel.to_vector<std::int16_t>()[11] == 23);
    const auto turned = a.as_strided({3, 2, 4}, {1, -12, 3}, 12);
    const auto values = turned.to_vector<std::int16_t>();
    std::vector<std::int16_t> want;
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 2; ++j) {
            for (int k = 0; k < 4; ++k) want.push_back(static_cast<std::int16_t>(12 + i - 12 * j + 3 * k));
        }
    }
    CHECK(values == want);
    CHECK(a.as_strided({2, 0}, {1, 1}).to_vector<std::int16_t>().empty());
    CHECK(a.as_strided(3, {0}, 5).to_vector<std::int16_t>() == std::vector<std::int16_t>{5, 5, 5});
    CHECK(convolve(channel, array::copy(std::vector<std::int16_t>{1})).to_vector<std::int16_t>()[0] == 1);
    CHECK_THROWS_AS((void)a.as_strided(13, {2}), error);
    const std::vector<int> distances = {0, 1};
    CHECK(a.as_strided({2, 2}, distances).to_vector<std::int16_t>() == std::vector<std::int16_t>{0, 1, 0, 1});
    const auto tried = a.try_as_strided({2, 2}, {0, 1}, 3);
    REQUIRE(tried.has_value());
    CHECK(tried->to_vector<std::int16_t>() == std::vector<std::int16_t>{3, 4, 3, 4});
}

TEST_CASE("shares have the same values, and outlive each other") {
    auto a = array::copy(std::vector<float>{1, 2});
    const auto held = active_memory();
    const auto b = a.share();
    CHECK(active_memory() < held + 1000);
    const float* values = a.values<float>().data();
    CHECK(b.values<float>().data() == values);
    a = array();
    CHECK(b.values<float>()[1] == 2);
}

TEST_CASE("borrowed data keeps its owner until the last read") {
    auto data = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
    const std::weak_ptr<std::vector<float>> watched = data;
    auto a = array::borrow(data->data(), data->size(), data);
    const float* place = data->data();
    data.reset();
    CHECK(!watched.expired());
    CHECK(a.values<float>().data() == place); // in place
    auto y = convolve(a, a);
    auto share = a.share();
    a = array();
    CHECK(!watched.expired());
    y.eval();
    share = array();
    stream::get_default().synchronize();
    for (int i = 0; i < 5000 && !watched.expired(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(watched.expired());
    CHECK(y.to_vector<float>() == std::vector<float>{1, 4, 10, 12, 9});
}

TEST_CASE("a deleter runs once, also where borrowing fails") {
    static int deleted;
    deleted = 0;
    float x[4] = {1, 2, 3, 4};
    const auto owner = [&] { return std::shared_ptr<const void>(x, [](const void*) { ++deleted; }); };
    { const auto a = array::borrow(x, {2, 2}, owner()); }
    CHECK(deleted == 1);
    CHECK(array::try_borrow(x, {-2}, owner()).status() == StatusCode::invalid_argument);
    CHECK(deleted == 2);
    const auto* odd = reinterpret_cast<const char*>(x) + 1; // a pointer of another type: not aligned for float
    CHECK(array::try_borrow(static_cast<const float*>(static_cast<const void*>(odd)), 1, owner()).status() ==
          StatusCode::invalid_argument);
    CHECK(deleted == 3);
    CHECK_THROWS_AS((void)array::borrow<float>(nullptr, 1, owner()), error);
    CHECK(deleted == 4);
    {
        const auto a = array::borrow(x, 4, std::shared_ptr<void>(nullptr, [](void*) { ++deleted; }));
        CHECK(deleted == 4); // an owner without a pointer
    }
    CHECK(deleted == 5);
    { const auto a = array::borrow(x, 4); } // without an owner
    CHECK(deleted == 5);
    // The order in which arguments are computed does not matter.
    auto data = std::make_shared<std::vector<float>>(3, 1.0f);
    const auto a = array::borrow(data->data(), data->size(), std::move(data));
    CHECK(a.values<float>()[2] == 1);
}

TEST_CASE("nothing leaks when an exception passes") {
    const auto held = active_memory();
    for (int i = 0; i < 100; ++i) {
        try {
            const auto a = array::copy(std::vector<float>(1000)), b = a.share();
            const auto y = convolve(a, b);
            (void)convolve(a, array());
            FAIL("nothing was thrown");
        } catch (const error&) {
        }
    }
    stream::get_default().synchronize();
    // A task of the stream may let go of its inputs a moment after its result is ready.
    for (int i = 0; i < 5000 && active_memory() > held; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(active_memory() <= held + 2 * 1024 * 1024 + 16 * 1024); // workspace and tables stay
}
