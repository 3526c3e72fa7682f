// No memory: each allocation of a call fails once, and nothing is lost. The library's own allocations do not come here.
#include "support.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

using namespace mlxconv;

namespace {
thread_local long until_failure = -1; // of this thread: allocations that succeed until one fails; negative: all do
std::atomic<long> blocks{0};

void* take(std::size_t bytes) {
    void* memory = until_failure >= 0 && until_failure-- == 0 ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
    if (memory != nullptr) ++blocks;
    return memory;
}
void give_back(void* memory) {
    if (memory != nullptr) --blocks;
    std::free(memory);
}
} // namespace

void* operator new(std::size_t bytes) {
    void* memory = take(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return take(bytes); }
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t& no) noexcept { return operator new(bytes, no); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }

// Runs `call` with each of its allocations failing in turn; returns how many there are. `call` returns its status.
template <class Call>
static long fail_each(Call call, StatusCode expected) {
    for (long n = 0;; ++n) {
        const long before = blocks;
        until_failure = n;
        const StatusCode status = call();
        const bool failed = until_failure < 0;
        until_failure = -1;
        CHECK(blocks == before);
        if (!failed) return n;
        CHECK(status == expected);
    }
}

TEST_CASE("filters in braces need no memory") {
    const float x[] = {1, 2, 3};
    const short samples[] = {1, 2, 3};
    float out[4];
    CHECK(fail_each([&] { return try_convolve_into(x, {0.5f, 0.5f}, out).status(); }, StatusCode::out_of_memory) == 0);
    CHECK(fail_each([&] { return try_convolve(x, {0.5f, 0.5f}).status(); }, StatusCode::out_of_memory) == 1);
    CHECK(fail_each([&] { return try_convolve(samples, {0.5f, 0.5f}).status(); }, StatusCode::out_of_memory) == 1);
}

TEST_CASE("without memory for the vector") {
    const float x[] = {1, 2, 3};
    CHECK(fail_each([&] { return try_convolve(x, x).status(); }, StatusCode::out_of_memory) == 1);
    const auto a = array::copy(x);
    CHECK(fail_each([&] { return a.try_to_vector<float>().status(); }, StatusCode::out_of_memory) == 1);
    CHECK(fail_each([&] { return a.try_to_string().status(); }, StatusCode::out_of_memory) == 1);
    const auto reversed = a.as_strided(3, {-1}, 2);
    CHECK(fail_each([&] { return reversed.try_to_vector<float>().status(); }, StatusCode::out_of_memory) == 2);
}

TEST_CASE("without memory for the owner of borrowed data") {
    const float x[] = {1, 2, 3};
    const std::shared_ptr<const void> owner(x, [](const void*) {});
    CHECK(fail_each([&] { return array::try_borrow(x, 3, owner).status(); }, StatusCode::out_of_memory) == 1);
    CHECK(owner.use_count() == 1);
}

TEST_CASE("without memory for a message, its status is the message") {
    CHECK(fail_each(
              [] {
                  const auto done = try_set_num_threads(-1);
                  if (std::string_view(done.message()).empty()) return StatusCode::success;
                  return done.status();
              },
              StatusCode::invalid_argument) == 1);
}

TEST_CASE("functions throw error, or std::bad_alloc without memory for the message") {
    const float x[] = {1, 2, 3};
    int errors = 0, bad_allocs = 0;
    fail_each(
        [&] {
            try {
                return convolve(x, x).empty() ? StatusCode::internal : StatusCode::success;
            } catch (const error& thrown) {
                ++errors;
                return thrown.status();
            } catch (const std::bad_alloc&) {
                ++bad_allocs;
                return StatusCode::out_of_memory;
            }
        },
        StatusCode::out_of_memory);
    CHECK(errors == 1);
    CHECK(bad_allocs == 0);
}

TEST_CASE("lengths beyond all memory") {
    const float x[] = {1};
    const std::size_t most = PTRDIFF_MAX;
    // More elements than a vector may have.
    CHECK(try_convolve(x, most - 1, x, 1).status() == StatusCode::out_of_memory);
    CHECK(try_convolve(x, most, x, most).status() == StatusCode::invalid_argument);
    // All results together are 4 modulo 2^64.
    CHECK(try_convolve(consecutive(x, SIZE_MAX / 5 + 1, 5), x).status() == StatusCode::out_of_memory);
    CHECK_THROWS_AS((void)convolve(x, most - 1, x, 1), error);
}
