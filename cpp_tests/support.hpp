// The common part of the tests: small numbers in every element type, and convolutions by plain loops.
#ifndef CPP_TESTS_SUPPORT_HPP
#define CPP_TESTS_SUPPORT_HPP

#include <mlx_convolve.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

using number = std::complex<double>;

// Real numbers of the tests are whole and small, so that every type has them and most have their sums.
template <class T>
T from_number(number value) {
    const auto real = static_cast<float>(value.real());
    if constexpr (std::is_same_v<T, std::complex<float>>) {
        return {real, static_cast<float>(value.imag())};
    } else if constexpr (std::is_same_v<T, mlxconv::bfloat16>) {
        std::uint32_t bits;
        std::memcpy(&bits, &real, sizeof bits);
        return {static_cast<std::uint16_t>(bits >> 16)};
    } else if constexpr (std::is_same_v<T, mlxconv::float16>) {
        if (real == 0) return {0};
        int exponent;
        const float fraction = std::frexp(std::fabs(real), &exponent); // from 0.5 to 1
        const int bits = (real < 0 ? 0x8000 : 0) + (exponent + 14) * 1024 + static_cast<int>(fraction * 2048) - 1024;
        return {static_cast<std::uint16_t>(bits)};
    } else if constexpr (mlxconv::dtype_of<T> == mlxconv::Dtype::boolean) {
        return T(real != 0);
    } else {
        return static_cast<T>(static_cast<long long>(real));
    }
}

template <class T>
number to_number(T value) {
    if constexpr (std::is_same_v<T, std::complex<float>>) {
        return {value.real(), value.imag()};
    } else if constexpr (std::is_same_v<T, mlxconv::bfloat16>) {
        const std::uint32_t bits = static_cast<std::uint32_t>(value.bits) << 16;
        float real;
        std::memcpy(&real, &bits, sizeof real);
        return real;
    } else if constexpr (std::is_same_v<T, mlxconv::float16>) {
        const int exponent = value.bits >> 10 & 31, fraction = value.bits & 1023;
        const double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
        return value.bits & 0x8000 ? -size : size;
    } else {
        return static_cast<double>(value);
    }
}

// `len` small numbers, another sequence for each seed.
template <class T>
std::vector<T> numbers(std::size_t len, unsigned seed) {
    std::vector<T> made;
    for (std::size_t i = 0; i < len; ++i) {
        seed = seed * 1664525u + 1013904223u;
        const double real = static_cast<int>(seed >> 24 & 7) - (std::is_unsigned_v<T> ? 0 : 3);
        made.push_back(from_number<T>({real, static_cast<int>(seed >> 27 & 7) - 3.0}));
    }
    return made;
}

inline std::size_t index_beyond(std::ptrdiff_t i, std::ptrdiff_t len, mlxconv::Boundary boundary) {
    using mlxconv::Boundary;
    if (boundary == Boundary::edge) i = i < 0 ? 0 : i >= len ? len - 1 : i;
    while (i < 0 || i >= len) {
        if (boundary == Boundary::wrap) {
            i += i < 0 ? len : -len;
        } else {
            const std::ptrdiff_t repeated = boundary == Boundary::symmetric ? 1 : 0; // at the end
            if (len == 1) return 0;
            i = i < 0 ? -i - repeated : 2 * len - 2 + repeated - i;
        }
    }
    return static_cast<std::size_t>(i);
}

// The header's sums, as they are written there. For booleans the sum counts the pairs.
inline std::vector<number> plain_loop(const std::vector<number>& a, const std::vector<number>& v, mlxconv::Mode mode,
                                      mlxconv::Boundary boundary = mlxconv::Boundary::zero,
                                      mlxconv::Operation operation = mlxconv::Operation::convolve) {
    using namespace mlxconv;
    const auto a_len = static_cast<std::ptrdiff_t>(a.size()), v_len = static_cast<std::ptrdiff_t>(v.size());
    const bool correlate = operation == Operation::correlate, zero = boundary == Boundary::zero;
    const std::ptrdiff_t longer = zero && v_len > a_len ? v_len : a_len, shorter = longer + 0 == a_len ? v_len : a_len;
    std::ptrdiff_t first = 0, count = a_len + v_len - 1;
    if (mode == Mode::valid) first = shorter - 1, count = longer - shorter + 1;
    if (mode == Mode::same) {
        count = longer;
        first = correlate && zero && v_len > a_len ? shorter / 2 : (shorter - 1) / 2;
    }
    std::vector<number> y;
    for (std::ptrdiff_t j = first; j < first + count; ++j) {
        number sum = 0;
        for (std::ptrdiff_t k = 0; k < v_len; ++k) {
            const std::ptrdiff_t i = correlate ? j + k - (v_len - 1) : j - k;
            if (zero && (i < 0 || i >= a_len)) continue;
            const number tap = v[static_cast<std::size_t>(k)];
            sum += a[index_beyond(i, a_len, boundary)] * (correlate ? std::conj(tap) : tap);
        }
        y.push_back(sum);
    }
    return y;
}

template <class T>
std::vector<number> to_numbers(const std::vector<T>& values) {
    std::vector<number> made;
    for (const T& value : values) made.push_back(to_number(value));
    return made;
}

// Whether `got` has the numbers of `want`: modulo 2^bits for integers, rounded for floats.
template <class T>
bool is_near(const std::vector<T>& got, const std::vector<number>& want) {
    if (got.size() != want.size()) return false;
    for (std::size_t i = 0; i < got.size(); ++i) {
        if constexpr (mlxconv::dtype_of<T> == mlxconv::Dtype::boolean) {
            if (got[i] != (want[i] != number(0))) return false;
        } else if constexpr (std::is_integral_v<T>) {
            if (got[i] != static_cast<T>(static_cast<long long>(want[i].real()))) return false;
        } else {
            const bool is_half = sizeof(T) == 2;
            if (std::abs(to_number(got[i]) - want[i]) > (is_half ? std::abs(want[i]) / 128 : 1e-3)) return false;
        }
    }
    return true;
}

#endif
