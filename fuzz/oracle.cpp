#include "oracle.h"

#include <cfloat>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <utility>

Operand::Operand(mlx_dtype from, mlx_dtype to, const std::vector<uint8_t> &elements)
    : length(elements.size() / dtypes[from].size) {
    if (!is_exact(to)) {
        squares.push_back(0);
    }
    for (size_t i = 0; i < length; i++) {
        const uint8_t *element = &elements[i * dtypes[from].size];
        if (is_exact(to)) {
            bits.push_back(bits_of(from, element));
            continue;
        }
        long double x = re.emplace_back(converted_real(from, to, element)), y = 0;
        if (to == MLX_COMPLEX64) {
            y = im.emplace_back(imaginary_of(from, element));
        }
        // What is not finite is none of a transform's business.
        squares.push_back(squares.back() + (std::isfinite(x) ? x * x : 0) + (std::isfinite(y) ? y * y : 0));
    }
}

Oracle::Oracle(mlx_dtype dtype, mlx_mode mode, Operand a, Operand v, size_t points)
    : dtype_(dtype), points_(points), signal_(std::move(a)), filter_(std::move(v)) {
    if (filter_.length > signal_.length) {
        std::swap(signal_, filter_);
    }
    taps_ = filter_.length;
    start_ = mode == MLX_MODE_FULL ? 0 : mode == MLX_MODE_VALID ? taps_ - 1 : (taps_ - 1) / 2;
}

// The filter's taps that output n of `full` reads.
#define EACH_TAP(k, n)                                                                                                 \
    size_t k = n < signal_.length ? 0 : n - (signal_.length - 1), k##_end = n < taps_ ? n + 1 : taps_;                 \
    k < k##_end;                                                                                                       \
    k++

uint64_t Oracle::exact(size_t n) const {
    uint64_t sum = 0;
    for (EACH_TAP(k, n)) {
        uint64_t x = filter_.bits[k], y = signal_.bits[n - k];
        sum = dtype_ == MLX_BOOL ? sum | (x & y) : sum + x * y;
    }
    return sum;
}

// What computes: float64, or float32 for the others.
static double epsilon(mlx_dtype dtype) { return dtype == MLX_FLOAT64 ? DBL_EPSILON : FLT_EPSILON; }
static double smallest(mlx_dtype dtype) { return dtype == MLX_FLOAT64 ? DBL_MIN : double(FLT_MIN); }
static double largest(mlx_dtype dtype) { return dtype == MLX_FLOAT64 ? DBL_MAX : double(FLT_MAX); }

// 12 eps log2(B) norm(a over the block read) norm(v), for any block that may have read what output n does.
long double Oracle::transform_bound(size_t n) const {
    if (points_ == 0) {
        return 0;
    }
    size_t begin = n < points_ ? 0 : n - points_ + 1, end = n + points_;
    begin = begin < signal_.length ? begin : signal_.length;
    end = end < signal_.length ? end : signal_.length;
    // The sums of squares have rounded, too.
    long double block = signal_.squares[end] - signal_.squares[begin] + LDBL_EPSILON * 2 * signal_.squares[end];
    return 12 * epsilon(dtype_) * log2l((long double)points_) * sqrtl(block) * sqrtl(filter_.squares.back());
}

// Products of two float32 are exact in a double, whose sums are 2^29 times finer than float32's; those of two doubles
// have 11 bits more in a long double, and more range than they can need.
template <typename Sum>
Oracle::Allowed Oracle::sum(const std::vector<double> &x, const std::vector<double> &y, size_t n) const {
    Sum sum = 0, magnitude = 0;
    for (EACH_TAP(k, n)) {
        Sum product = Sum(x[n - k]) * Sum(y[k]);
        sum += product;
        magnitude += std::fabs(product);
    }
    if (!std::isfinite(magnitude)) {
        magnitude = 0;
        for (EACH_TAP(k, n)) {
            Sum product = Sum(x[n - k]) * Sum(y[k]);
            magnitude += std::isfinite(product) ? std::fabs(product) : 0;
        }
    }
    long double relative = (long double)taps_ * epsilon(dtype_), limit = largest(dtype_);
    // What a transform adds may be beyond the largest number, too, where neighbours are.
    long double bound = relative * magnitude + transform_bound(n) + taps_ * (long double)smallest(dtype_);
    bool overflows = magnitude + bound >= limit;
    if (std::isnan(sum)) {
        return {0, 0, false, false, false, true, false};
    }
    if (std::isinf(sum)) {
        // An overflow to the other side makes NaN of it.
        return {0, 0, false, sum > 0, sum < 0, overflows, false};
    }
    long double low = sum - bound, high = sum + bound;
    // Where the magnitudes are too large, a part of the sum may have been, of either sign.
    return {double(low), double(high), low <= limit && high >= -limit, overflows, overflows, false, true};
}

