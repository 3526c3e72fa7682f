// ecg DATA.csv OUT.csv
//
// Cleans a recorded electrocardiogram with two convolutions, as examples/c/ecg.c does, which explains them: the same
// numbers. In place of a chart, OUT.csv gets the signal before and after, in columns.
#include <mlx_convolve.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int rate = 360;                // samples a second
constexpr std::size_t average = 217;     // samples of a moving average: 0.6 seconds
constexpr int lowpass_taps = 31;         // of the low-pass filter
constexpr std::size_t pause = rate / 4;  // two beats are further apart than these samples

using signal = std::vector<float>;

// Reads a sample a line, in steps of 1/200 millivolt with the zero at 1024; comments begin with #.
signal read_ecg(const std::string& path) {
  std::ifstream file(path);
  signal millivolts;
  int sample;
  for (std::string line; std::getline(file, line);) {
    if (std::sscanf(line.c_str(), "%d", &sample) == 1) {
      millivolts.push_back(static_cast<float>(sample - 1024) / 200.0f);
    }
  }
  if (millivolts.empty()) throw std::runtime_error(path + ": no samples could be read");
  return millivolts;
}

// A moving average of a moving average, as one filter: a triangle.
signal make_smooth() {
  const signal once(average, 1.0f / average);
  return mlxconv::convolve(once, once);
}

// A sinc in a Hann window, whose taps add up to 1: it keeps what is below some 35 Hz.
signal make_lowpass() {
  const double pi = 3.14159265358979323846, cutoff = 35.0 / rate;
  signal taps;
  double sum = 0;
  for (int i = 0; i < lowpass_taps; ++i) {
    const double t = i - (lowpass_taps - 1) / 2;
    const double sinc = t == 0 ? 2 * cutoff : std::sin(2 * pi * cutoff * t) / (pi * t);
    taps.push_back(static_cast<float>(sinc * (0.5 + 0.5 * std::cos(2 * pi * t / (lowpass_taps + 1)))));
    sum += taps.back();
  }
  for (float& tap : taps) tap /= static_cast<float>(sum);
  return taps;
}

// One output for each sample, the signal mirrored beyond its ends.
signal filter(const signal& x, const signal& taps) {
  return mlxconv::convolve(x, taps, mlxconv::options(mlxconv::Mode::same).boundary(mlxconv::Boundary::symmetric));
}

signal operator-(signal left, const signal& right) {
  std::transform(left.begin(), left.end(), right.begin(), left.begin(), std::minus<>());
  return left;
}

double span(const signal& x) {
  const auto [bottom, top] = std::minmax_element(x.begin(), x.end());
  return static_cast<double>(*top - *bottom);
}

double root_mean_square(const signal& x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return std::sqrt(sum / static_cast<double>(x.size()));
}

// A beat begins where the signal rises above half of its largest value.
std::vector<std::size_t> find_beats(const signal& x) {
  const float threshold = *std::max_element(x.begin(), x.end()) / 2;
  std::vector<std::size_t> beats;
  for (std::size_t i = 1; i < x.size(); ++i) {
    const bool rises = x[i - 1] < threshold && x[i] >= threshold;
    if (rises && (beats.empty() || i - beats.back() > pause)) beats.push_back(i);
  }
  return beats;
}

// Beats a minute, from the first beat to the last.
double heart_rate(const std::vector<std::size_t>& beats) {
  if (beats.size() < 2) return 0;
  return 60.0 * rate * static_cast<double>(beats.size() - 1) / static_cast<double>(beats.back() - beats.front());
}

void write_columns(const signal& raw, const signal& wander, const signal& clean, const std::string& path) {
  std::ofstream file(path);
  file << "seconds,recorded,baseline,cleaned\n";
  for (std::size_t i = 0; i < raw.size(); ++i) {
    file << static_cast<double>(i) / rate << ',' << raw[i] << ',' << wander[i] << ',' << clean[i] << '\n';
  }
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: ecg_cpp DATA.csv OUT.csv\n");
    return 2;
  }
  const signal raw = read_ecg(argv[1]), smooth = make_smooth();
  const signal wander = filter(raw, smooth), level = raw - wander, clean = filter(level, make_lowpass());
  std::printf("  %.0f seconds, %zu samples\n", static_cast<double>(raw.size()) / rate, raw.size());
  std::printf("  the baseline wanders over %.2f mV; in the cleaned signal, over %.2f mV\n", span(wander),
              span(filter(clean, smooth)));
  std::printf("  noise removed: %.3f mV (root mean square)\n", root_mean_square(level - clean));
  const auto before = find_beats(raw), after = find_beats(clean);
  std::printf("  beats above half of the largest value: %zu as recorded, %zu cleaned\n", before.size(), after.size());
  std::printf("  heart rate: %.0f beats a minute\n", heart_rate(after));
  write_columns(raw, wander, clean, argv[2]);
} catch (const std::exception& failed) {
  std::fprintf(stderr, "%s\n", failed.what());
  return 1;
}
