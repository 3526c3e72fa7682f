// What must not compile: one case a number, with the words of the message. CMakeLists.txt reads these lines.
#include <mlx_convolve.hpp>

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
#elif CASE == 12 // elements side by side are needed
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
    (void)convolve(std::vector<int>{1}, {0.5f});
#endif
}
