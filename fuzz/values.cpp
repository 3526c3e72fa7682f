#include "values.h"

#include <cmath>
#include <cstring>
#include <limits>

const Dtype dtypes[DTYPES] = {
    {"bool", 1, 1, Kind::Bool},       {"uint8", 1, 1, Kind::Unsigned},    {"uint16", 2, 2, Kind::Unsigned},
    {"uint32", 4, 4, Kind::Unsigned}, {"uint64", 8, 8, Kind::Unsigned},   {"int8", 1, 1, Kind::Signed},
    {"int16", 2, 2, Kind::Signed},    {"int32", 4, 4, Kind::Signed},      {"int64", 8, 8, Kind::Signed},
    {"float16", 2, 2, Kind::Float},   {"float32", 4, 4, Kind::Float},     {"float64", 8, 8, Kind::Float},
    {"bfloat16", 2, 2, Kind::Float},  {"complex64", 8, 4, Kind::Complex},
};

mlx_dtype promote(mlx_dtype a, mlx_dtype b) {
    if (dtypes[a].kind > dtypes[b].kind) {
        return promote(b, a);
    }
    const Dtype &low = dtypes[a], &high = dtypes[b];
    if (a == b || low.kind == Kind::Bool) {
        return b;
    }
    if (high.kind == Kind::Complex) {
        return MLX_COMPLEX64;
    }
    if (low.kind == Kind::Float) {
        return a == MLX_FLOAT64 || b == MLX_FLOAT64 ? MLX_FLOAT64 : MLX_FLOAT32;
    }
    if (high.kind == Kind::Float) {
        return b;
    }
    if (low.kind == high.kind) {
        return low.size > high.size ? a : b;
    }
    // Unsigned with signed.
    if (low.size < high.size) {
        return b;
    }
    return a == MLX_UINT8 ? MLX_INT16 : a == MLX_UINT16 ? MLX_INT32 : a == MLX_UINT32 ? MLX_INT64 : MLX_FLOAT32;
}

template <typename T> static T loaded(const void *from) {
    T value;
    memcpy(&value, from, sizeof value);
    return value;
}

// How the half types are laid out.
struct Half {
    int mantissa_bits, lowest_exponent;
};
static Half half(mlx_dtype dtype) { return dtype == MLX_FLOAT16 ? Half{10, -14} : Half{7, -126}; }

static double decoded_half(mlx_dtype dtype, uint16_t bits) {
    if (dtype == MLX_BFLOAT16) {
        uint32_t wide = uint32_t(bits) << 16;
        return loaded<float>(&wide);
    }
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double magnitude = exponent == 31 ? (mantissa ? NAN : INFINITY)
                       : exponent     ? ldexp(1024 + mantissa, exponent - 25)
                                      : ldexp(mantissa, -24);
    return bits & 0x8000 ? -magnitude : magnitude;
}

double rounded_to_half(mlx_dtype dtype, double x) {
    if (!std::isfinite(x) || x == 0) {
        return x;
    }
    Half type = half(dtype);
    int exponent = std::max(std::ilogb(x), type.lowest_exponent);
    double rounded = ldexp(nearbyint(ldexp(x, type.mantissa_bits - exponent)), exponent - type.mantissa_bits);
    double limit = ldexp(1, dtype == MLX_FLOAT16 ? 16 : 128);
    return fabs(rounded) >= limit ? copysign(INFINITY, x) : rounded;
}

// `x` is one that the type holds.
static uint16_t encoded_half(mlx_dtype dtype, double x) {
    if (dtype == MLX_BFLOAT16) {
        float wide = float(x);
        return uint16_t(loaded<uint32_t>(&wide) >> 16);
    }
    uint16_t sign = std::signbit(x) ? 0x8000 : 0;
    if (std::isnan(x)) {
        return sign | 0x7e00;
    }
    if (std::isinf(x)) {
        return sign | 0x7c00;
    }
    double magnitude = fabs(x);
    if (magnitude < ldexp(1, -14)) {
        return sign | uint16_t(ldexp(magnitude, 24));
    }
    int exponent = std::ilogb(magnitude);
    return sign | uint16_t((exponent + 14) * 1024 + int(ldexp(magnitude, 10 - exponent)));
}

uint64_t bits_of(mlx_dtype dtype, const uint8_t *element) {
    switch (dtype) {
    case MLX_BOOL: return *element != 0;
    case MLX_UINT8: return *element;
    case MLX_UINT16: return loaded<uint16_t>(element);
    case MLX_UINT32: return loaded<uint32_t>(element);
    case MLX_INT8: return uint64_t(loaded<int8_t>(element));
    case MLX_INT16: return uint64_t(loaded<int16_t>(element));
    case MLX_INT32: return uint64_t(loaded<int32_t>(element));
    default: return loaded<uint64_t>(element);
    }
}

