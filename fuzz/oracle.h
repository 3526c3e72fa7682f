// The convolution by its definition, one output at a time, and what the contract allows a result to be: the numbers of
// docs/accuracy.md, not those that the library keeps in practice.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "values.h"

// One operand, converted to the promoted dtype.
struct Operand {
    std::vector<uint64_t> bits;       // bool and integers
    std::vector<double> re, im;       // floats; `im` for complex64 only
    std::vector<long double> squares; // sums of the magnitudes' squares before each element
    size_t length = 0;

    Operand(mlx_dtype from, mlx_dtype to, const std::vector<uint8_t> &elements);
};

class Oracle {
public:
    // `points` of a transform, 0 for direct sums.
    Oracle(mlx_dtype dtype, mlx_mode mode, Operand a, Operand v, size_t points);

    // Whether output `i` of the mode may be these bytes.
    bool allows(size_t i, const uint8_t *element) const;

    // What it is, and what it may be, for people.
    std::string described(size_t i, const uint8_t *element) const;

private:
    // What one real number may be.
    struct Allowed {
        double low, high; // if finite or known
        bool finite, positive_infinity, negative_infinity, nan;
        bool known; // no operand is infinite or NaN: the value lies between low and high, however large these are
    };

    Allowed real_part(size_t n) const;
    Allowed imaginary_part(size_t n) const;
    Allowed sum(const std::vector<double> &x, const std::vector<double> &y, size_t n) const;
    template <typename Sum> Allowed sum(const std::vector<double> &x, const std::vector<double> &y, size_t n) const;
    static Allowed difference(const Allowed &x, const Allowed &y);
    static Allowed negated(const Allowed &x);
    bool allows(const Allowed &allowed, double got) const;
    uint64_t exact(size_t n) const;
    long double transform_bound(size_t n) const;

    mlx_dtype dtype_;
    size_t start_, taps_, points_;
    Operand signal_, filter_;
};
