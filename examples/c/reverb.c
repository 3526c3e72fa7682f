/* reverb IN.wav IR.wav OUT.wav
 *
 * Convolution reverb: the program makes IN sound as in a room. IR is the impulse response of the
 * room. A mono response serves every channel; otherwise both files have the same number of
 * channels.
 *
 * The samples stay interleaved, as libsndfile reads them. A channel is a strided view of the
 * samples, so no channel is copied. The program convolves a long input block by block, to show the
 * progress. In full mode, each block has a tail that overlaps the next block; the program adds the
 * tail there.
 */
#include "check.h"

#include <limits.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Frames of one channel convolved by one call, or two impulse responses if that is more: shorter
 * blocks would mostly compute tails. */
enum { BLOCK_FRAMES = 1 << 16 };

/* Samples as they lie in a file: frame by frame, the channels of a frame side by side. */
typedef struct {
  SF_INFO info;
  float *samples;
} sound;

static double seconds_now(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool read_sound(const char *path, sound *s) {
  SNDFILE *file = sf_open(path, SFM_READ, &s->info);
  if (file == NULL) {
    fprintf(stderr, "%s: %s\n", path, sf_strerror(NULL));
    return false;
  }
  bool ok = false;
  /* Shapes are int, as in MLX. */
  if (s->info.frames < 1 || s->info.frames > INT_MAX / s->info.channels) {
    fprintf(stderr, "%s: empty, or too long for this example\n", path);
  } else {
    s->samples = malloc((size_t)s->info.frames * (size_t)s->info.channels * sizeof(float));
    ok = s->samples != NULL && sf_readf_float(file, s->samples, s->info.frames) == s->info.frames;
    if (!ok) {
      fprintf(stderr, "%s: %s\n", path, s->samples == NULL ? "out of memory" : sf_strerror(file));
    }
  }
  sf_close(file);
  return ok;
}

static bool write_sound(const char *path, const sound *s) {
  SF_INFO info = s->info;
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  if (file == NULL) {
    fprintf(stderr, "%s: %s\n", path, sf_strerror(NULL));
    return false;
  }
  bool ok = sf_writef_float(file, s->samples, s->info.frames) == s->info.frames;
  if (!ok) {
    fprintf(stderr, "%s: %s\n", path, sf_strerror(file));
  }
  return sf_close(file) == 0 && ok;
}

/* An array over all samples of `s`, borrowed: `s` outlives it. */
static mlx_array borrow(const sound *s) {
  const int total = (int)s->info.frames * s->info.channels;
  return mlx_array_new_data_managed(s->samples, &total, 1, MLX_FLOAT32, NULL);
}

/* `frames` frames of one channel, from frame `begin` on, as a view of the interleaved samples. */
static bool channel_view(mlx_array *view, mlx_array samples, int channels, int channel, int begin,
                         int frames, mlx_stream stream) {
  const int64_t stride = channels;
  const size_t offset = (size_t)begin * (size_t)channels + (size_t)channel;
  return succeeded(mlx_as_strided(view, samples, &frames, 1, &stride, 1, offset, stream),
                   "mlx_as_strided");
}

/* Adds the convolution of one block of one channel to `out`, which has as many channels as `dry`. */
static bool convolve_block(const mlx_array *dry, const mlx_array *wet, int begin, int channel,
                           mlx_stream stream, sound *out) {
  mlx_array result = mlx_array_new();
  bool ok = succeeded(mlx_convolve(dry, wet, MLX_MODE_FULL, stream, &result), "mlx_convolve") &&
            succeeded(mlx_array_eval(result), "mlx_array_eval");
  if (ok) {
    const float *tail = mlx_array_data_float32(result);
    const size_t channels = (size_t)out->info.channels, count = mlx_array_size(result);
    float *to = out->samples + (size_t)begin * channels + (size_t)channel;
    for (size_t i = 0; i < count; i++) {
      to[i * channels] += tail[i];
    }
  }
  mlx_array_free(result);
  return ok;
}

static bool convolve_all(const sound *in, const sound *ir, int block, sound *out) {
  const int frames = (int)in->info.frames, channels = in->info.channels;
  const int blocks = frames / block + (frames % block != 0);
  mlx_stream stream = mlx_default_stream_new();
  mlx_array in_samples = borrow(in), ir_samples = borrow(ir);
  mlx_array dry = mlx_array_new(), wet = mlx_array_new();
  bool ok = created(stream.ctx, "stream") && created(in_samples.ctx, "input samples") &&
            created(ir_samples.ctx, "impulse response samples");

  for (int c = 0; ok && c < channels; c++) {
    ok = channel_view(&wet, ir_samples, ir->info.channels, ir->info.channels == 1 ? 0 : c, 0,
                      (int)ir->info.frames, stream);
    for (int b = 0; ok && b < blocks; b++) {
      const int begin = b * block, here = frames - begin < block ? frames - begin : block;
      fprintf(stderr, "\rconvolving: %3d %%", 100 * (c * blocks + b) / (channels * blocks));
      ok = channel_view(&dry, in_samples, channels, c, begin, here, stream) &&
           convolve_block(&dry, &wet, begin, c, stream, out);
    }
  }
  fprintf(stderr, ok ? "\rconvolving: 100 %%\n" : "\n");

  mlx_array_free(wet);
  mlx_array_free(dry);
  mlx_array_free(ir_samples);
  mlx_array_free(in_samples);
  mlx_stream_free(stream);
  return ok;
}

/* Scales down what 16-bit samples would clip; returns the factor. */
static float normalise(sound *s) {
  const size_t total = (size_t)s->info.frames * (size_t)s->info.channels;
  float peak = 0.0f;
  for (size_t i = 0; i < total; i++) {
    peak = fmaxf(peak, fabsf(s->samples[i]));
  }
  const float limit = 0.99f;
  if (peak <= limit) {
    return 1.0f;
  }
  for (size_t i = 0; i < total; i++) {
    s->samples[i] *= limit / peak;
  }
  return limit / peak;
}

static bool print_method(int block, const sound *ir) {
  mlx_string why = mlx_string_new();
  bool ok = succeeded(mlx_convolve_explain((size_t)block, (size_t)ir->info.frames, MLX_FLOAT32,
                                           MLX_MODE_FULL, &why),
                      "mlx_convolve_explain");
  if (ok) {
    /* Several lines, each set in under the others. */
    printf("  method, of each block:\n    ");
    for (const char *c = mlx_string_data(why); *c != '\0'; c++) {
      putchar(*c);
      if (*c == '\n') {
        printf("    ");
      }
    }
    putchar('\n');
  }
  mlx_string_free(why);
  return ok;
}

static bool reverb(const sound *in, const sound *ir, sound *out) {
  if (in->info.samplerate != ir->info.samplerate) {
    fprintf(stderr, "sample rates differ (%d and %d Hz): resample one file first\n",
            in->info.samplerate, ir->info.samplerate);
    return false;
  }
  if (ir->info.channels != 1 && ir->info.channels != in->info.channels) {
    fprintf(stderr, "the impulse response has %d channels; 1 or %d are needed\n",
            ir->info.channels, in->info.channels);
    return false;
  }
  if (ir->info.frames > INT_MAX / 16 || in->info.frames > INT_MAX / 2) {
    fprintf(stderr, "too long for this example\n");
    return false;
  }
  const int taps = (int)ir->info.frames;
  int block = 2 * taps > BLOCK_FRAMES ? 2 * taps : BLOCK_FRAMES;
  if (block > in->info.frames) {
    block = (int)in->info.frames;
  }

  out->info = in->info;
  out->info.frames = in->info.frames + taps - 1;
  out->info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  out->samples = calloc((size_t)out->info.frames * (size_t)out->info.channels, sizeof(float));
  if (out->samples == NULL) {
    fprintf(stderr, "out of memory for the output\n");
    return false;
  }

  const double start = seconds_now();
  if (!convolve_all(in, ir, block, out)) {
    return false;
  }
  const double elapsed = seconds_now() - start;
  const float gain = normalise(out);
  const double rate = in->info.samplerate, length = (double)out->info.frames / rate;
  printf("  length:  %.2f s of %d channel%s at %.0f Hz, with a response of %.2f s: %.2f s\n",
         (double)in->info.frames / rate, in->info.channels, in->info.channels == 1 ? "" : "s", rate,
         taps / rate, length);
  printf("  time:    %.1f ms, %.0f times faster than it plays\n", 1e3 * elapsed, length / elapsed);
  printf("  gain:    %.3f against clipping\n", (double)gain);
  return print_method(block, ir);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: reverb IN.wav IR.wav OUT.wav\n");
    return 2;
  }
  sound in = {0}, ir = {0}, out = {0};
  const bool ok = read_sound(argv[1], &in) && read_sound(argv[2], &ir) && reverb(&in, &ir, &out) &&
                  write_sound(argv[3], &out);
  free(out.samples);
  free(ir.samples);
  free(in.samples);
  return ok ? 0 : 1;
}
