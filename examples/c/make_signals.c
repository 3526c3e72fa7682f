/* make_signals response LIKE.wav OUT.wav   a synthetic room response of 2 s at LIKE's sample rate
 * make_signals music OUT.wav               a generated stereo signal: plucked strings, 8 s
 * make_signals tones OUT.wav               a low note on the left, a high one on the right, 16 bits
 *
 * All are generated from a fixed seed, so the file is the same every time and needs no recording.
 */
#include <math.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t SEED = 20240607;

/* splitmix64: one 64-bit state, every seed good. */
static uint64_t next_word(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* Uniform in (-1, 1). */
static double next_sample(uint64_t *state) {
  return (double)(int64_t)next_word(state) / 9223372036854775808.0;
}

/* `format` is SF_FORMAT_FLOAT or SF_FORMAT_PCM_16. */
static bool write_wav(const char *path, const float *samples, int frames, int channels, int rate,
                      int format) {
  SF_INFO info = {0};
  info.samplerate = rate;
  info.channels = channels;
  info.format = SF_FORMAT_WAV | format;
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  if (file == NULL) {
    fprintf(stderr, "%s: %s\n", path, sf_strerror(NULL));
    return false;
  }
  bool ok = sf_writef_float(file, samples, frames) == frames;
  if (!ok) {
    fprintf(stderr, "%s: %s\n", path, sf_strerror(file));
  }
  return sf_close(file) == 0 && ok;
}

/* The direct sound, then noise that decays by 60 dB over two seconds. */
static bool make_response(const char *like, const char *path) {
  SF_INFO info = {0};
  SNDFILE *file = sf_open(like, SFM_READ, &info);
  if (file == NULL) {
    fprintf(stderr, "%s: %s\n", like, sf_strerror(NULL));
    return false;
  }
  sf_close(file);

  const int frames = 2 * info.samplerate;
  float *samples = malloc((size_t)frames * sizeof *samples);
  if (samples == NULL) {
    fprintf(stderr, "out of memory for the response\n");
    return false;
  }
  uint64_t state = SEED;
  for (int i = 0; i < frames; i++) {
    samples[i] = (float)(0.05 * next_sample(&state) * pow(10.0, -3.0 * i / frames));
  }
  samples[0] = 1.0f;
  const bool ok = write_wav(path, samples, frames, 1, info.samplerate, SF_FORMAT_FLOAT);
  free(samples);
  return ok;
}

/* Adds one plucked string (Karplus and Strong): noise in a loop that averages neighbours. */
static void pluck(float *samples, int frames, int channels, int channel, int begin, int period,
                  uint64_t *state) {
  float line[1024];
  for (int i = 0; i < period; i++) {
    line[i] = (float)(0.2 * next_sample(state));
  }
  for (int i = 0; begin + i < frames; i++) {
    const int here = i % period, after = (i + 1) % period;
    samples[(begin + i) * channels + channel] += line[here];
    line[here] = 0.498f * (line[here] + line[after]);
  }
}

static bool make_music(const char *path) {
  enum { RATE = 44100, FRAMES = 8 * RATE, CHANNELS = 2 };
  static const double hertz[] = {220.0, 261.63, 329.63, 440.0, 349.23, 261.63, 196.0, 246.94};
  float *samples = calloc(FRAMES * CHANNELS, sizeof *samples);
  if (samples == NULL) {
    fprintf(stderr, "out of memory for the signal\n");
    return false;
  }
  uint64_t state = SEED;
  for (int note = 0; note < 16; note++) {
    pluck(samples, FRAMES, CHANNELS, note % CHANNELS, note * RATE * 4 / 10,
          (int)(RATE / hertz[note % 8]), &state);
  }
  const bool ok = write_wav(path, samples, FRAMES, CHANNELS, RATE, SF_FORMAT_FLOAT);
  free(samples);
  return ok;
}

static bool make_tones(const char *path) {
  enum { RATE = 44100, FRAMES = RATE };
  static float samples[2 * FRAMES];
  const double low = 6.283185307179586 * 440.0 / RATE, high = 10.0 * low;
  uint64_t state = SEED;
  for (int i = 0; i < FRAMES; i++) {
    samples[2 * i] = (float)(0.4 * sin(low * i) + 0.01 * next_sample(&state));
    samples[2 * i + 1] = (float)(0.4 * sin(high * i) + 0.01 * next_sample(&state));
  }
  return write_wav(path, samples, FRAMES, 2, RATE, SF_FORMAT_PCM_16);
}

int main(int argc, char **argv) {
  bool ok;
  if (argc == 4 && strcmp(argv[1], "response") == 0) {
    ok = make_response(argv[2], argv[3]);
  } else if (argc == 3 && strcmp(argv[1], "music") == 0) {
    ok = make_music(argv[2]);
  } else if (argc == 3 && strcmp(argv[1], "tones") == 0) {
    ok = make_tones(argv[2]);
  } else {
    fprintf(stderr, "usage: make_signals response LIKE.wav OUT.wav | music OUT.wav | tones OUT.wav\n");
    return 2;
  }
  printf("%s: synthetic, seed %llu\n", argv[argc - 1], (unsigned long long)SEED);
  return ok ? 0 : 1;
}
