// What must not compile: one case a number, with the words of the message. CMakeLists.txt reads these lines.
#include <mlx_convolve.hpp>

struct wide {
    int bits;
};
template <>
struct mlxconv::element<wide> {
    static constexpr auto dtype = mlxconv::Dtype::float16;
};
struct thrower {
    short bits;
    thrower() : bits(0) {}
};
template <>
struct mlxconv::element<thrower> {
    static constexpr auto dtype = mlxconv::Dtype::int16;
};

#include <array>
#include <string>
#include <vector>

using namespace mlxconv;

int main() {
    const std::vector<float> x = {1, 2}, taps = {1};
    std::vector<float> out(2);
    (void)x, (void)taps, (void)out;
#if CASE == 0 // compiles
    convolve_into(x, taps, out);
#elif CASE == 1 // std::vector<bool> stores bits
    (void)convolve(std::vector<bool>{true}, std::vector<bool>{true});
#elif CASE == 2 // std::vector<bool> stores bits
    std::vector<bool> bits(2);
    convolve_into(x, taps, bits);
#elif CASE == 3 // std::vector<mlxconv::bool8>
    const bool b[] = {true};
    (void)convolve<bool>(b, b);
#elif CASE == 4 // the results cannot be written
    const std::vector<float> fixed(2);
    convolve_into(x, taps, fixed);
#elif CASE == 5 // there is no narrowing
    std::vector<short> narrow(2);
    convolve_into(x, taps, narrow);
#elif CASE == 6 // there is no narrowing
    (void)convolve<int>(x, taps);
#elif CASE == 7 // the widest are double
    (void)convolve(std::vector<long double>{1}, taps);
#elif CASE == 8 // the widest are double
    (void)convolve(std::vector<std::complex<double>>{1}, taps);
#elif CASE == 9 // this type of elements has no dtype
    (void)convolve(std::vector<std::string>{""}, taps);
#elif CASE == 10 // a pointer needs a length
    (void)convolve(x.data(), taps);
#elif CASE == 11 // elements side by side are needed
    (void)convolve(7, taps);
#elif CASE == 12 // an array is convolved with an array
    (void)convolve(array::copy(x), taps);
#elif CASE == 13 // deleted
    const array a = array::copy(x), b = a;
#elif CASE == 14 // deleted
    (void)convolve(array::copy(x), array::copy(taps)).values<float>();
#elif CASE == 15 // [Nn]o matching function
    (void)array::borrow(x);
#elif CASE == 16 // there is no narrowing
    (void)convolve<std::uint64_t>(std::vector<int>{1}, std::vector<std::uint64_t>{1});
#elif CASE == 17 // this type of elements has no dtype
    (void)convolve(std::vector<wchar_t>{L'a'}, taps);
#elif CASE == 18 // [cC]onver
    array a = mlx_array_new();
#elif CASE == 19 // this type of elements has no dtype
    (void)array::copy(x).try_to_vector<void*>();
#elif CASE == 20 // deleted
    (void)array::copy(x).try_values<float>();
#elif CASE == 21 // narrow
    (void)convolve<int>(std::vector<int>{1}, {0.5f});
#elif CASE == 22 // [nN]o matching
    (void)array::copy(x.data(), 2.5);
#elif CASE == 23 // an array is convolved with an array
    (void)convolve(array::copy(x), {1.0f, 2.0f});
#elif CASE == 24 // deleted
    (void)convolve(x, taps, MLX_MODE_SAME);
#elif CASE == 25 // rows
    (void)array::copy(interleaved(x.data(), 1, 2));
#elif CASE == 26 // the size of its dtype
    (void)convolve(std::vector<wide>(1), taps);
#elif CASE == 27 // a default constructor that is noexcept
    (void)convolve(std::vector<thrower>(1), std::vector<thrower>(1));
#elif CASE == 28 // without const and volatile
    (void)convolve<const float>(x, taps);
#elif CASE == 29 // volatile elements
    volatile float changing[] = {1};
    (void)convolve(changing, taps);
#elif CASE == 30 // is this a string
    (void)convolve("ab", taps);
#elif CASE == 31 // deleted
    for (int size : array::copy(x).shape()) (void)size;
#elif CASE == 32 // deleted
    (void)array::copy(x).strides();
#elif CASE == 33 // deleted
    const char* message = try_convolve(x, taps).message();
#elif CASE == 34 // deleted
    (void)try_convolve(array::copy(x), array::copy(taps))->values<float>();
#elif CASE == 35 // deleted
    struct made {
        static const array copy() { return {}; }
    };
    (void)made::copy().values<float>();
#elif CASE == 36 // [cC]onver|explicit
    view<const long> distances = {0, 1};
#endif
}
