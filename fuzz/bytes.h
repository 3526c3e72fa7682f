// The input of the fuzzer as a source of choices. Past its end all choices are 0, so that an input that is cut
// off still is a program.
#pragma once

#include <cstddef>
#include <cstdint>

class Bytes {
public:
    Bytes(const uint8_t *data, size_t size) : at_(data), end_(data + size) {}

    bool empty() const { return at_ == end_; }

    uint8_t byte() { return empty() ? 0 : *at_++; }

    // The first byte counts most, and few bytes make small numbers: mutations of them are small steps.
    uint64_t number(size_t bytes) {
        uint64_t number = 0;
        while (bytes-- > 0) {
            number = number << 8 | byte();
        }
        return number;
    }

    // 0 to count - 1.
    size_t below(size_t count) { return number(count <= 256 ? 1 : 2) % count; }

    // True for one of `count` values of a byte; false past the end.
    bool one_in(size_t count) { return below(count) == count - 1; }

    template <typename T, size_t Count> T of(const T (&choices)[Count]) { return choices[below(Count)]; }

private:
    const uint8_t *at_, *end_;
};
