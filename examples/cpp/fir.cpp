// fir IN.wav OUT.wav
//
// Takes the high notes out of a sound of any number of channels, as examples/c/lowpass.c does: the same samples. IN has
// samples of 16 bits; OUT gets floats, so nothing is rounded or clipped.
//
// The samples stay interleaved: mlxconv::interleaved shows each channel as a row. int16_t samples and float taps meet
// in one call, whose results are floats.
#include <mlx_convolve.hpp>
#include <sndfile.hh>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int tap_count = 401;
constexpr double cutoff_hertz = 1500.0;

// A windowed sinc: it lets pass what is below the cutoff, and changes no delay.
std::vector<float> make_taps(double hertz) {
  const double pi = 3.14159265358979323846, cutoff = cutoff_hertz / hertz;
  std::vector<float> taps;
  double sum = 0;
  for (int i = 0; i < tap_count; ++i) {
    const double t = i - (tap_count - 1) / 2, x = 2.0 * pi * cutoff * t;
    const double window = 0.5 + 0.5 * std::cos(2.0 * pi * t / (tap_count + 1));
    taps.push_back(static_cast<float>(window * (t == 0 ? 1.0 : std::sin(x) / x)));
    sum += taps.back();
  }
  for (float& tap : taps) {
    tap = static_cast<float>(tap / sum);
    tap /= 32768.0f;  // samples from -1 to 1, as floats are in WAV files
  }
  return taps;
}

// How loud a channel is: the root of its mean square, in decibels below the loudest sample there is.
template <class Sample>
double decibels(const std::vector<Sample>& samples, std::size_t channel, std::size_t channels, double full_scale) {
  double sum = 0;
  for (std::size_t i = channel; i < samples.size(); i += channels) {
    sum += static_cast<double>(samples[i]) * static_cast<double>(samples[i]) / (full_scale * full_scale);
  }
  return 10.0 * std::log10(sum / static_cast<double>(samples.size() / channels) + 1e-12);
}

void filter_file(const std::string& in_path, const std::string& out_path) {
  SndfileHandle in(in_path);
  if (!in || (in.format() & SF_FORMAT_SUBMASK) != SF_FORMAT_PCM_16) {
    throw std::runtime_error(in_path + ": no sound file with samples of 16 bits");
  }
  const auto channels = static_cast<std::size_t>(in.channels()), frames = static_cast<std::size_t>(in.frames());
  std::vector<std::int16_t> samples(frames * channels);
  if (in.readf(samples.data(), in.frames()) != in.frames()) throw std::runtime_error(in_path + ": " + in.strError());

  // At both ends the first and the last sample go on, so there is no click.
  const auto how = mlxconv::options().mode(mlxconv::Mode::same).boundary(mlxconv::Boundary::edge);
  std::vector<float> filtered(samples.size());
  mlxconv::convolve_into(mlxconv::interleaved(samples.data(), frames, channels), make_taps(in.samplerate()),
                         mlxconv::interleaved(filtered.data(), frames, channels), how);

  SndfileHandle out(out_path, SFM_WRITE, SF_FORMAT_WAV | SF_FORMAT_FLOAT, in.channels(), in.samplerate());
  if (!out || out.writef(filtered.data(), in.frames()) != in.frames()) {
    throw std::runtime_error(out_path + ": " + out.strError());
  }
  std::printf("  %zu frames of %zu channels at %d Hz, without the notes above %.0f Hz\n", frames, channels,
              in.samplerate(), cutoff_hertz);
  for (std::size_t c = 0; c < channels; ++c) {
    std::printf("  channel %zu: %6.1f dB before, %6.1f dB after\n", c, decibels(samples, c, channels, 32768.0),
                decibels(filtered, c, channels, 1.0));
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fir_cpp IN.wav OUT.wav\n");
    return 2;
  }
  filter_file(argv[1], argv[2]);
} catch (const std::exception& failed) {
  std::fprintf(stderr, "%s\n", failed.what());
  return 1;
}