double real_of(mlx_dtype dtype, const uint8_t *element) {
    switch (dtype) {
    case MLX_FLOAT16:
    case MLX_BFLOAT16: return decoded_half(dtype, loaded<uint16_t>(element));
    case MLX_FLOAT32:
    case MLX_COMPLEX64: return loaded<float>(element);
    case MLX_FLOAT64: return loaded<double>(element);
    default:
        uint64_t bits = bits_of(dtype, element);
        return dtypes[dtype].kind == Kind::Signed ? double(int64_t(bits)) : double(bits);
    }
}

double imaginary_of(mlx_dtype dtype, const uint8_t *element) {
    return dtype == MLX_COMPLEX64 ? loaded<float>(element + 4) : 0;
}

double converted_real(mlx_dtype from, mlx_dtype to, const uint8_t *element) {
    if (to == MLX_FLOAT64) {
        return real_of(from, element);
    }
    // Straight to float32: by way of float64, large integers would round twice.
    double narrow;
    if (is_exact(from)) {
        uint64_t bits = bits_of(from, element);
        narrow = dtypes[from].kind == Kind::Signed ? float(int64_t(bits)) : float(bits);
    } else {
        narrow = float(real_of(from, element));
    }
    return is_half(to) ? rounded_to_half(to, narrow) : narrow;
}

bool same_element(mlx_dtype dtype, const uint8_t *a, const uint8_t *b) {
    size_t size = dtypes[dtype].size;
    if (memcmp(a, b, size) == 0) {
        return true;
    }
    if (is_exact(dtype)) {
        return false;
    }
    if (dtype == MLX_COMPLEX64) {
        return same_element(MLX_FLOAT32, a, b) && same_element(MLX_FLOAT32, a + 4, b + 4);
    }
    return std::isnan(real_of(dtype, a)) && std::isnan(real_of(dtype, b));
}

// splitmix64
static uint64_t next(uint64_t &state) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void store(mlx_dtype dtype, uint8_t *to, double x) {
    switch (dtype) {
    case MLX_FLOAT16:
    case MLX_BFLOAT16: {
        uint16_t bits = encoded_half(dtype, rounded_to_half(dtype, x));
        memcpy(to, &bits, sizeof bits);
        break;
    }
    case MLX_FLOAT32:
    case MLX_COMPLEX64: {
        float narrow = float(x);
        memcpy(to, &narrow, sizeof narrow);
        break;
    }
    case MLX_FLOAT64: memcpy(to, &x, sizeof x); break;
    default: {
        // Fractions lie in (-1, 1): the sign is what stays of them. No integer's range is left.
        int64_t whole = fabs(x) < 9e18 ? int64_t(x) : std::numeric_limits<int64_t>::min();
        memcpy(to, &whole, dtypes[dtype].size);
    }
    }
}

// A number of one of some sorts.
static double some_number(size_t sort, uint64_t random) {
    static const double specials[] = {NAN,    INFINITY, -INFINITY, -0.0,  0,      1,       1e-310,
                                      -1e-45, 6e-8,     1e-39,     65504, 3.4e38, -1.7e308};
    double unit = double(int64_t(random)) / 9223372036854775808.0; // [-1, 1)
    switch (sort) {
    case 0: return double(random % 9) - 4;
    case 1: return unit;
    case 2: return random & 1 ? 1 : 0;
    case 3: return ldexp(random & 1 ? -1 : 1, int(random >> 1 & 31) - 15);
    case 4: return ldexp(unit, int(random & 255) - 128); // all of float32
    case 5: return ldexp(unit, int(random & 2047) - 1024);
    case 6: return random % 16 ? 0 : unit;
    case 7: return ldexp(fabs(unit), 127); // sums overflow float32
    default: return specials[random % std::size(specials)];
    }
}

std::vector<uint8_t> some_elements(Bytes &bytes, mlx_dtype dtype, size_t count) {
    enum { NUMBERS = 9, RANDOM_BITS = NUMBERS, LITERALS, SORTS };
    size_t size = dtypes[dtype].size, sort = bytes.below(SORTS);
    std::vector<uint8_t> elements(count * size);
    if (sort == LITERALS) {
        for (size_t i = 0; i < elements.size() && !bytes.empty(); i++) {
            elements[i] = bytes.byte();
        }
        return elements;
    }
    uint64_t state = bytes.number(2);
    size_t part = dtype == MLX_COMPLEX64 ? 4 : size;
    for (size_t at = 0; at < elements.size(); at += part) {
        uint64_t random = next(state);
        if (sort == RANDOM_BITS) {
            memcpy(&elements[at], &random, part);
        } else {
            store(dtype, &elements[at], some_number(sort, random));
        }
    }
    // Single values that stand out, as one NaN or infinity among thousands of numbers.
    for (size_t spots = bytes.below(8) / 2; spots > 0 && count > 0; spots--) {
        size_t at = bytes.below(count) * size, special = bytes.byte();
        store(dtype, &elements[at], some_number(NUMBERS - 1, special));
    }
    return elements;
}