Oracle::Allowed Oracle::sum(const std::vector<double> &x, const std::vector<double> &y, size_t n) const {
    return dtype_ == MLX_FLOAT64 ? sum<long double>(x, y, n) : sum<double>(x, y, n);
}

Oracle::Allowed Oracle::negated(const Allowed &x) {
    return {-x.high, -x.low, x.finite, x.negative_infinity, x.positive_infinity, x.nan, x.known};
}

// Of complex64, whose parts round once more.
Oracle::Allowed Oracle::difference(const Allowed &x, const Allowed &y) {
    double low = x.low - y.high, high = x.high - y.low;
    double rounding = FLT_EPSILON * std::fmax(std::fabs(low), std::fabs(high)) + FLT_MIN;
    low -= rounding, high += rounding;
    bool known = x.known && y.known, both = x.finite && y.finite;
    bool overflows = both && (high >= FLT_MAX || low <= -FLT_MAX);
    // The two sums may also be one, whose parts never were infinite.
    bool open = overflows || (x.finite && (x.positive_infinity || x.negative_infinity)) ||
                (y.finite && (y.positive_infinity || y.negative_infinity));
    return {low,
            high,
            // The difference of two sums that are too large may not be.
            both || open || (known && low <= FLT_MAX && high >= -FLT_MAX),
            open || (x.positive_infinity && (y.finite || y.negative_infinity)) || (x.finite && y.negative_infinity),
            open || (x.negative_infinity && (y.finite || y.positive_infinity)) || (x.finite && y.positive_infinity),
            open || x.nan || y.nan || (x.positive_infinity && y.positive_infinity) ||
                (x.negative_infinity && y.negative_infinity),
            known};
}

Oracle::Allowed Oracle::real_part(size_t n) const {
    Allowed product = sum(signal_.re, filter_.re, n);
    return dtype_ == MLX_COMPLEX64 ? difference(product, sum(signal_.im, filter_.im, n)) : product;
}

Oracle::Allowed Oracle::imaginary_part(size_t n) const {
    return difference(sum(signal_.re, filter_.im, n), negated(sum(signal_.im, filter_.re, n)));
}

bool Oracle::allows(const Allowed &allowed, double got) const {
    double low = allowed.low, high = allowed.high;
    bool up = allowed.positive_infinity, down = allowed.negative_infinity;
    if (is_half(dtype_) && allowed.finite) {
        low = rounded_to_half(dtype_, low), high = rounded_to_half(dtype_, high);
        up = up || std::isinf(high), down = down || std::isinf(low);
    }
    if (std::isnan(got)) {
        return allowed.nan;
    }
    if (std::isinf(got)) {
        return got > 0 ? up : down;
    }
    return allowed.finite && got >= low && got <= high;
}

bool Oracle::allows(size_t i, const uint8_t *element) const {
    size_t n = start_ + i;
    if (is_exact(dtype_)) {
        uint64_t unwanted = (exact(n) ^ bits_of(dtype_, element)) << (64 - 8 * dtypes[dtype_].size);
        return unwanted == 0 && (dtype_ != MLX_BOOL || *element <= 1);
    }
    return allows(real_part(n), real_of(dtype_, element)) &&
           (dtype_ != MLX_COMPLEX64 || allows(imaginary_part(n), imaginary_of(dtype_, element)));
}

std::string Oracle::described(size_t i, const uint8_t *element) const {
    size_t n = start_ + i;
    char text[512];
    int end = snprintf(text, sizeof text, "%s, %zu by %zu taps, %zu points: output %zu", dtypes[dtype_].name,
                       signal_.length, taps_, points_, i);
    auto add = [&](const char *format, auto... values) {
        end += snprintf(text + end, sizeof text - size_t(end), format, values...);
    };
    if (is_exact(dtype_)) {
        add(" is %#" PRIx64 ", not %#" PRIx64, bits_of(dtype_, element), exact(n));
        return text;
    }
    auto show = [&](const char *part, const Allowed &allowed, double got) {
        add("; %s part is %.17g, allowed", part, got);
        if (allowed.finite) {
            add(" %.17g to %.17g", allowed.low, allowed.high);
        }
        add("%s%s%s", allowed.positive_infinity ? " inf" : "", allowed.negative_infinity ? " -inf" : "",
            allowed.nan ? " nan" : "");
    };
    show("real", real_part(n), real_of(dtype_, element));
    if (dtype_ == MLX_COMPLEX64) {
        show("imaginary", imaginary_part(n), imaginary_of(dtype_, element));
    }
    return text;
}
