// Devices, streams, and threads that share them.
#include "support.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace mlxconv;

static_assert(!std::is_copy_constructible_v<stream> && std::is_nothrow_move_assignable_v<stream>);
static_assert(!std::is_copy_constructible_v<device> && std::is_nothrow_move_assignable_v<device>);

TEST_CASE("devices") {
    const auto cpu = device::cpu();
    CHECK(cpu.is_available());
    CHECK(cpu.type() == DeviceType::cpu);
    CHECK(cpu.index() == 0);
    CHECK(cpu.to_string() == "Device(cpu, 0)");
    CHECK(device::count(DeviceType::cpu) == 1);
    CHECK(cpu == device::cpu());
    CHECK(cpu != device::gpu());
    CHECK(cpu == device::get_default());
    cpu.make_default();
    const auto second = device::gpu(3);
    CHECK(second.type() == DeviceType::gpu);
    CHECK(second.index() == 3);
    CHECK(second.is_available() == (device::count(DeviceType::gpu) > 3));
    CHECK(device::try_gpu(-1).status() == StatusCode::invalid_argument);

    const device empty;
    CHECK(!empty);
    CHECK(!(empty == empty));
    CHECK(!empty.is_available());
    CHECK(empty.try_to_string().status() == StatusCode::invalid_argument);
    CHECK(empty.try_make_default().status() == StatusCode::invalid_argument);
    CHECK_THROWS_AS(empty.make_default(), error);
}

TEST_CASE("streams") {
    const auto cpu = device::cpu();
    const auto own = stream::on(cpu), other = stream::on(cpu);
    CHECK(own.index() != other.index());
    CHECK(own != other);
    CHECK(own == own);
    CHECK(own.device() == cpu);
    CHECK(own.to_string() == "Stream(Device(cpu, 0), " + std::to_string(own.index()) + ")");
    const auto before = stream::get_default();
    own.make_default();
    CHECK(stream::get_default() == own);
    CHECK(stream::get_default(cpu) == own);
    before.make_default();
    CHECK(stream::get_default() == before);
    CHECK(stream::adopt(mlx_default_cpu_stream_new()) == before);

    if (device::count(DeviceType::gpu) == 0) {
        CHECK(stream::try_on(device::gpu()).status() == StatusCode::device_unavailable);
        CHECK(stream::try_get_default(device::gpu()).status() == StatusCode::device_unavailable);
        CHECK_THROWS_AS(device::gpu().make_default(), error);
    }
    const stream empty;
    CHECK(!empty);
    CHECK(empty != empty);
    CHECK(empty.index() == 0);
    CHECK(empty.try_synchronize().status() == StatusCode::invalid_argument);
    CHECK(empty.try_device().status() == StatusCode::invalid_argument);
    CHECK(empty.try_make_default().status() == StatusCode::invalid_argument);
    CHECK(stream::try_on(device()).status() == StatusCode::invalid_argument);
    CHECK(stream::try_get_default(device()).status() == StatusCode::invalid_argument);
}

TEST_CASE("queued work: chains on two streams, inputs gone at once") {
    const auto first = stream::on(device::cpu()), second = stream::on(device::cpu());
    const auto x = numbers<double>(200000, 1), taps = numbers<double>(3001, 2);
    auto y = convolve(array::copy(x), array::copy(taps), Mode::same, first);
    y = convolve(y, array::copy(std::vector<double>{2}), Mode::same, second);
    second.synchronize();
    const auto got = y.to_vector<double>(), once = convolve(x, taps, Mode::same);
    REQUIRE(got.size() == once.size());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) wrong += got[i] != 2 * once[i] ? 1u : 0u;
    CHECK(wrong == 0);
}

TEST_CASE("threads share arrays, a stream and options") {
    const auto where = stream::on(device::cpu());
    const auto a = array::copy(numbers<float>(5000, 1)), v = array::copy(numbers<float>(64, 2));
    const auto want = convolve(a, v, Mode::same).to_vector<float>();
    int wrong[8] = {};
    std::vector<std::thread> threads;
    for (int& here : wrong) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                const auto y = convolve(a, v, Mode::same, where);
                here += y.to_vector<float>() != want;
                // The message of a failure is the thread's own.
                const auto failed = try_set_num_threads(-i - 1);
                here += std::string(failed.message()).find("-") == std::string::npos;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const int here : wrong) CHECK(here == 0);
}
