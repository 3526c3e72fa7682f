// reverb IN.wav IR.wav OUT.wav
//
// Convolution reverb, as examples/c/reverb.c: the program makes IN sound as in a room. IR is the impulse response of
// the room. A mono response serves every channel; otherwise both files have the same number of channels.
//
// One call convolves all channels where they lie, interleaved as libsndfile reads them.
#include <mlx_convolve.hpp>
#include <sndfile.hh>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct sound {
  int rate;
  std::size_t channels, frames;
  std::vector<float> samples;
};

sound read_sound(const std::string& path) {
  SndfileHandle file(path);
  if (!file || file.frames() < 1) throw std::runtime_error(path + ": " + file.strError());
  sound s{file.samplerate(), static_cast<std::size_t>(file.channels()), static_cast<std::size_t>(file.frames()), {}};
  s.samples.resize(s.frames * s.channels);
  if (file.readf(s.samples.data(), file.frames()) != file.frames()) {
    throw std::runtime_error(path + ": " + file.strError());
  }
  return s;
}

void write_sound(const std::string& path, const sound& s) {
  SndfileHandle file(path, SFM_WRITE, SF_FORMAT_WAV | SF_FORMAT_PCM_16, static_cast<int>(s.channels), s.rate);
  const auto frames = static_cast<sf_count_t>(s.frames);
  if (!file || file.writef(s.samples.data(), frames) != frames) throw std::runtime_error(path + ": " + file.strError());
}

sound reverb(const sound& dry, const sound& room) {
  if (dry.rate != room.rate) throw std::runtime_error("sample rates differ: resample one file first");
  const auto channels_of = [](const auto& s) { return mlxconv::interleaved(s.samples.data(), s.frames, s.channels); };
  sound wet{dry.rate, dry.channels, mlxconv::length(dry.frames, room.frames), {}};
  wet.samples.resize(wet.frames * wet.channels);
  mlxconv::convolve_into(channels_of(dry), channels_of(room),
                         mlxconv::interleaved(wet.samples.data(), wet.frames, wet.channels));
  return wet;
}

// Scales down what 16-bit samples would clip; returns the factor.
float normalise(std::vector<float>& samples) {
  float peak = 0.0f;
  for (const float sample : samples) peak = std::max(peak, std::abs(sample));
  const float limit = 0.99f, gain = peak <= limit ? 1.0f : limit / peak;
  for (float& sample : samples) sample *= gain;
  return gain;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::fprintf(stderr, "usage: reverb_cpp IN.wav IR.wav OUT.wav\n");
    return 2;
  }
  const sound dry = read_sound(argv[1]), room = read_sound(argv[2]);
  const auto start = std::chrono::steady_clock::now();
  sound wet = reverb(dry, room);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const float gain = normalise(wet.samples);
  write_sound(argv[3], wet);

  const auto seconds = [&](std::size_t frames) { return static_cast<double>(frames) / dry.rate; };
  std::printf("  length:  %.2f s of %zu channel%s at %d Hz, with a response of %.2f s: %.2f s\n", seconds(dry.frames),
              dry.channels, dry.channels == 1 ? "" : "s", dry.rate, seconds(room.frames), seconds(wet.frames));
  std::printf("  time:    %.1f ms, %.0f times faster than it plays\n", 1e3 * elapsed.count(),
              seconds(wet.frames) / elapsed.count());
  std::printf("  gain:    %.3f against clipping\n", static_cast<double>(gain));
} catch (const std::exception& failed) {
  std::fprintf(stderr, "%s\n", failed.what());
  return 1;
}
