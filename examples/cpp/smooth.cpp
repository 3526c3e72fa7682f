// smooth DATA.csv
//
// Smooths a yearly series with a moving average of 11 years, as examples/c/smooth.c does: the same numbers, without the
// chart.
//
// Mode::same gives one output for each input. Near the ends, the window covers fewer years than 11. A second
// convolution, of ones, counts the years that it covers.
#include <mlx_convolve.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t window = 11;

struct series {
  std::vector<int> year;
  std::vector<double> raw, smooth;
};

// Reads lines of `year,value`; lines that begin otherwise (comments, the heading) are skipped.
series read_csv(const std::string& path) {
  std::ifstream file(path);
  series s;
  int year;
  double value;
  for (std::string line; std::getline(file, line);) {
    if (std::sscanf(line.c_str(), "%d,%lf", &year, &value) == 2) {
      s.year.push_back(year);
      s.raw.push_back(value);
    }
  }
  if (s.raw.empty()) throw std::runtime_error(path + ": no `year,value` lines could be read");
  return s;
}

std::vector<double> moving_average(const std::vector<double>& x) {
  const std::vector<double> ones(x.size(), 1.0), taps(window, 1.0);
  auto average = mlxconv::convolve(x, taps, mlxconv::Mode::same);
  const auto covered = mlxconv::convolve(ones, taps, mlxconv::Mode::same);
  for (std::size_t i = 0; i < x.size(); ++i) average[i] /= covered[i];
  return average;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: smooth_cpp DATA.csv\n");
    return 2;
  }
  series s = read_csv(argv[1]);
  s.smooth = moving_average(s.raw);
  std::printf("%zu yearly values, %d-%d, smoothed over %zu years\n\n", s.raw.size(), s.year.front(), s.year.back(),
              window);
  std::printf("  year     raw  smoothed\n");
  for (std::size_t i = 0; i < s.raw.size(); i += 25) {
    std::printf("  %d  %6.1f    %6.2f\n", s.year[i], s.raw[i], s.smooth[i]);
  }
} catch (const std::exception& failed) {
  std::fprintf(stderr, "%s\n", failed.what());
  return 1;
}
